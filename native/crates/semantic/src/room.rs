//! All primitives of one room, stepped once a second.

use ruview_core::StreamTime;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::anomaly::{self, AnomalyModel};
use crate::inputs::RoomInputs;
use crate::output::{Availability, RoomOutputs};
use crate::parameters::ParameterError;
use crate::registry::{Primitives, RoomParameters};
use crate::time::{Clock, Phase};

/// A room never holds more, bytes: its state, and the histories that the state points to.
pub const ROOM_BYTES: usize = size_of::<Room>() + Primitives::HEAP_BYTES + anomaly::HEAP_BYTES;

// What docs/semantics.md says.
const _: () = assert!(ROOM_BYTES < 16 * 1024);

/// The layout of the saved states that this version writes and reads.
pub(crate) const FORMAT: u32 = 1;

/// Everything that a room remembers, to be saved and restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoomState {
    format: u32,
    #[serde(default)]
    clock: Clock,
    #[serde(default)]
    anomaly: AnomalyModel,
    #[serde(default)]
    primitives: Primitives,
}

impl Default for RoomState {
    fn default() -> Self {
        Self {
            format: FORMAT,
            clock: Clock::default(),
            anomaly: AnomalyModel::default(),
            primitives: Primitives::default(),
        }
    }
}

impl RoomState {
    /// The state after `inputs` at `now`, and what the room says. The whole crate is this function.
    ///
    /// Bad numbers in `inputs` count as not known, `now` may be anything: no input panics.
    #[must_use]
    pub fn step(mut self, parameters: &RoomParameters, now: StreamTime, inputs: &RoomInputs) -> (Self, RoomOutputs) {
        let outputs = match self.clock.advance(now, inputs.calibrating, inputs.local) {
            Phase::WarmingUp => silent(Availability::WarmingUp),
            Phase::Calibrating => silent(Availability::Calibrating),
            Phase::Judging(tick) => {
                let mut inputs = inputs.sanitized();
                let own_score = self.anomaly.step(&tick, &inputs);
                inputs.anomaly_score = inputs.anomaly_score.or(own_score);
                let mut events = Vec::new();
                let primitives = self.primitives.step(&tick, &inputs, parameters, &mut events);
                RoomOutputs { primitives, events, anomaly_score: inputs.anomaly_score }
            }
        };
        (self, outputs)
    }
}

impl RoomState {
    /// What the primitives and the model hold outside of themselves now, bytes.
    #[cfg(test)]
    fn heap_bytes(&self) -> (usize, usize) {
        (self.primitives.heap_bytes(), self.anomaly.heap_bytes())
    }
}

fn silent(availability: Availability) -> RoomOutputs {
    RoomOutputs { primitives: Primitives::silent(availability), events: Vec::new(), anomaly_score: None }
}

/// A saved state that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// Another version wrote it.
    #[error("format: expected {expected}, found {found}")]
    Format {
        /// What this version reads.
        expected: u32,
        /// What it is.
        found: u32,
    },
    /// The parameters make no sense.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
}

/// A room.
#[derive(Debug, Clone, PartialEq)]
pub struct Room {
    parameters: RoomParameters,
    state: RoomState,
}

impl Room {
    /// A room of which nothing is known.
    ///
    /// # Errors
    /// The parameter that makes no sense.
    pub fn new(parameters: RoomParameters) -> Result<Self, ParameterError> {
        parameters.validate()?;
        Ok(Self { parameters, state: RoomState::default() })
    }

    /// A room as it was saved by an earlier process. It is not judged before the warm-up is over; what was true lasts over
    /// [`crate::CARRY_OVER`] at most, what was learnt stays.
    ///
    /// # Errors
    /// A state of another format, or a parameter that makes no sense.
    pub fn restore(parameters: RoomParameters, mut state: RoomState) -> Result<Self, RestoreError> {
        parameters.validate()?;
        if state.format != FORMAT {
            return Err(RestoreError::Format { expected: FORMAT, found: state.format });
        }
        state.clock.resume();
        Ok(Self { parameters, state })
    }

    /// What to save.
    pub const fn state(&self) -> &RoomState {
        &self.state
    }

    /// The thresholds.
    pub const fn parameters(&self) -> &RoomParameters {
        &self.parameters
    }

    /// Other thresholds, from the next step on. What is on stays on until it leaves by the new ones.
    ///
    /// # Errors
    /// The parameter that makes no sense; the old ones stay.
    pub fn set_parameters(&mut self, parameters: RoomParameters) -> Result<(), ParameterError> {
        parameters.validate()?;
        self.parameters = parameters;
        Ok(())
    }

    /// Takes what is known at `now`, once a second, and says what it means.
    pub fn step(&mut self, now: StreamTime, inputs: &RoomInputs) -> RoomOutputs {
        let (state, outputs) = std::mem::take(&mut self.state).step(&self.parameters, now, inputs);
        self.state = state;
        outputs
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::civil::date;

    use super::*;
    use crate::time::MAX_STEP;

    /// Two days of a room that gives every history as much as it can take: rests of a minute, motion in between, steps
    /// of each kind.
    #[test]
    fn a_room_holds_no_more_than_it_says() {
        let mut room = Room::new(RoomParameters::default()).unwrap();
        let start = StreamTime::from_micros(0);
        let local = date(2026, 3, 2).at(0, 0, 0, 0);
        for step in 0..2 * 86_400 / 5_u32 {
            let passed = MAX_STEP * step;
            let inputs = RoomInputs {
                local: Some(local + Duration::from_secs(passed.as_secs())),
                presence: Some(true),
                motion_percent: Some(if step % 14 == 0 { 60.0 } else { 0.0 }),
                near_falls: Some(1),
                gait_instability: Some(0.5),
                ..RoomInputs::default()
            };
            let _ = room.step(start + passed, &inputs);
        }
        let (primitives, model) = room.state.heap_bytes();
        assert!(primitives > 3_000 && primitives <= Primitives::HEAP_BYTES, "{primitives}");
        assert!(model > 2_000 && model <= anomaly::HEAP_BYTES, "{model}");
        println!("at most {ROOM_BYTES} bytes; {primitives} and {model} in histories after two days");
    }
}
