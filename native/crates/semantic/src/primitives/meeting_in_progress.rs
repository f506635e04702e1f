//! Several people sit together for a while.

use serde::{Deserialize, Serialize};

use crate::inputs::{Counted, RoomInputs};
use crate::machine::{Machine, Verdict};
use crate::output::Input;
use crate::parameters::{DAY_S, parameters};
use crate::registry::RoomParameters;
use crate::support::{all, any, below};
use crate::time::Tick;
use crate::timers::{Run, Smoothed};

parameters! {
    /// When a meeting is in progress.
    Parameters {
        /// At least as many people.
        min_persons: u8 = 2, in 2..=10;
        /// A count below this confidence is no count.
        min_confidence: f32 = 0.5, in 0.0..=1.0;
        /// Motion, as a mean over a minute, is below this, %.
        motion_percent: f32 = 25.0, in 0.0..=100.0;
        /// For how long, s.
        sustained_s: u32 = 600, in 1..=DAY_S;
        /// It leaves when there were fewer people for this long, s.
        leave_s: u32 = 120, in 1..=DAY_S;
    }
}

/// People who sit together move their hands; the mean over this tells sitting from walking about, s.
const MOTION_TAU_S: f32 = 60.0;
const MOTION_HOLD_S: u32 = 30;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MeetingInProgress {
    on: bool,
    motion: Smoothed,
    together: Run,
    apart: Run,
}

impl Machine for MeetingInProgress {
    const KEY: &'static str = "meeting_in_progress";

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.meeting_in_progress;
        self.motion = self.motion.step(tick, inputs.motion_percent, MOTION_TAU_S, MOTION_HOLD_S);
        let nobody = (inputs.presence == Some(false)).then_some(Counted { count: 0, confidence: 1.0 });
        let Some(persons) = nobody.or(inputs.persons.filter(|found| found.confidence >= p.min_confidence)) else {
            (self.together, self.apart) = Default::default();
            return (self, Verdict::missing(Input::Persons));
        };
        let enough = persons.count >= p.min_persons;
        let Some(motion) = self.motion.value().or((!enough).then_some(0.0)) else {
            (self.together, self.apart) = Default::default();
            return (self, Verdict::missing(Input::Motion));
        };
        self.together = self.together.step(tick, enough && motion < p.motion_percent);
        self.apart = self.apart.step(tick, !enough);
        self.on = if self.on { !self.apart.lasts(p.leave_s) } else { self.together.lasts(p.sustained_s) };
        let count = format!("persons={}", persons.count);
        let verdict = if self.on {
            let many = if enough { persons.confidence } else { 0.5 * persons.confidence };
            let reason = vec![count, format!("meeting>{}s", p.sustained_s)];
            Verdict::boolean(true, all(&[many, below(motion, p.motion_percent)]), reason)
        } else {
            let few = if enough { 0.0 } else { persons.confidence };
            let wait = below(self.together.seconds(), p.sustained_s as f32);
            Verdict::boolean(false, any(&[few, wait]), vec![count])
        };
        (self, verdict)
    }
}
