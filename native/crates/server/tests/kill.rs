//! `kill -9` while events are told, and a disk without room: what a client has seen is in the log afterwards.
//!
//! `RUVIEW_KILLS=1000 cargo test -p ruview-server --test kill -- --nocapture` kills as often and prints what was lost.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;
mod running;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use common::{Client, edge};
use running::{Running, program};
use ruview_core::{EdgeVitals, NodePacket, StreamTime};
use ruview_wire::jsonl::{Record, build_line};
use serde_json::{Value, json};

const KILLS: u32 = 50;
const NODES: u8 = 32;

/// Ten minutes in which every node's firmware says once a minute that somebody falls, each node at a second of its own.
fn recording(dir: &Path) -> PathBuf {
    let path = dir.join("falls.jsonl");
    let mut file = std::fs::File::create(&path).unwrap();
    for second in 0..600_i64 {
        for node in 1..=NODES {
            let fall = second % 60 == i64::from(node);
            let edge = EdgeVitals { fall, rssi_dbm: None, uptime_ms: None, ..edge(node, true) };
            let packet = NodePacket::EdgeVitals(edge);
            let at = StreamTime::from_micros((1_800_000_000 + second) * 1_000_000);
            writeln!(file, "{}", build_line(&Record { at, packet }).unwrap()).unwrap();
        }
    }
    path
}

/// What makes an event that event.
fn name(event: &Value) -> String {
    json!([event["event_type"], event["entity_id"], event["time_fired"], event["data"]]).to_string()
}

/// The names of everything behind the event of this number that the server has kept, and the last number.
async fn kept(client: &mut Client, mut after: i64) -> (BTreeSet<String>, i64) {
    let mut names = BTreeSet::new();
    loop {
        client.send(json!({"id": 9, "type": "get_events", "after": after})).await;
        let answer = loop {
            let frame = client.frame().await;
            if frame["type"] == "result" {
                break frame;
            }
        };
        let events = answer["result"]["events"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let Some(last) = events.last() else { return (names, after) };
        after = last["id"].as_i64().unwrap();
        names.extend(events.iter().map(name));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_has_seen_survives_a_kill() {
    let kills = std::env::var("RUVIEW_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (file, data) = (recording(dir.path()), dir.path().join("data"));
    let arguments = ["replay", file.to_str().unwrap(), "--speed", "60", "--loop", "--persist"];
    let (mut seen, mut lost) = (0_usize, 0_usize);
    let (mut pending, mut last) = (BTreeSet::new(), 0);
    for kill in 0..=kills {
        let mut server = Running::start(&data, &arguments);
        let mut reader = server.client(&data).await;
        let (stored, behind) = kept(&mut reader, last).await;
        last = behind;
        seen += pending.len();
        lost += pending.difference(&stored).count();
        let counters = reader.command(10, "get_diagnostics").await["result"]["counters"].clone();
        for counter in ["store_set_aside", "store_failures", "events_set_aside", "events_not_stored"] {
            assert_eq!(counters[counter], 0, "{counter} after {kill} kills");
        }
        let mut watcher = server.client(&data).await;
        watcher.subscribe(1).await;
        pending.clear();
        // Killed at another place each time: between two events, or in the middle of one.
        let wanted = 1 + kill as usize * 7 % 20;
        while pending.len() < wanted {
            let frame = watcher.frame().await;
            if frame["event"]["type"] == "event" {
                pending.insert(name(&frame["event"]));
            }
        }
        tokio::time::sleep(Duration::from_micros(u64::from(kill * 377 % 5000))).await;
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        // What was on its way when the server died was told too.
        while let Some(message) = watcher.message().await {
            let Ok(frame) = serde_json::from_str::<Value>(message.to_text().unwrap_or_default()) else { continue };
            if frame["event"]["type"] == "event" {
                pending.insert(name(&frame["event"]));
            }
        }
    }
    println!("{kills} kills, {seen} events seen, lost = {lost}");
    assert!(seen >= kills as usize && lost == 0, "lost {lost} of {seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_that_were_answered_survive_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["simulate", "--story", "empty", "--persist"];
    for number in 0..5 {
        let mut server = Running::start(data.path(), &arguments);
        let mut client = server.client(data.path()).await;
        if number > 0 {
            let before = json!({"room_id": format!("room{}", number - 1), "hold_s": 60});
            let known = client.call(1, "set_thresholds", before).await;
            assert_eq!(known["success"], true, "the room is there: {known}");
        }
        let rooms = json!({"rooms": [{"id": format!("room{number}"), "name": "Room", "nodes": ["node_1"]}]});
        assert_eq!(client.call(2, "set_rooms", rooms).await["success"], true);
        server.child.kill().unwrap();
        server.child.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_without_room_costs_the_memory_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (file, data) = (recording(dir.path()), dir.path().join("data"));
    // No file may grow beyond 60 KiB, and a write beyond that fails as it does on a full disk.
    let program = program().get_program().to_owned();
    let limited = format!("trap '' XFSZ; ulimit -f 120; exec '{}' \"$@\"", program.to_str().unwrap());
    let arguments = ["replay", file.to_str().unwrap(), "--speed", "60", "--loop", "--persist"];
    let arguments = [&["-c", &limited, "sh"], &arguments[..]].concat();
    let server = Running::start_as("sh".as_ref(), &data, &arguments, Stdio::null());
    let mut client = server.client(&data).await;
    client.subscribe(1).await;
    let mut told = 0;
    loop {
        let frame = client.frame().await;
        told += usize::from(frame["event"]["type"] == "event");
        if told > 100 {
            break;
        }
    }
    let counters = client.command(2, "get_diagnostics").await["result"]["counters"].clone();
    let (stored, lost) = (counters["events_stored"].as_u64().unwrap(), counters["events_not_stored"].as_u64().unwrap());
    assert!(stored > 0 && lost > 0, "{counters}");
    assert_eq!(counters["events_set_aside"], 0, "the file is whole");
    let refused = client.call(3, "set_rooms", many_rooms()).await;
    assert_eq!(refused["error"]["code"], "not_stored", "{refused}");
}

/// More than the limited file takes.
fn many_rooms() -> Value {
    let tags = vec!["t".repeat(64); 16];
    let room = |number: u32| json!({"id": format!("r{number}"), "name": "Room", "nodes": [], "tags": tags});
    json!({"rooms": (0..64).map(room).collect::<Vec<_>>()})
}
