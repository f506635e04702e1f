//! Somebody is there and does not move at all.

use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Verdict};
use crate::output::Input;
use crate::parameters::{DAY_S, parameters};
use crate::registry::RoomParameters;
use crate::support::{above, all, any, below, presence};
use crate::time::Tick;
use crate::timers::Run;

parameters! {
    /// When nobody moves although somebody is there.
    Parameters {
        /// Motion is below this, %.
        still_percent: f32 = 1.0, in 0.0..=100.0;
        /// For how long, s.
        still_s: u32 = 1800, in 1..=DAY_S;
        /// It leaves with motion above this, %.
        motion_percent: f32 = 2.0, in 0.0..=100.0;
    }
    still_percent <= motion_percent;
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NoMovement {
    on: bool,
    still: Run,
}

impl Machine for NoMovement {
    const KEY: &'static str = "no_movement";

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.no_movement;
        if inputs.presence == Some(false) {
            let confidence = presence(false, inputs.presence_score);
            return (Self::default(), Verdict::boolean(false, confidence, vec!["presence=off".into()]));
        }
        let (Some(_), Some(motion)) = (inputs.presence, inputs.motion_percent) else {
            self.still = Run::default();
            let input = if inputs.presence.is_none() { Input::Presence } else { Input::Motion };
            return (self, Verdict::missing(input));
        };
        self.still = self.still.step(tick, motion < p.still_percent);
        self.on = if self.on { motion <= p.motion_percent } else { self.still.lasts(p.still_s) };
        let verdict = if self.on {
            let support = all(&[presence(true, inputs.presence_score), below(motion, p.still_percent)]);
            let reason = vec!["presence=on".into(), format!("motion<{}%", p.motion_percent)];
            Verdict::boolean(true, support, reason)
        } else {
            let wait = below(self.still.seconds(), p.still_s as f32);
            let reason = vec![format!("still<{}s", p.still_s)];
            Verdict::boolean(false, any(&[wait, above(motion, p.still_percent)]), reason)
        };
        (self, verdict)
    }
}
