//! Capture files as recordings: every container, every kind of packet in it, and what is wrong with some.

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};

use common::air::{beacon, frames, measurement, report};
use common::refused;
use flate2::Compression;
use flate2::write::GzEncoder;
use ruview_capture::{
    AtEnd, CaptureAdapter, CaptureEvent, Captured, FileReplay, FileReplayConfig, HostKind, RejectReason, Speed,
};
use ruview_core::{NodeNumber, StreamTime};
use ruview_wire::capture_file::{
    PcapFormat, PcapPrecision, PcapngInterface, pcap_header, pcap_record, pcapng_interface, pcapng_packet,
    pcapng_section, pcapng_simple_packet,
};
use ruview_wire::dot11::Fcs;
use ruview_wire::link::{LinkType, RadioInfo};
use ruview_wire::{ByteOrder, nexmon, prism, radiotap};
use tempfile::TempDir;

/// A packet and its time in milliseconds.
type Timed = (i64, Vec<u8>);

fn pcap(link: LinkType, order: ByteOrder, precision: PcapPrecision, packets: &[Timed]) -> Vec<u8> {
    let format = PcapFormat { order, precision, link, fcs: Fcs::Unknown };
    let records = packets
        .iter()
        .map(|(ms, octets)| pcap_record(&format, Some(ms * 1_000_000), octets.len() as u32, octets).expect("a record"));
    std::iter::once(pcap_header(&format)).chain(records).flatten().collect()
}

fn little_pcap(link: LinkType, packets: &[Timed]) -> Vec<u8> {
    pcap(link, ByteOrder::Little, PcapPrecision::Micros, packets)
}

fn pcapng(link: LinkType, order: ByteOrder, packets: &[Timed]) -> Vec<u8> {
    let interface = PcapngInterface::new(link);
    let records = packets.iter().map(|(ms, octets)| {
        pcapng_packet(order, (0, &interface), ms * 1_000_000, octets.len() as u32, octets).expect("a record")
    });
    [pcapng_section(order), pcapng_interface(order, &interface)].into_iter().chain(records).flatten().collect()
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(octets).expect("memory");
    encoder.finish().expect("memory")
}

/// All events of these files, and the adapter at its end.
async fn replay(contents: &[Vec<u8>]) -> (Vec<Captured>, FileReplay) {
    let folder = TempDir::new().expect("a temporary folder");
    let files: Vec<PathBuf> = (0..contents.len()).map(|number| folder.path().join(number.to_string())).collect();
    for (file, octets) in files.iter().zip(contents) {
        std::fs::write(file, octets).expect("a file");
    }
    replay_files(files).await
}

async fn replay_files(files: Vec<PathBuf>) -> (Vec<Captured>, FileReplay) {
    let config = FileReplayConfig { files, speed: Speed::Max, at_end: AtEnd::Stop };
    let mut replay = FileReplay::open(config).await.expect("a recording");
    let mut events = Vec::new();
    while let Some(captured) = replay.next().await {
        events.push(captured);
    }
    (events, replay)
}

/// The times in milliseconds and the tokens of the reports.
fn reports(events: &[Captured]) -> Vec<(i64, u8)> {
    let token = |captured: &Captured| match &captured.event {
        CaptureEvent::Bfi(received) => Some((captured.at.as_micros() / 1000, received.received.report.control.token)),
        _ => None,
    };
    events.iter().filter_map(token).collect()
}

fn behind(header: &[u8], frame: &[u8]) -> Vec<u8> {
    [header, frame].concat()
}

#[tokio::test]
async fn reports_are_read_out_of_every_container() {
    let prism = prism::build(&RadioInfo::default()).expect("a header");
    let radiotap = radiotap::build(&RadioInfo { frequency_mhz: Some(5180), ..RadioInfo::default() });
    for (link, header) in [(LinkType::IEEE802_11, vec![]), (LinkType::PRISM, prism), (LinkType::RADIOTAP, radiotap)] {
        let packet = |at: i64, frame: Vec<u8>| (at, behind(&header, &frame));
        let packets = [
            packet(1000, beacon()),
            packet(1010, frames(1, &report(1), 1).remove(0)),
            packet(1020, frames(2, &report(2), 1).remove(0)),
        ];
        for octets in [
            pcap(link, ByteOrder::Little, PcapPrecision::Micros, &packets),
            pcap(link, ByteOrder::Big, PcapPrecision::Nanos, &packets),
            pcapng(link, ByteOrder::Little, &packets),
            pcapng(link, ByteOrder::Big, &packets),
        ] {
            for file in [gzip(&octets), octets] {
                let (events, replay) = replay(&[file]).await;
                assert_eq!(reports(&events), [(1010, 1), (1020, 2)]);
                let counters = replay.counters();
                assert_eq!((counters.accepted(), counters.ignored(), refused(&counters)), (2, 1, vec![]));
            }
        }
    }
}

#[tokio::test]
async fn events_carry_the_whole_report_and_its_place() {
    let radiotap = radiotap::build(&RadioInfo {
        frequency_mhz: Some(5180),
        rssi_dbm: Some(-51),
        fcs: Fcs::Present,
        ..RadioInfo::default()
    });
    let sent = [1, 2].map(report);
    let packets =
        [(0, &sent[0]), (1900, &sent[1])].map(|(at, report)| (at, behind(&radiotap, &frames(9, report, 1)[0])));
    let (events, replay) = replay(&[little_pcap(LinkType::RADIOTAP, &packets)]).await;
    assert_eq!(replay.capabilities().host, HostKind::Recording);
    let received: Vec<_> = events
        .into_iter()
        .filter_map(|captured| match captured.event {
            CaptureEvent::Bfi(report) => Some((captured.at, *report)),
            _ => None,
        })
        .collect();
    let [(_, first), (at, second)] = &received[..] else { panic!("two reports, found {received:?}") };
    assert_eq!([&first.received.report, &second.received.report], [&sent[0], &sent[1]]);
    assert_eq!(second.received.at, *at);
    assert_eq!(second.received.info.rssi_dbm, Some(-51));
    assert_eq!(second.pair.beamformee.octets()[5], 9);
    assert_eq!(second.pair, first.pair);
    assert_eq!((second.session.number, second.session.report), (0, 1));
    assert_eq!(second.session.since_previous.map(|gap| gap.as_millis()), Some(1900));
}

#[tokio::test]
async fn reports_in_parts_are_joined_and_what_misses_one_is_counted() {
    let (whole, broken, later) = (report(1), report(2), report(3));
    let parts = frames(1, &whole, 3);
    let packets = [
        (0, parts[0].clone()),
        (1, parts[1].clone()),
        (2, parts[2].clone()),
        (10, frames(1, &broken, 2).remove(0)),
        (5000, frames(1, &later, 1).remove(0)),
    ];
    let (events, replay) = replay(&[little_pcap(LinkType::IEEE802_11, &packets)]).await;
    assert_eq!(reports(&events), [(2, 1), (5000, 3)]);
    assert_eq!(refused(&replay.counters()), [(RejectReason::IncompleteReport, 1)]);
}

#[tokio::test]
async fn bad_packets_count_for_what_they_are_and_the_next_good_one_arrives() {
    let radiotap = radiotap::build(&RadioInfo { fcs: Fcs::Present, ..RadioInfo::default() });
    let good = || behind(&radiotap, &frames(1, &report(1), 1)[0]);
    let mut damaged = good();
    *damaged.last_mut().expect("octets") ^= 1;
    let cut_header = radiotap[..6].to_vec();
    let mut eht = frames(1, &report(1), 1).remove(0);
    eht.truncate(eht.len() - 4);
    eht[24] = 36;
    let without_fcs = radiotap::build(&RadioInfo { fcs: Fcs::Absent, ..RadioInfo::default() });
    for (bad, reason) in [
        (damaged, RejectReason::BadCrc),
        (cut_header, RejectReason::WrongLength),
        (behind(&without_fcs, &eht), RejectReason::UnsupportedPacket),
    ] {
        let packets = [(0, good()), (1, bad), (2, good())];
        let (events, replay) = replay(&[little_pcap(LinkType::RADIOTAP, &packets)]).await;
        assert_eq!(reports(&events), [(0, 1), (2, 1)], "{reason:?}");
        assert_eq!(refused(&replay.counters()), [(reason, 1)]);
    }
}

#[tokio::test]
async fn what_came_before_a_break_stays_and_the_next_file_follows() {
    let packets = [1, 2, 3].map(|token| (i64::from(token), frames(1, &report(token), 1).remove(0)));
    let last = little_pcap(LinkType::IEEE802_11, &[(50, frames(1, &report(9), 1).remove(0))]);
    let whole_pcap = little_pcap(LinkType::IEEE802_11, &packets);
    let whole_pcapng = pcapng(LinkType::IEEE802_11, ByteOrder::Little, &packets);
    let compressed = gzip(&whole_pcap);
    for broken in [
        &whole_pcap[..whole_pcap.len() - 1],
        &whole_pcapng[..whole_pcapng.len() - 20],
        &compressed[..compressed.len() - 6],
    ] {
        let (events, replay) = replay(&[broken.to_vec(), last.clone()]).await;
        let reports = reports(&events);
        assert!(reports.starts_with(&[(1, 1), (2, 2)]) && reports.ends_with(&[(50, 9)]), "{reports:?}");
        assert_eq!(refused(&replay.counters()), [(RejectReason::Truncated, 1)]);
    }
}

#[tokio::test]
async fn nexmon_measurements_are_read_out_of_ethernet() {
    let of_node_0 = |sequence| measurement(NodeNumber(0), sequence);
    let ethernet = |sequence| {
        let payload = nexmon::build_payload(&of_node_0(sequence)).expect("a measurement");
        nexmon::build_ethernet(&payload).expect("a frame")
    };
    let mut to_another_port = ethernet(7);
    to_another_port[36..38].copy_from_slice(&53_u16.to_be_bytes());
    let arp = [&[0xFF; 12][..], &[0x08, 0x06], &[0; 28]].concat();
    let with_trailer = behind(&ethernet(2), &[0; 4]);
    let packets = [(0, ethernet(1)), (1, arp), (2, to_another_port), (3, with_trailer)];
    let (events, replay) = replay(&[little_pcap(LinkType::ETHERNET, &packets)]).await;
    let expected = [(0, of_node_0(1)), (3, of_node_0(2))]
        .map(|(ms, frame)| Captured { at: StreamTime::from_micros(ms * 1000), event: CaptureEvent::Nexmon(frame) });
    assert_eq!(events, expected);
    assert_eq!((replay.counters().ignored(), refused(&replay.counters())), (2, vec![]));
}

#[tokio::test]
async fn packets_without_times_stay_where_they_are() {
    let order = ByteOrder::Little;
    let interface = PcapngInterface::new(LinkType::IEEE802_11);
    let frame = |token| frames(1, &report(token), 1).remove(0);
    let timed = pcapng_packet(order, (0, &interface), 5_000_000_000, 0, &frame(1)).expect("a record");
    let file = [
        pcapng_section(order),
        pcapng_interface(order, &interface),
        timed,
        pcapng_simple_packet(order, &frame(2)).expect("a record"),
    ];
    let (events, _) = replay(&[file.concat()]).await;
    assert_eq!(reports(&events), [(5000, 1), (5000, 2)]);
}

/// A recording of others; `None`, and a line that says so, without it.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn recording(name: &str) -> Option<PathBuf> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("crates lie three levels below the root");
    let path = root.join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: the recording {} is not there", path.display());
    None
}

#[tokio::test]
async fn real_reports_all_come_in() {
    for (name, count) in [("cbfr/11ac_SU_3x1_40.pcapng", 631), ("cbfr/beefi_bfi.pcap", 2)] {
        let Some(path) = recording(name) else { continue };
        let (events, replay) = replay_files(vec![path]).await;
        assert_eq!(reports(&events).len(), count, "{name}");
        assert_eq!((replay.counters().ignored(), refused(&replay.counters())), (0, vec![]));
        assert!(events.is_sorted_by_key(|captured| captured.at));
    }
}

#[tokio::test]
async fn real_measurements_all_come_in() {
    let Some(path) = recording("nexmon/example_43455c0.pcap") else { return };
    let (events, replay) = replay_files(vec![path]).await;
    let measurements = events.iter().filter(|captured| matches!(captured.event, CaptureEvent::Nexmon(_))).count();
    assert_eq!((measurements, replay.counters().ignored(), refused(&replay.counters())), (566, 0, vec![]));
}
