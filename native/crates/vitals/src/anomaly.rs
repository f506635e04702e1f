//! The fourth stage: rates that are unusual for the person, and breath that stops.

use ruview_core::StreamTime;
use serde::{Deserialize, Serialize};

use crate::reading::{AnomalyAlert, AnomalyKind, VitalEstimate};
use crate::statistics::Welford;
use crate::time;

/// Rates that make a baseline: five minutes of one a second.
const BASELINE_RATES: u32 = 300;
/// A rate is unusual from this many standard deviations on, and usual again below the second: hysteresis.
const ENTER_Z: f64 = 3.0;
const LEAVE_Z: f64 = 2.0;
/// Deviations are taken to be no less than this: an estimate's own error, per minute.
const LEAST_BREATHING_DEVIATION: f64 = 1.5;
const LEAST_HEART_DEVIATION: f64 = 4.0;
/// While there is no baseline: the usual range of a resting adult, per minute (Royal College of Physicians, National Early
/// Warning Score 2, 2017: 12 to 20 breaths and 51 to 90 beats; the bounds here are those of its next band).
const BREATHING_RANGE: (f64, f64) = (8.0, 24.0);
const HEART_RANGE: (f64, f64) = (41.0, 130.0);
/// How far inside the range it must be again.
const RANGE_MARGIN: f64 = 1.0;
/// Seconds in a row before an alert begins, and before it ends.
const SUSTAIN: u32 = 10;
/// Seconds of breathing before its end means anything, and of stillness without breath that make an apnea.
const BREATH_BEFORE: u32 = 20;
/// For how long a stop of breath can still be told from an empty room, in seconds.
const APNEA_LONGEST_S: f64 = 60.0;

/// One rate's state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Rate {
    usual: Welford,
    low: Switch,
    high: Switch,
}

/// A state that begins and ends only after it held for some seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Switch {
    /// Seconds in a row that speak against the present state.
    against: u32,
    since: Option<Since>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Since(#[serde(with = "time")] StreamTime);

impl Switch {
    fn step(&mut self, at: StreamTime, enter: bool, leave: bool) {
        let against = if self.since.is_some() { leave } else { enter };
        self.against = if against { self.against + 1 } else { 0 };
        if self.against >= SUSTAIN {
            self.against = 0;
            self.since = if self.since.is_some() { None } else { Some(Since(at)) };
        }
    }
}

/// Learns a person's usual rates and says when one is not. Driven once a second. Its state can be stored.
///
/// Before five minutes of published rates there is no baseline, and the usual range of a resting adult stands in for it.
/// Rates teach the baseline only while nothing is unusual. An alert begins and ends after ten seconds in a row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct VitalAnomalyDetector {
    breathing: Rate,
    heart: Rate,
    /// Seconds in a row with a breathing rate, up to what matters.
    breathed: u32,
    /// When breath was last seen.
    last_breath: Option<Since>,
    apnea: Switch,
}

impl VitalAnomalyDetector {
    /// A detector that knows nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The alerts after one more second. `breath_stopped` says that breath was seen in this window and is no more, by
    /// somebody who is still; a missing rate alone says nothing.
    pub fn update(
        &mut self,
        at: StreamTime,
        breathing: &VitalEstimate,
        heart_rate: &VitalEstimate,
        breath_stopped: bool,
    ) -> Vec<AnomalyAlert> {
        let breath = published(breathing);
        self.step_apnea(at, breath.is_some(), breath_stopped);
        let beat = published(heart_rate);
        step_rate(&mut self.breathing, at, breath, BREATHING_RANGE, LEAST_BREATHING_DEVIATION);
        step_rate(&mut self.heart, at, beat, HEART_RANGE, LEAST_HEART_DEVIATION);
        self.alerts(breath, beat)
    }

    fn step_apnea(&mut self, at: StreamTime, breathes: bool, stopped: bool) {
        if breathes {
            self.breathed = (self.breathed + 1).min(BREATH_BEFORE);
            self.last_breath = Some(Since(at));
        }
        let recent = self.last_breath.is_some_and(|Since(last)| at.since(last).as_secs_f64() < APNEA_LONGEST_S);
        let known = self.breathed >= BREATH_BEFORE && recent;
        if !recent {
            self.breathed = 0;
            self.apnea = Switch::default();
        }
        self.apnea.step(at, known && stopped && !breathes, breathes);
        if breathes && self.apnea.since.is_some() {
            self.apnea = Switch::default();
        }
    }

    fn alerts(&self, breath: Option<f64>, beat: Option<f64>) -> Vec<AnomalyAlert> {
        let of_rate = |kind, switch: &Switch, rate: Option<f64>, of: &Rate, least| {
            let z_score =
                rate.filter(|_| of.usual.count() >= BASELINE_RATES).map(|rate| of.usual.z_score(rate, least) as f32);
            switch.since.map(|Since(since)| AnomalyAlert {
                kind,
                since,
                rate_bpm: rate.map(|rate| rate as f32),
                z_score,
            })
        };
        let apnea = self.apnea.since.map(|Since(since)| AnomalyAlert {
            kind: AnomalyKind::Apnea,
            since,
            rate_bpm: None,
            z_score: None,
        });
        let (b, h) = (&self.breathing, &self.heart);
        let all = [
            apnea,
            of_rate(AnomalyKind::Bradypnea, &b.low, breath, b, LEAST_BREATHING_DEVIATION),
            of_rate(AnomalyKind::Tachypnea, &b.high, breath, b, LEAST_BREATHING_DEVIATION),
            of_rate(AnomalyKind::Bradycardia, &h.low, beat, h, LEAST_HEART_DEVIATION),
            of_rate(AnomalyKind::Tachycardia, &h.high, beat, h, LEAST_HEART_DEVIATION),
        ];
        all.into_iter().flatten().collect()
    }
}

/// The rate, if there is one to be believed.
fn published(estimate: &VitalEstimate) -> Option<f64> {
    let rate = estimate.rate_bpm.filter(|rate| estimate.status.is_published() && rate.is_finite());
    rate.map(f64::from)
}

/// One second of one rate. A missing rate speaks for the end of an alert: nothing is claimed that is not seen.
fn step_rate(state: &mut Rate, at: StreamTime, rate: Option<f64>, range: (f64, f64), least_deviation: f64) {
    let Some(rate) = rate else {
        state.low.step(at, false, true);
        state.high.step(at, false, true);
        return;
    };
    let known = state.usual.count() >= BASELINE_RATES;
    let z = state.usual.z_score(rate, least_deviation);
    let (low, low_over, high, high_over) = if known {
        (z < -ENTER_Z, z > -LEAVE_Z, z > ENTER_Z, z < LEAVE_Z)
    } else {
        (rate < range.0, rate > range.0 + RANGE_MARGIN, rate > range.1, rate < range.1 - RANGE_MARGIN)
    };
    state.low.step(at, low, low_over);
    state.high.step(at, high, high_over);
    if !low && !high && state.low.since.is_none() && state.high.since.is_none() {
        state.usual.push(rate);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reading::VitalStatus;

    fn at(second: u32) -> StreamTime {
        StreamTime::from_micros(1_700_000_000_000_000 + i64::from(second) * 1_000_000)
    }

    fn rate(bpm: f32) -> VitalEstimate {
        VitalEstimate { rate_bpm: Some(bpm), confidence: 0.9, status: VitalStatus::Valid }
    }

    const NONE: VitalEstimate = VitalEstimate::UNAVAILABLE;

    /// Runs `seconds` of the same and gives the last alerts' kinds.
    fn run(
        detector: &mut VitalAnomalyDetector,
        now: &mut u32,
        seconds: u32,
        input: (VitalEstimate, VitalEstimate, bool),
    ) -> Vec<AnomalyKind> {
        let mut alerts = Vec::new();
        for _ in 0..seconds {
            *now += 1;
            alerts = detector.update(at(*now), &input.0, &input.1, input.2);
        }
        alerts.into_iter().map(|alert| alert.kind).collect()
    }

    #[test]
    fn without_a_baseline_the_usual_range_stands_in() {
        let (mut detector, mut now) = (VitalAnomalyDetector::new(), 0);
        assert_eq!(run(&mut detector, &mut now, 9, (rate(6.0), NONE, false)), []);
        assert_eq!(run(&mut detector, &mut now, 1, (rate(6.0), NONE, false)), [AnomalyKind::Bradypnea]);
        assert_eq!(
            run(&mut detector, &mut now, 20, (rate(28.0), rate(140.0), false)),
            [AnomalyKind::Tachypnea, AnomalyKind::Tachycardia]
        );
        assert_eq!(run(&mut detector, &mut now, 20, (rate(15.0), rate(35.0), false)), [AnomalyKind::Bradycardia]);
        assert_eq!(run(&mut detector, &mut now, 10, (rate(15.0), NONE, false)), []);
    }

    #[test]
    fn a_baseline_makes_it_personal_with_hysteresis() {
        let (mut detector, mut now) = (VitalAnomalyDetector::new(), 0);
        for second in 0..400_u16 {
            let bpm = 12.0 + f32::from(second % 3);
            assert_eq!(run(&mut detector, &mut now, 1, (rate(bpm), NONE, false)), []);
        }
        assert_eq!(
            run(&mut detector, &mut now, 15, (rate(19.0), NONE, false)),
            [AnomalyKind::Tachypnea],
            "usual for others"
        );
        assert_eq!(
            run(&mut detector, &mut now, 30, (rate(16.5), NONE, false)),
            [AnomalyKind::Tachypnea],
            "between both limits"
        );
        assert_eq!(run(&mut detector, &mut now, 15, (rate(14.0), NONE, false)), []);
        let json = serde_json::to_string(&detector).unwrap();
        let mut restored: VitalAnomalyDetector = serde_json::from_str(&json).unwrap();
        assert_eq!(run(&mut restored, &mut now, 15, (rate(19.0), NONE, false)), [AnomalyKind::Tachypnea]);
    }

    #[test]
    fn apnea_needs_breath_before_it_and_ends_with_breath_or_in_an_empty_room() {
        let (mut detector, mut now) = (VitalAnomalyDetector::new(), 0);
        assert_eq!(run(&mut detector, &mut now, 30, (NONE, NONE, true)), [], "no breath before");
        run(&mut detector, &mut now, 30, (rate(14.0), NONE, false));
        assert_eq!(run(&mut detector, &mut now, 20, (NONE, NONE, false)), [], "gone or moved");
        run(&mut detector, &mut now, 30, (rate(14.0), NONE, false));
        assert_eq!(run(&mut detector, &mut now, 10, (NONE, NONE, true)), [AnomalyKind::Apnea]);
        assert_eq!(run(&mut detector, &mut now, 1, (rate(14.0), NONE, false)), []);
        assert_eq!(run(&mut detector, &mut now, 12, (NONE, NONE, true)), [AnomalyKind::Apnea]);
        assert_eq!(run(&mut detector, &mut now, 60, (NONE, NONE, true)), [], "too long to know");
    }

    proptest! {
        /// No rate, no alert about it; never low and high at once.
        #[test]
        fn alerts_have_their_precondition(rates in prop::collection::vec(prop::option::of(1.0_f32..60.0), 1..400)) {
            let mut detector = VitalAnomalyDetector::new();
            for (second, bpm) in rates.iter().enumerate() {
                let alerts = detector.update(at(second as u32), &bpm.map_or(NONE, rate), &NONE, false);
                let has = |kind| alerts.iter().any(|alert| alert.kind == kind);
                prop_assert!(!has(AnomalyKind::Bradycardia) && !has(AnomalyKind::Tachycardia) && !has(AnomalyKind::Apnea));
                prop_assert!(rates[..=second].iter().flatten().count() >= SUSTAIN as usize || alerts.is_empty());
            }
        }
    }
}
