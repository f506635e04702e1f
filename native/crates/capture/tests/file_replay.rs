//! Recordings, good and bad, against the clock.

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use common::{csi, edge_vitals, feature_state, refused};
use flate2::Compression;
use flate2::write::GzEncoder;
use ruview_capture::{
    AtEnd, CaptureAdapter, CaptureError, CaptureEvent, Captured, FileReplay, FileReplayConfig, RejectReason, Speed,
};
use ruview_core::{DataSource, NodePacket, StreamTime};
use ruview_wire::jsonl::{Record, build_line};
use tempfile::TempDir;
use tokio::time::Instant;

fn ms(ms: i64) -> StreamTime {
    StreamTime::from_micros(ms * 1000)
}

fn line(at_ms: i64, packet: NodePacket) -> String {
    build_line(&Record { at: ms(at_ms), packet }).expect("a packet that recordings can hold") + "\n"
}

/// CSI packets at these milliseconds, numbered from 0.
fn lines(at_ms: &[i64]) -> String {
    at_ms.iter().zip(0..).map(|(&at, seq)| line(at, csi(seq))).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

/// Files that are deleted with it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).expect("a file in it");
        path
    }
}

fn at_max(files: impl Into<Vec<PathBuf>>) -> FileReplayConfig {
    FileReplayConfig { files: files.into(), speed: Speed::Max, at_end: AtEnd::Stop }
}

async fn open(config: FileReplayConfig) -> FileReplay {
    FileReplay::open(config).await.expect("a recording")
}

async fn open_error(files: impl Into<Vec<PathBuf>>) -> CaptureError {
    FileReplay::open(at_max(files)).await.expect_err("no recording")
}

async fn rest(replay: &mut FileReplay) -> Vec<Captured> {
    let mut events = Vec::new();
    while let Some(captured) = replay.next().await {
        events.push(captured);
    }
    events
}

/// Times in milliseconds; packets by their running number, ticks as `None`.
fn summary(events: &[Captured]) -> Vec<(i64, Option<u32>)> {
    let seq = |event: &CaptureEvent| match event {
        CaptureEvent::Packet(NodePacket::Csi(frame)) => frame.seq,
        _ => None,
    };
    events.iter().map(|captured| (captured.at.as_micros() / 1000, seq(&captured.event))).collect()
}

#[tokio::test]
async fn ticks_and_packets_come_in_the_order_of_their_times() {
    let folder = Folder::new();
    let path = folder.file("a.jsonl", lines(&[10_000, 10_500, 12_100]));
    let mut replay = open(at_max([path])).await;
    assert_eq!(replay.source(), DataSource::Replay);
    let expected = [(10_000, Some(0)), (10_500, Some(1)), (11_000, None), (12_000, None), (12_100, Some(2))];
    assert_eq!(summary(&rest(&mut replay).await), expected);
    assert_eq!(replay.next().await, None);
    assert_eq!((replay.counters().accepted(), refused(&replay.counters())), (3, vec![]));
}

#[tokio::test]
async fn every_kind_of_packet_and_of_file_is_read() {
    let folder = Folder::new();
    let mut vitals = edge_vitals();
    if let NodePacket::EdgeVitals(vitals) = &mut vitals {
        vitals.uptime_ms = None;
    }
    // The names say nothing, blank lines and a missing line end do not matter, and gzip members may follow each other.
    let plain =
        folder.file("plain.gz", format!("\n{}\r\n\n{}", line(0, csi(0)).trim(), line(1, vitals.clone()).trim()));
    let members = [gzip(&line(2, feature_state())), gzip(&line(3, csi(3)))].concat();
    let compressed = folder.file("compressed.jsonl", members);
    let mut replay = open(at_max([plain, compressed])).await;
    let expected = [(0, csi(0)), (1, vitals), (2, feature_state()), (3, csi(3))]
        .map(|(at, packet)| Captured { at: ms(at), event: CaptureEvent::Packet(packet) });
    assert_eq!(rest(&mut replay).await, expected);
    assert_eq!(refused(&replay.counters()), []);
}

#[tokio::test]
async fn bad_lines_count_for_what_they_are_and_the_next_good_one_arrives() {
    let too_long = format!("{{\"timestamp\": 1, \"note\": \"{}\"}}", "x".repeat(2 << 20));
    let no_payload = r#"{"timestamp": 1.0, "node_id": 1, "magic": "0xC5110005", "size": 104, "rssi": 0}"#;
    let one = r#"{"timestamp":1,"node_id":1,"type":"raw_csi","iq_hex":"0000","subcarriers":1}"#;
    let cases = [
        (String::from("not json"), RejectReason::MalformedLine),
        (too_long, RejectReason::MalformedLine),
        (one.replace("0000", "00zz"), RejectReason::MalformedLine),
        (one.replace("raw_csi", "raw_csi2"), RejectReason::UnsupportedPacket),
        (String::from(no_payload), RejectReason::UnsupportedPacket),
        (one.replace("0000", "00"), RejectReason::WrongLength),
        (one.replace(r#""subcarriers":1"#, r#""subcarriers":0"#), RejectReason::InvalidField),
    ];
    let folder = Folder::new();
    for (bad, reason) in cases {
        let path = folder.file("bad.jsonl", format!("{}{bad}\n{}", line(0, csi(0)), line(1, csi(1))));
        let mut replay = open(at_max([path])).await;
        assert_eq!(summary(&rest(&mut replay).await), [(0, Some(0)), (1, Some(1))]);
        assert_eq!(refused(&replay.counters()), [(reason, 1)]);
    }
}

#[tokio::test]
async fn what_came_before_a_break_stays_and_the_next_file_follows() {
    let text = lines(&(0..500).collect::<Vec<_>>());
    let whole = gzip(&text);
    let folder = Folder::new();
    let next = folder.file("next.jsonl", line(10_000, csi(9999)));
    for broken in [&whole[..whole.len() / 2], &whole[..whole.len() - 4], &text.as_bytes()[..text.len() - 9]] {
        let path = folder.file("broken", broken);
        let mut replay = open(at_max([path, next.clone()])).await;
        let events = rest(&mut replay).await;
        let packets: Vec<_> = summary(&events).into_iter().filter_map(|(_, seq)| seq).collect();
        assert!(packets.len() > 2, "some came before the break");
        assert_eq!(packets.last(), Some(&9999));
        assert!(packets.iter().zip(0..).take(packets.len() - 1).all(|(&seq, expected)| seq == expected));
        assert_eq!(refused(&replay.counters()), [(RejectReason::Truncated, 1)]);
    }
}

#[tokio::test]
async fn what_cannot_be_replayed_is_named() {
    let folder = Folder::new();
    let good = folder.file("good.jsonl", line(0, csi(0)));
    assert!(matches!(open_error([]).await, CaptureError::NoFiles));

    let missing = folder.0.path().join("missing.jsonl");
    let error = open_error([good.clone(), missing.clone()]).await;
    assert!(matches!(&error, CaptureError::Unreadable { path, .. } if *path == missing), "{error}");
    assert!(error.to_string().contains("check the path"), "{error}");

    let directory = folder.0.path().to_path_buf();
    let error = open_error([directory.clone()]).await;
    assert!(matches!(&error, CaptureError::NotAFile { path } if *path == directory), "{error}");

    let bad_gzip = folder.file("bad.gz", [0x1F, 0x8B, 0x07, 0, 0, 0, 0, 0, 0, 0]);
    let error = open_error([good, bad_gzip.clone()]).await;
    assert!(matches!(&error, CaptureError::InvalidGzip { path } if *path == bad_gzip), "{error}");

    let prose = folder.file("prose.txt", "Dear diary,\ntoday nobody moved.\n");
    let empty = folder.file("empty.jsonl", "");
    let error = open_error([prose.clone(), empty.clone()]).await;
    assert!(matches!(&error, CaptureError::NoRecords { paths } if *paths == [prose, empty]), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_gap_of_hours_is_a_minute_of_ticks() {
    let folder = Folder::new();
    let hours = 5 * 3_600_000;
    let path = folder.file("gap.jsonl", lines(&[0, hours, hours + 1000]));
    let mut replay = open(FileReplayConfig { files: vec![path], speed: Speed::Real, at_end: AtEnd::Stop }).await;
    let start = Instant::now();
    let events = summary(&rest(&mut replay).await);
    assert_eq!(events.len(), 1 + 60 + 1 + 1 + 1);
    assert_eq!(events[60..], [(60_000, None), (hours, Some(1)), (hours + 1000, None), (hours + 1000, Some(2))]);
    assert_eq!(start.elapsed().as_secs(), 61);
}

#[tokio::test(start_paused = true)]
async fn speed_is_against_the_wall_clock() {
    let folder = Folder::new();
    let path = folder.file("ten-seconds.jsonl", lines(&[0, 2500, 10_000]));
    for (speed, expected) in [(Speed::Real, 10_000), (Speed::Times(4.0), 2500), (Speed::Max, 0)] {
        let mut replay = open(FileReplayConfig { files: vec![path.clone()], speed, at_end: AtEnd::Stop }).await;
        let start = Instant::now();
        assert_eq!(rest(&mut replay).await.len(), 3 + 10);
        // Tokio's timers count whole milliseconds.
        let elapsed = start.elapsed().as_millis();
        assert!((expected..=expected + 1).contains(&elapsed), "{speed:?}: {elapsed} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_future_loses_nothing() {
    let folder = Folder::new();
    let files = vec![folder.file("ten-seconds.jsonl", lines(&[0, 2500, 10_000]))];
    let mut patient = open(at_max(files.clone())).await;
    let mut impatient = open(FileReplayConfig { files, speed: Speed::Real, at_end: AtEnd::Stop }).await;
    let mut events = Vec::new();
    loop {
        match tokio::time::timeout(Duration::from_millis(30), impatient.next()).await {
            Ok(Some(event)) => events.push(event),
            Ok(None) => break,
            Err(_too_early) => {}
        }
    }
    assert_eq!(events, rest(&mut patient).await);
}

#[tokio::test(start_paused = true)]
async fn silence_after_the_end_shows() {
    let folder = Folder::new();
    let files = vec![folder.file("short.jsonl", lines(&[0, 1300]))];
    let mut replay = open(FileReplayConfig { files, speed: Speed::Max, at_end: AtEnd::KeepTicking }).await;
    for _ in 0..3 {
        replay.next().await.unwrap();
    }
    let start = Instant::now();
    for second in 1..=3 {
        // A future that is dropped before its tick is due does not put the tick off.
        let early = tokio::time::timeout(Duration::from_millis(400), replay.next()).await;
        assert!(early.is_err(), "{early:?}");
        let tick = Captured { at: ms(1000 + second * 1000), event: CaptureEvent::Tick };
        assert_eq!(replay.next().await, Some(tick));
        assert_eq!(start.elapsed().as_secs(), second as u64);
    }
}

#[tokio::test]
async fn a_loop_goes_on_in_time() {
    let folder = Folder::new();
    let files = vec![folder.file("a.jsonl", lines(&[5000, 5400])), folder.file("b.jsonl", lines(&[5500, 5600]))];
    let mut replay = open(FileReplayConfig { files, speed: Speed::Max, at_end: AtEnd::Loop }).await;
    let mut events = Vec::new();
    for _ in 0..13 {
        events.push(replay.next().await.unwrap());
    }
    let first = [(5000, Some(0)), (5400, Some(1)), (5500, Some(0)), (5600, Some(1))];
    let second = [(5650, Some(0)), (6000, None), (6050, Some(1)), (6150, Some(0)), (6250, Some(1))];
    let third = [(6300, Some(0)), (6700, Some(1)), (6800, Some(0)), (6900, Some(1))];
    assert_eq!(summary(&events), [&first[..], &second, &third].concat());
}

#[tokio::test]
async fn the_reader_ends_with_its_adapter() {
    let folder = Folder::new();
    let files = vec![folder.file("a.jsonl", lines(&[0, 1, 2]))];
    let mut replay = open(FileReplayConfig { files, speed: Speed::Max, at_end: AtEnd::Loop }).await;
    replay.next().await.unwrap();
    let counters = replay.counters();
    drop(replay);
    // The thread holds the counters as long as it lives.
    let ended = async {
        while Arc::strong_count(&counters) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("the thread ends");
}

#[tokio::test]
async fn a_file_that_vanishes_is_passed_over() {
    let folder = Folder::new();
    let long = folder.file("long.jsonl", lines(&(0..2000).collect::<Vec<_>>()));
    let gone = folder.file("gone.jsonl", lines(&[3000]));
    let last = folder.file("last.jsonl", line(4000, csi(4000)));
    let mut replay = open(at_max([long, gone.clone(), last])).await;
    // The reader is at most a few hundred lines ahead.
    remove(&gone);
    let events = summary(&rest(&mut replay).await);
    assert_eq!(events.last(), Some(&(4000, Some(4000))));
    assert_eq!(replay.counters().accepted(), 2001);
}

fn remove(path: &Path) {
    fs::remove_file(path).expect("it was there");
}
