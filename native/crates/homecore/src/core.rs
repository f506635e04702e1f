//! States, registries and events under one order.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::broadcast::Receiver;

use crate::bus::{Bus, DEFAULT_CAPACITY, Turn};
use crate::registry::RegistryError;
use crate::{
    Action, ConfigEntry, Context, CoreEvent, DeviceEntry, DeviceRegistry, EntityEntry, EntityId, EntityRegistry, Event,
    ServiceRegistry, State, StateMachine, Storage, StorageStatistics,
};

/// States, registries and events under one order.
#[derive(Debug)]
pub struct HomeCore {
    bus: Arc<Bus>,
    states: StateMachine,
    entities: EntityRegistry,
    devices: DeviceRegistry,
    services: ServiceRegistry,
    storage: Option<Storage>,
}

/// What became of an entity that was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The id that it has: the one that it had before, where the registries are kept on file.
    pub entity_id: EntityId,
    /// `None` when nothing about it was new.
    pub action: Option<Action>,
}

/// Everything there is at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Each after the one that it is reached through.
    pub devices: Vec<Arc<DeviceEntry>>,
    /// Ordered by entity id.
    pub entities: Vec<Arc<EntityEntry>>,
    /// Ordered by entity id.
    pub states: Vec<Arc<State>>,
}

impl Default for HomeCore {
    fn default() -> Self {
        Self::new(DEFAULT_CAPACITY)
    }
}

impl HomeCore {
    /// An empty core whose receivers may lag `capacity` events behind (rounded up to a power of two).
    pub fn new(capacity: usize) -> Self {
        let bus = Arc::new(Bus::new(capacity));
        Self {
            states: StateMachine::new(Arc::clone(&bus)),
            entities: EntityRegistry::default(),
            devices: DeviceRegistry::default(),
            services: ServiceRegistry::default(),
            storage: None,
            bus,
        }
    }

    /// Keeps the registries on file. What is there already is not announced before its owner registers it again: until then
    /// it has no source. It gets its old ids and names then.
    #[must_use]
    pub fn keeping(self, storage: Storage) -> Self {
        Self { storage: Some(storage), ..self }
    }

    /// What happened to the registries' files; nothing when there are none.
    pub fn storage_statistics(&self) -> StorageStatistics {
        self.storage.as_ref().map(Storage::statistics).unwrap_or_default()
    }

    /// Writes now what is not on file yet, and waits for it; true when everything is in the files, or when there are none.
    pub fn flush(&self) -> bool {
        self.storage.as_ref().is_none_or(Storage::flush)
    }

    /// The states.
    pub fn states(&self) -> &StateMachine {
        &self.states
    }

    /// The entities.
    pub fn entities(&self) -> &EntityRegistry {
        &self.entities
    }

    /// The devices.
    pub fn devices(&self) -> &DeviceRegistry {
        &self.devices
    }

    /// The services.
    pub fn services(&self) -> &ServiceRegistry {
        &self.services
    }

    /// Creates or updates a device of `owner`; `None` when `entry` says nothing new, and nobody is told then.
    ///
    /// # Errors
    /// [`RegistryError::UnknownDevice`] when `via_device_id` is not registered.
    pub fn register_device(
        &self,
        owner: &dyn ConfigEntry,
        mut entry: DeviceEntry,
    ) -> Result<Option<Action>, RegistryError> {
        let turn = self.bus.turn();
        self.has_device(entry.via_device_id.as_ref(), &entry.id)?;
        if let Some(storage) = &self.storage {
            storage.register_device(owner, &mut entry);
        }
        Ok(self.devices.register_in(&turn, owner.domain(), entry))
    }

    /// Creates or updates an entity of `owner`, and says which id it has.
    ///
    /// # Errors
    /// [`RegistryError`] when its device is not registered or its unique id belongs to another entity.
    pub fn register_entity(
        &self,
        owner: &dyn ConfigEntry,
        mut entry: EntityEntry,
    ) -> Result<Registered, RegistryError> {
        let turn = self.bus.turn();
        self.has_device(entry.device_id.as_ref(), entry.entity_id.as_str())?;
        if let Some(storage) = &self.storage {
            storage.register_entity(owner, &mut entry);
        }
        let entity_id = entry.entity_id.clone();
        Ok(Registered { entity_id, action: self.entities.register_in(&turn, entry)? })
    }

    fn has_device(&self, device_id: Option<&String>, wanted_by: &str) -> Result<(), RegistryError> {
        match device_id.filter(|id| self.devices.get(id).is_none()) {
            None => Ok(()),
            Some(missing) => {
                Err(RegistryError::UnknownDevice { device_id: missing.clone(), wanted_by: wanted_by.to_owned() })
            }
        }
    }

    /// Removes an entity and its state for ever; true when it was registered.
    pub fn remove_entity(&self, entity_id: &EntityId) -> bool {
        let turn = self.bus.turn();
        if let Some(storage) = &self.storage {
            storage.remove_entity(entity_id);
        }
        self.take_entity(&turn, entity_id)
    }

    /// Takes an entity and its state away because its source is gone; on file it stays. True when it was registered.
    pub fn unload_entity(&self, entity_id: &EntityId) -> bool {
        self.take_entity(&self.bus.turn(), entity_id)
    }

    /// Removes a device with its entities and their states for ever, as one step of the order; true when it was registered.
    pub fn remove_device(&self, id: &str) -> bool {
        let turn = self.bus.turn();
        for entity_id in self.entities.of_device(id) {
            if let Some(storage) = &self.storage {
                storage.remove_entity(&entity_id);
            }
            self.take_entity(&turn, &entity_id);
        }
        let Some(domain) = self.devices.remove_in(&turn, id) else { return false };
        if let Some(storage) = &self.storage {
            storage.remove_device(&domain, id);
        }
        true
    }

    /// Takes a device with its entities and their states away because its source is gone; on file they stay. True when it was
    /// registered.
    pub fn unload_device(&self, id: &str) -> bool {
        let turn = self.bus.turn();
        for entity_id in self.entities.of_device(id) {
            self.take_entity(&turn, &entity_id);
        }
        self.devices.remove_in(&turn, id).is_some()
    }

    fn take_entity(&self, turn: &Turn<'_>, entity_id: &EntityId) -> bool {
        self.states.remove_in(turn, entity_id);
        self.entities.remove_in(turn, entity_id)
    }

    /// Tells all receivers that something happened.
    pub fn fire(&self, event_type: &str, data: Map<String, Value>, context: Context, now: Timestamp) {
        let event = Event { event_type: event_type.to_owned(), data, context, time_fired: now };
        self.bus.turn().announce(CoreEvent::Fired(Arc::new(event)));
    }

    /// Everything there is, and a receiver of everything that comes after it: no event is missing between the two, and
    /// none that the snapshot already holds comes again.
    ///
    /// This is also the way back for a receiver that got [`RecvError::Lagged`](crate::RecvError::Lagged): drop it, take a
    /// new pair, and forget what was known before.
    pub fn snapshot_and_subscribe(&self) -> (Snapshot, Receiver<CoreEvent>) {
        let turn = self.bus.turn();
        (self.read(), turn.subscribe())
    }

    /// Everything there is.
    pub fn snapshot(&self) -> Snapshot {
        let _turn = self.bus.turn();
        self.read()
    }

    fn read(&self) -> Snapshot {
        Snapshot { devices: self.devices.all(), entities: self.entities.all(), states: self.states.all() }
    }
}
