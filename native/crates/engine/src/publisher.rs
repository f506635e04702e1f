//! The engine's hand in homecore: devices, entities, states and events under the names that Home Assistant sees. Nothing
//! gets into homecore that the privacy policy does not let out.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use homecore::{Attributes, ConfigEntry, Context, DeviceEntry, EntityEntry, EntityId, HomeCore};
use jiff::Timestamp;
use ruview_bfld::policy::{self, Terms};
use ruview_core::{DataSource, StreamTime};
use serde_json::{Value, json};

use crate::catalog::{CATALOG, EntityKind};
use crate::clock::Clock;
use crate::identity::{Hardware, NodeId};
use crate::store::{EventArchive, EventLog, EventLogStatistics, Happened};

/// Writes to homecore in the name of one server.
pub(crate) struct Publisher {
    core: Arc<HomeCore>,
    server_id: String,
    clock: Clock,
    /// What the configuration permits at most.
    configured: Terms,
    /// What may leave now.
    privacy: Terms,
    /// Counts how often that changed.
    epoch: u32,
    /// Entities that the configuration permits and that may not exist now.
    withheld: RefCell<Vec<EntityEntry>>,
    /// Devices for which a room speaks: what they say themselves is there for who asks for it.
    spoken_for: BTreeSet<String>,
    log: Option<RefCell<EventLog>>,
}

/// The integration that the registries' files name.
const INTEGRATION: &str = "ruview";

/// Everything of one server is one entry of the integration.
struct Owner<'a>(&'a str);

impl ConfigEntry for Owner<'_> {
    fn entry_id(&self) -> &str {
        self.0
    }

    fn domain(&self) -> &str {
        INTEGRATION
    }
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
    kind: &'static EntityKind,
    device_id: String,
    shown: Option<(String, Attributes)>,
    /// When it was written: after the terms have changed it has to be written again.
    epoch: u32,
}

/// Lets one through at most every so often.
pub(crate) struct Limit {
    every: Duration,
    last: Option<StreamTime>,
}

impl Publisher {
    pub(crate) fn new(core: Arc<HomeCore>, server_id: String, clock: Clock, privacy: Terms) -> Self {
        let (configured, withheld) = (privacy, RefCell::default());
        let publisher = Self {
            core,
            server_id,
            clock,
            configured,
            privacy,
            epoch: 0,
            withheld,
            spoken_for: BTreeSet::new(),
            log: None,
        };
        // An earlier process may have known entities that may not exist any more.
        publisher.withhold();
        publisher
    }

    /// From now on, events are on the disk before anybody is told of them.
    pub(crate) fn log_events(&mut self, log: EventLog) {
        self.log = Some(RefCell::new(log));
    }

    pub(crate) fn event_archive(&self) -> Option<EventArchive> {
        self.log.as_ref().map(|log| log.borrow().archive())
    }

    pub(crate) fn event_statistics(&self) -> EventLogStatistics {
        self.log.as_ref().map(|log| log.borrow().statistics()).unwrap_or_default()
    }

    /// Under which terms everything leaves.
    pub(crate) const fn privacy(&self) -> Terms {
        self.privacy
    }

    /// What the configuration permits at most.
    pub(crate) const fn configured(&self) -> Terms {
        self.configured
    }

    /// From now on everything leaves under these terms. What they do not permit is gone when this returns, and what they
    /// permit again is back, with a state from its next change on.
    pub(crate) fn set_privacy(&mut self, terms: Terms) {
        self.privacy = terms;
        self.epoch = self.epoch.wrapping_add(1);
        self.withhold();
        let (back, withheld) = self.withheld.take().into_iter().partition::<Vec<_>, _>(|entry| self.may_exist(entry));
        self.withheld.replace(withheld);
        for entry in back {
            self.register(entry);
        }
        for state in self.core.states().all() {
            let permitted = self.permitted((*state.attributes).clone());
            if permitted != *state.attributes {
                let (id, now) = (&state.entity_id, state.last_reported);
                if let Err(error) = self.core.states().set(id, &state.state, permitted, Context::new(), now) {
                    tracing::error!(%error, "a state could not be written");
                }
            }
        }
    }

    /// Removes the entities that may not exist.
    fn withhold(&self) {
        for entry in self.core.snapshot().entities {
            if !self.may_exist(&entry) {
                self.core.remove_entity(&entry.entity_id);
                self.withheld.borrow_mut().push((*entry).clone());
            }
        }
    }

    fn may_exist(&self, entry: &EntityEntry) -> bool {
        CATALOG.iter().find(|kind| kind.key == entry.key).is_none_or(|kind| kind.is_permitted(self.privacy))
    }

    /// The server's own device.
    pub(crate) fn server_device(&self) -> &str {
        &self.server_id
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

    /// Registers something that its owner made of nodes, a room or a zone of one, or somebody whom an estimator follows.
    pub(crate) fn register_space(&self, id: &str, kind: &str, name: &str, via: Option<&str>) {
        self.register_device(DeviceEntry {
            id: id.into(),
            kind: kind.into(),
            name: name.into(),
            manufacturer: "RuView".into(),
            model: match kind {
                "zone" => "Zone".into(),
                "person" => "Tracked person".into(),
                _ => "Room".into(),
            },
            sw_version: None,
            via_device_id: Some(via.unwrap_or(&self.server_id).into()),
        });
    }

    /// Removes a device with everything on it.
    pub(crate) fn remove_device(&self, id: &str) {
        self.withheld.borrow_mut().retain(|entry| entry.device_id.as_deref() != Some(id));
        self.core.remove_device(id);
    }

    pub(crate) fn has_device(&self, id: &str) -> bool {
        self.core.devices().get(id).is_some()
    }

    /// A room speaks for these devices and for no other: from now on, what a room tells starts disabled on them.
    pub(crate) fn speak_for(&mut self, devices: BTreeSet<String>) {
        self.spoken_for = devices;
        for entry in self.core.snapshot().entities {
            let of_rooms = |kind: &&EntityKind| kind.key == entry.key && kind.is_of_rooms();
            let Some(kind) = CATALOG.iter().find(of_rooms) else { continue };
            let Some(device) = entry.device_id.as_deref().filter(|device| self.is_node(device)) else { continue };
            let enabled_default = self.is_enabled(device, kind);
            if enabled_default != entry.enabled_default {
                self.register(EntityEntry { enabled_default, ..(*entry).clone() });
            }
        }
    }

    /// Whether a room speaks for this device.
    pub(crate) fn is_spoken_for(&self, device: &str) -> bool {
        self.spoken_for.contains(device)
    }

    fn is_node(&self, device: &str) -> bool {
        self.core.devices().get(device).is_some_and(|entry| entry.kind == "node")
    }

    fn is_enabled(&self, device: &str, kind: &EntityKind) -> bool {
        kind.enabled_default && !(self.is_spoken_for(device) && kind.is_of_rooms())
    }

    /// The id that the entity has: another than in `entry` when it is on file under that.
    fn register(&self, entry: EntityEntry) -> EntityId {
        let wanted = entry.entity_id.clone();
        match self.core.register_entity(&Owner(&self.server_id), entry) {
            Ok(registered) => registered.entity_id,
            Err(error) => {
                tracing::error!(%error, "an entity could not be registered");
                wanted
            }
        }
    }

    fn register_device(&self, entry: DeviceEntry) {
        if let Err(error) = self.core.register_device(&Owner(&self.server_id), entry) {
            tracing::error!(%error, "a device could not be registered");
        }
    }

    /// Registers the entity of `kind` on a device, if the privacy policy permits it.
    pub(crate) fn register_entity(&self, device: &str, kind: &EntityKind) -> Entity {
        // What the catalog does not know, nobody can judge.
        let known = CATALOG.iter().find(|known| known.key == kind.key && kind.is_permitted(self.configured));
        let Some(kind) = known else { return Entity(None) };
        // The server's id is in every unique id already, and may have dashes, which entity ids must not.
        let is_server = device == self.server_id;
        let place = if is_server { INTEGRATION } else { device };
        let id = EntityId::new(format!("{}.{place}_{}", kind.domain, kind.key))
            .expect("the catalog's domains and keys, and the ids of nodes and rooms, follow the rules of entity ids");
        let entry = EntityEntry {
            entity_id: id,
            unique_id: if is_server {
                format!("{}_{}", self.server_id, kind.key)
            } else {
                format!("{}_{device}_{}", self.server_id, kind.key)
            },
            device_id: Some(device.into()),
            key: kind.key.into(),
            domain: kind.domain.into(),
            device_class: kind.device_class.map(Into::into),
            state_class: kind.state_class.map(Into::into),
            unit: kind.unit.map(Into::into),
            entity_category: kind.entity_category.map(Into::into),
            enabled_default: self.is_enabled(device, kind),
            options: kind.options.map(|options| options.iter().map(|&o| o.into()).collect()),
        };
        let id = if self.may_exist(&entry) {
            self.register(entry)
        } else {
            let id = entry.entity_id.clone();
            let mut withheld = self.withheld.borrow_mut();
            withheld.retain(|known| known.entity_id != id);
            withheld.push(entry);
            id
        };
        Entity(Some(Registered { id, kind, device_id: device.into(), shown: None, epoch: self.epoch }))
    }

    /// Removes an entity that nothing can drive any more.
    pub(crate) fn remove_entity(&self, entity: Entity) {
        if let Some(Registered { id, .. }) = entity.0 {
            self.withheld.borrow_mut().retain(|entry| entry.entity_id != id);
            self.core.remove_entity(&id);
        }
    }

    /// Writes `state` unless it is what was written last.
    pub(crate) fn show(&self, moment: &Moment, entity: &mut Entity, state: &str, attributes: Attributes) {
        let Some(entity) = &mut entity.0 else { return };
        // Most packets change nothing: compared before the policy is asked, whose answer would be the same.
        let same = entity.shown.as_ref().is_some_and(|(s, a)| s == state && *a == attributes);
        if (same && entity.epoch == self.epoch) || !entity.kind.is_permitted(self.privacy) {
            return;
        }
        let permitted = self.permitted(attributes.clone());
        let written = self.core.states().set(&entity.id, state, permitted, moment.context.clone(), moment.now);
        if let Err(error) = written {
            tracing::error!(%error, "a state could not be written");
        }
        entity.shown = Some((state.to_owned(), attributes));
        entity.epoch = self.epoch;
    }

    /// Tells that something happened at the place of `entity`.
    pub(crate) fn fire(&self, moment: &Moment, entity: &Entity, event_type: &str, data: Attributes) {
        let Some(entity) = entity.0.as_ref().filter(|entity| entity.kind.is_permitted(self.privacy)) else { return };
        let mut data = self.permitted(data);
        if let Some(log) = &self.log {
            log.borrow_mut().append(&Happened {
                at: moment.now,
                event_type,
                kind: entity.kind.key,
                device_id: &entity.device_id,
                entity_id: entity.id.as_str(),
                data: &data,
            });
        }
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
