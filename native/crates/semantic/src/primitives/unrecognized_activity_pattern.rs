//! The room is unlike itself at this hour.

use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Verdict};
use crate::output::{Event, Learnt};
use crate::parameters::{DAY_S, parameters};
use crate::registry::RoomParameters;
use crate::support::{above, below};
use crate::time::Tick;
use crate::timers::Since;

parameters! {
    /// When activity is not recognized.
    Parameters {
        /// The anomaly score is at least this.
        threshold: f32 = 0.7, in 0.0..=1.0;
        /// It leaves when the score is lower than the threshold by this.
        hysteresis: f32 = 0.1, in 0.0..=1.0;
        /// No second event within this time, s.
        pause_s: u32 = 600, in 0..=DAY_S;
    }
    hysteresis <= threshold;
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct UnrecognizedActivityPattern {
    active: bool,
    told: Since,
}

impl Machine for UnrecognizedActivityPattern {
    const KEY: &'static str = "unrecognized_activity_pattern";

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.unrecognized_activity_pattern;
        self.told = self.told.step(tick, false);
        let Some(score) = inputs.anomaly_score else {
            self.active = false;
            return (self, Verdict::learning(Learnt::Week));
        };
        let was = self.active;
        self.active = if was { score >= p.threshold - p.hysteresis } else { score >= p.threshold };
        let tells = self.active && !was && !self.told.within(p.pause_s);
        let event = tells.then_some(Event::UnrecognizedActivityPattern { anomaly_score: score });
        if tells {
            self.told = Since::default().step(tick, true);
        }
        // The number itself is not in the reason: at class 3 it stays inside.
        let verdict = if self.active {
            Verdict::boolean(true, above(score, p.threshold), vec!["unlike_other_weeks".into()])
        } else {
            Verdict::boolean(false, below(score, p.threshold), vec!["like_other_weeks".into()])
        };
        (self, verdict.with(event))
    }

    fn forget(self) -> Self {
        Self { active: false, ..self }
    }
}
