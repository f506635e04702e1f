//! What survives a restart, and what a damaged file costs.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{Bench, LIVE, edge};
use ruview_capture::{CaptureAdapter, Simulator, SimulatorConfig, Speed, StoryFile};
use ruview_core::StreamTime;
use ruview_engine::services::{DOMAIN, ServiceCall};
use ruview_engine::{STORE_FILE, Store, StoreStatistics};
use serde_json::json;

/// An engine with a store in `dir`.
fn remembering(dir: &Path) -> Bench {
    let mut bench = Bench::new();
    bench.engine.remember(Store::open(dir));
    bench
}

fn seconds(bench: &mut Bench, seconds: std::ops::Range<u32>, presence: bool) {
    for second in seconds {
        bench.send(&LIVE, f64::from(second), edge(1, presence, presence));
        bench.send(&LIVE, f64::from(second), edge(2, presence, presence));
        bench.tick(&LIVE, f64::from(second) + 0.5);
    }
}

fn set_rooms(bench: &mut Bench) {
    let rooms = json!({"rooms": [{"id": "hall", "name": "Hall", "nodes": ["node_1", "node_2"], "hold_s": 60}]});
    bench.engine.call(ServiceCall::parse(DOMAIN, "set_rooms", rooms).unwrap()).unwrap();
}

#[test]
fn rooms_survive_a_restart_and_states_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = remembering(dir.path());
    set_rooms(&mut first);
    seconds(&mut first, 0..90, true);
    assert_eq!(first.state("binary_sensor.room_hall_presence").unwrap(), "on");
    drop(first);

    let mut second = remembering(dir.path());
    assert_eq!(second.engine.statistics().store, StoreStatistics::default());
    assert_eq!(second.state("binary_sensor.room_hall_presence"), None, "yesterday's state is not shown");
    seconds(&mut second, 100..103, false);
    assert_eq!(second.state("binary_sensor.room_hall_presence").unwrap(), "off");
}

/// `seconds` of an empty room.
async fn empty_room(bench: &mut Bench, seconds: i64, start_s: i64) {
    let story = StoryFile::find("empty".as_ref()).unwrap().config;
    let start = Some(StreamTime::from_micros((1_800_000_000 + start_s) * 1_000_000));
    let mut simulator = Simulator::new(SimulatorConfig { speed: Speed::Max, start, ..story });
    while let Some(captured) = simulator.next().await {
        if captured.at.as_micros() >= (1_800_000_000 + start_s + seconds) * 1_000_000 {
            return;
        }
        bench.engine.handle(&LIVE, &captured);
    }
}

#[tokio::test]
async fn a_node_knows_its_room_again() {
    const CALIBRATION: &str = "sensor.node_1_calibration";
    let dir = tempfile::tempdir().unwrap();
    let mut first = remembering(dir.path());
    empty_room(&mut first, 40, 0).await;
    assert_eq!(first.state(CALIBRATION).unwrap(), "self_calibrated");
    drop(first);

    let mut second = remembering(dir.path());
    empty_room(&mut second, 5, 100).await;
    assert_eq!(second.state(CALIBRATION).unwrap(), "self_calibrated");
    assert_eq!(second.state("binary_sensor.node_1_motion").unwrap(), "off");

    let mut stranger = Bench::new();
    empty_room(&mut stranger, 5, 100).await;
    assert_eq!(stranger.state(CALIBRATION).unwrap(), "learning");
    assert_eq!(stranger.state("binary_sensor.node_1_motion").unwrap(), "unknown");
}

#[test]
fn every_ten_seconds_is_often_enough_for_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut bench = remembering(dir.path());
    set_rooms(&mut bench);
    seconds(&mut bench, 0..2, false);
    // The engine is not dropped, as if the process were killed; the thread has what it was handed at the first tick.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    let kept = || {
        let connection = rusqlite::Connection::open(dir.path().join(STORE_FILE)).unwrap();
        connection
            .query_row("SELECT count(*) FROM record WHERE kind = 'model'", [], |row| row.get::<_, u32>(0))
            .unwrap()
    };
    while kept() == 0 && std::time::Instant::now() < deadline {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(kept(), 1);
    std::mem::forget(bench);
}

#[test]
fn a_damaged_file_is_set_aside_and_the_service_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(STORE_FILE);
    drop(remembering(dir.path()));
    let whole = std::fs::read(&path).unwrap();
    let mut scratched = whole.clone();
    scratched[40..].fill(0xA5);
    for (number, damage) in
        [b"not a database at all, but long enough to be one".repeat(50), scratched, whole[..700].to_vec()]
            .into_iter()
            .enumerate()
    {
        std::fs::write(&path, damage).unwrap();
        let mut bench = remembering(dir.path());
        assert_eq!(
            bench.engine.statistics().store,
            StoreStatistics { store_set_aside: 1, store_failures: 0 },
            "{number}"
        );
        set_rooms(&mut bench);
        seconds(&mut bench, 0..3, true);
        assert_eq!(bench.state("binary_sensor.room_hall_presence").unwrap(), "on");
    }
    let aside = std::fs::read_dir(dir.path()).unwrap();
    let aside = aside.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".damaged-20"));
    assert_eq!(aside.count(), 3);
    let again = remembering(dir.path());
    assert_eq!(again.engine.statistics().store, StoreStatistics::default(), "the new file is whole");
}

#[test]
fn a_newer_file_is_not_touched_but_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(dir.path().join(STORE_FILE)).unwrap();
    connection.execute_batch("CREATE TABLE future (x); PRAGMA user_version = 99").unwrap();
    drop(connection);
    assert_eq!(remembering(dir.path()).engine.statistics().store.store_set_aside, 1);
}

#[test]
fn a_directory_that_cannot_be_written_costs_the_memory_and_nothing_else() {
    let mut bench = remembering(Path::new("/proc/nowhere"));
    set_rooms(&mut bench);
    seconds(&mut bench, 0..3, true);
    assert_eq!(bench.engine.statistics().store, StoreStatistics { store_set_aside: 0, store_failures: 1 });
    assert_eq!(bench.state("binary_sensor.room_hall_presence").unwrap(), "on");
}
