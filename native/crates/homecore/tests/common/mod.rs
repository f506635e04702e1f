//! What the tests register, and in whose name.

// Each test file is a crate of its own and uses a part of this.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use homecore::{ConfigEntry, DeviceEntry, EntityEntry, EntityId};

pub struct Owner;

impl ConfigEntry for Owner {
    fn entry_id(&self) -> &'static str {
        "entry_1"
    }

    fn domain(&self) -> &'static str {
        "demo"
    }
}

pub fn id(text: &str) -> EntityId {
    EntityId::new(text).unwrap()
}

pub fn device(id: &str, via: Option<&str>) -> DeviceEntry {
    DeviceEntry {
        id: id.into(),
        kind: "node".into(),
        name: id.to_uppercase(),
        manufacturer: "A".into(),
        model: "B".into(),
        sw_version: None,
        via_device_id: via.map(Into::into),
    }
}

pub fn entity(entity_id: &str, device_id: Option<&str>) -> EntityEntry {
    EntityEntry {
        entity_id: id(entity_id),
        unique_id: format!("unique_{entity_id}"),
        device_id: device_id.map(Into::into),
        key: "key".into(),
        domain: entity_id.split('.').next().unwrap().into(),
        device_class: None,
        state_class: None,
        unit: None,
        entity_category: None,
        enabled_default: true,
        options: None,
    }
}
