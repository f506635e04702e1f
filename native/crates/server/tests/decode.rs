//! `ruview-server decode`, as its users run it.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::edge;
use flate2::Compression;
use flate2::write::GzEncoder;
use ruview_core::{EdgeVitals, NodePacket, StreamTime};
use ruview_wire::ByteOrder;
use ruview_wire::capture_file::{
    PcapFormat, PcapPrecision, PcapngInterface, pcap_header, pcap_record, pcapng_interface, pcapng_packet,
    pcapng_section,
};
use ruview_wire::dot11::Fcs;
use ruview_wire::jsonl::{Record, build_line};
use ruview_wire::link::LinkType;
use ruview_wire::nexmon::build_ethernet;
use serde_json::{Value, json};
use tempfile::TempDir;

/// 2027-01-15T08:00:00Z
const START_S: i64 = 1_800_000_000;
const TRANSMITTER: [u8; 6] = [0x98, 0xDE, 0xD0, 0x48, 0x92, 0x66];
/// 802.11: management, beacon.
const BEACON: [u8; 30] = [0x80; 30];

fn decode(files: &[&Path], options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruview-server"));
    command.arg("decode").args(files).args(options).env_remove("RUVIEW_JSON").env_remove("RUVIEW_SHOW_MAC");
    command.stdin(Stdio::null()).output().unwrap()
}

/// What JSON says of a file that can be read.
fn survey(file: &Path) -> Value {
    let output = decode(&[file], &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut document: Value = serde_json::from_slice(&output.stdout).unwrap();
    document["files"][0].take()
}

/// What is said of a file that cannot be read.
fn refusal(file: &Path) -> String {
    let output = decode(&[file], &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{said}");
    assert!(!said.contains("panicked") && said.contains(&file.display().to_string()), "{said}");
    said
}

/// A recording of others; `None`, with a word, where it is not there.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data").join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("skipped: the recording {} is not there", path.display());
    None
}

fn kinds(survey: &Value) -> Vec<(&str, u64)> {
    let kinds = survey["kinds"].as_array().unwrap().iter();
    kinds.map(|kind| (kind["kind"].as_str().unwrap(), kind["packets"].as_u64().unwrap())).collect()
}

fn write(dir: &TempDir, name: &str, octets: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, octets).unwrap();
    path
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

/// A packet a second.
fn pcap(link: LinkType, packets: &[&[u8]]) -> Vec<u8> {
    let format = PcapFormat { order: ByteOrder::Big, precision: PcapPrecision::Nanos, link, fcs: Fcs::Unknown };
    let records = packets.iter().enumerate().map(|(second, packet)| {
        let at_ns = (START_S + second as i64) * 1_000_000_000;
        pcap_record(&format, Some(at_ns), packet.len() as u32, packet).unwrap()
    });
    [pcap_header(&format)].into_iter().chain(records).flatten().collect()
}

/// One packet of each interface, all at the same time.
fn pcapng(packets: &[(LinkType, &[u8])]) -> Vec<u8> {
    let order = ByteOrder::Little;
    let mut file = pcapng_section(order);
    for &(link, _) in packets {
        file.extend(pcapng_interface(order, &PcapngInterface::new(link)));
    }
    for (number, &(link, packet)) in packets.iter().enumerate() {
        let interface = PcapngInterface::new(link);
        let at_ns = START_S * 1_000_000_000;
        let packet = pcapng_packet(order, (number as u32, &interface), at_ns, packet.len() as u32, packet);
        file.extend(packet.unwrap());
    }
    file
}

/// A measurement at 20 MHz of a 4366c0.
fn nexmon() -> Vec<u8> {
    let mut payload = vec![0x11, 0x11, 0xC6, 0x94];
    payload.extend(TRANSMITTER);
    payload.extend([7, 0, 0, 0, 0x2A, 0xD0, 0x6A, 0]);
    payload.resize(payload.len() + 4 * 64, 1);
    build_ethernet(&payload).unwrap()
}

fn lines(count: i64) -> String {
    let line = |second: i64| {
        let edge = EdgeVitals { motion: false, uptime_ms: None, ..edge((second % 2) as u8, true) };
        let packet = NodePacket::EdgeVitals(edge);
        build_line(&Record { at: StreamTime::from_micros((START_S + second) * 1_000_000), packet }).unwrap()
    };
    (0..count).map(|second| line(second) + "\n").collect()
}

#[test]
fn recorded_vht_reports() {
    let Some(file) = shared("cbfr/11ac_SU_3x1_40.pcapng") else { return };
    let survey = survey(&file);
    assert_eq!(
        (&survey["container"], &survey["whole"], &survey["errors"]),
        (&json!("pcapng"), &json!(true), &json!([]))
    );
    assert_eq!(survey["link_types"], json!([{"number": 127, "name": "radiotap", "packets": 631}]));
    let kind = json!({
        "kind": "vht_report", "rows": 3, "columns": 1, "bandwidth_mhz": 40, "grouping": 1, "feedback": "su",
        "tones": 108, "packets": 631, "octets": 227_160, "shortest": 360, "longest": 360,
    });
    assert_eq!(survey["kinds"], json!([kind]));
    assert_eq!(survey["first"], "2022-09-25T05:25:03.717958Z");
}

#[test]
fn recorded_he_reports() {
    let Some(file) = shared("cbfr/beefi_bfi.pcap") else { return };
    let survey = survey(&file);
    let kind = &survey["kinds"][0];
    assert_eq!(kinds(&survey), [("he_report", 2)]);
    assert_eq!((&kind["rows"], &kind["columns"], &kind["tones"]), (&json!(4), &json!(2), &json!(64)));
}

#[test]
fn recorded_nexmon_frames() {
    let Some(file) = shared("nexmon/example_43455c0.pcap") else { return };
    let survey = survey(&file);
    let kind = &survey["kinds"][0];
    assert_eq!(kinds(&survey), [("nexmon_csi", 566)]);
    assert_eq!((&kind["chip"], &kind["bandwidth_mhz"]), (&json!("43455c0"), &json!(80)));
}

#[test]
fn recorded_node_packets() {
    let Some(file) = shared("esp32_two_nodes/mixed-activity-120s.csi.jsonl.gz") else { return };
    let survey = survey(&file);
    assert_eq!(
        (&survey["container"], &survey["gzip"], &survey["packets"]),
        (&json!("jsonl"), &json!(true), &json!(5783))
    );
    let raw = "esp32_raw_csi";
    let counts = [(raw, 4127), (raw, 1134), (raw, 48), ("esp32_edge_vitals", 236), ("esp32_feature_vector", 236)];
    assert_eq!(kinds(&survey), counts);
    assert_eq!(survey["nodes"], json!([{"node": 1, "packets": 2895}, {"node": 2, "packets": 2886}]));
    assert_eq!(survey["errors"][0]["reason"], "unsupported_packet");
    assert_eq!((&survey["errors"][0]["count"], &survey["errors"][0]["first"]["number"]), (&json!(2), &json!(503)));
}

#[test]
fn addresses_are_shown_on_request_only() {
    let dir = TempDir::new().unwrap();
    let frame = nexmon();
    let file = write(&dir, "csi.pcap", &pcap(LinkType::ETHERNET, &[&frame, &frame]));
    // A line in which an address stands where it does not belong.
    let line =
        write(&dir, "odd.jsonl", br#"{"timestamp": 1, "node_id": "98:de:d0:48:92:66", "type": "98:de:d0:48:92:66"}"#);
    for format in [&[][..], &["--json"]] {
        let said = |options: &[&str]| String::from_utf8(decode(&[&file, &line], options).stdout).unwrap();
        let hidden = said(format).to_lowercase();
        assert!(!hidden.contains("98:de") && !hidden.contains("98ded0"), "{hidden}");
        assert_ne!(hidden, said(format).to_lowercase(), "names hold for one run");
        assert!(said(&[format, &["--show-mac"]].concat()).contains("98:de:d0:48:92:66"));
    }
}

#[test]
fn every_container_is_read_plain_and_compressed() {
    let dir = TempDir::new().unwrap();
    let frame = nexmon();
    let arp = [&[0xFF; 12][..], &[0x08, 0x06], &[0; 28]].concat();
    let packets: [(LinkType, &[u8]); 4] = [
        (LinkType::ETHERNET, &frame),
        (LinkType::ETHERNET, &arp),
        (LinkType::IEEE802_11, &BEACON),
        (LinkType(228), b"an IP packet"),
    ];
    for (name, octets, expected) in [
        ("lines", lines(3).into_bytes(), &[("esp32_edge_vitals", 3)][..]),
        ("pcap", pcap(LinkType::ETHERNET, &[&frame, &arp]), &[("nexmon_csi", 1), ("other_ethernet", 1)]),
        ("pcapng", pcapng(&packets), &[("nexmon_csi", 1), ("other_frame", 1), ("other_ethernet", 1)]),
    ] {
        let plain = survey(&write(&dir, name, &octets));
        let compressed = survey(&write(&dir, &format!("{name}.gz"), &gzip(&octets)));
        assert_eq!((&plain["gzip"], &compressed["gzip"]), (&json!(false), &json!(true)));
        for survey in [&plain, &compressed] {
            assert_eq!(kinds(survey), expected, "{name}");
            assert_eq!((&survey["whole"], &survey["first"]), (&json!(true), &json!("2027-01-15T08:00:00.000000Z")));
        }
        if name == "pcapng" {
            assert_eq!(plain["link_types"][2], json!({"number": 228, "name": null, "packets": 1}));
            assert_eq!(plain["errors"][0]["layer"], "link layer");
        }
    }
}

#[test]
fn files_that_break_off_keep_what_came_before() {
    let dir = TempDir::new().unwrap();
    let frame = nexmon();
    let whole = pcap(LinkType::ETHERNET, &[&frame, &frame, &frame]);
    // The whole header of the file and nothing else; the part of a header.
    let empty = survey(&write(&dir, "empty.pcap", &whole[..24]));
    assert_eq!((&empty["container"], &empty["whole"], &empty["first"]), (&json!("pcap"), &json!(true), &json!(null)));
    let cut = survey(&write(&dir, "header.pcap", &whole[..8]));
    assert_eq!((&cut["container"], &cut["whole"]), (&json!("pcap"), &json!(false)));
    let text = lines(2000);
    let compressed = gzip(text.as_bytes());
    for (name, octets) in [
        ("cut.pcap", &whole[..whole.len() - 10]),
        ("cut.jsonl", &text.as_bytes()[..text.len() - 10]),
        ("cut.jsonl.gz", &compressed[..compressed.len() - 20]),
    ] {
        let path = write(&dir, name, octets);
        let survey = survey(&path);
        assert_eq!((&survey["whole"], &survey["errors"][0]["reason"]), (&json!(false), &json!("truncated")), "{name}");
        assert!(kinds(&survey)[0].1 >= 2, "{name}: {survey}");
        let table = String::from_utf8(decode(&[&path], &[]).stdout).unwrap();
        assert!(table.contains("warning: the file breaks off"), "{table}");
    }
}

#[test]
fn bad_records_are_counted_by_reason_with_the_first_example() {
    let dir = TempDir::new().unwrap();
    let text = lines(2) + "{\"timestamp\": 1}\nnonsense\n\nmore nonsense\n";
    let survey = survey(&write(&dir, "odd.jsonl", text.as_bytes()));
    assert_eq!((&survey["packets"], &survey["kinds"][0]["packets"]), (&json!(5), &json!(2)));
    assert_eq!((&survey["errors"][0]["reason"], &survey["errors"][0]["count"]), (&json!("malformed_line"), &json!(3)));
    assert_eq!(survey["errors"][0]["first"]["number"], 3);
}

#[test]
fn what_is_no_recording_is_refused_and_keeps_nothing_else_from_being_read() {
    let dir = TempDir::new().unwrap();
    let garbage: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let good = write(&dir, "good.jsonl", lines(1).as_bytes());
    let missing = dir.path().join("missing.pcap");
    let bad = [
        (write(&dir, "garbage", &garbage), "no record"),
        (write(&dir, "empty", b""), "no record"),
        (write(&dir, "letter.txt", b"Dear Sir,\nnothing here.\n"), "no record"),
        (write(&dir, "bad.gz", &[0x1F, 0x8B, 9, 9, 9, 9]), "gzip"),
        (dir.path().to_owned(), "no regular file"),
        (missing.clone(), "check the path"),
    ];
    for (path, expected) in &bad {
        let said = refusal(path);
        assert!(said.contains(expected), "{said}");
    }

    let output = decode(&[&missing, &good], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("ESP32 edge vitals"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 of 2 files could not be read"));

    let output = decode(&[&missing, &good], &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["files"][0]["error"].as_str().unwrap().contains("missing.pcap"));
    assert_eq!(document["files"][1]["packets"], 1);
}
