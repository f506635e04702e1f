//! How many frames a second one core serialises and reads. Goal: 1,000,000 serialised.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ruview_core::PrivacyClass;
use ruview_wire::bfld_frame::{
    BfldFrame, BfldHeader, BfldPayload, Quantization, append_frame, build_frame, parse_frame,
};

/// A home's frame (no angles) and a researcher's (64 tones of 10 angles) from a 4x2 report at 80 MHz.
fn frames() -> [(&'static str, BfldFrame); 2] {
    let header = |privacy_class| BfldHeader {
        timestamp_ns: 1_700_000_000_000_000_000,
        ap_hash: [1; 16],
        sta_hash: [0; 16],
        session_id: [3; 16],
        channel: 42,
        bandwidth_mhz: 80,
        rssi_dbm: -50,
        noise_floor_dbm: -95,
        n_subcarriers: 250,
        n_tx: 4,
        n_rx: 2,
        quantization: Quantization::I8,
        privacy_class,
        privacy_mode: false,
        self_only: false,
    };
    let proxies = BfldPayload {
        amplitude_proxy: vec![100; 64],
        phase_proxy: vec![50; 64],
        snr_vector: vec![40, 37],
        ..BfldPayload::default()
    };
    let angles = BfldPayload { compressed_angle_matrix: vec![7; 640], ..proxies.clone() };
    [
        ("anonymous", BfldFrame { header: header(PrivacyClass::Anonymous), payload: proxies }),
        ("derived", BfldFrame { header: header(PrivacyClass::Derived), payload: angles }),
    ]
}

fn frame(c: &mut Criterion) {
    let mut group = c.benchmark_group("bfld_frame");
    group.throughput(Throughput::Elements(1));
    for (name, frame) in frames() {
        let mut buffer = Vec::new();
        group.bench_function(format!("serialise/{name}"), |b| {
            b.iter(|| {
                buffer.clear();
                append_frame(&frame, &mut buffer).expect("a frame");
                buffer.len()
            });
        });
        let octets = build_frame(&frame).expect("a frame");
        group.bench_function(format!("parse/{name}"), |b| b.iter(|| parse_frame(&octets).expect("a frame")));
    }
    group.finish();
}

criterion_group!(benches, frame);
criterion_main!(benches);
