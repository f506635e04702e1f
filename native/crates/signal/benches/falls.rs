//! What one packet costs: `cargo bench -p ruview-signal --bench falls`.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ruview_core::{Complex32, CsiFrame, NodeNumber, StreamTime};
use ruview_signal::{FallDetector, PersonCounter};

/// Packets of `antennas` x `subcarriers` that change from one to the next.
fn packets(antennas: u8, subcarriers: u16) -> Vec<CsiFrame> {
    let samples = usize::from(antennas) * usize::from(subcarriers);
    let frame = |packet: usize| {
        let value = |bin: usize| 20.0 + (packet as f32 * 0.3 + bin as f32 * 0.2).sin();
        let iq = (0..samples).map(|bin| Complex32::new(value(bin), -value(bin))).collect();
        CsiFrame::new(NodeNumber(1), antennas, subcarriers, iq).unwrap()
    };
    (0..200).map(frame).collect()
}

fn benches(criterion: &mut Criterion) {
    for (antennas, subcarriers) in [(1, 64), (4, 256)] {
        let frames = packets(antennas, subcarriers);
        let at = |packet: usize| StreamTime::from_micros(packet as i64 * 10_000);
        let mut detector = FallDetector::new();
        let mut packet = 0;
        criterion.bench_function(&format!("falls, one packet of {antennas} x {subcarriers} at 100 Hz"), |bencher| {
            bencher.iter(|| {
                packet += 1;
                detector.push(at(packet), black_box(&frames[packet % frames.len()]));
            });
        });
        let mut counter = PersonCounter::new();
        let mut packet = 0;
        criterion.bench_function(&format!("persons, one packet of {antennas} x {subcarriers} at 100 Hz"), |bencher| {
            bencher.iter(|| {
                packet += 1;
                counter.push(at(packet), black_box(&frames[packet % frames.len()]));
            });
        });
        criterion.bench_function(&format!("persons, one count of {antennas} x {subcarriers}"), |bencher| {
            bencher.iter(|| counter.count(at(packet), Some(true), Some(true)));
        });
    }
}

criterion_group!(all, benches);
criterion_main!(all);
