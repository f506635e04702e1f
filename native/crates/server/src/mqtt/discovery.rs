//! Home Assistant's device discovery: one retained message a device, from which its MQTT integration makes the entities.
//!
//! A kind that the privacy policy does not permit is always named without contents, which is how Home Assistant is told to
//! remove it: whatever an earlier run with other options left there, goes.

use std::collections::BTreeMap;

use homecore::DeviceEntry;
use ruview_bfld::policy::Terms;
use ruview_engine::catalog::CATALOG;
use serde_json::{Map, Value, json};

use super::house::Told;
use super::topics::Topics;
use crate::api;

/// What a press of the calibration button says.
pub(crate) const PRESS: &str = "PRESS";
const URL: &str = env!("CARGO_PKG_REPOSITORY");

/// Describes devices to Home Assistant.
#[derive(Debug, Clone)]
pub(crate) struct Discovery {
    pub(crate) prefix: String,
    pub(crate) topics: Topics,
    pub(crate) server_id: String,
    /// Seconds without news after which Home Assistant shows a state as unavailable.
    pub(crate) expire_after_s: u32,
}

impl Discovery {
    /// Where Home Assistant says that it is there.
    pub(crate) fn birth(&self) -> String {
        format!("{}/status", self.prefix)
    }

    /// Where the description of a device stands.
    pub(crate) fn topic(&self, device_id: &str) -> String {
        format!("{}/device/ruview_{}/config", self.prefix, self.topics.node(device_id))
    }

    /// The description of a device. `gone` are keys and platforms of entities that it had and has not any more.
    pub(crate) fn payload(
        &self,
        device: &DeviceEntry,
        told: &[Told<'_>],
        gone: &BTreeMap<String, String>,
        terms: Terms,
    ) -> Vec<u8> {
        let mut components = Map::new();
        let withheld = CATALOG.iter().filter(|kind| !kind.is_permitted(terms)).map(|kind| (kind.key, kind.domain));
        for (key, platform) in gone.iter().map(|(key, platform)| (key.as_str(), platform.as_str())).chain(withheld) {
            components.insert(key.to_owned(), json!({"platform": platform}));
        }
        for told in told {
            components.insert(told.kind.key.to_owned(), self.component(told));
        }
        if device.kind == "node" {
            components.insert("calibrate".to_owned(), self.calibrate(device));
        }
        if device.id == self.server_id {
            components.insert("privacy_class".to_owned(), self.privacy_class());
        }
        let payload = json!({
            "device": self.device(device),
            "origin": {"name": "RuView", "sw_version": api::VERSION, "support_url": URL},
            "availability": self.availability(device),
            "availability_mode": "all",
            "components": components,
        });
        payload.to_string().into_bytes()
    }

    fn device(&self, device: &DeviceEntry) -> Value {
        let name = |id: &str| format!("ruview_{}", self.topics.node(id));
        let mut described = json!({
            "identifiers": [name(&device.id)],
            "name": device.name,
            "manufacturer": device.manufacturer,
            "model": device.model,
        });
        if let Some(version) = &device.sw_version {
            described["sw_version"] = version.as_str().into();
        }
        if let Some(via) = &device.via_device_id {
            described["via_device"] = name(via).into();
        }
        described
    }

    /// A device is there while the server is and it is heard itself.
    fn availability(&self, device: &DeviceEntry) -> Value {
        let mut topics = vec![json!({"topic": self.topics.server_status()})];
        if device.id != self.server_id {
            topics.push(json!({"topic": self.topics.node_status(&device.id)}));
        }
        topics.into()
    }

    fn component(&self, Told { entry, device, kind }: &Told<'_>) -> Value {
        let mut component = json!({
            "platform": kind.domain,
            "unique_id": format!("mqtt_{}", entry.unique_id),
            "name": name(kind.key),
            "enabled_by_default": entry.enabled_default,
        });
        let mut set = |key: &str, value: Value| component[key] = value;
        for (key, value) in [("device_class", kind.device_class), ("entity_category", kind.entity_category)] {
            if let Some(value) = value {
                set(key, value.into());
            }
        }
        if kind.domain == "event" {
            let types = kind.options.unwrap_or_default();
            set("event_types", types.into());
            set("state_topic", self.topics.event(&device.id, "+").into());
            set("value_template", event_template(types).into());
            return component;
        }
        let topic = self.topics.state(&device.id, kind.key);
        set("value_template", STATE.into());
        set("json_attributes_template", "{{ value_json.attributes | tojson }}".into());
        set("json_attributes_topic", topic.as_str().into());
        set("state_topic", topic.into());
        set("expire_after", self.expire_after_s.into());
        if kind.domain == "binary_sensor" {
            set("payload_on", "on".into());
            set("payload_off", "off".into());
        }
        for (key, value) in [("unit_of_measurement", kind.unit), ("state_class", kind.state_class)] {
            if let Some(value) = value {
                set(key, value.into());
            }
        }
        if let (Some("enum"), Some(options)) = (kind.device_class, kind.options) {
            set("options", options.into());
        }
        component
    }

    fn calibrate(&self, device: &DeviceEntry) -> Value {
        json!({
            "platform": "button",
            "unique_id": format!("mqtt_{}_{}_calibrate", self.server_id, device.id),
            "name": "Calibrate",
            "entity_category": "config",
            "command_topic": self.topics.calibrate(&device.id),
            "payload_press": PRESS,
        })
    }

    fn privacy_class(&self) -> Value {
        json!({
            "platform": "sensor",
            "unique_id": format!("mqtt_{}_privacy_class", self.server_id),
            "name": "Privacy class",
            "entity_category": "diagnostic",
            "device_class": "enum",
            "options": ["anonymous", "restricted"],
            "state_topic": self.topics.server_info(),
            "value_template": "{{ 'restricted' if value_json.privacy_class == 3 else 'anonymous' }}",
        })
    }
}

/// What is not known is not known to Home Assistant either.
const STATE: &str = "{{ none if value_json.state in ['unknown', 'unavailable'] else value_json.state }}";

/// All events of a device come by; an entity takes its own.
fn event_template(types: &[&str]) -> String {
    let types = types.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    format!(
        "{{{{ dict(value_json.data, event_type=value_json.event_type) | tojson if value_json.event_type in [{types}] else '' }}}}"
    )
}

/// What users read until they choose a name themselves.
fn name(key: &str) -> String {
    let plain = key.strip_prefix("bfld_").unwrap_or(key);
    let mut words = plain.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if plain == key { words } else { format!("{words} (beamforming)") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words() {
        assert_eq!(name("breathing_rate"), "Breathing rate");
        assert_eq!(name("bfld_presence"), "Presence (beamforming)");
        assert_eq!(name(""), "");
    }
}
