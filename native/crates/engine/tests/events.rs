//! The log of events: what is in it, for how long, and what a fault of its file costs.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use common::{Bench, LIVE, at, config, edge};
use homecore::HomeCore;
use jiff::Timestamp;
use rusqlite::Connection;
use ruview_bfld::PrivacyClass;
use ruview_bfld::policy::Terms;
use ruview_core::NodePacket;
use ruview_engine::{EVENTS_FILE, Engine, EventArchive, EventLog, EventQuery, Keep, StoredEvent};

fn logging(dir: &Path, keep: Keep) -> Bench {
    let mut bench = Bench::new();
    bench.engine.log_events(EventLog::open(dir, keep));
    bench
}

/// A firmware that says that somebody falls, in every second of `seconds`.
fn fall(bench: &mut Bench, seconds: std::ops::Range<u32>) {
    for second in seconds {
        for fall in [false, true] {
            let NodePacket::EdgeVitals(mut vitals) = edge(1, true, true) else { unreachable!() };
            vitals.fall = fall;
            bench.send(&LIVE, f64::from(second), NodePacket::EdgeVitals(vitals));
        }
        bench.tick(&LIVE, f64::from(second) + 0.5);
    }
}

fn read(dir: &Path) -> Vec<StoredEvent> {
    read_as(dir, &EventQuery::default(), Terms::default())
}

fn read_as(dir: &Path, query: &EventQuery, terms: Terms) -> Vec<StoredEvent> {
    EventArchive::of(dir).read(query, terms).unwrap()
}

/// What was told, as the log would have it.
fn told(bench: &mut Bench) -> Vec<(String, Timestamp)> {
    bench.drain("").0.into_iter().map(|event| (event.event_type, event.time_fired)).collect()
}

fn stored(events: &[StoredEvent]) -> Vec<(String, Timestamp)> {
    events.iter().map(|event| (event.event_type.clone(), event.time_fired)).collect()
}

#[test]
fn what_was_told_is_stored_already_and_survives() {
    let dir = tempfile::tempdir().unwrap();
    let mut bench = logging(dir.path(), Keep::default());
    assert!(read(dir.path()).is_empty());
    fall(&mut bench, 0..100);
    let told = told(&mut bench);
    assert!(told.len() >= 3, "{told:?}");
    assert_eq!(stored(&read(dir.path())), told, "read while it is open");
    assert_eq!(bench.engine.statistics().events.events_stored, told.len() as u64);
    // As if the process were killed: nothing is closed.
    std::mem::forget(bench);
    let mut again = logging(dir.path(), Keep::default());
    let events = read(dir.path());
    assert_eq!(stored(&events), told);
    fall(&mut again, 200..300);
    assert!(read(dir.path()).len() > told.len());

    let archive = |query| stored(&read_as(dir.path(), &query, Terms::default()));
    let second = &events[1];
    assert_eq!(archive(EventQuery { after: Some(second.id), limit: Some(1), ..EventQuery::default() }), told[2..3]);
    let since = EventQuery { since: Some(second.time_fired), limit: Some(1), ..EventQuery::default() };
    assert_eq!(archive(since), told[1..2]);
    assert!(archive(EventQuery { event_type: Some("dance".into()), ..EventQuery::default() }).is_empty());
    let last = archive(EventQuery { limit: Some(1), ..EventQuery::default() });
    assert_eq!(last, stored(&read(dir.path()))[read(dir.path()).len() - 1..]);
}

#[test]
fn what_is_withheld_now_is_withheld_of_the_past() {
    let dir = tempfile::tempdir().unwrap();
    let mut bench = logging(dir.path(), Keep::default());
    fall(&mut bench, 0..100);
    let connection = Connection::open(dir.path().join(EVENTS_FILE)).unwrap();
    connection.execute("UPDATE event SET kind = 'someone_sleeping', json = '{\"raw_bfi\": 1}'", []).unwrap();
    let restricted = Terms { class: PrivacyClass::Restricted, privacy_mode: true, ..Terms::default() };
    assert!(read_as(dir.path(), &EventQuery::default(), restricted).is_empty());
    let events = read(dir.path());
    assert!(!events.is_empty() && events.iter().all(|event| event.data.is_empty()));
}

#[test]
fn old_and_superfluous_events_go() {
    let dir = tempfile::tempdir().unwrap();
    let keep = Keep { age: Duration::from_hours(1), count: 20 };
    let mut bench = logging(dir.path(), keep);
    fall(&mut bench, 0..8000);
    let told = told(&mut bench);
    let events = read(dir.path());
    assert!(told.len() > 200, "{}", told.len());
    // Removed every 128 events, so never more than that beyond the count.
    assert!(events.len() <= 20 + 128, "{}", events.len());
    assert_eq!(stored(&events), told[told.len() - events.len()..]);
    drop(bench);
    let mut later = logging(dir.path(), keep);
    fall(&mut later, 90_000..90_070);
    let oldest = read(dir.path())[0].time_fired;
    assert!(oldest.as_microsecond() > at(80_000.0).as_micros(), "{oldest}");
}

/// The wall clock as somebody sets it.
fn set_clock(dir: &Path) -> (Engine, Arc<HomeCore>, Arc<AtomicI64>) {
    let offset = Arc::new(AtomicI64::new(0));
    let core = Arc::new(HomeCore::default());
    let clock = {
        let offset = Arc::clone(&offset);
        Box::new(move |at: ruview_core::StreamTime| {
            let seconds = offset.load(Ordering::Relaxed);
            Timestamp::from_microsecond(at.as_micros() + seconds * 1_000_000).unwrap()
        })
    };
    let mut engine = Engine::new(config(), Arc::clone(&core), clock);
    engine.log_events(EventLog::open(dir, Keep::default()));
    (engine, core, offset)
}

#[test]
fn a_clock_that_jumps_breaks_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, core, offset) = set_clock(dir.path());
    let (_, events) = core.snapshot_and_subscribe();
    let mut bench = Bench { core, engine, events };
    let mut expected = Vec::new();
    for (round, hours) in [0_i64, -5, 7, -48, 48, 0].into_iter().enumerate() {
        offset.store(hours * 3600, Ordering::Relaxed);
        let start = u32::try_from(round).unwrap() * 200;
        fall(&mut bench, start..start + 100);
        let told = told(&mut bench);
        assert!(told.len() >= 3, "{hours} h: {told:?}");
        expected.extend(told);
        assert_eq!(bench.state("binary_sensor.node_1_presence").unwrap(), "on", "{hours} h");
        let state = bench.core.states().get("binary_sensor.node_1_presence").unwrap();
        assert!(state.last_changed <= state.last_reported, "{hours} h");
        bench.silence(&LIVE, start + 100, start + 140);
        assert_eq!(bench.state("binary_sensor.node_1_presence").unwrap(), "unavailable", "{hours} h");
    }
    assert_eq!(stored(&read(dir.path())), expected, "in the order in which it happened, and nothing is missing");
}

#[test]
fn a_damaged_log_is_set_aside_and_events_are_told() {
    let whole = {
        let dir = tempfile::tempdir().unwrap();
        let mut bench = logging(dir.path(), Keep::default());
        fall(&mut bench, 0..100);
        drop(bench);
        std::fs::read(dir.path().join(EVENTS_FILE)).unwrap()
    };
    let mut scratched = whole.clone();
    scratched[40..].fill(0xA5);
    let wrong_schema = {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(EVENTS_FILE);
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE x (y); PRAGMA user_version = 9").unwrap();
        std::fs::read(path).unwrap()
    };
    for damage in [b"nothing of SQLite's".repeat(99), scratched, whole[..900].to_vec(), wrong_schema] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(EVENTS_FILE), damage).unwrap();
        let mut bench = logging(dir.path(), Keep::default());
        fall(&mut bench, 0..100);
        let told = told(&mut bench);
        let statistics = bench.engine.statistics().events;
        assert_eq!((statistics.events_set_aside, statistics.events_not_stored), (1, 0));
        assert_eq!(stored(&read(dir.path())), told);
    }
}

#[test]
fn a_log_that_breaks_while_it_is_open_is_set_aside_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut bench = logging(dir.path(), Keep::default());
    fall(&mut bench, 0..100);
    let connection = Connection::open(dir.path().join(EVENTS_FILE)).unwrap();
    connection.execute_batch("DROP TABLE event").unwrap();
    drop(connection);
    told(&mut bench);
    fall(&mut bench, 100..200);
    let told = told(&mut bench);
    assert_eq!(bench.engine.statistics().events.events_set_aside, 1);
    assert_eq!(stored(&read(dir.path())), told);
}

#[test]
fn a_disk_that_refuses_costs_the_log_and_nothing_else() {
    // Locked by another process; then directories that nobody can write to.
    let locked = tempfile::tempdir().unwrap();
    let mut bench = logging(locked.path(), Keep::default());
    let other = Connection::open(locked.path().join(EVENTS_FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    fall(&mut bench, 0..100);
    assert!(told(&mut bench).len() >= 3);
    let statistics = bench.engine.statistics().events;
    assert!(statistics.events_stored == 0 && statistics.events_not_stored >= 3, "{statistics:?}");
    assert_eq!(statistics.events_set_aside, 0, "the file is whole");

    for dir in ["/proc/nowhere", "/dev/full"] {
        let mut bench = logging(Path::new(dir), Keep::default());
        fall(&mut bench, 0..100);
        let told = told(&mut bench).len() as u64;
        assert_eq!(bench.engine.statistics().events.events_not_stored, told, "{dir}");
    }
}
