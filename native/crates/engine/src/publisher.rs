//! The engine's hand in homecore: devices, entities, states and events under the names that Home Assistant sees. Nothing
//! gets into homecore that the privacy policy does not let out.

use std::sync::Arc;
use std::time::Duration;

use homecore::{Attributes, Context, DeviceEntry, EntityEntry, EntityId, HomeCore};
use jiff::Timestamp;
use ruview_bfld::policy::{self, Terms};
use ruview_core::{DataSource, StreamTime};
use serde_json::{Value, json};

use crate::catalog::EntityKind;
use crate::clock::Clock;
use crate::identity::{Hardware, NodeId};

/// Writes to homecore in the name of one server.
pub(crate) struct Publisher {
    core: Arc<HomeCore>,
    server_id: String,
    clock: Clock,
    privacy: Terms,
}

/// One pass over a node: its time in both clocks, and the cause of all that it changes.
pub(crate) struct Moment {
    pub(crate) at: StreamTime,
    pub(crate) now: Timestamp,
    context: Context,
}

/// An entity of a node; nothing where the privacy policy does not permit its kind.
pub(crate) struct Entity(Option<Registered>);

/// An entity that is registered, and what was last written for it.
struct Registered {
    id: EntityId,
    device_id: String,
    shown: Option<(String, Attributes)>,
}

/// Lets one through at most every so often.
pub(crate) struct Limit {
    every: Duration,
    last: Option<StreamTime>,
}

impl Publisher {
    pub(crate) fn new(core: Arc<HomeCore>, server_id: String, clock: Clock, privacy: Terms) -> Self {
        Self { core, server_id, clock, privacy }
    }

    pub(crate) fn moment(&self, at: StreamTime) -> Moment {
        Moment { at, now: (self.clock)(at), context: Context::new() }
    }

    pub(crate) fn register_server(&self, name: &str, version: &str) {
        self.register_device(DeviceEntry {
            id: self.server_id.clone(),
            kind: "server".into(),
            name: name.into(),
            manufacturer: "RuView".into(),
            model: "ruview-server".into(),
            sw_version: Some(version.into()),
            via_device_id: None,
        });
    }

    pub(crate) fn register_node(&self, node: &NodeId, source: DataSource) {
        let Hardware { manufacturer, model } = node.hardware(source);
        self.register_device(DeviceEntry {
            id: node.to_string(),
            kind: "node".into(),
            name: node.device_name(),
            manufacturer: manufacturer.into(),
            model: model.into(),
            sw_version: None,
            via_device_id: Some(self.server_id.clone()),
        });
    }

    fn register_device(&self, entry: DeviceEntry) {
        if let Err(error) = self.core.register_device(entry) {
            tracing::error!(%error, "a device could not be registered");
        }
    }

    /// Registers the entity of `kind` on `node`, if the privacy policy permits it.
    pub(crate) fn register_entity(&self, node: &NodeId, kind: &EntityKind) -> Entity {
        if !kind.is_permitted(self.privacy) {
            return Entity(None);
        }
        let device_id = node.to_string();
        let id = EntityId::new(format!("{}.{device_id}_{}", kind.domain, kind.key))
            .expect("the catalog's domains and keys, and a node's id, follow the rules of entity ids");
        let entry = EntityEntry {
            entity_id: id.clone(),
            unique_id: format!("{}_{device_id}_{}", self.server_id, kind.key),
            device_id: Some(device_id.clone()),
            key: kind.key.into(),
            domain: kind.domain.into(),
            device_class: kind.device_class.map(Into::into),
            state_class: kind.state_class.map(Into::into),
            unit: kind.unit.map(Into::into),
            entity_category: kind.entity_category.map(Into::into),
            enabled_default: kind.enabled_default,
            options: kind.options.map(|options| options.iter().map(|&o| o.into()).collect()),
        };
        if let Err(error) = self.core.register_entity(entry) {
            tracing::error!(%error, "an entity could not be registered");
        }
        Entity(Some(Registered { id, device_id, shown: None }))
    }

    /// Writes `state` unless it is what was written last.
    pub(crate) fn show(&self, moment: &Moment, entity: &mut Entity, state: &str, attributes: Attributes) {
        let Some(entity) = &mut entity.0 else { return };
        // Most packets change nothing: compared before the policy is asked, whose answer would be the same.
        if entity.shown.as_ref().is_some_and(|(s, a)| s == state && *a == attributes) {
            return;
        }
        let permitted = self.permitted(attributes.clone());
        let written = self.core.states().set(&entity.id, state, permitted, moment.context.clone(), moment.now);
        if let Err(error) = written {
            tracing::error!(%error, "a state could not be written");
        }
        entity.shown = Some((state.to_owned(), attributes));
    }

    /// Tells that something happened at the place of `entity`.
    pub(crate) fn fire(&self, moment: &Moment, entity: &Entity, event_type: &str, data: Attributes) {
        let Some(entity) = &entity.0 else { return };
        let mut data = self.permitted(data);
        data.insert("entity_id".into(), json!(entity.id));
        data.insert("device_id".into(), Value::from(entity.device_id.as_str()));
        self.core.fire(event_type, data, moment.context.clone(), moment.now);
    }

    /// The attributes that may leave.
    fn permitted(&self, attributes: Attributes) -> Attributes {
        let mut outgoing = Value::Object(attributes);
        policy::filter(&mut outgoing, self.privacy);
        match outgoing {
            Value::Object(attributes) => attributes,
            _ => Attributes::new(),
        }
    }
}

impl Limit {
    pub(crate) const fn new(every: Duration) -> Self {
        Self { every, last: None }
    }

    /// True when it is time again, or when another clock counts now.
    pub(crate) fn passes(&mut self, at: StreamTime) -> bool {
        let passes = self.last.is_none_or(|last| at < last || at.since(last) >= self.every);
        if passes {
            self.last = Some(at);
        }
        passes
    }
}
