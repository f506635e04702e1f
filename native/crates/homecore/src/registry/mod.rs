//! What exists, apart from what state it is in.

mod device;
mod entity;

pub use device::{DeviceEntry, DeviceRegistry};
pub use entity::{EntityEntry, EntityRegistry};

use crate::EntityId;

/// An entry that contradicts the registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// A unique id names one entity for ever.
    #[error("unique id '{unique_id}' belongs to {owner}, it cannot be registered for {entity_id}")]
    UniqueIdTaken {
        /// The unique id.
        unique_id: String,
        /// The entity that has it.
        owner: EntityId,
        /// The entity that wanted it.
        entity_id: EntityId,
    },
    /// An entity or device stands on a device that is not registered.
    #[error("'{wanted_by}' refers to device '{device_id}', which is not registered")]
    UnknownDevice {
        /// The missing device.
        device_id: String,
        /// What refers to it.
        wanted_by: String,
    },
}
