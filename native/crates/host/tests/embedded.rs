//! An engine inside somebody else's program.

#![allow(clippy::unwrap_used)]

use std::net::UdpSocket;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use ruview_capture::{Esp32UdpConfig, SimulatorConfig, Speed};
use ruview_engine::{EngineConfig, Keep};
use ruview_host::{
    DataDirError, Embedded, EmbeddedConfig, EmbeddedError, Feed, LiveConfig, SourceConfig, Times, VERSION,
};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

fn embedded(source: SourceConfig, data_dir: Option<&Path>) -> Embedded {
    Embedded::new(EmbeddedConfig {
        engine: EngineConfig::new("", "RuView", VERSION),
        source,
        data_dir: data_dir.map(Path::to_owned),
        keep: Keep::default(),
        times: Times::Wall,
    })
}

fn simulated(data_dir: Option<&Path>) -> Embedded {
    let config = SimulatorConfig { speed: Speed::Times(50.0), ..SimulatorConfig::default() };
    embedded(SourceConfig::Simulator(config), data_dir)
}

fn next(feed: &Feed) -> Option<Value> {
    feed.next().map(|frame| serde_json::from_str(&frame.into_text()).unwrap())
}

fn ask(engine: &Embedded, command: &Value) -> Value {
    serde_json::from_str(&engine.ask(&command.to_string()).unwrap().into_text()).unwrap()
}

#[test]
fn a_feed_begins_with_the_engine_and_ends_with_it() {
    let engine = simulated(None);
    let early = engine.subscribe().unwrap();
    let (tell, told) = mpsc::channel();
    let reader = thread::spawn({
        let early = Arc::clone(&early);
        move || std::iter::from_fn(|| next(&early)).try_for_each(|frame| tell.send(frame))
    });
    engine.start().unwrap();
    let late = engine.subscribe().unwrap();
    assert_eq!(next(&late).unwrap()["event"]["type"], "snapshot");
    while next(&late).unwrap()["event"]["type"] != "state_changed" {}
    assert_eq!(told.recv().unwrap()["event"]["type"], "snapshot");
    // It was there before anything was. What a feed has not given when it ends is not given: this is waited for.
    while told.recv_timeout(PATIENCE).unwrap()["event"]["type"] != "entity_registry_updated" {}
    engine.stop(PATIENCE).unwrap();
    assert_eq!((next(&late), late.has_ended()), (None, true));
    reader.join().unwrap().unwrap();
    assert_eq!((next(&early), early.has_ended()), (None, true));
}

#[test]
fn who_ends_a_feed_frees_whoever_waits_for_it() {
    let engine = simulated(None);
    let feed = engine.subscribe().unwrap();
    let waiting = thread::spawn({
        let feed = Arc::clone(&feed);
        move || feed.next()
    });
    feed.end();
    assert_eq!(waiting.join().unwrap(), None);
    // A feed that was never told anything ends with the engine too.
    let another = engine.subscribe().unwrap();
    engine.stop(PATIENCE).unwrap();
    assert_eq!(another.next(), None);
}

#[test]
fn commands_are_those_of_the_websocket_api() {
    let engine = simulated(None);
    assert!(matches!(engine.ask("{}"), Err(EmbeddedError::NotRunning)));
    engine.start().unwrap();
    assert_eq!(
        ask(&engine, &json!({"id": 3, "type": "ping"})),
        json!({"id": 3, "type": "result", "success": true, "result": null})
    );
    let config = ask(&engine, &json!({"id": 4, "type": "get_config"}));
    assert_eq!(config["result"]["server_id"].as_str(), engine.server_id().map(|id| id.to_string()).as_deref());
    let refused = ask(&engine, &json!({"id": 5, "type": "subscribe"}));
    assert_eq!(refused["error"]["code"], "unknown_command");
    let refused = ask(&engine, &json!({"id": 6, "type": "call_service", "domain": "ruview", "service": "calibrate"}));
    assert_eq!((&refused["error"]["code"], &refused["error"]["field"]), (&json!("invalid_data"), &json!("node_id")));
    let counters = &ask(&engine, &json!({"id": 7, "type": "get_diagnostics"}))["result"]["counters"];
    assert!(counters["packets_accepted"].is_u64() && counters.get("ws_clients").is_none(), "{counters}");
    assert_eq!(engine.running_sources().unwrap(), 1);
}

#[test]
fn what_cannot_start_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let bind = taken.local_addr().unwrap();
    let nodes = Some(Esp32UdpConfig { bind, allow: Vec::new() });
    let engine = embedded(SourceConfig::Live(LiveConfig { nodes, ..LiveConfig::default() }), Some(dir.path()));
    assert!(matches!(engine.start(), Err(EmbeddedError::Capture(_))));
    // The directory is free again.
    let other = simulated(Some(dir.path()));
    other.start().unwrap();
    assert!(matches!(simulated(Some(dir.path())).start(), Err(EmbeddedError::DataDir(DataDirError::InUse { .. }))));
    other.stop(PATIENCE).unwrap();
    drop(taken);
    engine.start().unwrap();
    assert_eq!((engine.udp_address(), engine.server_id()), (Some(bind), other.server_id()));
    engine.stop(PATIENCE).unwrap();
    assert!(matches!(embedded(SourceConfig::Live(LiveConfig::default()), None).start(), Err(EmbeddedError::NoSource)));
}

#[test]
fn starts_and_stops_of_many_threads_end_somewhere() {
    let engine = simulated(None);
    thread::scope(|scope| {
        for worker in 0..8 {
            let engine = &engine;
            scope.spawn(move || {
                for _ in 0..10 {
                    if worker % 2 == 0 { engine.start().unwrap() } else { engine.stop(PATIENCE).unwrap() }
                }
            });
        }
    });
    engine.start().unwrap();
    let id = engine.server_id();
    assert!(engine.is_running() && !engine.has_failed());
    engine.stop(PATIENCE).unwrap();
    engine.start().unwrap();
    assert_eq!(engine.server_id(), id, "it is the same one");
}
