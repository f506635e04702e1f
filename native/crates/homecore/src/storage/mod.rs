//! The registries' files, as Home Assistant reads and writes them: `core.device_registry` and `core.entity_registry`.
//!
//! A record outlives its entity: whoever registers the same unique id again, after a restart or years later, gets the same
//! entity id, the same `id`, and what users made of it. Nothing that is only on file is announced: it has no source.
//!
//! A thread of its own writes what changed once every debounce time, all or nothing. A process that is killed loses the
//! changes of that time at most, and never a file.

mod devices;
mod document;
mod entities;
mod files;
mod record;
mod saver;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use files::{make_private_dir, set_aside, write_atomically};

use crate::{ConfigEntry, DeviceEntry, EntityEntry, EntityId};
use document::{Document, Format};
use saver::{Counters, Kept, Saver, State};

/// Why a file of a registry cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Written by a version of Home Assistant whose files nobody has tried: it is left alone, for the fields that would be lost.
    #[error("{} has major version {found}: expected one of {expected:?}. Move it away to begin a new one", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The versions that are understood.
        expected: &'static [u32],
        /// Its own.
        found: u32,
    },
    /// Not what Home Assistant or this program writes.
    #[error("{} is damaged: expected a registry of Home Assistant, found {found}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// The system does not let it be read or written.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// When files are written, and what time it is.
#[derive(Debug, Clone, Copy)]
pub struct StorageConfig {
    /// Changes of this time are written together, at its end.
    pub debounce: Duration,
    /// Time between attempts after one that failed.
    pub retry: Duration,
    /// The time that records carry. On file it is the time of the installation, whatever time is played to the core.
    pub clock: fn() -> Timestamp,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { debounce: Duration::from_secs(1), retry: Duration::from_secs(10), clock: Timestamp::now }
    }
}

/// What happened to the files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StorageStatistics {
    /// Files that were damaged and are set aside.
    pub registries_set_aside: u64,
    /// Attempts to write that failed; each is made again.
    pub registry_writes_failed: u64,
    /// Files that were written. Not for diagnostics: it says nothing but that something was registered.
    #[serde(skip)]
    pub registry_writes: u64,
}

/// The registries on file.
#[derive(Debug)]
pub struct Storage {
    saver: Saver,
    clock: fn() -> Timestamp,
}

impl Storage {
    /// Reads the registries in `dir`, or begins new ones. A damaged file is set aside under a name with the date, counted, and
    /// begun anew.
    ///
    /// # Errors
    /// [`StorageError`] for a file of an unknown major version, and for a folder or file that the system does not give.
    pub fn open(dir: &Path, config: StorageConfig) -> Result<Self, StorageError> {
        let io_error = |path: &Path| {
            let path = path.to_owned();
            |source| StorageError::Io { path, source }
        };
        make_private_dir(dir).map_err(io_error(dir))?;
        let counters = Counters::default();
        let devices = open(dir, devices::FORMAT, &counters)?;
        let entities = open(dir, entities::FORMAT, &counters)?;
        let saver = Saver::start(State::new(devices, entities), counters, config).map_err(io_error(dir))?;
        Ok(Self { saver, clock: config.clock })
    }

    /// What happened so far.
    pub fn statistics(&self) -> StorageStatistics {
        self.saver.statistics()
    }

    /// Writes now what is not written yet, and waits for it; true when everything is in the files.
    pub fn flush(&self) -> bool {
        self.saver.flush()
    }

    /// Records a device, and gives it the name that its users want.
    pub(crate) fn register_device(&self, owner: &dyn ConfigEntry, entry: &mut DeviceEntry) {
        let origin = devices::Origin { platform: owner.domain(), config_entry_id: owner.entry_id() };
        let known = self.saver.with(|state| {
            let known = state.devices.document.register(origin, entry, (self.clock)());
            if known.changed {
                state.devices.changed();
            }
            known
        });
        if let Some(name) = known.name_by_user {
            entry.name = name;
        }
    }

    /// Records an entity, and gives it the id that it had before.
    pub(crate) fn register_entity(&self, owner: &dyn ConfigEntry, entry: &mut EntityEntry) {
        entry.entity_id = self.saver.with(|state| {
            let device_id =
                entry.device_id.as_deref().and_then(|device| state.devices.document.id(owner.domain(), device));
            let origin = entities::Origin { platform: owner.domain(), config_entry_id: owner.entry_id(), device_id };
            let (entity_id, changed) = state.entities.document.register(origin, entry, (self.clock)());
            if changed {
                state.entities.changed();
            }
            entity_id
        });
    }

    pub(crate) fn remove_device(&self, domain: &str, id: &str) {
        self.saver.with(|state| {
            if state.devices.document.remove(domain, id, (self.clock)()) {
                state.devices.changed();
            }
        });
    }

    pub(crate) fn remove_entity(&self, entity_id: &EntityId) {
        self.saver.with(|state| {
            if state.entities.document.remove(entity_id, (self.clock)()) {
                state.entities.changed();
            }
        });
    }
}

fn open<T: Default + DeserializeOwned>(
    dir: &Path,
    format: Format,
    counters: &Counters,
) -> Result<Kept<T>, StorageError> {
    let path = dir.join(format.key);
    let document = match Document::read(&path, format) {
        Ok(document) => document,
        Err(error @ StorageError::Damaged { .. }) => {
            let aside = set_aside(&path).map_err(|source| StorageError::Io { path: path.clone(), source })?;
            counters.set_aside.fetch_add(1, Ordering::Relaxed);
            tracing::error!(%error, aside = %aside.display(), "a registry cannot be read; it is set aside");
            None
        }
        Err(error) => return Err(error),
    };
    Ok(Kept::new(document.unwrap_or_else(|| Document::new(format)), path))
}
