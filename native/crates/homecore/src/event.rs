//! What receivers of the bus are told.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Context, DeviceEntry, EntityEntry, EntityId, State};

/// One step of the ordered stream of everything that changed or happened. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub enum CoreEvent {
    /// A state came, changed or went.
    StateChanged(StateChanged),
    /// An entity was registered, changed or removed.
    EntityRegistryUpdated(EntityRegistryUpdated),
    /// A device was registered, changed or removed.
    DeviceRegistryUpdated(DeviceRegistryUpdated),
    /// Something happened that is no state.
    Fired(Arc<Event>),
}

/// The type of [`CoreEvent::StateChanged`].
pub const STATE_CHANGED: &str = "state_changed";
/// The type of [`CoreEvent::EntityRegistryUpdated`].
pub const ENTITY_REGISTRY_UPDATED: &str = "entity_registry_updated";
/// The type of [`CoreEvent::DeviceRegistryUpdated`].
pub const DEVICE_REGISTRY_UPDATED: &str = "device_registry_updated";

impl CoreEvent {
    /// What kind of event it is, under Home Assistant's name.
    pub fn event_type(&self) -> &str {
        match self {
            Self::StateChanged(_) => STATE_CHANGED,
            Self::EntityRegistryUpdated(_) => ENTITY_REGISTRY_UPDATED,
            Self::DeviceRegistryUpdated(_) => DEVICE_REGISTRY_UPDATED,
            Self::Fired(event) => &event.event_type,
        }
    }

    /// Which entity it is about. What was fired says so in its data.
    pub fn entity_id(&self) -> Option<&str> {
        match self {
            Self::StateChanged(changed) => Some(changed.entity_id.as_str()),
            Self::EntityRegistryUpdated(updated) => Some(updated.entity_id.as_str()),
            Self::DeviceRegistryUpdated(_) => None,
            Self::Fired(event) => event.data.get("entity_id").and_then(Value::as_str),
        }
    }
}

/// A state came, changed or went.
#[derive(Debug, Clone, PartialEq)]
pub struct StateChanged {
    /// Whose state.
    pub entity_id: EntityId,
    /// The state before; `None` when it is the first.
    pub old: Option<Arc<State>>,
    /// The state now; `None` when it was removed.
    pub new: Option<Arc<State>>,
}

/// What happened to a registry entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is new.
    Create,
    /// It has other contents.
    Update,
    /// It is gone.
    Remove,
}

/// An entity was registered, changed or removed.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityRegistryUpdated {
    /// What happened.
    pub action: Action,
    /// To whom.
    pub entity_id: EntityId,
    /// The entry now; `None` when it was removed.
    pub entry: Option<Arc<EntityEntry>>,
}

/// A device was registered, changed or removed.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceRegistryUpdated {
    /// What happened.
    pub action: Action,
    /// To whom.
    pub device_id: String,
    /// The entry now; `None` when it was removed.
    pub entry: Option<Arc<DeviceEntry>>,
}

/// Something that happened at a moment and has no duration.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What kind of thing happened.
    pub event_type: String,
    /// What is to be known about it. By convention `entity_id` and `device_id` say where it happened.
    pub data: Map<String, Value>,
    /// What caused it.
    pub context: Context,
    /// When.
    pub time_fired: Timestamp,
}
