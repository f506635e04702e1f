//! Somebody is in the bathroom: the room itself, or the zone of it that is tagged so.

use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Verdict};
use crate::output::Input;
use crate::parameters::parameters;
use crate::registry::RoomParameters;
use crate::support::presence;
use crate::time::Tick;
use crate::timers::Run;

parameters! {
    /// When the bathroom is occupied. Presence has its own hysteresis and hold; more of it can be had here.
    Parameters {
        /// It leaves when presence was off for this long, s.
        leave_s: u32 = 0, in 0..=3600;
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct BathroomOccupied {
    occupied: bool,
    empty: Run,
}

impl Machine for BathroomOccupied {
    const KEY: &'static str = "bathroom_occupied";

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.bathroom_occupied;
        let (present, score) = if inputs.tags.bathroom {
            (inputs.presence, inputs.presence_score)
        } else if inputs.bathroom_zone.is_some() {
            (inputs.bathroom_zone, None)
        } else {
            return (Self::default(), Verdict::not_applicable());
        };
        let Some(present) = present else {
            self.empty = Run::default();
            return (self, Verdict::missing(Input::Presence));
        };
        self.empty = self.empty.step(tick, !present);
        self.occupied = present || (self.occupied && !self.empty.lasts(p.leave_s));
        let reason = if present { "presence=on" } else { "presence=off" };
        let support = if self.occupied == present { presence(present, score) } else { 0.5 };
        (self.clone(), Verdict::boolean(self.occupied, support, vec![reason.into()]))
    }
}
