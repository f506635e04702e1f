//! `core.entity_registry`: which entity is which, whether it is there at the moment or not.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document::{Document, Format};
use super::record::{Record, new_id, time};
use crate::{EntityEntry, EntityId};

/// Read from files of Home Assistant 2025.1 (1.15) and 2026.11 (1.24).
pub(super) const FORMAT: Format = Format { key: "core.entity_registry", majors: &[1], new: (1, 24) };

/// What its integration says of an entity, and nobody else.
const OF_INTEGRATION: [&str; 11] = [
    "capabilities",
    "config_entry_id",
    "device_id",
    "entity_category",
    "has_entity_name",
    "original_device_class",
    "platform",
    "supported_features",
    "translation_key",
    "unique_id",
    "unit_of_measurement",
];
/// What is kept of an entity that is removed: what its users made of it, and what makes it known again.
const OF_REMOVED: [&str; 20] = [
    "aliases",
    "aliases_v2",
    "area_id",
    "categories",
    "config_entry_id",
    "config_subentry_id",
    "created_at",
    "device_class",
    "disabled_by",
    "entity_id",
    "hidden_by",
    "icon",
    "id",
    "labels",
    "modified_at",
    "name",
    "options",
    "orphaned_timestamp",
    "platform",
    "unique_id",
];
/// What only a removed entity has.
const ONLY_OF_REMOVED: [&str; 4] =
    ["disabled_by_undefined", "hidden_by_undefined", "options_undefined", "orphaned_timestamp"];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Data {
    entities: Vec<Arc<Record>>,
    // Files from before Home Assistant remembered what was removed.
    #[serde(default)]
    deleted_entities: Vec<Arc<Record>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Default for Data {
    fn default() -> Self {
        let rest = Map::from_iter([("settings".to_owned(), json!({ "entity_id_parts": null }))]);
        Self { entities: Vec::new(), deleted_entities: Vec::new(), rest }
    }
}

/// Who registers an entity, and on what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) platform: &'a str,
    pub(super) config_entry_id: &'a str,
    /// The id of the device's record.
    pub(super) device_id: Option<&'a str>,
}

impl Document<Data> {
    /// The entity's id, which is the one that it had when it was known before whatever `entry` proposes, and whether its
    /// record changed.
    pub(super) fn register(&mut self, origin: Origin<'_>, entry: &EntityEntry, now: Timestamp) -> (EntityId, bool) {
        let fresh = fresh(origin, entry, now);
        let is_it = |record: &Arc<Record>| is_same(record, &fresh);
        if let Some(at) = self.data.entities.iter().position(is_it) {
            let entity_id = entity_id(&self.data.entities[at]).unwrap_or_else(|| self.free(&entry.entity_id));
            let record = Arc::make_mut(&mut self.data.entities[at]);
            let before = record.clone();
            record.take_over(&fresh, OF_INTEGRATION);
            record.set("entity_id", entity_id.as_str());
            let changed = *record != before;
            if changed {
                record.set("modified_at", time(now));
            }
            return (entity_id, changed);
        }
        let mut record = fresh;
        let removed = self.data.deleted_entities.iter().position(|removed| is_same(removed, &record));
        if let Some(at) = removed {
            let removed = Arc::unwrap_or_clone(self.data.deleted_entities.remove(at));
            restore(&mut record, removed);
        }
        let wanted = entity_id(&record).unwrap_or_else(|| entry.entity_id.clone());
        let entity_id = self.free(&wanted);
        record.set("entity_id", entity_id.as_str());
        self.data.entities.push(Arc::new(record));
        (entity_id, true)
    }

    /// Remembers of a removed entity what makes it known again; true when it was there.
    pub(super) fn remove(&mut self, entity_id: &EntityId, now: Timestamp) -> bool {
        let is_it = |record: &Arc<Record>| record.text("entity_id") == Some(entity_id.as_str());
        let Some(at) = self.data.entities.iter().position(is_it) else { return false };
        let mut record = Arc::unwrap_or_clone(self.data.entities.remove(at)).only(&OF_REMOVED);
        for key in ONLY_OF_REMOVED {
            record.set(key, if key == "orphaned_timestamp" { Value::Null } else { false.into() });
        }
        record.set("modified_at", time(now));
        self.data.deleted_entities.push(Arc::new(record));
        true
    }

    /// `wanted`, or the first of `wanted_2`, `wanted_3` and so on that no entity has.
    fn free(&self, wanted: &EntityId) -> EntityId {
        let taken: HashSet<&str> = self.data.entities.iter().filter_map(|record| record.text("entity_id")).collect();
        let mut candidates = (2..).filter_map(|n| EntityId::new(format!("{wanted}_{n}")).ok());
        if taken.contains(wanted.as_str()) {
            candidates.find(|id| !taken.contains(id.as_str())).unwrap_or_else(|| wanted.clone())
        } else {
            wanted.clone()
        }
    }
}

/// The same thing by Home Assistant's rule: domain, platform and unique id.
fn is_same(a: &Record, b: &Record) -> bool {
    let domain =
        |record: &Record| record.text("entity_id").and_then(|id| id.split_once('.')).map(|(d, _)| d.to_owned());
    a.get("unique_id") == b.get("unique_id") && a.text("platform") == b.text("platform") && domain(a) == domain(b)
}

fn entity_id(record: &Record) -> Option<EntityId> {
    record.text("entity_id").and_then(|id| EntityId::new(id).ok())
}

/// What its users had made of it counts again.
fn restore(record: &mut Record, removed: Record) {
    let undefined = [
        ("disabled_by", "disabled_by_undefined"),
        ("hidden_by", "hidden_by_undefined"),
        ("options", "options_undefined"),
    ];
    let unknown = undefined.into_iter().filter(|(_, flag)| removed.is_true(flag)).map(|(key, _)| key);
    let keys: Vec<&str> = unknown.chain(OF_INTEGRATION).chain(ONLY_OF_REMOVED).chain(["modified_at"]).collect();
    record.take_over_but(removed, &keys);
}

/// The record of an entity that was never known.
fn fresh(origin: Origin<'_>, entry: &EntityEntry, now: Timestamp) -> Record {
    Record::from(json!({
        "aliases": [],
        "aliases_v2": [null],
        "area_id": null,
        "capabilities": capabilities(entry),
        "categories": {},
        "compat_name": null,
        "config_entry_id": origin.config_entry_id,
        "config_subentry_id": null,
        "created_at": time(now),
        "device_class": null,
        "device_id": origin.device_id,
        "disabled_by": if entry.enabled_default { Value::Null } else { "integration".into() },
        "entity_category": entry.entity_category,
        "entity_id": entry.entity_id,
        "has_entity_name": true,
        "hidden_by": null,
        "icon": null,
        "id": new_id(),
        "labels": [],
        "modified_at": time(now),
        "name": null,
        "object_id_base": null,
        "options": {},
        "original_device_class": entry.device_class,
        "original_icon": null,
        "original_name": null,
        "platform": origin.platform,
        "previous_unique_id": null,
        "suggested_object_id": null,
        "supported_features": 0,
        "translation_key": entry.key,
        "unique_id": entry.unique_id,
        "unit_of_measurement": entry.unit,
    }))
}

/// What Home Assistant calls so: attributes that an entity has in every state.
fn capabilities(entry: &EntityEntry) -> Value {
    let mut capabilities = Map::new();
    if let Some(state_class) = &entry.state_class {
        capabilities.insert("state_class".into(), state_class.as_str().into());
    }
    if let Some(options) = &entry.options {
        let key = if entry.domain == "event" { "event_types" } else { "options" };
        capabilities.insert(key.into(), options.clone().into());
    }
    if capabilities.is_empty() { Value::Null } else { Value::Object(capabilities) }
}
