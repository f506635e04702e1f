//! A state machine with Home Assistant's semantics: states, registries, services, events, and one ordered stream of what changed.
//!
//! It knows nothing of WiFi, and it has no clock: every write takes its time as an argument, so that tests and replays of
//! recordings are deterministic.

mod bus;
mod context;
mod core;
mod entity_id;
mod event;
mod registry;
mod service;
mod state;
mod state_machine;

pub use bus::DEFAULT_CAPACITY;
pub use context::Context;
pub use core::{HomeCore, Snapshot};
pub use entity_id::{EntityId, EntityIdError};
pub use event::{Action, CoreEvent, DeviceRegistryUpdated, EntityRegistryUpdated, Event, StateChanged};
pub use registry::{DeviceEntry, DeviceRegistry, EntityEntry, EntityRegistry, RegistryError};
pub use service::{DEFAULT_TIMEOUT, Refusal, ServiceCall, ServiceError, ServiceId, ServiceRegistry};
pub use state::{Attributes, State, StateError};
pub use state_machine::StateMachine;
pub use tokio::sync::broadcast::{Receiver, error::RecvError, error::TryRecvError};
