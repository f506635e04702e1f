//! The states of all entities.

use std::sync::Arc;

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use jiff::Timestamp;
use papaya::HashMap;

use crate::bus::{Bus, Turn};
use crate::{Attributes, Context, CoreEvent, EntityId, State, StateChanged, StateError};

/// The states of all entities. Writes are announced on the bus in the order in which they were made.
#[derive(Debug)]
pub struct StateMachine {
    bus: Arc<Bus>,
    /// Written in turn only. Reading takes no lock, so that no reader can keep a writer waiting, whatever it does. The map
    /// changes with the entities only: a state that replaces another frees it at once, not with many others later.
    states: HashMap<EntityId, ArcSwap<State>, RandomState>,
}

impl StateMachine {
    pub(crate) fn new(bus: Arc<Bus>) -> Self {
        Self { bus, states: HashMap::with_hasher(RandomState::default()) }
    }

    /// The state of one entity.
    pub fn get(&self, entity_id: &str) -> Option<Arc<State>> {
        self.states.pin().get(entity_id).map(ArcSwap::load_full)
    }

    /// All states, ordered by entity id.
    pub fn all(&self) -> Vec<Arc<State>> {
        let mut states: Vec<_> = self.states.pin().values().map(ArcSwap::load_full).collect();
        states.sort_unstable_by(|a, b| a.entity_id.cmp(&b.entity_id));
        states
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
        let attributes = attributes.into();
        let turn = self.bus.turn();
        let states = self.states.pin();
        let slot = states.get(entity_id);
        let old = slot.map(ArcSwap::load_full);
        let (new, changed) = State::following(old.as_deref(), entity_id, state, attributes, context, now)?;
        let new = Arc::new(new);
        match slot {
            Some(slot) => slot.store(Arc::clone(&new)),
            // One id for the entity in all its states and as a key, so that writing copies none.
            None => {
                states.insert(new.entity_id.clone(), ArcSwap::new(Arc::clone(&new)));
            }
        }
        if changed {
            let entity_id = new.entity_id.clone();
            turn.announce(CoreEvent::StateChanged(StateChanged { entity_id, old, new: Some(new) }));
        }
        Ok(changed)
    }

    /// Forgets a state; true when there was one.
    pub fn remove(&self, entity_id: &EntityId) -> bool {
        self.remove_in(&self.bus.turn(), entity_id)
    }

    pub(crate) fn remove_in(&self, turn: &Turn<'_>, entity_id: &EntityId) -> bool {
        let Some(old) = self.states.pin().remove(entity_id).map(ArcSwap::load_full) else {
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
