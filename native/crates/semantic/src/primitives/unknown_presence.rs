//! Somebody came while none of the room's linked persons is home.

use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Verdict};
use crate::output::{Event, Input};
use crate::parameters::parameters;
use crate::registry::RoomParameters;
use crate::support::presence;
use crate::time::Tick;

parameters! {
    /// When presence is unknown.
    Parameters {
        /// Whether presence without any linked person counts.
        without_persons: bool = true, in false..=true;
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct UnknownPresence {
    /// Whether the step before knew that nobody was there.
    empty: bool,
    active: bool,
}

impl Machine for UnknownPresence {
    const KEY: &'static str = "unknown_presence";

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.unknown_presence;
        let Some(present) = inputs.presence else {
            self.empty = false;
            return (self, Verdict::missing(Input::Presence));
        };
        let rises = present && self.empty && tick.skipped_us == 0;
        self.empty = !present;
        let unexplained = inputs.context.known_home.map_or(p.without_persons, |home| !home);
        let event = (rises && unexplained)
            .then_some(Event::UnknownPresence { person_aware: inputs.context.known_home.is_some() });
        // A linked person who comes home explains the presence that lasts.
        self.active = present && unexplained && (self.active || event.is_some());
        let who = match inputs.context.known_home {
            Some(true) => "linked_person=home",
            Some(false) => "linked_person=away",
            None => "linked_person=none",
        };
        let reason = vec![if present { "presence=on" } else { "presence=off" }.into(), who.into()];
        let verdict = Verdict::boolean(self.active, presence(present, inputs.presence_score), reason);
        (self, verdict.with(event))
    }
}
