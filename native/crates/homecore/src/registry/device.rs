//! The devices that are there.

use std::sync::Arc;

use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use crate::bus::Turn;
use crate::{Action, CoreEvent, DeviceRegistryUpdated};

/// What is known of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceEntry {
    /// Names it for ever.
    pub id: String,
    /// What it is among our devices.
    pub kind: String,
    /// What users call it.
    pub name: String,
    /// Who made it.
    pub manufacturer: String,
    /// What was made.
    pub model: String,
    /// What runs on it.
    pub sw_version: Option<String>,
    /// The device through which it is reached.
    pub via_device_id: Option<String>,
}

/// The devices that are there.
#[derive(Debug, Default)]
pub struct DeviceRegistry {
    // In the order of registration: a device that others are reached through must come first in every list.
    entries: RwLock<Vec<Owned>>,
}

/// An entry, and the integration that it belongs to.
#[derive(Debug)]
struct Owned {
    domain: Arc<str>,
    entry: Arc<DeviceEntry>,
}

impl DeviceRegistry {
    /// The entry of one device.
    pub fn get(&self, id: &str) -> Option<Arc<DeviceEntry>> {
        self.entries.read().iter().find(|e| e.entry.id == id).map(|e| Arc::clone(&e.entry))
    }

    /// All entries, each after the one that it is reached through.
    pub fn all(&self) -> Vec<Arc<DeviceEntry>> {
        self.entries.read().iter().map(|e| Arc::clone(&e.entry)).collect()
    }

    /// What `entry` is reached through has been asked for by the caller.
    pub(crate) fn register_in(&self, turn: &Turn<'_>, domain: &str, entry: DeviceEntry) -> Option<Action> {
        let mut entries = self.entries.write();
        let (device_id, entry) = (entry.id.clone(), Arc::new(entry));
        let action = match entries.iter_mut().find(|e| e.entry.id == device_id) {
            Some(old) if *old.entry == *entry => return None,
            Some(old) => {
                old.entry = Arc::clone(&entry);
                Action::Update
            }
            None => {
                entries.push(Owned { domain: domain.into(), entry: Arc::clone(&entry) });
                Action::Create
            }
        };
        turn.announce(CoreEvent::DeviceRegistryUpdated(DeviceRegistryUpdated {
            action,
            device_id,
            entry: Some(entry),
        }));
        Some(action)
    }

    /// The integration that it belonged to; `None` when it was not registered.
    pub(crate) fn remove_in(&self, turn: &Turn<'_>, id: &str) -> Option<Arc<str>> {
        let mut entries = self.entries.write();
        let at = entries.iter().position(|e| e.entry.id == id)?;
        let Owned { domain, .. } = entries.remove(at);
        turn.announce(CoreEvent::DeviceRegistryUpdated(DeviceRegistryUpdated {
            action: Action::Remove,
            device_id: id.to_owned(),
            entry: None,
        }));
        Some(domain)
    }
}
