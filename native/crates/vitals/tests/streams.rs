//! The monitor on streams whose truth is known because they are made here: breath, held breath, steps, gaps, clocks that
//! are set, several shapes at once, and nonsense.
#![allow(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use std::f64::consts::TAU;

use proptest::prelude::*;
use ruview_core::{Complex32, CsiFrame, NodeNumber, StreamTime};
use ruview_vitals::{AnomalyKind, HeartRate, Stillness, VitalReading, VitalStatus, VitalsMonitor, process};

type Timed = (StreamTime, CsiFrame);

const START: f64 = 1_700_000_000.0;

fn at(seconds: f64) -> StreamTime {
    StreamTime::from_micros(((START + seconds) * 1e6) as i64)
}

/// Noise that is the same each time, with variance 1/12.
fn noise(packet: u32, bin: u32) -> f64 {
    let mixed = (u64::from(packet) << 20 | u64::from(bin)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
}

/// A frame of a room in which a chest is at `chest` (in [-1, 1]), seen with `gain`.
fn frame(packet: u32, bins: u16, chest: f64, gain: f64) -> CsiFrame {
    let sample = |bin: u32| {
        let shape = (f64::from(bin) / 9.0).sin();
        let re = 20.0 + 6.0 * (f64::from(bin) / 17.0).cos() + 0.4 * chest * shape + noise(packet, bin);
        Complex32::new((gain * re) as f32, (gain * noise(packet, bin + 5000)) as f32)
    };
    CsiFrame::new(NodeNumber(1), 1, bins, (0..u32::from(bins)).map(sample).collect()).unwrap()
}

/// `seconds` of frames from `from` on, at `rate_hz`, with the chest where `chest` says.
fn stream(from: f64, seconds: f64, rate_hz: f64, chest: impl Fn(f64) -> f64) -> Vec<Timed> {
    let packets = (seconds * rate_hz) as u32;
    let jitter = |packet: u32| 0.3 * noise(packet, 9000) / rate_hz;
    (0..packets)
        .map(|packet| {
            let now = from + f64::from(packet) / rate_hz + jitter(packet) + 0.2 / rate_hz;
            (at(now), frame(packet + (from * 1000.0) as u32, 56, chest(now), 1.0))
        })
        .collect()
}

fn breath(bpm: f64) -> impl Fn(f64) -> f64 {
    move |now| (TAU * bpm / 60.0 * now).sin()
}

fn readings(frames: &[Timed]) -> Vec<VitalReading> {
    process(frames.iter().map(|(at, frame)| (*at, frame)))
}

fn published(readings: &[VitalReading]) -> Vec<Option<f32>> {
    readings.iter().map(|reading| reading.breathing.rate_bpm).collect()
}

#[test]
fn breath_is_found_from_5_to_120_packets_a_second() {
    for rate_hz in [5.0, 9.5, 28.0, 120.0] {
        for bpm in [6.0, 12.0, 18.0, 24.0, 30.0] {
            let rates = published(&readings(&stream(0.0, 45.0, rate_hz, breath(bpm))));
            assert!(rates[..29].iter().all(Option::is_none), "no rate before 30 s");
            let found: Vec<f32> = rates.into_iter().flatten().collect();
            assert!(found.len() >= 10, "{rate_hz} Hz {bpm}/min: {found:?}");
            assert!(found.iter().all(|rate| (f64::from(*rate) - bpm).abs() < 0.7), "{rate_hz} Hz {bpm}/min: {found:?}");
        }
    }
}

#[test]
fn an_empty_room_has_no_rate() {
    assert!(published(&readings(&stream(0.0, 120.0, 50.0, |_| 0.0))).iter().all(Option::is_none));
}

#[test]
fn held_breath_ends_the_rate_within_11_s_and_becomes_an_apnea() {
    let chest = |now: f64| if now < 70.0 { breath(14.0)(now) } else { breath(14.0)(70.0) };
    let all = readings(&stream(0.0, 100.0, 50.0, chest));
    let rates = published(&all);
    assert!(rates[40..69].iter().all(Option::is_some));
    assert!(rates[81..].iter().all(Option::is_none), "{:?}", &rates[69..]);
    let apnea = |reading: &&VitalReading| reading.alerts.iter().any(|alert| alert.kind == AnomalyKind::Apnea);
    let first = all.iter().find(apnea).expect("an apnea").at.seconds_since(at(0.0));
    assert!((75.0..98.0).contains(&first), "{first}");
}

#[test]
fn an_apnea_is_not_told_of_somebody_who_moves_or_leaves() {
    let chest = |now: f64| if now < 70.0 { breath(14.0)(now) } else { 8.0 * noise((now * 50.0) as u32, 77) };
    let all = readings(&stream(0.0, 110.0, 50.0, chest));
    assert!(published(&all)[40..69].iter().all(Option::is_some));
    assert!(all.iter().all(|reading| reading.alerts.is_empty()));
}

#[test]
fn gain_steps_do_not_matter() {
    let mut frames = stream(0.0, 60.0, 50.0, |_| 0.0);
    for (packet, (when, scaled)) in frames.iter_mut().enumerate() {
        let gain = [1.0, 4.0, 0.3, 1.7][(packet / 400) % 4];
        *scaled = frame(packet as u32, 56, breath(15.0)(when.seconds_since(at(0.0))), gain);
    }
    let rates = published(&readings(&frames));
    assert!(rates[32..].iter().all(|rate| rate.is_some_and(|rate| (rate - 15.0).abs() < 0.7)), "{rates:?}");
}

#[test]
fn a_gap_starts_the_window_afresh() {
    let mut frames = stream(0.0, 40.0, 50.0, breath(15.0));
    frames.extend(stream(45.0, 40.0, 50.0, breath(21.0)));
    let rates = published(&readings(&frames));
    assert!(rates[35].is_some() && rates[44..73].iter().all(Option::is_none), "{rates:?}");
    assert!(rates.last().unwrap().is_some_and(|rate| (rate - 21.0).abs() < 0.7));
}

#[test]
fn a_clock_that_is_set_back_starts_afresh() {
    let mut frames = stream(500.0, 40.0, 50.0, breath(15.0));
    frames.extend(stream(0.0, 40.0, 50.0, breath(15.0)));
    let mut monitor = VitalsMonitor::new();
    frames[..2000].iter().for_each(|(at, frame)| monitor.push(*at, frame));
    assert!(monitor.reading(at(540.0), Stillness::default()).breathing.rate_bpm.is_some());
    frames[2000..2100].iter().for_each(|(at, frame)| monitor.push(*at, frame));
    assert!(monitor.reading(at(2.0), Stillness::default()).breathing.rate_bpm.is_none());
    frames[2100..].iter().for_each(|(at, frame)| monitor.push(*at, frame));
    assert!(monitor.reading(at(40.0), Stillness::default()).breathing.rate_bpm.is_some());
}

#[test]
fn the_busiest_shape_is_followed_and_none_is_mixed() {
    let busy = stream(0.0, 45.0, 50.0, breath(15.0));
    let rare = stream(0.0, 45.0, 11.0, breath(24.0)).into_iter().enumerate();
    let rare = rare.map(|(n, (when, _))| (when, frame(n as u32, 64, breath(24.0)(when.seconds_since(at(0.0))), 1.0)));
    let mut frames: Vec<Timed> = busy.into_iter().chain(rare).collect();
    frames.sort_by_key(|(when, _)| *when);
    let rates = published(&readings(&frames));
    assert!(rates[34..].iter().all(|rate| rate.is_some_and(|rate| (rate - 15.0).abs() < 0.7)), "{rates:?}");
}

#[test]
fn motion_and_company_take_the_rate_away_and_stillness_gives_it_back() {
    let frames = stream(0.0, 40.0, 50.0, breath(15.0));
    let mut monitor = VitalsMonitor::with_heart_rate(HeartRate::Experimental);
    for (at, frame) in &frames {
        monitor.push(*at, frame);
    }
    let mut judged = |after: f64, motion, persons| monitor.reading(at(40.0 + after), Stillness { motion, persons });
    for (after, motion, persons) in [(0.1, Some(true), Some(1)), (0.2, None, Some(2))] {
        let reading = judged(after, motion, persons);
        assert_eq!((reading.breathing.status, reading.breathing.rate_bpm), (VitalStatus::Unreliable, None));
        assert_eq!(reading.heart_rate.status, VitalStatus::Unavailable);
    }
    for (after, motion, persons) in [(0.3, Some(false), Some(1)), (0.4, None, Some(0)), (0.5, None, None)] {
        assert!(judged(after, motion, persons).breathing.status.is_published());
    }
    let later = judged(4.0, None, None);
    assert_eq!(later.breathing.status, VitalStatus::Unavailable, "the stream ended");
}

#[test]
fn heart_rate_stays_off_unless_asked_for() {
    let chest = |now: f64| breath(15.0)(now) + 0.3 * breath(66.0)(now);
    let frames = stream(0.0, 45.0, 50.0, chest);
    assert!(readings(&frames).iter().all(|reading| reading.heart_rate.status == VitalStatus::Unavailable));
    let mut monitor = VitalsMonitor::with_heart_rate(HeartRate::Experimental);
    for (at, frame) in &frames {
        monitor.push(*at, frame);
    }
    let beat = monitor.reading(at(45.0), Stillness::default()).heart_rate;
    assert!(beat.rate_bpm.is_some_and(|rate| (rate - 66.0).abs() < 2.0), "{beat:?}");
}

#[test]
fn readings_keep_their_shape_as_json() {
    let reading = readings(&stream(0.0, 40.0, 20.0, breath(6.0))).pop().unwrap();
    let json = serde_json::to_string(&reading).unwrap();
    assert_eq!(serde_json::from_str::<VitalReading>(&json).unwrap(), reading);
    assert!(json.contains("\"status\":\"valid\""), "{json}");
}

fn any_value() -> impl Strategy<Value = f32> {
    prop_oneof![
        4 => -100.0_f32..100.0,
        1 => prop_oneof![Just(0.0), Just(f32::NAN), Just(f32::INFINITY), Just(f32::MAX), Just(f32::MIN_POSITIVE), Just(-1e30)],
    ]
}

fn any_frame() -> impl Strategy<Value = CsiFrame> {
    let shape =
        prop_oneof![Just((1_u8, 8_u16)), Just((1, 64)), Just((3, 30)), Just((9, 5)), Just((1, 1)), Just((4, 2049))];
    (shape, prop::collection::vec((any_value(), any_value()), 1..70)).prop_map(|((antennas, bins), values)| {
        let samples = usize::from(antennas) * usize::from(bins);
        let iq = values.iter().cycle().take(samples).map(|(re, im)| Complex32::new(*re, *im)).collect();
        CsiFrame::new(NodeNumber(1), antennas, bins, iq).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes, whenever: no panic, and a rate exactly where the status says so, within the band.
    #[test]
    fn any_input_gives_a_sound_reading(frames in prop::collection::vec((-3_000_000_i64..9_000_000, any_frame()), 1..150)) {
        let mut monitor = VitalsMonitor::with_heart_rate(HeartRate::Experimental);
        let mut now = 0_i64;
        for (step, frame) in &frames {
            now += step / 8;
            monitor.push(StreamTime::from_micros(now), frame);
            let reading = monitor.reading(StreamTime::from_micros(now), Stillness::default());
            for estimate in [reading.breathing, reading.heart_rate] {
                prop_assert_eq!(estimate.rate_bpm.is_some(), estimate.status.is_published());
                prop_assert!((0.0..=1.0).contains(&estimate.confidence));
            }
        }
    }

    /// At the ends of the clock, too.
    #[test]
    fn any_time_is_survived(times in prop::collection::vec(prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0), any::<i64>()], 1..50)) {
        let mut monitor = VitalsMonitor::new();
        for (packet, us) in times.iter().enumerate() {
            let now = StreamTime::from_micros(*us);
            monitor.push(now, &frame(packet as u32, 56, 0.0, 1.0));
            prop_assert_eq!(monitor.reading(now, Stillness::default()).breathing.rate_bpm, None);
        }
    }

    /// Nonsense between good frames does not keep the good ones from being read, nor do spikes.
    #[test]
    fn damaged_frames_among_good_ones_do_no_harm(every in 7_u32..40, value in any_value()) {
        let mut frames = stream(0.0, 40.0, 30.0, breath(15.0));
        for (_, damaged) in frames.iter_mut().step_by(every as usize) {
            *damaged = CsiFrame::new(NodeNumber(1), 1, 56, vec![Complex32::new(value, f32::NAN); 56]).unwrap();
        }
        let last = readings(&frames).pop().unwrap().breathing;
        prop_assert!(last.rate_bpm.is_some_and(|rate| (rate - 15.0).abs() < 0.7), "{:?}", last);
    }
}
