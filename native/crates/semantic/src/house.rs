//! What takes more than one room: who went where.

use ruview_core::StreamTime;
use serde::{Deserialize, Serialize};

use crate::parameters::{ParameterError, parameters};
use crate::primitives::multi_room_transition::MultiRoomTransition;
use crate::room::{FORMAT, RestoreError};
use crate::time::{Clock, Phase};

parameters! {
    /// When somebody went from room to room.
    HouseParameters {
        /// Presence appears there within this of leaving here, s.
        handover_s: u32 = 10, in 1..=600;
        /// A room is known to be left only when its presence ends, which is held. It may end this much later, s.
        confirm_s: u32 = 120, in 0..=3600;
    }
}

/// Presence in one room.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RoomPresence {
    /// Names the room.
    pub id: String,
    /// Somebody is there. `None` while that is not known, or a node is being calibrated.
    pub presence: Option<bool>,
    /// Somebody moves there. Presence is held after somebody left; motion tells when that was.
    pub moving: Option<bool>,
}

/// Where a source of tracks sees somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Names the track.
    pub id: u64,
    /// The room in which it is now.
    pub room: String,
}

/// What is known of all rooms at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HouseInputs {
    /// Every room, in any order; at most [`House::MAX_ROOMS`] are followed.
    pub rooms: Vec<RoomPresence>,
    /// Pairs of rooms with a way between them, in any order. `None`: nobody said, so that each may lead to each.
    pub adjacent: Option<Vec<(String, String)>>,
    /// Tracks, where a source gives them.
    pub tracks: Vec<Track>,
}

/// Somebody went from one room to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transition {
    /// The room that was left.
    pub from: String,
    /// The room that was entered.
    pub to: String,
    /// 1 for a track; for a hand-over of presence 1 at the same moment, 0.75 at the limit of time.
    pub confidence: f32,
    /// What decided.
    pub reason: Vec<String>,
}

/// Everything that a house remembers, to be saved and restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HouseState {
    format: u32,
    #[serde(default)]
    clock: Clock,
    #[serde(default)]
    transitions: MultiRoomTransition,
}

impl Default for HouseState {
    fn default() -> Self {
        Self { format: FORMAT, clock: Clock::default(), transitions: MultiRoomTransition::default() }
    }
}

impl HouseState {
    /// The state after `inputs` at `now`, and who went where. Nothing is told in the first [`crate::WARM_UP`] nor after an
    /// outage of that length.
    #[must_use]
    pub fn step(
        mut self,
        parameters: &HouseParameters,
        now: StreamTime,
        inputs: &HouseInputs,
    ) -> (Self, Vec<Transition>) {
        let Phase::Judging(tick) = self.clock.advance(now, false, None) else { return (self, Vec::new()) };
        let (transitions, told) = self.transitions.step(&tick, inputs, parameters);
        self.transitions = transitions;
        (self, told)
    }
}

/// A house.
#[derive(Debug, Clone, PartialEq)]
pub struct House {
    parameters: HouseParameters,
    state: HouseState,
}

impl House {
    /// Rooms that are followed.
    pub const MAX_ROOMS: usize = 64;

    /// Tracks that are followed.
    pub const MAX_TRACKS: usize = 64;

    /// A house of which nothing is known.
    ///
    /// # Errors
    /// The parameter that makes no sense.
    pub fn new(parameters: HouseParameters) -> Result<Self, ParameterError> {
        parameters.check("house")?;
        Ok(Self { parameters, state: HouseState::default() })
    }

    /// A house as it was saved by an earlier process; nothing is told before the warm-up is over.
    ///
    /// # Errors
    /// A state of another format, or a parameter that makes no sense.
    pub fn restore(parameters: HouseParameters, mut state: HouseState) -> Result<Self, RestoreError> {
        parameters.check("house")?;
        if state.format != FORMAT {
            return Err(RestoreError::Format { expected: FORMAT, found: state.format });
        }
        state.clock.resume();
        Ok(Self { parameters, state })
    }

    /// What to save.
    pub const fn state(&self) -> &HouseState {
        &self.state
    }

    /// Takes what is known of all rooms at `now`, once a second, and says who went where.
    pub fn step(&mut self, now: StreamTime, inputs: &HouseInputs) -> Vec<Transition> {
        let (state, told) = std::mem::take(&mut self.state).step(&self.parameters, now, inputs);
        self.state = state;
        told
    }
}
