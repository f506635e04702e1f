//! One state of one entity: immutable, shared by reference.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{Context, EntityId};

/// A state's attributes.
pub type Attributes = Map<String, Value>;

const MAX_STATE_CHARS: usize = 255;

/// What an entity was found to be. Never changes: a new finding is a new `State`.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Whose state.
    pub entity_id: EntityId,
    /// The value, at most 255 characters.
    pub state: String,
    /// What belongs to the value.
    pub attributes: Arc<Attributes>,
    /// When the value last became another one.
    pub last_changed: Timestamp,
    /// When it was last written, with or without a change.
    pub last_reported: Timestamp,
    /// When value or attributes last became others.
    pub last_updated: Timestamp,
    /// What caused the last update.
    pub context: Context,
}

/// A value that no entity can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state of {entity_id} is too long: expected at most {MAX_STATE_CHARS} characters, found {found}")]
pub struct StateError {
    /// Whose state.
    pub entity_id: EntityId,
    /// Its characters.
    pub found: usize,
}

impl State {
    /// The state that follows `old` when `state` and `attributes` are written at `now`, and whether it says anything new: what
    /// stayed the same keeps its time.
    pub(crate) fn following(
        old: Option<&Self>,
        entity_id: &EntityId,
        state: &str,
        attributes: Arc<Attributes>,
        context: Context,
        now: Timestamp,
    ) -> Result<(Self, bool), StateError> {
        // Its bytes are never fewer than its characters, and known without counting.
        if state.len() > MAX_STATE_CHARS {
            let found = state.chars().count();
            if found > MAX_STATE_CHARS {
                return Err(StateError { entity_id: entity_id.clone(), found });
            }
        }
        let same_value = old.filter(|old| old.state == state);
        if let Some(old) = same_value.filter(|old| old.attributes == attributes) {
            return Ok((Self { last_reported: now, ..old.clone() }, false));
        }
        let new = Self {
            // The id of the first state, so that all share one.
            entity_id: old.map_or(entity_id, |old| &old.entity_id).clone(),
            state: state.to_owned(),
            attributes,
            last_changed: same_value.map_or(now, |old| old.last_changed),
            last_reported: now,
            last_updated: now,
            context,
        };
        Ok((new, true))
    }
}
