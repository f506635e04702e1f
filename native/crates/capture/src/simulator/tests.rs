//! The simulator as a consumer sees it.

use std::f64::consts::{PI, TAU};

use super::*;

/// Everything that comes, in order, without waiting.
fn run(config: SimulatorConfig) -> Vec<Captured> {
    let mut simulator = Simulator::new(SimulatorConfig { speed: Speed::Max, repeat: false, ..config });
    std::iter::from_fn(move || simulator.compute_next()).collect()
}

fn at_epoch() -> SimulatorConfig {
    SimulatorConfig { start: Some(StreamTime::from_micros(0)), ..SimulatorConfig::default() }
}

fn frames(events: &[Captured]) -> Vec<(f64, &CsiFrame)> {
    let frame = |event: &'_ Captured| event.at.as_micros() as f64 / 1e6;
    events
        .iter()
        .filter_map(|event| match &event.event {
            CaptureEvent::Packet(NodePacket::Csi(csi)) => Some((frame(event), csi)),
            _ => None,
        })
        .collect()
}

/// Amplitudes of the occupied bins over their mean: what remains when gain and phase are taken out.
fn shape(frame: &CsiFrame) -> Vec<f64> {
    let occupied = (0..BINS).filter(|&bin| channel::offset_hz(bin).is_some());
    let amplitudes: Vec<f64> = occupied.map(|bin| f64::from(frame.iq()[bin].norm())).collect();
    let mean = amplitudes.iter().sum::<f64>() / amplitudes.len() as f64;
    amplitudes.iter().map(|amplitude| amplitude / mean).collect()
}

/// Standard deviation over time, averaged over subcarriers.
fn spread(shapes: &[Vec<f64>]) -> f64 {
    let n = shapes.len() as f64;
    let deviation = |bin: usize| {
        let mean = shapes.iter().map(|shape| shape[bin]).sum::<f64>() / n;
        (shapes.iter().map(|shape| (shape[bin] - mean).powi(2)).sum::<f64>() / n).sqrt()
    };
    (0..52).map(deviation).sum::<f64>() / 52.0
}

#[test]
fn same_seed_same_packets_and_another_seed_others() {
    let first = run(at_epoch());
    assert_eq!(first, run(at_epoch()));
    assert_ne!(first, run(SimulatorConfig { seed: 2, ..at_epoch() }));
}

#[test]
fn another_node_changes_nothing_for_the_first() {
    let one = run(at_epoch());
    let mut nodes = at_epoch().nodes;
    nodes.push(SimulatedNode { number: NodeNumber(2), at: Point::new(4.6, 0.5, 1.0) });
    let two = run(SimulatorConfig { nodes, ..at_epoch() });
    let count = frames(&two).iter().filter(|(_, frame)| frame.node == NodeNumber(2)).count();
    assert!(count > 2800, "{count}");
    let empty_start = |events: &[Captured]| {
        let of_first = frames(events).into_iter().filter(|(at, frame)| *at < 13.0 && frame.node == NodeNumber(1));
        of_first.map(|(at, frame)| (at, frame.clone())).collect::<Vec<_>>()
    };
    assert_eq!(empty_start(&one), empty_start(&two));
}

#[test]
fn ticks_every_second_and_never_goes_back() {
    let events = run(at_epoch());
    let ticks: Vec<i64> =
        events.iter().filter(|event| event.event == CaptureEvent::Tick).map(|event| event.at.as_micros()).collect();
    assert_eq!(ticks, (0..60).map(|second| second * 1_000_000).collect::<Vec<_>>());
    assert!(events.is_sorted_by_key(|event| event.at));
}

#[test]
fn a_room_without_nodes_still_ticks_and_a_story_without_length_ends() {
    assert_eq!(run(SimulatorConfig { nodes: vec![], ..at_epoch() }).len(), 60);
    assert!(run(SimulatorConfig { story: Timeline::new(vec![]), ..at_epoch() }).is_empty());
}

#[test]
fn rates_out_of_range_are_held() {
    for (rate, expected) in [(f64::NAN, 0..=8), (-5.0, 0..=8), (1e9, 55_000..=60_000)] {
        let count = frames(&run(SimulatorConfig { packet_rate_hz: rate, ..at_epoch() })).len();
        assert!(expected.contains(&count), "{rate} Hz gave {count}");
    }
}

#[test]
fn repeats_the_story_for_as_long_as_it_is_asked() {
    let mut simulator = Simulator::new(SimulatorConfig { speed: Speed::Max, ..at_epoch() });
    let far = StreamTime::from_micros(200_000_000);
    assert!(std::iter::from_fn(|| simulator.compute_next()).any(|event| event.at > far));
}

#[test]
fn an_empty_room_is_still_up_to_noise_and_a_walker_is_not() {
    let events = run(at_epoch());
    let between = |from: f64, to: f64| {
        let within = frames(&events).into_iter().filter(|(at, _)| (from..to).contains(at));
        within.map(|(_, frame)| shape(frame)).collect::<Vec<_>>()
    };
    let (empty, walking) = (spread(&between(0.0, 13.0)), spread(&between(13.0, 21.0)));
    // -30 dB of estimate error and rounding to whole steps of a mean of 22: 2 to 4 % per subcarrier.
    assert!((0.015..0.06).contains(&empty), "{empty}");
    assert!(walking > 2.0 * empty, "{walking} against {empty}");
}

#[test]
fn breathing_stands_in_the_spectrum_of_the_amplitudes() {
    let sitting = Activity::Sit { at: Point::new(3.2, 1.2, 0.8), facing: 0.7 * PI, breaths_per_minute: 15.0 };
    let story = Timeline::new(vec![Segment { duration: Duration::from_mins(1), activity: sitting }]);
    let events = run(SimulatorConfig { story, ..at_epoch() });
    let series: Vec<(f64, Vec<f64>)> = frames(&events).iter().map(|(at, frame)| (*at, shape(frame))).collect();
    // Fidgets raise the floor at the lowest frequencies, so the band begins where breathing does.
    let rates = (24..=120).map(|quarter| f64::from(quarter) / 4.0);
    let strongest = rates.max_by(|a, b| power_at(&series, *a).total_cmp(&power_at(&series, *b))).unwrap();
    assert!((strongest - 15.0).abs() < 1.5, "found {strongest}/min");
}

/// Power at `per_minute` summed over the subcarriers, by correlation at the packets' own times.
fn power_at(series: &[(f64, Vec<f64>)], per_minute: f64) -> f64 {
    let n = series.len() as f64;
    let of_bin = |bin: usize| {
        let mean = series.iter().map(|(_, shape)| shape[bin]).sum::<f64>() / n;
        let sum: num_complex::Complex64 = series
            .iter()
            .map(|(at, shape)| num_complex::Complex64::from_polar(shape[bin] - mean, TAU * per_minute / 60.0 * at))
            .sum();
        sum.norm_sqr()
    };
    (0..52).map(of_bin).sum()
}

#[tokio::test]
async fn a_cancelled_wait_loses_nothing() {
    let config = || SimulatorConfig { speed: Speed::Times(50.0), repeat: false, ..at_epoch() };
    let mut simulator = Simulator::new(config());
    let mut events = Vec::new();
    while events.len() < 100 {
        if let Ok(event) = tokio::time::timeout(Duration::from_micros(200), simulator.next()).await {
            events.extend(event);
        }
    }
    assert_eq!(events, run(config())[..100]);
}
