//! Whatever comes, the detector neither panics nor says a number that is none.
#![allow(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use proptest::prelude::*;
use ruview_core::{Complex32, CsiFrame, NodeNumber, StreamTime};
use ruview_signal::{Assessment, Calibration, NodeDetector};

const START_US: i64 = 1_700_000_000_000_000;

fn frame(antennas: u8, samples: &[f32]) -> CsiFrame {
    let iq: Vec<_> = samples.iter().map(|a| Complex32::new(*a, 0.0)).collect();
    let subcarriers = (iq.len() / usize::from(antennas)) as u16;
    CsiFrame::new(NodeNumber(1), antennas, subcarriers, iq).unwrap()
}

fn is_sane(assessment: &Assessment) -> bool {
    let level = assessment.motion_level_percent.is_none_or(|level| (0.0..=100.0).contains(&level));
    let progress = match assessment.calibration {
        Calibration::Learning { progress } => (0.0..=1.0).contains(&progress) && assessment.presence != Some(false),
        Calibration::SelfCalibrated { version } | Calibration::Calibrated { version } => version > 0,
    };
    let scored = assessment.presence_score.is_none_or(|score| (0.0..=1.0).contains(&score))
        && assessment.presence == assessment.presence_score.map(|score| score >= 0.5);
    level && progress && scored && assessment.motion.is_some() == assessment.motion_level_percent.is_some()
}

/// A reproducible number in [0, 1) for a packet and a bin.
fn noise(packet: i64, bin: usize) -> f32 {
    let mut hash =
        (packet as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (bin as u64).wrapping_mul(0xD1B5_4A32_D192_ED03);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (hash >> 40) as f32 / (1_u64 << 24) as f32
}

/// A packet of a quiet room.
fn quiet(packet: i64) -> CsiFrame {
    let amplitudes: Vec<f32> = (0..64).map(|bin| 20.0 + (bin % 7) as f32 + noise(packet, bin)).collect();
    frame(1, &amplitudes)
}

fn push_quiet(detector: &mut NodeDetector, from_us: i64, packets: i64, every_us: i64) -> StreamTime {
    let at = |packet: i64| StreamTime::from_micros(from_us + packet * every_us);
    (0..packets).for_each(|packet| detector.push(at(packet), &quiet(packet)));
    at(packets - 1)
}

fn any_amplitude() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => 0.0_f32..128.0,
        2 => Just(0.0),
        1 => prop::num::f32::ANY,
    ]
}

fn any_frame() -> impl Strategy<Value = CsiFrame> {
    (1_u8..4, prop::sample::select(vec![1_usize, 2, 5, 64, 70]))
        .prop_flat_map(|(antennas, bins)| {
            (Just(antennas), prop::collection::vec(any_amplitude(), usize::from(antennas) * bins))
        })
        .prop_map(|(antennas, samples)| frame(antennas, &samples))
}

fn any_step_us() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => 0_i64..50_000,
        1 => -5_000_000_i64..5_000_000,
        1 => Just(3_600_000_000),
        1 => any::<i64>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_frames_at_any_times(events in prop::collection::vec((any_step_us(), any_frame()), 1..300)) {
        let mut detector = NodeDetector::new();
        let mut now = START_US;
        for (step, frame) in events {
            now = now.wrapping_add(step);
            detector.push(StreamTime::from_micros(now), &frame);
            prop_assert!(is_sane(&detector.assess(StreamTime::from_micros(now))));
        }
    }

    #[test]
    fn a_calibrated_detector_takes_anything(events in prop::collection::vec((any_step_us(), any::<u8>()), 1..200)) {
        let mut detector = NodeDetector::new();
        let mut now = push_quiet(&mut detector, START_US, 1_200, 10_000).as_micros();
        for (step, scale) in events {
            now = now.wrapping_add(step);
            let amplitudes: Vec<f32> = (0..64).map(|bin| f32::from(scale) * noise(now, bin)).collect();
            detector.push(StreamTime::from_micros(now), &frame(1, &amplitudes));
            prop_assert!(is_sane(&detector.assess(StreamTime::from_micros(now))));
        }
    }
}

#[test]
fn a_quiet_room_is_known_after_ten_seconds_at_any_usual_rate() {
    for rate in [5_i64, 10, 18, 50, 100, 150] {
        let mut detector = NodeDetector::new();
        // Ten seconds, the sixteen packets from which the bins are learnt, and a window.
        let last = push_quiet(&mut detector, START_US, 13 * rate + 16, 1_000_000 / rate);
        let assessment = detector.assess(last);
        assert_eq!(assessment.motion, Some(false), "{rate} Hz: {assessment:?}");
        assert_eq!(assessment.presence, None, "{rate} Hz: somebody may sit there: {assessment:?}");
        let last = push_quiet(&mut detector, last.as_micros(), 30 * rate, 1_000_000 / rate);
        let assessment = detector.assess(last);
        assert_eq!(assessment.presence, Some(false), "{rate} Hz: {assessment:?}");
    }
}

#[test]
fn a_frozen_channel_is_a_quiet_one() {
    let mut detector = NodeDetector::new();
    let same = quiet(1);
    let at = |packet: i64| StreamTime::from_micros(START_US + packet * 20_000);
    (0..6_000).for_each(|packet| detector.push(at(packet), &same));
    assert!(is_sane(&detector.assess(at(5_999))));
    assert_ne!(detector.assess(at(5_999)).motion, Some(true));
}

#[test]
fn an_hour_of_silence_leaves_no_motion_and_keeps_the_baseline() {
    let mut detector = NodeDetector::new();
    let last = push_quiet(&mut detector, START_US, 4_000, 10_000);
    let later = StreamTime::from_micros(last.as_micros() + 3_600_000_000);
    let silent = detector.assess(later);
    assert_eq!((silent.motion, silent.presence), (None, Some(false)));
    let resumed = push_quiet(&mut detector, later.as_micros(), 300, 10_000);
    assert_eq!(detector.assess(resumed).motion, Some(false));
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_it() {
    let mut detector = NodeDetector::new();
    push_quiet(&mut detector, START_US, 1_500, 10_000);
    let last = push_quiet(&mut detector, START_US - 86_400_000_000, 300, 10_000);
    assert_eq!(detector.assess(last).motion, Some(false));
}

#[test]
fn ten_thousand_frames_at_one_instant_are_one_moment() {
    let mut detector = NodeDetector::new();
    let last = push_quiet(&mut detector, START_US, 10_000, 0);
    let assessment = detector.assess(last);
    assert_eq!((assessment.motion, assessment.presence), (None, None));
}
