//! A state machine with Home Assistant's semantics: states, registries, services, events, and one ordered stream of what changed.
//!
//! It knows nothing of where states come from, and it has no clock: every write takes its time as an argument, so that tests
//! and replays of recordings are deterministic. What it keeps on file, it keeps as Home Assistant does.

mod bus;
mod context;
mod core;
mod entity_id;
mod event;
mod integration;
mod listener;
mod registry;
mod service;
mod state;
mod state_machine;
mod storage;

pub use bus::DEFAULT_CAPACITY;
pub use context::Context;
pub use core::{HomeCore, Registered, Snapshot};
pub use entity_id::{EntityId, EntityIdError};
pub use event::{
    Action, CoreEvent, DEVICE_REGISTRY_UPDATED, DeviceRegistryUpdated, ENTITY_REGISTRY_UPDATED, EntityRegistryUpdated,
    Event, STATE_CHANGED, StateChanged,
};
pub use integration::{ConfigEntry, HomeCoreEntity, Integration, IntegrationError, Platform, UNAVAILABLE, UNKNOWN};
pub use listener::{EventFilter, Listener, MATCH_ALL};
pub use registry::{DeviceEntry, DeviceRegistry, EntityEntry, EntityRegistry, RegistryError};
pub use service::{DEFAULT_TIMEOUT, Refusal, ServiceCall, ServiceError, ServiceId, ServiceRegistry};
pub use state::{Attributes, State, StateError};
pub use state_machine::StateMachine;
pub use storage::{
    Storage, StorageConfig, StorageError, StorageStatistics, make_private_dir, set_aside, write_atomically,
};
pub use tokio::sync::broadcast::{Receiver, error::RecvError, error::TryRecvError};
