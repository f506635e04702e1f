//! What sensing costs, for `scripts/bench sensing`. One thread; the processor's time and not the wall's where the system
//! tells it, so that another program on the machine does not count. The kernel counts it in
//! steps of some milliseconds, so whatever is measured takes a second or more, and figures are means.

mod meter;
mod room;

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use homecore::HomeCore;
use ruview_capture::{CaptureEvent, Captured};
use ruview_core::{CsiFrame, DataSource, NodeNumber, NodePacket, StreamTime};
use ruview_engine::{Engine, EngineConfig, Source, SourceName, stream_clock};
use ruview_signal::NodeDetector;
use ruview_vitals::{Stillness, VitalsMonitor};
use serde::Serialize;

use meter::{Meter, resident_kib};
use room::frames;

/// Packets a second of every stream here.
const RATE_HZ: u32 = 100;
/// Nodes of the largest engine: as many as it lets in by default.
const NODES: u8 = 64;
/// After so long every window of a detector is full.
const WARM_UP_S: u32 = 90;
const MEASURED_S: u32 = 30;
/// Streams repeat themselves after so long: whole breaths, so that nothing jumps.
const LOOP_S: u32 = 20;
const START: StreamTime = StreamTime::from_micros(1_700_000_000_000_000);
const SOURCE: Source = Source { index: 0, kind: DataSource::Simulated, name: SourceName::FIRST };

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// `processor` or `wall`.
    pub clock: &'static str,
    /// 1,000 frames of 56 subcarriers through the four vital stages of a fresh monitor, a reading a second.
    pub vitals_1000_frames_ms: f64,
    /// The same of a monitor whose windows are full.
    pub vitals_1000_frames_warm_ms: f64,
    /// One packet of 64 bins through conditioning, motion and vitals, readings included, when all windows are full.
    pub packet_us: f64,
    /// One packet through the whole engine, when all windows are full.
    pub engine_packet_us: f64,
    /// The share of one core that the largest engine takes at the full rate of all its nodes.
    pub engine_core_share: f64,
    /// Memory of the process with so many nodes whose windows are full: nodes and KiB.
    pub resident: Vec<(u8, u64)>,
}

/// Measures everything. Takes most of a minute.
///
/// # Errors
/// Made-up frames did not fit their shape: a bug here.
pub fn measure() -> Result<Figures, Box<dyn Error>> {
    // First, because memory that something else has freed would be taken again unseen.
    let engine = engine()?;
    let (cold, warm) = vitals()?;
    let packet_us = packet()?;
    Ok(Figures {
        clock: Meter::start().clock(),
        vitals_1000_frames_ms: cold,
        vitals_1000_frames_warm_ms: warm,
        packet_us,
        engine_packet_us: engine.packet_us,
        engine_core_share: engine.core_share,
        resident: engine.resident,
    })
}

/// The time of packet `number` of a stream.
fn at(number: u32) -> StreamTime {
    START + Duration::from_secs(1) * number / RATE_HZ
}

fn looped(stream: &[CsiFrame], number: u32) -> &CsiFrame {
    &stream[number as usize % stream.len()]
}

/// Milliseconds of 1,000 frames: of a fresh monitor, and of one whose windows are full.
fn vitals() -> Result<(f64, f64), Box<dyn Error>> {
    const FRAMES: u32 = 1000;
    const REPEATS: u32 = 500;
    let stream = frames(NodeNumber(1), 56, LOOP_S * RATE_HZ)?;
    let run = |monitor: &mut VitalsMonitor, from: u32, count: u32| {
        for number in from..from + count {
            monitor.push(at(number), looped(&stream, number));
            if number.is_multiple_of(RATE_HZ) {
                black_box(monitor.reading(at(number), Stillness::default()));
            }
        }
    };
    let meter = Meter::start();
    for _ in 0..REPEATS {
        run(&mut VitalsMonitor::new(), 0, FRAMES);
    }
    let cold = meter.seconds();
    let mut monitor = VitalsMonitor::new();
    run(&mut monitor, 0, WARM_UP_S * RATE_HZ);
    let meter = Meter::start();
    run(&mut monitor, WARM_UP_S * RATE_HZ, REPEATS * FRAMES);
    let each_ms = 1e3 / f64::from(REPEATS);
    Ok((cold * each_ms, meter.seconds() * each_ms))
}

/// Microseconds of one packet when all windows are full.
fn packet() -> Result<f64, Box<dyn Error>> {
    const PACKETS: u32 = 300_000;
    let stream = frames(NodeNumber(1), 64, LOOP_S * RATE_HZ)?;
    let mut detector = NodeDetector::new();
    let mut monitor = VitalsMonitor::new();
    let mut run = |from: u32, count: u32| {
        for number in from..from + count {
            let frame = looped(&stream, number);
            detector.push(at(number), frame);
            monitor.push(at(number), frame);
            let seen = black_box(detector.assess(at(number)));
            if number.is_multiple_of(RATE_HZ) {
                black_box(monitor.reading(at(number), Stillness { motion: seen.motion, persons: None }));
            }
        }
    };
    run(0, WARM_UP_S * RATE_HZ);
    let meter = Meter::start();
    run(WARM_UP_S * RATE_HZ, PACKETS);
    Ok(meter.seconds() * 1e6 / f64::from(PACKETS))
}

/// What the whole engine takes with all its nodes.
struct EngineCost {
    packet_us: f64,
    core_share: f64,
    resident: Vec<(u8, u64)>,
}

/// Microseconds of a packet, share of a core and memory of engines with ever more nodes.
fn engine() -> Result<EngineCost, Box<dyn Error>> {
    // One stream for all: what differs between nodes is their number, and copying it costs the same as receiving it.
    let stream = frames(NodeNumber(0), 64, LOOP_S * RATE_HZ)?;
    let core = Arc::new(HomeCore::default());
    let mut engine = Engine::new(EngineConfig::new("bench", "RuView", "0"), core, stream_clock());
    let mut second = 0;
    let mut resident = vec![(0, resident_kib())];
    let mut seconds = 0.0;
    for nodes in [NODES / 8, NODES / 4, NODES / 2, NODES] {
        play(&mut engine, &stream, nodes, second, WARM_UP_S);
        let meter = Meter::start();
        play(&mut engine, &stream, nodes, second + WARM_UP_S, MEASURED_S);
        seconds = meter.seconds();
        second += WARM_UP_S + MEASURED_S;
        resident.push((nodes, resident_kib()));
    }
    let packets = f64::from(NODES) * f64::from(MEASURED_S * RATE_HZ);
    Ok(EngineCost { packet_us: seconds * 1e6 / packets, core_share: seconds / f64::from(MEASURED_S), resident })
}

fn play(engine: &mut Engine, stream: &[CsiFrame], nodes: u8, from_s: u32, length_s: u32) {
    for number in from_s * RATE_HZ..(from_s + length_s) * RATE_HZ {
        let at = at(number);
        for node in 1..=nodes {
            let mut frame = looped(stream, number).clone();
            frame.node = NodeNumber(node);
            engine.handle(&SOURCE, &Captured { at, event: CaptureEvent::Packet(NodePacket::Csi(frame)) });
        }
        if (number + 1).is_multiple_of(RATE_HZ) {
            engine.handle(&SOURCE, &Captured { at, event: CaptureEvent::Tick });
        }
    }
}
