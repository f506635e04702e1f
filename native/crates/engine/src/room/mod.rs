//! Rooms: what nodes know, put together and made sense of.
//!
//! Driven once a second by the ticks of the sources of their nodes. A node that nobody has put into a room is a room of its
//! own, called like the node.

mod context;
mod fusion;
mod mind;
mod model;
mod passage;
mod second;
mod space;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ruview_semantic::{HouseholdContext, RoomState};

pub use model::{HOLD_RANGE_S, MAX_ID, MAX_NAME, MAX_ROOMS, RoomConfig, RoomModel, Tuning, ZoneConfig};

use crate::observation::Observation;
use crate::publisher::Publisher;
use context::Contexts;
use mind::Mind;
use passage::Passage;
use space::Space;

/// Nodes and rooms whose saved state nobody has asked for yet; beyond that the saved states are somebody else's.
const MAX_SAVED: usize = 1024;

/// Before the id of a room in the id of its device.
pub const ROOM_PREFIX: &str = "room_";

/// Presence in the zones of a room that have a meaning, where it has such.
#[derive(Debug, Clone, Copy, Default)]
struct ZoneTags {
    bathroom: Option<bool>,
    bed: Option<bool>,
}

/// A node in this second, as rooms see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat<'a> {
    /// Its id, which is that of its device too.
    pub(crate) node: &'a str,
    /// The source whose clock counts.
    pub(crate) source: usize,
    /// `None` while silent.
    pub(crate) seen: Option<&'a Observation>,
}

/// All rooms.
pub(crate) struct Rooms {
    model: Arc<RoomModel>,
    /// How nodes are judged that stand in no room.
    loose: BTreeMap<String, Tuning>,
    timezone: TimeZone,
    feel_hearts: bool,
    contexts: Contexts,
    /// By device.
    minds: BTreeMap<String, Mind>,
    /// Rooms of several nodes, by room.
    fused: BTreeMap<String, Space>,
    /// By room and zone.
    zones: BTreeMap<(String, String), Space>,
    /// What zones with a meaning said last, by room.
    occupied_zones: BTreeMap<String, ZoneTags>,
    passage: Passage,
    /// What an earlier process knew, by device, until it is asked for.
    saved: BTreeMap<String, RoomState>,
}

impl Rooms {
    pub(crate) fn new(timezone: TimeZone, feel_hearts: bool) -> Self {
        Self {
            model: Arc::default(),
            loose: BTreeMap::new(),
            timezone,
            feel_hearts,
            contexts: Contexts::default(),
            minds: BTreeMap::new(),
            fused: BTreeMap::new(),
            zones: BTreeMap::new(),
            occupied_zones: BTreeMap::new(),
            passage: Passage::new(),
            saved: BTreeMap::new(),
        }
    }

    pub(crate) fn model(&self) -> &RoomModel {
        &self.model
    }

    /// Whether there is a room of this id; a node in no room is one.
    pub(crate) fn has(&self, room_id: &str) -> bool {
        self.model.get(room_id).is_some() || (self.minds.contains_key(room_id) && self.model.room_of(room_id).is_none())
    }

    /// The device that tells the named events of a node's room.
    pub(crate) fn speaker(&self, node: &str) -> String {
        match self.model.room_of(node).filter(|room| room.is_fused()) {
            Some(room) => format!("{ROOM_PREFIX}{}", room.id),
            None => node.to_owned(),
        }
    }

    /// Takes another description of all rooms. What stays as it was keeps what it knows.
    pub(crate) fn set_model(&mut self, publisher: &mut Publisher, model: RoomModel) {
        let fused = model.rooms().iter().filter(|room| room.is_fused());
        publisher.speak_for(fused.flat_map(|room| room.nodes.iter().cloned()).collect());
        let before = std::mem::replace(&mut self.model, Arc::new(model));
        for room in before.rooms() {
            if !self.model.get(&room.id).is_some_and(|now| room.is_same_space(now)) {
                self.clear(publisher, room);
            }
        }
        self.passage.rooms_changed(publisher, &self.model);
        self.apply_thresholds();
        let (model, minds) = (&self.model, &self.minds);
        self.contexts.keep(|id| model.get(id).is_some() || minds.contains_key(id));
    }

    /// Removes the devices of a room as it was.
    fn clear(&mut self, publisher: &Publisher, room: &RoomConfig) {
        for zone in &room.zones {
            if let Some(space) = self.zones.remove(&(room.id.clone(), zone.id.clone())) {
                space.remove(publisher);
            }
        }
        self.occupied_zones.remove(&room.id);
        let Some(space) = self.fused.remove(&room.id) else { return };
        space.remove(publisher);
        if let Some(mind) = self.minds.remove(space.device()) {
            // Its entities are gone with the device; what it learnt of the room is not.
            self.saved.insert(space.device().to_owned(), mind.state().clone());
        }
    }

    /// Judges a room otherwise; false when there is no such room.
    pub(crate) fn tune(&mut self, room_id: &str, tuning: Tuning) -> bool {
        if !Arc::make_mut(&mut self.model).tune(room_id, &tuning) {
            if !self.has(room_id) {
                return false;
            }
            self.loose.insert(room_id.to_owned(), tuning);
        }
        self.apply_thresholds();
        true
    }

    /// Judges nodes that stand in no room otherwise.
    pub(crate) fn tune_nodes_without_room(&mut self, tunings: BTreeMap<String, Tuning>) {
        self.loose.extend(tunings);
        self.apply_thresholds();
    }

    fn apply_thresholds(&mut self) {
        let tuned: Vec<_> = self.minds.keys().map(|device| self.tuning_on(device).thresholds).collect();
        for (mind, thresholds) in self.minds.values_mut().zip(tuned) {
            if let Err(error) = mind.room().set_parameters(thresholds) {
                tracing::error!(%error, "thresholds that were checked make no sense");
            }
        }
    }

    /// How the room with this device, or that of this node, is judged.
    pub(crate) fn tuning_on(&self, device: &str) -> Tuning {
        let room = device.strip_prefix(ROOM_PREFIX).and_then(|id| self.model.get(id));
        match room.or_else(|| self.model.room_of(device)) {
            Some(room) => room.tuning(),
            None => self.loose.get(device).cloned().unwrap_or_default(),
        }
    }

    /// How a room is judged; a node in no room is one.
    pub(crate) fn tuning(&self, room_id: &str) -> Tuning {
        self.model.get(room_id).map_or_else(|| self.tuning_on(room_id), RoomConfig::tuning)
    }

    /// Takes what the household says of a room.
    pub(crate) fn set_context(&mut self, room_id: &str, context: HouseholdContext) {
        self.contexts.say(room_id, context);
    }

    /// What rooms have learnt, to be saved, by device.
    pub(crate) fn states(&self) -> impl Iterator<Item = (&str, &RoomState)> {
        let known = self.minds.iter().map(|(device, mind)| (device.as_str(), mind.state()));
        known.chain(self.saved.iter().map(|(device, state)| (device.as_str(), state)))
    }

    /// Forgets what a node's surroundings were like; which room it stands in, its owner says.
    pub(crate) fn forget(&mut self, node: &str) {
        self.minds.remove(node);
        self.saved.remove(node);
        self.loose.remove(node);
    }

    /// How nodes are judged that stand in no room, to be saved.
    pub(crate) fn loose(&self) -> &BTreeMap<String, Tuning> {
        &self.loose
    }

    /// Takes what an earlier process knew.
    pub(crate) fn restore(&mut self, states: BTreeMap<String, RoomState>, loose: BTreeMap<String, Tuning>) {
        self.saved = states.into_iter().take(MAX_SAVED).collect();
        self.loose = loose;
    }
}
