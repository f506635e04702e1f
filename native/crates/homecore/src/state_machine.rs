//! The states of all entities.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::RwLock;

use crate::bus::{Bus, Turn};
use crate::{Attributes, Context, CoreEvent, EntityId, State, StateChanged, StateError};

/// The states of all entities. Writes are announced on the bus in the order in which they were made.
#[derive(Debug)]
pub struct StateMachine {
    bus: Arc<Bus>,
    states: RwLock<BTreeMap<EntityId, Arc<State>>>,
}

impl StateMachine {
    pub(crate) fn new(bus: Arc<Bus>) -> Self {
        Self { bus, states: RwLock::default() }
    }

    /// The state of one entity.
    pub fn get(&self, entity_id: &str) -> Option<Arc<State>> {
        self.states.read().get(entity_id).cloned()
    }

    /// All states, ordered by entity id.
    pub fn all(&self) -> Vec<Arc<State>> {
        self.states.read().values().cloned().collect()
    }

    /// Writes a state; true when that changed something. The same value with the same attributes only moves
    /// `last_reported`, and nobody is told.
    ///
    /// # Errors
    /// [`StateError`] when `state` is longer than 255 characters; nothing is written then.
    pub fn set(
        &self,
        entity_id: &EntityId,
        state: &str,
        attributes: impl Into<Arc<Attributes>>,
        context: Context,
        now: Timestamp,
    ) -> Result<bool, StateError> {
        let turn = self.bus.turn();
        let old = self.get(entity_id.as_str());
        let new = Arc::new(State::following(old.as_deref(), entity_id, state, attributes.into(), context, now)?);
        self.states.write().insert(entity_id.clone(), Arc::clone(&new));
        let changed = old.as_ref().is_none_or(|old| old.state != new.state || old.attributes != new.attributes);
        if changed {
            turn.announce(CoreEvent::StateChanged(StateChanged { entity_id: entity_id.clone(), old, new: Some(new) }));
        }
        Ok(changed)
    }

    /// Forgets a state; true when there was one.
    pub fn remove(&self, entity_id: &EntityId) -> bool {
        self.remove_in(&self.bus.turn(), entity_id)
    }

    pub(crate) fn remove_in(&self, turn: &Turn<'_>, entity_id: &EntityId) -> bool {
        let Some(old) = self.states.write().remove(entity_id) else {
            return false;
        };
        turn.announce(CoreEvent::StateChanged(StateChanged {
            entity_id: entity_id.clone(),
            old: Some(old),
            new: None,
        }));
        true
    }
}
