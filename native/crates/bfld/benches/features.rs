//! How long the nine features of a window take: less than 1 ms. Worst case: 160 MHz, 8 antennas; usual: 80 MHz, 4 antennas.

use criterion::{Criterion, criterion_group, criterion_main};
use ruview_bfld::{BfiPair, BfiReport, BfiWindow, EmbeddingRing, RING_CAPACITY, WINDOW_LEN};
use ruview_core::{Complex32, MacAddress, StreamTime};

const N_STREAMS: u8 = 2;

/// Columns that turn with the tone and the report, at the pace of a real station.
fn window(n_tones: usize, n_tx: u8, phase: f32) -> BfiWindow {
    let mut window = BfiWindow::new();
    for n in 0..WINDOW_LEN {
        push(&mut window, n_tones, n_tx, phase, n);
    }
    window
}

fn push(window: &mut BfiWindow, n_tones: usize, n_tx: u8, phase: f32, n: usize) {
    let address = |last| MacAddress::new([2, 0, 0, 0, 0, last]);
    let pair = BfiPair { beamformer: address(1), beamformee: address(2) };
    let v: Vec<Complex32> = (0..n_tones * usize::from(n_tx * N_STREAMS))
        .map(|i| Complex32::from_polar(1.0 + (i % 7) as f32, phase + 0.01 * (i * (n + 1)) as f32))
        .collect();
    let at = StreamTime::from_micros(n as i64 * 1_700_000);
    window.push(&BfiReport { at, pair, n_tx, n_streams: N_STREAMS, v: &v, snr_db: &[] }).expect("a report");
}

fn features(c: &mut Criterion) {
    let mut group = c.benchmark_group("bfi_window");
    for (name, n_tones, n_tx) in [("250_tones_4x2", 250, 4), ("500_tones_8x2", 500, 8)] {
        let mut known = EmbeddingRing::new();
        for n in 0..RING_CAPACITY {
            known.push(window(n_tones, n_tx, n as f32).embedding().expect("a full window"));
        }
        let mut full = window(n_tones, n_tx, 0.5);
        group.bench_function(format!("nine_features/{name}"), |b| b.iter(|| full.features(&known)));
        group.bench_function(format!("push/{name}"), |b| b.iter(|| push(&mut full, n_tones, n_tx, 0.5, 1)));
    }
    group.finish();
}

criterion_group!(benches, features);
criterion_main!(benches);
