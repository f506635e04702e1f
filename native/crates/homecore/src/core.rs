//! States, registries and events under one order.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::broadcast::Receiver;

use crate::bus::{Bus, DEFAULT_CAPACITY};
use crate::registry::RegistryError;
use crate::{
    Action, Context, CoreEvent, DeviceEntry, DeviceRegistry, EntityEntry, EntityId, EntityRegistry, Event,
    ServiceRegistry, State, StateMachine,
};

/// States, registries and events under one order.
#[derive(Debug)]
pub struct HomeCore {
    bus: Arc<Bus>,
    states: StateMachine,
    entities: EntityRegistry,
    devices: DeviceRegistry,
    services: ServiceRegistry,
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
            bus,
        }
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

    /// Creates or updates a device; `None` when `entry` says nothing new, and nobody is told then.
    ///
    /// # Errors
    /// [`RegistryError::UnknownDevice`] when `via_device_id` is not registered.
    pub fn register_device(&self, entry: DeviceEntry) -> Result<Option<Action>, RegistryError> {
        self.devices.register_in(&self.bus.turn(), entry)
    }

    /// Creates or updates an entity; `None` when `entry` says nothing new, and nobody is told then.
    ///
    /// # Errors
    /// [`RegistryError`] when its device is not registered or its unique id belongs to another entity.
    pub fn register_entity(&self, entry: EntityEntry) -> Result<Option<Action>, RegistryError> {
        let turn = self.bus.turn();
        if let Some(device_id) = entry.device_id.as_ref().filter(|id| self.devices.get(id).is_none()) {
            return Err(RegistryError::UnknownDevice {
                device_id: device_id.clone(),
                wanted_by: entry.entity_id.to_string(),
            });
        }
        self.entities.register_in(&turn, entry)
    }

    /// Removes an entity and its state; true when it was registered.
    pub fn remove_entity(&self, entity_id: &EntityId) -> bool {
        let turn = self.bus.turn();
        self.states.remove_in(&turn, entity_id);
        self.entities.remove_in(&turn, entity_id)
    }

    /// Removes a device with its entities and their states, as one step of the order; true when it was registered.
    pub fn remove_device(&self, id: &str) -> bool {
        let turn = self.bus.turn();
        for entity_id in self.entities.of_device(id) {
            self.states.remove_in(&turn, &entity_id);
            self.entities.remove_in(&turn, &entity_id);
        }
        self.devices.remove_in(&turn, id)
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
