//! The heart races while somebody moves and nobody fell.

use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Verdict};
use crate::output::{Input, Learnt};
use crate::parameters::{DAY_S, parameters};
use crate::registry::RoomParameters;
use crate::support::{above, all, any, below, presence};
use crate::time::Tick;
use crate::timers::{Run, SECOND_US, Since, Smoothed, seconds_us};

parameters! {
    /// When somebody may be in distress.
    Parameters {
        /// The heart rate is above its resting baseline times this.
        heart_rate_ratio: f32 = 1.5, in 1.05..=4.0;
        /// For how long, s.
        sustained_s: u32 = 60, in 1..=DAY_S;
        /// Motion is above this, %.
        motion_percent: f32 = 20.0, in 0.0..=100.0;
        /// The confidence is at least this.
        min_confidence: f32 = 0.75, in 0.0..=1.0;
        /// It stays on for this long after the condition was last met, s.
        latch_s: u32 = 300, in 0..=DAY_S;
        /// A fall explains a racing heart for this long, s.
        fall_s: u32 = 300, in 0..=DAY_S;
        /// Somebody is at rest while motion is below this, %.
        rest_percent: f32 = 5.0, in 0.0..=100.0;
        /// Heart rate at rest that must have been seen before there is a baseline, s.
        rest_s: u32 = 600, in 1..=DAY_S;
    }
    rest_percent <= motion_percent;
}

/// Beats are smoothed over this and kept for this long, s.
const HEART_TAU_S: f32 = 5.0;
const HEART_HOLD_S: u32 = 15;

/// Without a heart rate for this long nothing can be said of it, s.
const HEART_MISSING_S: u32 = 600;

/// The resting baseline follows over this much time at rest, s: about a day of what a sitting and sleeping person gives.
const BASELINE_TAU_S: f32 = 6.0 * 3600.0;

/// The heart rate of somebody at rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct RestingRate {
    mean: f32,
    seen_us: u64,
}

impl RestingRate {
    /// The plain mean at first, an exponential one once there is more than its memory.
    #[must_use]
    fn step(self, tick: &Tick, rate: f32) -> Self {
        let seen_us = self.seen_us.saturating_add(tick.elapsed_us);
        let elapsed_s = tick.elapsed_us as f32 / SECOND_US as f32;
        let memory_s = (seen_us as f32 / SECOND_US as f32).min(BASELINE_TAU_S);
        if memory_s <= 0.0 {
            return Self { mean: rate, seen_us };
        }
        Self { mean: self.mean + (elapsed_s / memory_s).min(1.0) * (rate - self.mean), seen_us }
    }

    fn learnt(self, p: &Parameters) -> Option<f32> {
        (self.seen_us >= seconds_us(p.rest_s) && self.mean > 0.0).then_some(self.mean)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PossibleDistress {
    resting: RestingRate,
    heart: Smoothed,
    heart_seen: Since,
    fell: Since,
    racing: Run,
    /// Since the condition was last met; on while this is within the latch.
    met: Since,
}

impl Machine for PossibleDistress {
    const KEY: &'static str = "possible_distress";

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.possible_distress;
        self.heart = self.heart.step(tick, inputs.heart_rate.map(|rate| rate.per_minute), HEART_TAU_S, HEART_HOLD_S);
        self.heart_seen = self.heart_seen.step(tick, inputs.heart_rate.is_some());
        self.fell = self.fell.step(tick, inputs.falls.is_some_and(|falls| falls > 0));
        self.met = self.met.step(tick, false);
        self.rest(tick, inputs, p);

        let Some(motion) = inputs.motion_percent else {
            self.racing = Run::default();
            return (self, Verdict::missing(Input::Motion));
        };
        let alone = inputs.presence == Some(false);
        let ratio = self.heart.value().zip(self.resting.learnt(p)).map(|(rate, resting)| rate / resting);
        let fast = ratio.is_some_and(|ratio| ratio > p.heart_rate_ratio);
        let fell = self.fell.within(p.fall_s);
        self.racing = self.racing.step(tick, fast && motion > p.motion_percent && !fell && !alone);
        let reading = inputs.heart_rate.map_or(1.0, |rate| rate.confidence);
        let confidence = all(&[
            ratio.map_or(0.0, |ratio| above(ratio, p.heart_rate_ratio)),
            above(motion, p.motion_percent),
            reading,
        ]);
        if self.racing.lasts(p.sustained_s) && confidence >= p.min_confidence {
            self.met = Since::default().step(tick, true);
            return (self, Verdict::boolean(true, confidence, racing_reason(ratio, p)));
        }
        if self.met.within(p.latch_s) {
            return (self, Verdict::boolean(true, confidence, vec![format!("latched<{}s", p.latch_s)]));
        }
        self.met = Since::default();
        (self.clone(), self.against(inputs, ratio, motion, p))
    }

    fn forget(self) -> Self {
        Self { resting: self.resting, ..Self::default() }
    }
}

impl PossibleDistress {
    /// Learns from one person who sits still; of several, nobody knows whose heart it is.
    fn rest(&mut self, tick: &Tick, inputs: &RoomInputs, p: &Parameters) {
        let at_rest = inputs.motion_percent.is_some_and(|motion| motion < p.rest_percent);
        let one = inputs.persons.is_none_or(|found| found.count <= 1) && inputs.presence == Some(true);
        if let Some(rate) = inputs.heart_rate.filter(|_| at_rest && one) {
            self.resting = self.resting.step(tick, rate.per_minute);
        }
    }

    /// It is not on: because something says so, or because nothing can.
    fn against(&self, inputs: &RoomInputs, ratio: Option<f32>, motion: f32, p: &Parameters) -> Verdict {
        if inputs.presence == Some(false) {
            return Verdict::boolean(false, presence(false, inputs.presence_score), vec!["presence=off".into()]);
        }
        if !self.heart_seen.within(HEART_MISSING_S) {
            return Verdict::missing(Input::HeartRate);
        }
        if self.resting.learnt(p).is_none() {
            return Verdict::learning(Learnt::RestingHeartRate);
        }
        let wait = below(self.racing.seconds(), p.sustained_s as f32);
        let slow = ratio.map_or(0.0, |ratio| below(ratio, p.heart_rate_ratio));
        let confidence = any(&[wait, slow, below(motion, p.motion_percent)]);
        let reason = if self.racing.is_running() {
            format!("racing<{}s", p.sustained_s)
        } else if self.fell.within(p.fall_s) {
            "fall".into()
        } else if motion <= p.motion_percent {
            format!("motion<={}%", p.motion_percent)
        } else {
            format!("hr<={}x rest", p.heart_rate_ratio)
        };
        Verdict::boolean(false, confidence, vec![reason])
    }
}

fn racing_reason(ratio: Option<f32>, p: &Parameters) -> Vec<String> {
    let mut reason = vec![format!("motion>{}%", p.motion_percent), "no_fall".into()];
    reason.extend(ratio.map(|ratio| format!("hr={ratio:.1}x rest")));
    reason
}
