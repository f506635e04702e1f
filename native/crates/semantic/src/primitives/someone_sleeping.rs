//! Somebody sleeps: there, still for minutes, breathing as sleepers do.

use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Verdict};
use crate::output::Input;
use crate::parameters::{DAY_S, parameters};
use crate::registry::RoomParameters;
use crate::support::{above, all, any, below, inside, presence};
use crate::time::Tick;
use crate::timers::{Run, Smoothed};

parameters! {
    /// When somebody sleeps.
    Parameters {
        /// Stillness is motion below this, %.
        still_percent: f32 = 5.0, in 0.0..=100.0;
        /// For how long, s.
        still_s: u32 = 300, in 1..=DAY_S;
        /// Breathing is at least this, breaths/min.
        breathing_min: f32 = 8.0, in 1.0..=60.0;
        /// Breathing is at most this, breaths/min.
        breathing_max: f32 = 20.0, in 1.0..=60.0;
        /// A heart rate that is known stays this close to its mean, beats/min.
        heart_rate_spread: f32 = 10.0, in 1.0..=100.0;
        /// Motion above this wakes, %.
        wake_percent: f32 = 15.0, in 0.0..=100.0;
        /// For how long, s.
        wake_s: u32 = 30, in 1..=DAY_S;
    }
    still_percent <= wake_percent;
    breathing_min <= breathing_max;
}

/// Breathing and heart rate are smoothed over this, so that one wrong reading neither begins nor ends anything, s.
const RATE_TAU_S: f32 = 30.0;

/// A rate that was last seen longer ago says nothing about now, s.
const RATE_HOLD_S: u32 = 60;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SomeoneSleeping {
    asleep: bool,
    still: Run,
    awake: Run,
    breathing: Smoothed,
    heart: Smoothed,
    heart_spread: Smoothed,
}

impl SomeoneSleeping {
    pub(crate) const fn is_asleep(&self) -> bool {
        self.asleep
    }

    fn rates(&mut self, tick: &Tick, inputs: &RoomInputs) {
        let heart = inputs.heart_rate.map(|rate| rate.per_minute);
        self.breathing =
            self.breathing.step(tick, inputs.breathing.map(|rate| rate.per_minute), RATE_TAU_S, RATE_HOLD_S);
        self.heart = self.heart.step(tick, heart, RATE_TAU_S, RATE_HOLD_S);
        let spread = heart.zip(self.heart.value()).map(|(rate, mean)| (rate - mean).abs());
        self.heart_spread = self.heart_spread.step(tick, spread, RATE_TAU_S, RATE_HOLD_S);
    }

    /// How well each condition of sleep is met.
    fn support(&self, inputs: &RoomInputs, motion: f32, p: &Parameters) -> [f32; 5] {
        [
            presence(true, inputs.presence_score),
            below(motion, p.still_percent),
            self.breathing.value().map_or(0.5, |rate| inside(rate, p.breathing_min, p.breathing_max)),
            inputs.breathing.map_or(1.0, |rate| rate.confidence),
            self.heart_spread.value().map_or(1.0, |spread| below(spread, p.heart_rate_spread)),
        ]
    }
}

impl Machine for SomeoneSleeping {
    const KEY: &'static str = "someone_sleeping";

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.someone_sleeping;
        self.rates(tick, inputs);
        let (Some(present), motion) = (inputs.presence, inputs.motion_percent) else {
            (self.still, self.awake) = Default::default();
            return (self, Verdict::missing(Input::Presence));
        };
        if !present {
            (self.asleep, self.still, self.awake) = Default::default();
            let confidence = presence(false, inputs.presence_score);
            return (self, Verdict::boolean(false, confidence, vec!["presence=off".into()]));
        }
        let Some(motion) = motion else {
            (self.still, self.awake) = Default::default();
            return (self, Verdict::missing(Input::Motion));
        };
        let breathes = self.breathing.value().is_none_or(|rate| (p.breathing_min..=p.breathing_max).contains(&rate));
        let steady = self.heart_spread.value().is_none_or(|spread| spread <= p.heart_rate_spread);
        self.still = self.still.step(tick, motion < p.still_percent && breathes && steady);
        self.awake = self.awake.step(tick, motion > p.wake_percent);
        if self.asleep {
            self.asleep = !self.awake.lasts(p.wake_s);
        } else if self.still.lasts(p.still_s) {
            if self.breathing.value().is_none() {
                // Everything else fits: whether this is sleep hangs on what is not known.
                return (self, Verdict::missing(Input::Breathing));
            }
            self.asleep = true;
        }
        let support = self.support(inputs, motion, p);
        let verdict = if self.asleep {
            Verdict::boolean(true, all(&support), self.reason(motion, p))
        } else {
            let wait = below(self.still.seconds(), p.still_s as f32);
            let against = any(&[wait, above(motion, p.still_percent)]);
            Verdict::boolean(false, against, self.reason_against(motion, breathes, steady, p))
        };
        (self, verdict)
    }
}

impl SomeoneSleeping {
    fn reason(&self, motion: f32, p: &Parameters) -> Vec<String> {
        let stillness = if motion < p.still_percent { "<" } else { ">=" };
        let mut reason = vec![format!("motion{stillness}{}%", p.still_percent)];
        reason.extend(self.breathing.value().map(|rate| format!("br={rate:.0}/min")));
        reason.extend(self.heart.value().map(|rate| format!("hr={rate:.0}/min")));
        reason
    }

    fn reason_against(&self, motion: f32, breathes: bool, steady: bool, p: &Parameters) -> Vec<String> {
        let mut reason = Vec::new();
        if motion >= p.still_percent {
            reason.push(format!("motion>={}%", p.still_percent));
        } else if !breathes {
            reason.extend(self.breathing.value().map(|rate| format!("br={rate:.0}/min")));
        } else if !steady {
            reason.push(format!("hr_spread>{}/min", p.heart_rate_spread));
        } else {
            reason.push(format!("still<{}s", p.still_s));
        }
        reason
    }
}
