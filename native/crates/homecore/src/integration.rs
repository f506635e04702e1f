//! What something has to be to bring devices and entities to the core: an entry that owns them, platforms that make them,
//! entities that say what they are and how they are doing.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    Attributes, Context, DeviceEntry, EntityEntry, EntityId, EntityIdError, HomeCore, RegistryError, StateError,
};

/// The state of an entity that works and knows nothing.
pub const UNKNOWN: &str = "unknown";
/// The state of an entity whose source is missing.
pub const UNAVAILABLE: &str = "unavailable";

/// One thing that somebody set up. What it registers carries its names on file.
pub trait ConfigEntry: Send + Sync {
    /// Names it for ever.
    fn entry_id(&self) -> &str;

    /// The integration that it is an entry of; Home Assistant calls it the platform of its entities.
    fn domain(&self) -> &str;

    /// Its devices, each after the one that it is reached through.
    fn devices(&self) -> Vec<DeviceEntry> {
        Vec::new()
    }

    /// What makes its entities.
    fn platforms(&self) -> Vec<Box<dyn Platform>> {
        Vec::new()
    }
}

/// Makes the entities of one domain.
pub trait Platform {
    /// The domain, e.g. `sensor`.
    fn domain(&self) -> &str;

    /// The entities, made once when their entry is set up.
    fn entities(&self) -> Vec<Box<dyn HomeCoreEntity>>;
}

/// Something that has a state.
pub trait HomeCoreEntity: Send {
    /// What it is, under the id that it would like to have.
    fn entry(&self) -> EntityEntry;

    /// Finds out how it is doing.
    fn update(&mut self, now: Timestamp) {
        let _ = now;
    }

    /// Whether its source is there.
    fn is_available(&self) -> bool {
        true
    }

    /// Its value; `None` when that is not known.
    fn state(&self) -> Option<String>;

    /// What belongs to the value.
    fn attributes(&self) -> Attributes {
        Attributes::new()
    }
}

/// Why an entry cannot be set up, or its entities cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntegrationError {
    /// The registry does not take it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A platform made an entity of another domain.
    #[error("a platform of the domain {expected} made {found}")]
    Domain {
        /// The platform's.
        expected: String,
        /// What it made.
        found: EntityId,
    },
    /// Not a state.
    #[error(transparent)]
    State(#[from] StateError),
    /// Not an entity id.
    #[error(transparent)]
    EntityId(#[from] EntityIdError),
}

/// An entry that is set up: its devices and entities are there until it is unloaded or dropped.
pub struct Integration {
    core: Arc<HomeCore>,
    entry: Box<dyn ConfigEntry>,
    devices: Vec<String>,
    entities: Vec<(EntityId, Box<dyn HomeCoreEntity>)>,
}

impl Integration {
    /// Registers what `entry` brings and writes its first states.
    ///
    /// # Errors
    /// [`IntegrationError`]; nothing of the entry is there then.
    pub fn set_up(
        core: Arc<HomeCore>,
        entry: Box<dyn ConfigEntry>,
        context: &Context,
        now: Timestamp,
    ) -> Result<Self, IntegrationError> {
        // What is dropped on the way out unloads what was registered until then.
        let mut it = Self { core, entry, devices: Vec::new(), entities: Vec::new() };
        it.register()?;
        it.update(context, now)?;
        Ok(it)
    }

    fn register(&mut self) -> Result<(), IntegrationError> {
        for device in self.entry.devices() {
            let id = device.id.clone();
            self.core.register_device(self.entry.as_ref(), device)?;
            self.devices.push(id);
        }
        for platform in self.entry.platforms() {
            for entity in platform.entities() {
                let entry = entity.entry();
                if entry.entity_id.domain() != platform.domain() {
                    let expected = platform.domain().to_owned();
                    return Err(IntegrationError::Domain { expected, found: entry.entity_id });
                }
                let registered = self.core.register_entity(self.entry.as_ref(), entry)?;
                self.entities.push((registered.entity_id, entity));
            }
        }
        Ok(())
    }

    /// The ids under which its entities are there.
    pub fn entity_ids(&self) -> impl Iterator<Item = &EntityId> {
        self.entities.iter().map(|(id, _)| id)
    }

    /// Lets every entity find out how it is doing, and writes that.
    ///
    /// # Errors
    /// [`IntegrationError::State`] when an entity has a state that none can have; those before it are written.
    pub fn update(&mut self, context: &Context, now: Timestamp) -> Result<(), IntegrationError> {
        for (id, entity) in &mut self.entities {
            entity.update(now);
            let (state, attributes) = if entity.is_available() {
                (entity.state().unwrap_or_else(|| UNKNOWN.to_owned()), entity.attributes())
            } else {
                (UNAVAILABLE.to_owned(), Attributes::new())
            };
            self.core.states().set(id, &state, attributes, context.clone(), now)?;
        }
        Ok(())
    }

    /// Takes everything away; on file it stays known.
    pub fn unload(self) {}
}

impl Drop for Integration {
    fn drop(&mut self) {
        for (id, _) in &self.entities {
            self.core.unload_entity(id);
        }
        for id in self.devices.iter().rev() {
            self.core.unload_device(id);
        }
    }
}
