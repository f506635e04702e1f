//! What every primitive of a room is, and what happens to all of them alike.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::output::{Availability, Event, Input, Learnt, Output, RoomEvent, Value};
use crate::registry::RoomParameters;
use crate::time::{CARRY_OVER, Tick, micros};

/// What a machine says in one step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    availability: Availability,
    value: Option<Value>,
    confidence: f32,
    reason: Vec<String>,
    event: Option<Event>,
}

impl Verdict {
    const fn without(availability: Availability) -> Self {
        Self { availability, value: None, confidence: 0.0, reason: Vec::new(), event: None }
    }

    pub(crate) const fn missing(input: Input) -> Self {
        Self::without(Availability::Missing(input))
    }

    pub(crate) const fn learning(what: Learnt) -> Self {
        Self::without(Availability::Learning(what))
    }

    pub(crate) const fn not_applicable() -> Self {
        Self::without(Availability::NotApplicable)
    }

    const fn known(value: Option<Value>, confidence: f32, reason: Vec<String>) -> Self {
        Self { availability: Availability::Available, value, confidence, reason, event: None }
    }

    pub(crate) const fn boolean(value: bool, confidence: f32, reason: Vec<String>) -> Self {
        Self::known(Some(Value::Bool(value)), confidence, reason)
    }

    pub(crate) const fn percent(value: f32, confidence: f32, reason: Vec<String>) -> Self {
        Self::known(Some(Value::Percent(value)), confidence, reason)
    }

    /// Of a machine that has only events.
    pub(crate) const fn watching(confidence: f32, reason: Vec<String>) -> Self {
        Self::known(None, confidence, reason)
    }

    #[must_use]
    pub(crate) const fn with(mut self, event: Option<Event>) -> Self {
        self.event = event;
        self
    }
}

/// One primitive of a room, as a pure function.
pub(crate) trait Machine: Clone + Default + PartialEq + Serialize + DeserializeOwned {
    /// Of its entity.
    const KEY: &'static str;

    /// What its state holds outside of itself at most, bytes.
    const HEAP_BYTES: usize = 0;

    /// What it is after `inputs`, and what it says. `inputs` are sanitised.
    fn step(self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict);

    /// What remains when the room was out of sight for longer than [`CARRY_OVER`]: what was learnt, not what was on.
    #[must_use]
    fn forget(self) -> Self {
        Self::default()
    }

    /// What its state holds outside of itself now, bytes.
    #[cfg(test)]
    fn heap_bytes(&self) -> usize {
        0
    }
}

/// A machine with the time for which it saw nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, bound = "M: Machine")]
pub(crate) struct Slot<M: Machine> {
    state: M,
    blind_us: u64,
}

impl<M: Machine> Slot<M> {
    pub(crate) fn step(
        &mut self,
        tick: &Tick,
        inputs: &RoomInputs,
        parameters: &RoomParameters,
        events: &mut Vec<RoomEvent>,
    ) -> Output {
        let mut state = std::mem::take(&mut self.state);
        self.blind_us = self.blind_us.saturating_add(tick.skipped_us);
        if self.blind_us > micros(CARRY_OVER) {
            state = state.forget();
            self.blind_us = 0;
        }
        let (state, verdict) = state.step(tick, inputs, parameters);
        self.state = state;
        self.blind_us = match verdict.availability {
            Availability::Missing(_) => self.blind_us.saturating_add(tick.elapsed_us),
            _ => 0,
        };
        let Verdict { availability, value, confidence, reason, event } = verdict;
        events.extend(event.map(|event| RoomEvent { event, confidence, reason: reason.clone() }));
        Output { key: M::KEY, availability, value, confidence, reason }
    }

    #[cfg(test)]
    pub(crate) fn heap_bytes(&self) -> usize {
        self.state.heap_bytes()
    }

    /// What it says while the room is not judged.
    pub(crate) const fn silent(availability: Availability) -> Output {
        Output { key: M::KEY, availability, value: None, confidence: 0.0, reason: Vec::new() }
    }
}
