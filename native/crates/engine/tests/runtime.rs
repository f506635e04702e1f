//! Adapters and the engine as tasks.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{at, config, csi, edge};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use homecore::HomeCore;
use ruview_capture::{
    Capabilities, CaptureAdapter, CaptureCounters, CaptureEvent, Captured, HostKind, Simulator, SimulatorConfig, Speed,
};
use ruview_core::{DataSource, NodePacket, StreamTime};
use ruview_engine::{ChangeLog, Engine, NamedAdapter, Runtime, SourceName, stream_clock};

/// Plays a list, then does as told.
struct Scripted {
    items: std::vec::IntoIter<Captured>,
    then: Then,
    counters: Arc<CaptureCounters>,
}

enum Then {
    End,
    Wait,
    Panic,
}

impl Scripted {
    fn named(items: Vec<Captured>, then: Then) -> NamedAdapter {
        let adapter = Box::new(Self { items: items.into_iter(), then, counters: Arc::default() });
        NamedAdapter { name: SourceName::RECORDING, adapter }
    }
}

impl CaptureAdapter for Scripted {
    fn source(&self) -> DataSource {
        DataSource::Replay
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { he: false, width_160: false, max_rx: 1, host: HostKind::Recording }
    }

    fn counters(&self) -> Arc<CaptureCounters> {
        Arc::clone(&self.counters)
    }

    fn next(&mut self) -> BoxFuture<'_, Option<Captured>> {
        async {
            if let Some(item) = self.items.next() {
                self.counters.accept();
                return Some(item);
            }
            match self.then {
                Then::End => None,
                Then::Wait => std::future::pending().await,
                Then::Panic => panic!("a bug in an adapter"),
            }
        }
        .boxed()
    }
}

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Memory {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn packet(seconds: f64, packet: NodePacket) -> Captured {
    Captured { at: at(seconds), event: CaptureEvent::Packet(packet) }
}

fn engine(core: &Arc<HomeCore>) -> Engine {
    Engine::new(config(), Arc::clone(core), stream_clock())
}

/// Runs a source to its end; what it changed.
async fn changes_of(source: NamedAdapter) -> String {
    let core = Arc::new(HomeCore::default());
    let memory = Memory::default();
    let changes = ChangeLog::new(&core, Box::new(memory.clone()));
    let runtime = Runtime::start(engine(&core), vec![source], Some(changes));
    runtime.handle().sources_ended().await;
    runtime.stop().await.unwrap();
    memory.text()
}

/// Somebody comes, goes and comes.
fn visit() -> Vec<Captured> {
    let mut items = vec![packet(0.0, edge(1, false, false))];
    for second in 1..=200_u32 {
        items.push(Captured { at: at(f64::from(second)), event: CaptureEvent::Tick });
        items.push(packet(f64::from(second) + 0.5, edge(1, second % 40 > 20, second % 40 > 30)));
    }
    items
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_input_gives_the_same_bytes() {
    let first = changes_of(Scripted::named(visit(), Then::End)).await;
    assert_eq!(first, changes_of(Scripted::named(visit(), Then::End)).await);
    let lines: Vec<serde_json::Value> = first.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fired: Vec<_> = lines.iter().filter(|line| line["type"] == "event").collect();
    assert_eq!(fired.len(), 3);
    assert_eq!(fired[0]["event_type"], "unknown_presence");
    assert_eq!(fired[0]["data"]["device_id"], "node_1");
    assert!(lines.iter().all(|line| line["at"].as_str().unwrap().ends_with('Z')));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulation_at_full_speed_is_repeatable() {
    let simulator = || {
        let adapter = Box::new(Simulator::new(SimulatorConfig {
            speed: Speed::Max,
            repeat: false,
            start: Some(StreamTime::from_micros(1_800_000_000_000_000)),
            packet_rate_hz: 10.0,
            ..SimulatorConfig::default()
        }));
        NamedAdapter { name: SourceName::FIRST, adapter }
    };
    let first = changes_of(simulator()).await;
    assert!(first.contains("binary_sensor.node_1_presence"));
    assert_eq!(first, changes_of(simulator()).await);
}

#[tokio::test]
async fn statistics_are_of_everything_that_was_sent_before() {
    let core = Arc::new(HomeCore::default());
    let items = (0..50).map(|n| packet(f64::from(n) / 10.0, csi(1))).collect();
    let runtime = Runtime::start(engine(&core), vec![Scripted::named(items, Then::End)], None);
    runtime.handle().sources_ended().await;
    let statistics = runtime.handle().statistics().await.unwrap();
    assert_eq!((statistics.nodes[0].frames, statistics.nodes[0].silent), (50, true));
    assert_eq!(runtime.handle().counters()[0].accepted(), 50);
    runtime.stop().await.unwrap();
}

#[tokio::test]
async fn a_source_that_panics_does_not_take_the_others_with_it() {
    let core = Arc::new(HomeCore::default());
    let bad = Scripted::named(vec![packet(0.0, csi(1))], Then::Panic);
    let good = Scripted::named(vec![packet(0.0, csi(2))], Then::Wait);
    let runtime = Runtime::start(engine(&core), vec![bad, good], None);
    tokio::time::timeout(Duration::from_secs(5), async {
        loop {
            let statistics = runtime.handle().statistics().await.unwrap();
            if statistics.nodes.len() == 2 && statistics.nodes[0].silent {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(runtime.handle().failed_sources(), 1);
    assert!(!runtime.handle().statistics().await.unwrap().nodes[1].silent);
    runtime.stop().await.unwrap();
}

#[tokio::test]
async fn stopping_does_not_wait_for_sources() {
    let core = Arc::new(HomeCore::default());
    let runtime = Runtime::start(engine(&core), vec![Scripted::named(Vec::new(), Then::Wait)], None);
    tokio::time::timeout(Duration::from_secs(1), runtime.stop()).await.unwrap().unwrap();
}

#[tokio::test]
async fn changes_that_cannot_be_written_stop_the_engine_with_a_reason() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let core = Arc::new(HomeCore::default());
    let changes = ChangeLog::new(&core, Box::new(Full));
    let source = Scripted::named(vec![packet(0.0, csi(1))], Then::Wait);
    let runtime = Runtime::start(engine(&core), vec![source], Some(changes));
    runtime.handle().engine_stopped().await;
    let error = runtime.stop().await.unwrap_err();
    assert!(error.to_string().contains("cannot be written"), "{error}");
}
