//! 1,000 frames of 56 subcarriers through all four stages, a tenth of a second at 100 frames a second each:
//! `cargo bench -p ruview-vitals`. The bar is 20 ms.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ruview_core::{Complex32, CsiFrame, NodeNumber, StreamTime};
use ruview_vitals::{HeartRate, Stillness, VitalsMonitor};

const RATE_HZ: f64 = 100.0;

/// A chest at 15 a minute, with noise that is the same each time.
fn frame(packet: u32) -> (StreamTime, CsiFrame) {
    let now = f64::from(packet) / RATE_HZ;
    let breath = (std::f64::consts::TAU * 0.25 * now).sin();
    let noise = |bin: u32| f64::from((packet * 7919 + bin * 104_729) % 1009) / 1009.0 - 0.5;
    let sample = |bin: u32| {
        Complex32::new((20.0 + breath * (f64::from(bin) / 9.0).sin() + noise(bin)) as f32, noise(bin + 56) as f32)
    };
    let iq = (0..56).map(sample).collect();
    let at = StreamTime::from_micros((now * 1e6) as i64);
    (at, CsiFrame::new(NodeNumber(1), 1, 56, iq).expect("56 samples"))
}

fn thousand_frames(criterion: &mut Criterion) {
    let warm_up: Vec<_> = (0..4000).map(frame).collect();
    let frames: Vec<_> = (4000..5000).map(frame).collect();
    for (name, heart_rate) in
        [("default", HeartRate::Unavailable), ("with the experimental heart rate", HeartRate::Experimental)]
    {
        let warm = || {
            let mut monitor = VitalsMonitor::with_heart_rate(heart_rate);
            for (at, frame) in &warm_up {
                monitor.push(*at, frame);
            }
            monitor
        };
        let run = |mut monitor: VitalsMonitor| {
            for (packet, (at, frame)) in frames.iter().enumerate() {
                monitor.push(*at, frame);
                if packet % 100 == 99 {
                    black_box(monitor.reading(*at, Stillness::default()));
                }
            }
            monitor
        };
        criterion.bench_function(&format!("1000 frames of 56 subcarriers, {name}"), |bencher| {
            bencher.iter_batched(warm, run, criterion::BatchSize::LargeInput);
        });
    }
}

criterion_group!(benches, thousand_frames);
criterion_main!(benches);
