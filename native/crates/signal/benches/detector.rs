//! What one packet costs the detector: conditioning, motion, presence. `cargo bench -p ruview-signal --bench detector`.
#![allow(missing_docs, clippy::unwrap_used, reason = "made by criterion's macros; frames of the right shape")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ruview_core::{Complex32, CsiFrame, NodeNumber, StreamTime};
use ruview_signal::NodeDetector;

const PACKET_US: i64 = 10_000;

/// A packet of 64 bins, 56 of them used; every `packet` another one.
fn frame(packet: i64, swing: f32) -> CsiFrame {
    let amplitude = |bin: i64| {
        let is_used = (1..=28).contains(&bin) || (36..=63).contains(&bin);
        let grain = ((packet * 31 + bin * 17) % 13) as f32 / 13.0;
        if is_used { 30.0 + grain + swing * libm::sinf(0.1 * packet as f32 + bin as f32) } else { 0.0 }
    };
    let iq = (0..64).map(|bin| Complex32::new(amplitude(bin), 0.0)).collect();
    CsiFrame::new(NodeNumber(1), 1, 64, iq).unwrap()
}

fn packets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("detector");
    group.throughput(Throughput::Elements(1)).measurement_time(Duration::from_secs(5));
    for (name, swing) in [("quiet room, 64 bins at 100 Hz", 0.0), ("somebody moves, 64 bins at 100 Hz", 6.0)] {
        let frames: Vec<CsiFrame> = (0..1_000).map(|packet| frame(packet, swing)).collect();
        let at = |packet: i64| StreamTime::from_micros(1_700_000_000_000_000 + packet * PACKET_US);
        let mut detector = NodeDetector::new();
        let mut packet = 0;
        let mut push = |frames: &[CsiFrame]| {
            detector.push(at(packet), black_box(&frames[packet as usize % frames.len()]));
            packet += 1;
        };
        let quiet: Vec<CsiFrame> = (0..1_000).map(|packet| frame(packet, 0.0)).collect();
        (0..1_500).for_each(|_| push(&quiet));
        group.bench_function(name, |bencher| bencher.iter(|| push(&frames)));
    }
    group.finish();
}

criterion_group!(benches, packets);
criterion_main!(benches);
