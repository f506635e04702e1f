//! Two real nodes, two minutes: what others recorded comes in whole, and the same every time.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::refused;
use ruview_capture::{
    AtEnd, CaptureAdapter, CaptureEvent, Captured, FileReplay, FileReplayConfig, RejectReason, Speed,
};
use ruview_core::NodePacket;

const RECORDING: &str = "../shared/data/esp32_two_nodes/mixed-activity-120s.csi.jsonl.gz";

/// A replay from the first record to the last; `None`, and a line that says so, without the recording.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
async fn replay() -> Option<(FileReplay, Vec<Captured>)> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("crates lie three levels below the root");
    let path = root.join(RECORDING);
    if !path.exists() {
        println!("skipped: the recording {} is not there", path.display());
        return None;
    }
    let config = FileReplayConfig { files: vec![path], speed: Speed::Max, at_end: AtEnd::Stop };
    let mut replay = FileReplay::open(config).await.expect("a recording");
    let mut events = Vec::new();
    while let Some(captured) = replay.next().await {
        events.push(captured);
    }
    Some((replay, events))
}

/// The kind of a packet: its name, the node and the subcarriers.
fn kind(packet: &NodePacket) -> (&'static str, u8, u16) {
    match packet {
        NodePacket::Csi(frame) => ("csi", frame.node.0, frame.n_subcarriers()),
        NodePacket::EdgeVitals(vitals) => ("vitals", vitals.node.0, 0),
        NodePacket::FeatureVector(vector) => ("feature", vector.node.0, 0),
        NodePacket::FeatureState(state) => ("feature_state", state.node.0, 0),
    }
}

#[tokio::test]
async fn every_line_is_accounted_for() {
    let Some((replay, events)) = replay().await else { return };
    let mut counts = BTreeMap::new();
    let mut ticks = 0;
    for captured in &events {
        match &captured.event {
            CaptureEvent::Packet(packet) => *counts.entry(kind(packet)).or_insert(0) += 1,
            CaptureEvent::Tick => ticks += 1,
            other => panic!("no node sends {other:?}"),
        }
    }
    let expected = [
        (("csi", 1, 64), 2133),
        (("csi", 2, 64), 1994),
        (("csi", 1, 128), 503),
        (("csi", 2, 128), 631),
        (("csi", 1, 192), 23),
        (("csi", 2, 192), 25),
        (("vitals", 1, 0), 118),
        (("vitals", 2, 0), 118),
        (("feature", 1, 0), 118),
        (("feature", 2, 0), 118),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(ticks, 120);
    assert_eq!(replay.counters().accepted(), 5781);
    assert_eq!(refused(&replay.counters()), [(RejectReason::UnsupportedPacket, 2)]);
    assert!(events.is_sorted_by_key(|captured| captured.at));
}

/// Its recorder wrote +1 dBm into every raw CSI line.
#[tokio::test]
async fn impossible_signal_strengths_are_unknown() {
    let Some((_, events)) = replay().await else { return };
    for captured in events {
        match captured.event {
            CaptureEvent::Packet(NodePacket::Csi(frame)) => assert_eq!(frame.rssi_dbm, None),
            CaptureEvent::Packet(NodePacket::EdgeVitals(vitals)) => assert!(vitals.rssi_dbm.is_some_and(|dbm| dbm < 0)),
            _ => {}
        }
    }
}

#[tokio::test]
async fn two_replays_are_equal() {
    let Some((_, first)) = replay().await else { return };
    let Some((_, second)) = replay().await else { return };
    assert!(first == second, "the events differ");
}
