//! Somebody is there while the room's schedule expects nobody.

use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Verdict};
use crate::output::{Event, Input};
use crate::parameters::{DAY_S, parameters};
use crate::registry::RoomParameters;
use crate::support::presence;
use crate::time::Tick;
use crate::timers::Run;

parameters! {
    /// When occupancy is unexpected.
    Parameters {
        /// Presence lasts for this, s.
        present_s: u32 = 60, in 1..=DAY_S;
        /// Whether a room without a schedule, or with one that nobody told lately, expects nobody at any time.
        without_schedule: bool = false, in false..=true;
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct UnexpectedOccupancy {
    present: Run,
    active: bool,
}

impl Machine for UnexpectedOccupancy {
    const KEY: &'static str = "unexpected_occupancy";

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.unexpected_occupancy;
        let Some(present) = inputs.presence else {
            self.present = Run::default();
            return (self, Verdict::missing(Input::Presence));
        };
        let expected = inputs.context.expected;
        let unexpected = present && expected.map_or(p.without_schedule, |expected| !expected);
        self.present = self.present.step(tick, unexpected);
        let was = self.active;
        // A schedule that fell silent neither begins nor ends it: one event for each occupancy.
        self.active = present && expected != Some(true) && (was || self.present.lasts(p.present_s));
        let event = (self.active && !was).then_some(Event::UnexpectedOccupancy { schedule_aware: expected.is_some() });
        let schedule = match expected {
            Some(true) => "schedule=expected",
            Some(false) => "schedule=not_expected",
            None => "schedule=none",
        };
        let reason = vec![if present { "presence=on" } else { "presence=off" }.into(), schedule.into()];
        let verdict = Verdict::boolean(self.active, presence(present, inputs.presence_score), reason);
        (self, verdict.with(event))
    }
}
