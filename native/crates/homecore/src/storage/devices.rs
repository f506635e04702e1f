//! `core.device_registry`: which device is which, whether it is there at the moment or not.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document::{Document, Format};
use super::record::{Record, new_id, time};
use crate::DeviceEntry;

/// Read from files of Home Assistant 2025.1 (1.8) and 2026.11 (3.4). There never was a version 2.
pub(super) const FORMAT: Format = Format { key: "core.device_registry", majors: &[1, 3], new: (3, 4) };

/// What its integration says of a device, and nobody else.
const OF_INTEGRATION: [&str; 5] = ["manufacturer", "model", "name", "sw_version", "via_device_id"];
/// What is kept of a device that is removed: what its users made of it, and what makes it known again.
const OF_REMOVED: [&str; 15] = [
    "area_id",
    "config_entries",
    "config_entries_subentries",
    "config_entry_id",
    "config_subentry_id",
    "connections",
    "created_at",
    "disabled_by",
    "domain",
    "id",
    "identifiers",
    "labels",
    "modified_at",
    "name_by_user",
    "orphaned_timestamp",
];
/// What only a removed device has.
const ONLY_OF_REMOVED: [&str; 3] = ["disabled_by_undefined", "domain", "orphaned_timestamp"];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Data {
    devices: Vec<Arc<Record>>,
    // Files from before Home Assistant remembered what was removed.
    #[serde(default)]
    deleted_devices: Vec<Arc<Record>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Default for Data {
    fn default() -> Self {
        let rest = Map::from_iter([("child_devices".to_owned(), json!([]))]);
        Self { devices: Vec::new(), deleted_devices: Vec::new(), rest }
    }
}

/// Who registers a device.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) platform: &'a str,
    pub(super) config_entry_id: &'a str,
}

/// What the file says of a device that is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// The name that its users gave it.
    pub(super) name_by_user: Option<String>,
    pub(super) changed: bool,
}

impl Document<Data> {
    /// Finds or makes the record of a device.
    pub(super) fn register(&mut self, origin: Origin<'_>, entry: &DeviceEntry, now: Timestamp) -> Known {
        let via = entry.via_device_id.as_deref().and_then(|via| self.id(origin.platform, via)).map(ToOwned::to_owned);
        let mut record = fresh(origin, entry, via.as_deref(), now);
        let is_it = |record: &Arc<Record>| is_called(record, origin.platform, &entry.id);
        if let Some(at) = self.data.devices.iter().position(is_it) {
            let old = Arc::make_mut(&mut self.data.devices[at]);
            let before = old.clone();
            old.take_over(&record, OF_INTEGRATION);
            let changed = *old != before;
            if changed {
                old.set("modified_at", time(now));
            }
            return Known { name_by_user: name_by_user(old), changed };
        }
        if let Some(at) = self.data.deleted_devices.iter().position(is_it) {
            let removed = Arc::unwrap_or_clone(self.data.deleted_devices.remove(at));
            restore(&mut record, removed);
        }
        if self.version == 1 {
            record.set("config_entries", json!([origin.config_entry_id]));
            record.set("config_entries_subentries", json!({ origin.config_entry_id: [null] }));
        }
        let known = Known { name_by_user: name_by_user(&record), changed: true };
        self.data.devices.push(Arc::new(record));
        known
    }

    /// Remembers of a removed device what makes it known again; true when it was there.
    pub(super) fn remove(&mut self, platform: &str, id: &str, now: Timestamp) -> bool {
        let is_it = |record: &Arc<Record>| is_called(record, platform, id);
        let Some(at) = self.data.devices.iter().position(is_it) else { return false };
        let mut record = Arc::unwrap_or_clone(self.data.devices.remove(at)).only(&OF_REMOVED);
        record.set("disabled_by_undefined", false);
        record.set("domain", platform);
        record.set("orphaned_timestamp", Value::Null);
        record.set("modified_at", time(now));
        self.data.deleted_devices.push(Arc::new(record));
        true
    }

    /// The id of the record of a device that an integration calls `name`.
    pub(super) fn id(&self, platform: &str, name: &str) -> Option<&str> {
        self.data.devices.iter().find(|record| is_called(record, platform, name)).and_then(|record| record.text("id"))
    }
}

fn is_called(record: &Record, platform: &str, name: &str) -> bool {
    let pairs = record.get("identifiers").and_then(Value::as_array).into_iter().flatten();
    pairs.filter_map(Value::as_array).any(|pair| pair.iter().filter_map(Value::as_str).eq([platform, name]))
}

fn name_by_user(record: &Record) -> Option<String> {
    record.text("name_by_user").filter(|name| !name.is_empty()).map(ToOwned::to_owned)
}

/// What its users had made of it counts again.
fn restore(record: &mut Record, removed: Record) {
    let unknown = removed.is_true("disabled_by_undefined").then_some("disabled_by");
    let keys: Vec<&str> =
        unknown.into_iter().chain(ONLY_OF_REMOVED).chain(["config_entry_id", "modified_at"]).collect();
    record.take_over_but(removed, &keys);
}

/// The record of a device that was never known.
fn fresh(origin: Origin<'_>, entry: &DeviceEntry, via: Option<&str>, now: Timestamp) -> Record {
    Record::from(json!({
        "area_id": null,
        "composite_device_id": null,
        "composite_primary_config_entry": null,
        "config_entry_id": origin.config_entry_id,
        "config_subentry_id": null,
        "configuration_url": null,
        "connections": [],
        "created_at": time(now),
        "disabled_by": null,
        "entry_type": null,
        "has_composite_identifiers": false,
        "hw_version": null,
        "id": new_id(),
        "identifiers": [[origin.platform, entry.id]],
        "labels": [],
        "manufacturer": entry.manufacturer,
        "model": entry.model,
        "model_id": null,
        "modified_at": time(now),
        "name": entry.name,
        "name_by_user": null,
        "primary_config_entry": origin.config_entry_id,
        "serial_number": null,
        "split_at": null,
        "sw_version": entry.sw_version,
        "via_device_id": via,
    }))
}
