//! How long one datagram of 256 bins takes from octets to complex numbers. Goal: half of csiread's 1.4 µs.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ruview_core::{NexmonBandwidth, NodeNumber};
use ruview_wire::capture_file::CaptureReader;
use ruview_wire::nexmon::{build_ethernet, parse_payload, payload_len, udp_payload};

fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("nexmon_256_bins");
    group.throughput(Throughput::Elements(1));
    for (name, chip) in [("43455c0", 0x65), ("4358", 0x03), ("4366c0", 0x6A)] {
        let header = [0x11, 0x11, 0xC6, 0x94, 2, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0x2A, 0xE0, chip, 0];
        let samples = (0..payload_len(NexmonBandwidth::Mhz80) - header.len()).map(|i| (i * 37) as u8);
        let payload: Vec<u8> = header.into_iter().chain(samples).collect();
        let ethernet = build_ethernet(&payload).expect("a frame");
        group.bench_function(name, |b| {
            b.iter(|| parse_payload(NodeNumber(1), udp_payload(&ethernet).expect("a payload")).expect("a measurement"));
        });
    }
    group.finish();
}

/// A recording from its file to the last sample: csiread's `read` does the same, into arrays that are there.
#[expect(clippy::print_stderr, reason = "a benchmark says what it leaves out")]
fn recording(c: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data/nexmon/example_43455c0.pcap");
    if !path.is_file() {
        eprintln!("skipped: the recording {} is not there", path.display());
        return;
    }
    let mut group = c.benchmark_group("nexmon_recording");
    group.throughput(Throughput::Elements(read(&path) as u64));
    group.bench_function("43455c0", |b| b.iter(|| read(&path)));
    group.finish();
}

/// How many frames there are. In pieces and frame by frame, as a replay reads.
fn read(path: &Path) -> usize {
    const PIECE_LEN: usize = 64 << 10;
    let mut file = BufReader::with_capacity(PIECE_LEN, File::open(path).expect("a file"));
    let (mut reader, mut frames) = (CaptureReader::new(), 0);
    loop {
        let piece = file.fill_buf().expect("a file");
        if piece.is_empty() {
            return frames;
        }
        reader.push(piece);
        let len = piece.len();
        file.consume(len);
        while let Some(record) = reader.next_record() {
            let payload = udp_payload(record.expect("a packet").octets).expect("a payload");
            black_box(parse_payload(NodeNumber(1), payload).expect("a measurement"));
            frames += 1;
        }
    }
}

criterion_group!(benches, decode, recording);
criterion_main!(benches);
