//! The entities that are there.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use super::RegistryError;
use crate::bus::Turn;
use crate::{Action, CoreEvent, EntityId, EntityRegistryUpdated};

/// What is known of an entity whatever its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityEntry {
    /// Names it among all entities.
    pub entity_id: EntityId,
    /// Names it for ever, whatever it is called.
    pub unique_id: String,
    /// The device that it belongs to.
    pub device_id: Option<String>,
    /// Its kind, on which translations hang.
    pub key: String,
    /// Home Assistant's platform.
    pub domain: String,
    /// Home Assistant's device class.
    pub device_class: Option<String>,
    /// Home Assistant's state class.
    pub state_class: Option<String>,
    /// Unit of the state.
    pub unit: Option<String>,
    /// Home Assistant's entity category.
    pub entity_category: Option<String>,
    /// Whether users see it without asking.
    pub enabled_default: bool,
    /// The states or event types that it can have, where they are few.
    pub options: Option<Vec<String>>,
}

/// The entities that are there.
#[derive(Debug, Default)]
pub struct EntityRegistry {
    entries: RwLock<BTreeMap<EntityId, Arc<EntityEntry>>>,
}

impl EntityRegistry {
    /// The entry of one entity.
    pub fn get(&self, entity_id: &str) -> Option<Arc<EntityEntry>> {
        self.entries.read().get(entity_id).cloned()
    }

    /// All entries, ordered by entity id.
    pub fn all(&self) -> Vec<Arc<EntityEntry>> {
        self.entries.read().values().cloned().collect()
    }

    pub(crate) fn register_in(&self, turn: &Turn<'_>, entry: EntityEntry) -> Result<Option<Action>, RegistryError> {
        let mut entries = self.entries.write();
        let taken = entries.values().find(|e| e.unique_id == entry.unique_id && e.entity_id != entry.entity_id);
        if let Some(owner) = taken {
            return Err(RegistryError::UniqueIdTaken {
                unique_id: entry.unique_id,
                owner: owner.entity_id.clone(),
                entity_id: entry.entity_id,
            });
        }
        let action = match entries.get(&entry.entity_id) {
            None => Action::Create,
            Some(old) if **old == entry => return Ok(None),
            Some(_) => Action::Update,
        };
        let (entity_id, entry) = (entry.entity_id.clone(), Arc::new(entry));
        entries.insert(entity_id.clone(), Arc::clone(&entry));
        turn.announce(CoreEvent::EntityRegistryUpdated(EntityRegistryUpdated {
            action,
            entity_id,
            entry: Some(entry),
        }));
        Ok(Some(action))
    }

    pub(crate) fn of_device(&self, device_id: &str) -> Vec<EntityId> {
        let entries = self.entries.read();
        entries.values().filter(|e| e.device_id.as_deref() == Some(device_id)).map(|e| e.entity_id.clone()).collect()
    }

    pub(crate) fn remove_in(&self, turn: &Turn<'_>, entity_id: &EntityId) -> bool {
        if self.entries.write().remove(entity_id).is_none() {
            return false;
        }
        turn.announce(CoreEvent::EntityRegistryUpdated(EntityRegistryUpdated {
            action: Action::Remove,
            entity_id: entity_id.clone(),
            entry: None,
        }));
        true
    }
}
