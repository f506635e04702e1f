//! What the core does in a second, as JSON for `scripts/bench homecore`.

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use homecore::{Attributes, Context, CoreEvent, EntityId, HomeCore, Receiver, RecvError, TryRecvError};
use jiff::Timestamp;
use serde_json::json;

const ENTITIES: usize = 500;
/// As many as its listener takes at a time.
const BATCH: usize = 1000;
const BATCHES: usize = 1000;
/// The best of so many runs: others use the machine too.
const RUNS: usize = 5;
const READERS: usize = 8;
const SUBSCRIBERS: usize = 100;
const CHANGES_A_SECOND: u32 = 1000;
const SUBSCRIBED_S: u32 = 10;
const WRITERS: usize = 8;
const WRITES: usize = 100_000;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What is written, made before the clock runs: ids, two values that follow each other, attributes.
struct Home {
    core: Arc<HomeCore>,
    ids: Vec<EntityId>,
    attributes: Arc<Attributes>,
    context: Context,
}

impl Home {
    fn new(capacity: usize) -> Result<Self> {
        let id = |n| EntityId::new(format!("binary_sensor.node_{n}_presence"));
        let attributes =
            json!({"friendly_name": "Node presence", "device_class": "occupancy", "rssi": -51, "confidence": 0.93});
        let attributes = attributes.as_object().cloned().unwrap_or_default();
        let home = Self {
            core: Arc::new(HomeCore::new(capacity)),
            ids: (0..ENTITIES).map(id).collect::<std::result::Result<_, _>>()?,
            attributes: Arc::new(attributes),
            context: Context::new(),
        };
        for n in 0..ENTITIES {
            home.set(n, home.context.clone());
        }
        Ok(home)
    }

    /// The `n`th write: round after round over all entities, another value each round.
    fn set(&self, n: usize, context: Context) {
        let value = if (n / ENTITIES).is_multiple_of(2) { "off" } else { "on" };
        let id = &self.ids[n % ENTITIES];
        let now = Timestamp::UNIX_EPOCH + Duration::from_micros(n as u64);
        let changed = self.core.states().set(id, value, Arc::clone(&self.attributes), context, now);
        assert!(changed.is_ok_and(|changed| changed), "every write changes something");
    }
}

fn drained(events: &mut Receiver<CoreEvent>) -> usize {
    let mut received = 0;
    while let Ok(event) = events.try_recv() {
        black_box(&event);
        received += 1;
    }
    received
}

/// Seconds that this thread has spent on a processor, so that others on the machine do not count; wall time where the system
/// does not tell.
fn processor_s(since: Instant) -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = spent.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok()).filter(|ns| *ns > 0);
    ns.map_or_else(|| since.elapsed().as_secs_f64(), |ns| ns as f64 / 1e9)
}

/// Writes a second on one core, of which the listener, on the same core, gets every one.
fn sets_a_second(cause: impl Fn(&Home) -> Context, listens: bool) -> Result<f64> {
    let mut best: f64 = 0.0;
    for _ in 0..RUNS {
        let home = Home::new(homecore::DEFAULT_CAPACITY)?;
        let mut listener = listens.then(|| home.core.snapshot_and_subscribe().1);
        let start = Instant::now();
        let began = processor_s(start);
        let mut heard = 0;
        for n in ENTITIES..ENTITIES + BATCH * BATCHES {
            home.set(n, cause(&home));
            if n % BATCH == BATCH - 1
                && let Some(events) = &mut listener
            {
                heard += drained(events);
            }
        }
        heard += listener.as_mut().map_or(0, drained);
        assert!(!listens || heard == BATCH * BATCHES, "the listener missed some");
        best = best.max((BATCH * BATCHES) as f64 / (processor_s(start) - began));
    }
    Ok(best)
}

/// Nanoseconds of a write while others read all the time: median and 99th percentile, and reads a second of all readers.
fn amid_readers() -> Result<(u64, u64, f64)> {
    const MEASURED: usize = 1_000_000;
    let home = Arc::new(Home::new(homecore::DEFAULT_CAPACITY)?);
    let (stop, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let readers: Vec<_> = (0..READERS)
        .map(|reader| {
            let (home, stop, reads) = (Arc::clone(&home), Arc::clone(&stop), Arc::clone(&reads));
            thread::spawn(move || {
                let mut n = reader;
                while !stop.load(Ordering::Relaxed) {
                    for _ in 0..64 {
                        n = (n + 7) % ENTITIES;
                        black_box(home.core.states().get(home.ids[n].as_str()));
                    }
                    reads.fetch_add(64, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let mut took = Vec::with_capacity(MEASURED);
    let began = Instant::now();
    for n in ENTITIES..ENTITIES + MEASURED {
        let context = home.context.clone();
        let before = Instant::now();
        home.set(n, context);
        took.push(before.elapsed().as_nanos() as u64);
    }
    let seconds = began.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().map_err(|_| "a reader failed")?;
    }
    took.sort_unstable();
    Ok((took[MEASURED / 2], took[MEASURED / 100 * 99], reads.load(Ordering::Relaxed) as f64 / seconds))
}

/// Steps back or gaps in what a receiver saw of writers that count up an entity each, and one together.
fn out_of_order() -> Result<u64> {
    let home = Arc::new(Home::new((WRITERS * WRITES * 2).next_power_of_two())?);
    let (_, mut events) = home.core.snapshot_and_subscribe();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let home = Arc::clone(&home);
            thread::spawn(move || {
                for n in 0..WRITES {
                    for (id, value) in [(&home.ids[writer], n), (&home.ids[WRITERS], writer * WRITES + n)] {
                        let written = home.core.states().set(
                            id,
                            &value.to_string(),
                            Attributes::new(),
                            home.context.clone(),
                            Timestamp::UNIX_EPOCH,
                        );
                        assert!(written.is_ok());
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().map_err(|_| "a writer failed")?;
    }
    let mut wrong = 0;
    let mut last = std::collections::HashMap::new();
    loop {
        match events.try_recv() {
            Ok(CoreEvent::StateChanged(change)) => {
                let (Some(new), old) = (change.new, change.old) else { continue };
                let before = last.insert(change.entity_id, Arc::clone(&new));
                wrong += u64::from(before.is_some_and(|before| Some(before) != old));
            }
            Ok(_) => {}
            Err(TryRecvError::Lagged(n)) => wrong += n,
            Err(_) => return Ok(wrong),
        }
    }
}

/// What all subscribers together received and how often one lagged, while states change at a steady rate.
fn subscribers() -> Result<(u64, u64)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let home = Arc::new(Home::new(homecore::DEFAULT_CAPACITY)?);
        let tasks: Vec<_> = (0..SUBSCRIBERS)
            .map(|_| {
                let (_, mut events) = home.core.snapshot_and_subscribe();
                tokio::spawn(async move {
                    let (mut received, mut lagged) = (0_u64, 0_u64);
                    loop {
                        match events.recv().await {
                            Ok(event) => {
                                black_box(&event);
                                received += 1;
                            }
                            Err(RecvError::Lagged(_)) => lagged += 1,
                            Err(RecvError::Closed) => return (received, lagged),
                        }
                    }
                })
            })
            .collect();
        let mut tick = tokio::time::interval(Duration::from_secs(1) / CHANGES_A_SECOND);
        for n in 0..(CHANGES_A_SECOND * SUBSCRIBED_S) as usize {
            tick.tick().await;
            home.set(ENTITIES + n, Context::new());
        }
        drop(home);
        let (mut received, mut lagged) = (0, 0);
        for task in tasks {
            let (more, lags) = task.await?;
            received += more;
            lagged += lags;
        }
        Ok((received, lagged))
    })
}

#[allow(clippy::print_stdout, reason = "its output is what it is for")]
fn main() -> Result<()> {
    let (p50, p99, reads) = amid_readers()?;
    let (received, lagged) = subscribers()?;
    let figures = json!({
        "sets_a_second": sets_a_second(|home| home.context.clone(), true)?,
        "sets_a_second_new_context": sets_a_second(|_| Context::new(), true)?,
        "sets_a_second_nobody_listens": sets_a_second(|home| home.context.clone(), false)?,
        "amid_readers": {"readers": READERS, "p50_ns": p50, "p99_ns": p99, "reads_a_second": reads},
        "order": {"writers": WRITERS, "writes": WRITERS * WRITES * 2, "wrong": out_of_order()?},
        "subscribers": {"subscribers": SUBSCRIBERS, "changes_a_second": CHANGES_A_SECOND, "seconds": SUBSCRIBED_S,
            "received": received, "lagged": lagged},
    });
    println!("{figures}");
    Ok(())
}
