//! What becomes of a baseline: asked for, refused, stored, restored, kept over silence, and followed from channel to channel.
#![allow(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use std::time::Duration;

use proptest::prelude::*;
use ruview_core::{Complex32, CsiFrame, NodeNumber, StreamTime};
use ruview_signal::{
    Assessment, BaselineError, BaselineRecord, Calibration, CalibrationJob, CalibrationRefusal, NodeDetector,
    PresenceReason, Sensitivity,
};

const START_US: i64 = 1_700_000_000_000_000;
const RATE: i64 = 50;

/// A reproducible number in [0, 1).
fn noise(packet: i64, bin: i64) -> f32 {
    let mut hash =
        (packet as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (bin as u64).wrapping_mul(0xD1B5_4A32_D192_ED03);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (hash >> 40) as f32 / (1_u64 << 24) as f32
}

/// A room of 64 bins in FFT order.
#[derive(Debug, Clone, Copy)]
struct Scene {
    channel: i64,
    frequency_mhz: Option<u32>,
    /// How strongly somebody moves, 0 to 1.
    moving: f32,
}

const EMPTY: Scene = Scene { channel: 0, frequency_mhz: None, moving: 0.0 };
const WALKING: Scene = Scene { moving: 0.3, ..EMPTY };

impl Scene {
    fn frame(self, packet: i64) -> CsiFrame {
        let seconds = packet as f32 / RATE as f32;
        let amplitude = |bin: i64| {
            let is_used = (1..=28).contains(&bin) || (36..=63).contains(&bin);
            let fixed = 20.0 + 10.0 * noise(-1 - self.channel, bin);
            let moved = 1.0 + self.moving * libm::sinf(9.0 * seconds + 0.3 * bin as f32);
            if is_used { fixed * moved + noise(packet, bin) } else { 0.0 }
        };
        let iq = (0..64).map(|bin| Complex32::new(amplitude(bin), 0.0)).collect();
        let mut frame = CsiFrame::new(NodeNumber(1), 1, 64, iq).unwrap();
        frame.frequency_mhz = self.frequency_mhz;
        frame
    }
}

/// A detector and its clock.
#[derive(Debug, Default)]
struct Node {
    detector: NodeDetector,
    packet: i64,
}

impl Node {
    fn now(&self) -> StreamTime {
        StreamTime::from_micros(START_US + self.packet * 1_000_000 / RATE)
    }

    /// What is said at each second.
    fn live(&mut self, seconds: i64, scene: Scene) -> Vec<Assessment> {
        let each = (0..seconds * RATE).filter_map(|n| {
            self.detector.push(self.now(), &scene.frame(self.packet));
            self.packet += 1;
            (n % RATE == RATE - 1).then(|| self.detector.assess(self.now()))
        });
        each.collect()
    }

    fn calibrate(&mut self, seconds: u64, scene: Scene) -> Option<CalibrationJob> {
        self.detector.calibrate(self.now(), Duration::from_secs(seconds));
        self.live(seconds as i64 + 1, scene).last().unwrap().job
    }

    fn calibrated() -> Self {
        let mut node = Self::default();
        assert_eq!(node.calibrate(10, EMPTY), Some(CalibrationJob::Finished { version: 1 }));
        node
    }
}

fn moves(seen: &[Assessment]) -> bool {
    seen.iter().any(|a| a.motion == Some(true))
}

fn present(seen: &[Assessment]) -> usize {
    seen.iter().filter(|a| a.presence == Some(true)).count()
}

#[test]
fn somebody_who_walks_in_ends_a_calibration_of_a_room_that_was_never_known() {
    let mut node = Node::default();
    node.detector.calibrate(node.now(), Duration::from_secs(30));
    node.live(8, EMPTY);
    node.live(6, WALKING);
    let seen = node.live(17, EMPTY);
    assert_eq!(seen.last().unwrap().job, Some(CalibrationJob::Refused(CalibrationRefusal::Motion)));
}

#[test]
fn a_calibration_takes_as_long_as_was_asked() {
    for seconds in [2, 5, 10, 30] {
        let mut node = Node::default();
        node.detector.calibrate(node.now(), Duration::from_secs(seconds));
        let seen = node.live(seconds as i64 + 1, EMPTY);
        let running = |a: &Assessment| matches!(a.job, Some(CalibrationJob::Running { progress }) if (0.0..=1.0).contains(&progress));
        assert!(seen[..seconds as usize - 1].iter().all(running), "{seconds} s: {seen:?}");
        let last = seen.last().unwrap();
        assert_eq!(last.job, Some(CalibrationJob::Finished { version: 1 }));
        assert_eq!(last.calibration, Calibration::Calibrated { version: 1 });
        assert!(!moves(&node.live(10, EMPTY)) && moves(&node.live(3, WALKING)), "{seconds} s");
    }
}

#[test]
fn a_room_that_is_not_empty_is_refused() {
    let refused = |refusal| Some(CalibrationJob::Refused(refusal));
    let mut node = Node::calibrated();
    node.live(5, WALKING);
    assert_eq!(node.calibrate(5, WALKING), refused(CalibrationRefusal::Motion));
    node.live(60, EMPTY);
    node.detector.breathing_seen(node.now());
    assert_eq!(node.calibrate(5, EMPTY), refused(CalibrationRefusal::Breathing));
    assert_eq!(Node::default().calibrate(5, WALKING), refused(CalibrationRefusal::Motion), "nothing known before");
    let mut silent = Node::default();
    silent.detector.calibrate(silent.now(), Duration::from_secs(5));
    let after = silent.detector.assess(silent.now() + Duration::from_secs(6));
    assert_eq!(after.job, refused(CalibrationRefusal::TooFewFrames));
    node.live(90, EMPTY);
    assert_eq!(node.calibrate(5, EMPTY), Some(CalibrationJob::Finished { version: 2 }));
}

#[test]
fn breathing_begins_presence_holds_it_and_lets_nothing_be_learnt() {
    let mut node = Node::default();
    for _ in 0..20 {
        node.detector.breathing_seen(node.now());
        let seen = node.live(1, EMPTY);
        assert_eq!((seen[0].presence, seen[0].motion), (Some(true), None), "not learnt while somebody breathes");
    }
    let mut node = Node::calibrated();
    for _ in 0..300 {
        node.detector.breathing_seen(node.now());
        let seen = &node.live(1, EMPTY)[0];
        assert_eq!((seen.presence, seen.reason), (Some(true), PresenceReason::Breathing));
    }
    assert_eq!(present(&node.live(30, EMPTY)[15..]), 0, "clears");
}

/// The second from which on presence is known, counted from 0, and what it is then.
fn first_known(seen: &[Assessment]) -> Option<(usize, bool)> {
    seen.iter().enumerate().find_map(|(second, a)| a.presence.map(|there| (second, there)))
}

#[test]
fn a_room_that_was_found_quiet_is_called_empty_only_after_listening() {
    let mut node = Node::default();
    assert_eq!(first_known(&node.live(60, EMPTY)), Some((35, false)));
    node.detector.resume(node.now());
    assert_eq!(first_known(&node.live(60, EMPTY)), Some((35, false)), "somebody may have come meanwhile");

    let mut node = Node::default();
    node.live(15, EMPTY);
    for _ in 0..30 {
        node.detector.breathing_unclear(node.now());
        assert_eq!(first_known(&node.live(1, EMPTY)), None);
    }
    assert_eq!(first_known(&node.live(10, EMPTY)), Some((2, false)), "nothing periodic any more");

    let mut node = Node::default();
    node.live(12, EMPTY);
    assert_eq!(node.live(3, WALKING)[2].presence, Some(true));
    assert_eq!(node.live(16, EMPTY)[15].presence, Some(false), "whoever was seen has left");
}

#[test]
fn a_room_that_was_calibrated_is_recognised_and_another_is_not() {
    let mut node = Node::calibrated();
    node.detector.resume(node.now());
    assert_eq!(first_known(&node.live(20, EMPTY)), Some((0, false)));
    node.detector.resume(node.now());
    let seen = node.live(60, Scene { channel: 1, ..EMPTY });
    assert_eq!(first_known(&seen), Some((35, false)));
    assert!(matches!(seen[33].calibration, Calibration::Calibrated { .. }), "not learnt before");
    assert!(matches!(seen[59].calibration, Calibration::SelfCalibrated { .. }));
}

#[test]
fn a_stored_baseline_is_as_good_as_the_learnt_one() {
    let node = Node::calibrated();
    let stored = serde_json::to_string(&node.detector.baselines()).unwrap();
    let records: Vec<BaselineRecord> = serde_json::from_str(&stored).unwrap();
    assert_eq!(records.len(), 1);
    assert!(stored.len() < 70_000, "{}", stored.len());
    let mut later = Node { packet: 1_000_000, ..Node::default() };
    for record in records {
        later.detector.restore(record).unwrap();
    }
    let seen = later.live(5, EMPTY);
    assert_eq!(seen[2].calibration, Calibration::Calibrated { version: 1 });
    assert_eq!((seen[2].motion, seen[2].presence), (Some(false), Some(false)));
    assert!(moves(&later.live(3, WALKING)));
    assert_eq!(later.detector.baselines().len(), 1);
}

#[test]
fn what_is_damaged_or_of_another_format_is_refused() {
    let stored = serde_json::to_value(&Node::calibrated().detector.baselines()[0]).unwrap();
    let restored = |key: &str, value: serde_json::Value| {
        let mut record = stored.clone();
        record[key] = value;
        serde_json::from_value(record).ok().map(|record| NodeDetector::new().restore(record))
    };
    assert_eq!(restored("format", 3.into()), Some(Err(BaselineError::Format { found: 3 })));
    for key in ["power", "wander", "learnt_us", "subcarriers", "version", "slots"] {
        assert_eq!(restored(key, 3.into()), Some(Err(BaselineError::Damaged)), "{key}");
    }
    assert_eq!(restored("shape", serde_json::json!([])), Some(Err(BaselineError::Damaged)));
    assert_eq!(restored("shape", "no list".into()), None);
}

#[test]
fn silence_keeps_the_baseline_and_forgets_who_was_there() {
    let mut node = Node::calibrated();
    assert!(moves(&node.live(3, WALKING)));
    node.packet += 3_600 * RATE;
    node.detector.resume(node.now());
    let seen = node.live(5, EMPTY);
    assert!(!moves(&seen) && present(&seen) == 0);
    assert_eq!(seen[4].calibration, Calibration::Calibrated { version: 1 });
}

#[test]
fn an_access_point_that_changes_its_channel_raises_no_alarm_and_is_remembered() {
    let on = |channel, frequency| Scene { channel, frequency_mhz: Some(frequency), ..EMPTY };
    let mut node = Node::default();
    node.calibrate(10, on(0, 2412));
    let there = node.live(30, on(1, 2437));
    assert!(!moves(&there) && present(&there) == 0, "{there:?}");
    let frequencies: Vec<_> = node.detector.baselines().iter().map(BaselineRecord::frequency_mhz).collect();
    assert_eq!(frequencies, [Some(2412), Some(2437)]);
    let back = node.live(5, on(0, 2412));
    assert_eq!(back[4].calibration, Calibration::Calibrated { version: 1 });
    assert!(!moves(&back) && present(&back) == 0);
}

#[test]
fn a_step_of_the_whole_shape_is_no_motion_and_becomes_the_room() {
    let mut node = Node::calibrated();
    let seen = node.live(40, Scene { channel: 1, ..EMPTY });
    assert!(!moves(&seen) && present(&seen) == 0, "present for {} s", present(&seen));
    assert_eq!(seen[39].calibration, Calibration::SelfCalibrated { version: 2 });
    assert!(seen[39].presence_score.unwrap() < 0.4);
    assert!(moves(&node.live(3, Scene { channel: 1, ..WALKING })));
}

#[test]
fn whoever_is_there_stays_when_the_channel_changes() {
    let mut node = Node::default();
    let on = |channel, frequency, moving| Scene { channel, frequency_mhz: Some(frequency), moving };
    node.calibrate(10, on(0, 2412, 0.0));
    node.live(5, on(0, 2412, 0.3));
    assert_eq!(present(&node.live(120, on(1, 2437, 0.0))), 120, "nothing says that he left");
}

#[test]
fn settings_count_at_once() {
    let mut node = Node::calibrated();
    node.live(3, WALKING);
    node.detector.set_hold(Duration::from_mins(2));
    assert_eq!(present(&node.live(100, EMPTY)), 100);
    node.detector.set_hold(Duration::from_secs(5));
    assert_eq!(present(&node.live(3, EMPTY)), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_more_sensitive_detector_never_shows_less_motion(strength in 0.0_f32..0.03) {
        let level = |sensitivity| {
            let mut node = Node::calibrated();
            node.detector.set_sensitivity(sensitivity);
            node.live(4, Scene { moving: strength, ..EMPTY })[3].motion_level_percent.unwrap()
        };
        let levels = [Sensitivity::Low, Sensitivity::Medium, Sensitivity::High].map(level);
        prop_assert!(levels.is_sorted(), "{levels:?}");
    }

    #[test]
    fn presence_never_flickers(steps in prop::collection::vec((1_i64..40, prop::bool::ANY), 1..8)) {
        let mut node = Node::calibrated();
        let mut seen = Vec::new();
        for (seconds, walks) in steps {
            seen.extend(node.live(seconds, if walks { WALKING } else { EMPTY }));
        }
        let there: Vec<_> = seen.iter().map(|a| a.presence == Some(true)).collect();
        for run in there.chunk_by(|a, b| a == b).filter(|run| run[0]).rev().skip(1) {
            prop_assert!(run.len() >= 10, "{there:?}");
        }
        prop_assert!(seen.iter().all(|a| a.presence_score.is_some_and(|score| (0.0..=1.0).contains(&score))));
        prop_assert!(seen.iter().all(|a| (a.presence_score >= Some(0.5)) == (a.presence == Some(true))));
    }
}
