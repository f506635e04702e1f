//! What there is in homecore, as MQTT tells it: permitted kinds only, every payload through the privacy filter.

use std::collections::BTreeMap;
use std::sync::Arc;

use homecore::{Action, CoreEvent, DeviceEntry, EntityEntry, EntityId, Event, Snapshot, State};
use ruview_bfld::policy::{self, Terms};
use ruview_engine::catalog::{CATALOG, DATA_SOURCE, EntityKind, NO_SOURCE};
use serde_json::{Map, Number, Value, json};

use ruview_host::frames::Time;

/// States that no number has.
const NOT_KNOWN: [&str; 2] = ["unknown", "unavailable"];

/// Devices, entities and states.
#[derive(Debug, Default)]
pub(crate) struct House {
    devices: BTreeMap<String, Arc<DeviceEntry>>,
    entities: BTreeMap<EntityId, Arc<EntityEntry>>,
    states: BTreeMap<EntityId, Arc<State>>,
}

/// An entity that may be told of.
pub(crate) struct Told<'a> {
    pub(crate) entry: &'a EntityEntry,
    pub(crate) device: &'a DeviceEntry,
    pub(crate) kind: &'static EntityKind,
}

impl House {
    /// Forgets everything and takes what there is now.
    pub(crate) fn reset(&mut self, snapshot: Snapshot) {
        let Snapshot { devices, entities, states } = snapshot;
        self.devices = devices.into_iter().map(|device| (device.id.clone(), device)).collect();
        self.entities = entities.into_iter().map(|entity| (entity.entity_id.clone(), entity)).collect();
        self.states = states.into_iter().map(|state| (state.entity_id.clone(), state)).collect();
    }

    /// Takes a change.
    pub(crate) fn take(&mut self, event: &CoreEvent) {
        match event {
            CoreEvent::StateChanged(changed) => put(&mut self.states, &changed.entity_id, changed.new.clone()),
            CoreEvent::EntityRegistryUpdated(updated) => {
                let entry = updated.entry.clone().filter(|_| updated.action != Action::Remove);
                put(&mut self.entities, &updated.entity_id, entry);
            }
            CoreEvent::DeviceRegistryUpdated(updated) => {
                let entry = updated.entry.clone().filter(|_| updated.action != Action::Remove);
                put(&mut self.devices, &updated.device_id, entry);
            }
            CoreEvent::Fired(_) => {}
        }
    }

    pub(crate) fn devices(&self) -> impl Iterator<Item = &DeviceEntry> {
        self.devices.values().map(AsRef::as_ref)
    }

    pub(crate) fn device(&self, id: &str) -> Option<&DeviceEntry> {
        self.devices.get(id).map(AsRef::as_ref)
    }

    pub(crate) fn entity(&self, id: &EntityId) -> Option<&Arc<EntityEntry>> {
        self.entities.get(id)
    }

    pub(crate) fn state(&self, id: &EntityId) -> Option<&State> {
        self.states.get(id).map(AsRef::as_ref)
    }

    pub(crate) fn entity_ids(&self) -> Vec<EntityId> {
        self.entities.keys().cloned().collect()
    }

    /// An entity, where `terms` permit its kind.
    pub(crate) fn told(&self, id: &EntityId, terms: Terms) -> Option<Told<'_>> {
        let entry = self.entities.get(id)?;
        let device = self.devices.get(entry.device_id.as_deref()?)?;
        let kind = CATALOG.iter().find(|kind| kind.key == entry.key && kind.is_permitted(terms))?;
        Some(Told { entry, device, kind })
    }

    /// Everything on a device that may be told of.
    pub(crate) fn told_of(&self, device_id: &str, terms: Terms) -> Vec<Told<'_>> {
        let on_device = self.entities.values().filter(|entry| entry.device_id.as_deref() == Some(device_id));
        on_device.filter_map(|entry| self.told(&entry.entity_id, terms)).collect()
    }

    /// The devices and entities that may be told of, as the other interfaces show them.
    pub(crate) fn registry(&self, terms: Terms) -> Value {
        let told = self.entities.keys().filter_map(|id| self.told(id, terms));
        let entities: Vec<_> = told.map(|told| told.entry).collect();
        outgoing(json!({"devices": self.devices().collect::<Vec<_>>(), "entities": entities}), terms)
    }

    /// Whether something drives a device: nodes are heard or not, rooms are there as long as the server is.
    pub(crate) fn is_online(&self, device: &DeviceEntry) -> bool {
        device.kind != "node"
            || self.states.iter().any(|(id, state)| {
                state.state != NO_SOURCE
                    && !NOT_KNOWN.contains(&state.state.as_str())
                    && self
                        .entities
                        .get(id)
                        .is_some_and(|e| e.key == DATA_SOURCE.key && e.device_id.as_ref() == Some(&device.id))
            })
    }
}

fn put<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, key: &K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key.clone(), value),
        None => map.remove(key),
    };
}

/// Whether a state says that nothing is known.
pub(crate) fn is_not_known(state: &State) -> bool {
    NOT_KNOWN.contains(&state.state.as_str())
}

/// The payload of a state.
pub(crate) fn state_payload(kind: &EntityKind, state: &State, terms: Terms) -> Vec<u8> {
    // As it is written: -50 stays an integer.
    let number = kind.state_class.and_then(|_| state.state.parse::<Number>().ok());
    let value = number.map_or_else(|| Value::from(state.state.as_str()), Value::Number);
    let payload = json!({
        "state": value,
        "attributes": *state.attributes,
        "last_changed": Time(state.last_changed),
        "last_updated": Time(state.last_updated),
    });
    outgoing(payload, terms).to_string().into_bytes()
}

/// What an event says, without id and signature.
pub(crate) fn event_payload(event: &Event, device_id: &str, server_id: &str, terms: Terms) -> Map<String, Value> {
    const PLACE: [&str; 2] = ["device_id", "entity_id"];
    let data: Map<String, Value> = event
        .data
        .iter()
        .filter(|(key, _)| !PLACE.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let payload = json!({
        "event_type": event.event_type,
        "server_id": server_id,
        "device_id": device_id,
        "entity_id": event.data.get("entity_id"),
        "time_fired": Time(event.time_fired),
        "privacy_class": terms.class.as_u8(),
        "data": data,
    });
    match outgoing(payload, terms) {
        Value::Object(payload) => payload,
        _ => Map::new(),
    }
}

/// As it leaves: without any key that `terms` do not permit.
pub(crate) fn outgoing(mut payload: Value, terms: Terms) -> Value {
    let withheld = policy::filter(&mut payload, terms);
    if !withheld.is_empty() {
        tracing::debug!(?withheld, "the privacy policy does not permit everything that was to be published");
    }
    payload
}
