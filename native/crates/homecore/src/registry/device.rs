//! The devices that exist.

use std::sync::Arc;

use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use super::RegistryError;
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

/// The devices that exist, in memory.
#[derive(Debug, Default)]
pub struct DeviceRegistry {
    // In the order of registration: a device that others are reached through must come first in every list.
    entries: RwLock<Vec<Arc<DeviceEntry>>>,
}

impl DeviceRegistry {
    /// The entry of one device.
    pub fn get(&self, id: &str) -> Option<Arc<DeviceEntry>> {
        self.entries.read().iter().find(|e| e.id == id).cloned()
    }

    /// All entries, each after the one that it is reached through.
    pub fn all(&self) -> Vec<Arc<DeviceEntry>> {
        self.entries.read().clone()
    }

    pub(crate) fn register_in(&self, turn: &Turn<'_>, entry: DeviceEntry) -> Result<Option<Action>, RegistryError> {
        let mut entries = self.entries.write();
        if let Some(via) = entry.via_device_id.as_ref().filter(|via| entries.iter().all(|e| e.id != **via)) {
            return Err(RegistryError::UnknownDevice { device_id: via.clone(), wanted_by: entry.id });
        }
        let (device_id, entry) = (entry.id.clone(), Arc::new(entry));
        let action = match entries.iter_mut().find(|e| e.id == device_id) {
            Some(old) if **old == *entry => return Ok(None),
            Some(old) => {
                *old = Arc::clone(&entry);
                Action::Update
            }
            None => {
                entries.push(Arc::clone(&entry));
                Action::Create
            }
        };
        turn.announce(CoreEvent::DeviceRegistryUpdated(DeviceRegistryUpdated {
            action,
            device_id,
            entry: Some(entry),
        }));
        Ok(Some(action))
    }

    pub(crate) fn remove_in(&self, turn: &Turn<'_>, id: &str) -> bool {
        let mut entries = self.entries.write();
        let Some(at) = entries.iter().position(|e| e.id == id) else {
            return false;
        };
        entries.remove(at);
        turn.announce(CoreEvent::DeviceRegistryUpdated(DeviceRegistryUpdated {
            action: Action::Remove,
            device_id: id.to_owned(),
            entry: None,
        }));
        true
    }
}
