//! `record`, and `replay` of what it wrote.

#![allow(clippy::unwrap_used)]

mod common;
mod running;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use flate2::read::GzDecoder;
use running::program;
use ruview_core::{Complex32, CsiFrame, EdgeVitals, NodeNumber, NodePacket};
use ruview_wire::esp32::build_packet;
use ruview_wire::jsonl::parse_line;
use serde_json::Value;

/// Starts to record; the process, and where it receives.
fn record(file: &Path, more: &[&str]) -> (Child, SocketAddr) {
    let mut command = program();
    command.arg("record").arg(file).args(["--udp-bind", "127.0.0.1:0"]).args(more);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    (child, ready["udp"].as_str().unwrap().parse().unwrap())
}

fn packets() -> Vec<NodePacket> {
    let csi = |seq: u32| {
        let sample = |i: u32| Complex32::new((seq % 90) as f32 + 1.0, i as f32 - 26.0);
        let mut frame = CsiFrame::new(NodeNumber(1), 1, 52, (0..52).map(sample).collect()).unwrap();
        frame.rssi_dbm = Some(-50);
        frame.noise_floor_dbm = Some(-90);
        frame.frequency_mhz = Some(2437);
        frame.seq = Some(seq);
        NodePacket::Csi(frame)
    };
    let edge = NodePacket::EdgeVitals(EdgeVitals {
        node: NodeNumber(2),
        presence: true,
        fall: false,
        motion: true,
        breathing_rate_bpm: 14.5,
        heart_rate_bpm: 0.0,
        rssi_dbm: Some(-60),
        n_persons: 1,
        motion_energy: 0.5,
        presence_score: 0.75,
        uptime_ms: Some(7),
    });
    (0..200).map(csi).chain([edge]).collect()
}

fn send(to: SocketAddr, packets: &[NodePacket]) {
    let node = UdpSocket::bind("127.0.0.1:0").unwrap();
    for packet in packets {
        node.send_to(&build_packet(packet).unwrap(), to).unwrap();
        // No faster than the kernel's buffer takes.
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

fn end(mut child: Child) {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn text(path: &Path) -> String {
    let mut text = String::new();
    let file = File::open(path).unwrap();
    if path.extension().is_some_and(|end| end == "gz") {
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
    } else {
        BufReader::new(file).read_to_string(&mut text).unwrap();
    }
    text
}

/// What a replay without an audience says of it.
fn changes(file: &Path) -> String {
    let output =
        program().arg("replay").arg(file).args(["--once", "--speed", "max", "--changes", "-"]).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_was_sent_is_what_is_replayed() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.jsonl", "a.jsonl.gz"] {
        let file = dir.path().join(name);
        let (child, udp) = record(&file, &[]);
        send(udp, &packets());
        // A moment in which the last one is read; nothing of it is lost by the end.
        std::thread::sleep(std::time::Duration::from_millis(300));
        end(child);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let lines = text(&file);
        let recorded: Vec<_> = lines.lines().map(|line| parse_line(line.as_bytes()).unwrap().packet).collect();
        assert_eq!(recorded, packets());

        let same = dir.path().join(format!("{name}.copy"));
        std::fs::write(&same, &lines).unwrap();
        let said = changes(&file);
        assert!(said.contains("node_1") && said.contains("node_2"), "{said}");
        assert_eq!(said, changes(&same), "compressed or not, the same changes");
    }
}

#[test]
fn a_file_that_exists_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.jsonl");
    std::fs::write(&file, "precious").unwrap();
    let output = program().arg("record").arg(&file).args(["--udp-bind", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("cannot write") && said.contains("a.jsonl"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}
