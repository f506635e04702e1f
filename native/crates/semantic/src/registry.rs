//! The one list of a room's primitives and named events.

use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Slot};
use crate::output::{Availability, Output, RoomEvent};
use crate::parameters::ParameterError;
use crate::primitives;
use crate::time::Tick;

macro_rules! register {
    ($($(#[$doc:meta])* $module:ident: $machine:ident,)+) => {
        /// The thresholds of a room's primitives, one group for each.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct RoomParameters {
            $($(#[$doc])* pub $module: primitives::$module::Parameters,)+
        }

        impl RoomParameters {
            /// Whether each makes sense.
            ///
            /// # Errors
            /// The first that does not: its name, what it may be and what it is.
            pub fn validate(&self) -> Result<(), ParameterError> {
                $(self.$module.check(stringify!($module))?;)+
                Ok(())
            }
        }

        /// The types of the groups of [`RoomParameters`].
        pub mod parameters {
            $($(#[$doc])* pub mod $module { pub use crate::primitives::$module::Parameters; })+
        }

        /// The keys of a room's primitives, as their entities have them.
        pub const ROOM_KEYS: &[&str] = &[$(stringify!($module),)+];

        /// Each of [`ROOM_KEYS`] by its name.
        #[allow(non_upper_case_globals, missing_docs)]
        pub mod keys {
            $(pub const $module: &str = stringify!($module);)+
            pub const multi_room_transition: &str = "multi_room_transition";
        }

        $(const _: () = assert!(same(<primitives::$module::$machine as Machine>::KEY, stringify!($module)));)+

        /// The state of every primitive of a room.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub(crate) struct Primitives {
            $($module: Slot<primitives::$module::$machine>,)+
        }

        impl Primitives {
            /// What all of them hold outside of themselves at most, bytes.
            pub(crate) const HEAP_BYTES: usize = 0 $(+ <primitives::$module::$machine as Machine>::HEAP_BYTES)+;

            pub(crate) fn step(
                &mut self,
                tick: &Tick,
                inputs: &RoomInputs,
                parameters: &RoomParameters,
                events: &mut Vec<RoomEvent>,
            ) -> Vec<Output> {
                vec![$(self.$module.step(tick, inputs, parameters, events),)+]
            }

            #[cfg(test)]
            pub(crate) fn heap_bytes(&self) -> usize {
                0 $(+ self.$module.heap_bytes())+
            }

            pub(crate) fn silent(availability: Availability) -> Vec<Output> {
                vec![$(Slot::<primitives::$module::$machine>::silent(availability),)+]
            }
        }
    };
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    at == left.len() && at == right.len()
}

register! {
    /// Somebody sleeps.
    someone_sleeping: SomeoneSleeping,
    /// The heart races, there is motion, and nobody fell.
    possible_distress: PossibleDistress,
    /// The room is in use.
    room_active: RoomActive,
    /// Somebody is still for longer than usual.
    elderly_inactivity_anomaly: ElderlyInactivityAnomaly,
    /// Several people sit together.
    meeting_in_progress: MeetingInProgress,
    /// Somebody is in the bathroom.
    bathroom_occupied: BathroomOccupied,
    /// How likely near-falls and gait make a fall.
    fall_risk_elevated: FallRiskElevated,
    /// Somebody left the bed at night.
    bed_exit: BedExit,
    /// Somebody is there and does not move.
    no_movement: NoMovement,
    /// Somebody came whom no linked person explains.
    unknown_presence: UnknownPresence,
    /// Somebody is there while the schedule expects nobody.
    unexpected_occupancy: UnexpectedOccupancy,
    /// The room is unlike itself.
    unrecognized_activity_pattern: UnrecognizedActivityPattern,
}
