//! The rooms of a home as its owner describes them: which nodes stand in which, what they are for, what is next to what.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use ruview_semantic::{ParameterError, RoomParameters, RoomTags};
use ruview_signal::Sensitivity;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::identity::NodeId;
use crate::services::{self, ServiceError};

/// Limits that no home meets, so that no description can fill the memory.
/// The most rooms of a home.
pub const MAX_ROOMS: usize = 64;
const MAX_NODES: usize = 64;
const MAX_ZONES: usize = 32;
const MAX_TAGS: usize = 16;
/// The longest id.
pub const MAX_ID: usize = 64;
/// The longest name.
pub const MAX_NAME: usize = 64;

/// The hold that makes sense, seconds.
pub const HOLD_RANGE_S: RangeInclusive<u32> = 5..=3600;

/// People sleep in a room of this tag.
const BEDROOM: &str = "bedroom";
/// A room or zone of this tag is a bathroom.
const BATHROOM: &str = "bathroom";
/// A zone of this tag is a bed.
const BED: &str = "bed";

/// One room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomConfig {
    /// Names it for ever: a-z, 0-9 and single underscores.
    pub id: String,
    /// What users call it.
    pub name: String,
    /// What it is for, such as `bedroom` or `bathroom`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The ids of its nodes, such as `node_1`.
    pub nodes: Vec<String>,
    /// Parts of it.
    #[serde(default)]
    pub zones: Vec<ZoneConfig>,
    /// How readily its nodes report motion and presence.
    #[serde(default)]
    pub sensitivity: Sensitivity,
    /// For how many seconds presence outlasts what was seen; `None` is the detector's own.
    #[serde(default)]
    pub hold_s: Option<u32>,
    /// What differs from the defaults, by primitive.
    #[serde(default)]
    pub thresholds: RoomParameters,
    /// The ids of the rooms that one can go to from here.
    #[serde(default)]
    pub adjacent: Vec<String>,
}

/// A named set of a room's links. Where in the room it lies is not known: it is occupied when its links see somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneConfig {
    /// Names it in its room.
    pub id: String,
    /// What users call it.
    pub name: String,
    /// What it is for, such as `bed` or `bathroom`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The ids of its nodes, all of them nodes of the room.
    pub nodes: Vec<String>,
}

/// How a room is judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tuning {
    /// How readily its nodes report motion and presence.
    #[serde(default)]
    pub sensitivity: Sensitivity,
    /// For how many seconds presence outlasts what was seen; `None` is the detector's own.
    #[serde(default)]
    pub hold_s: Option<u32>,
    /// What differs from the defaults, by primitive.
    #[serde(default)]
    pub thresholds: RoomParameters,
}

/// All rooms, checked.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct RoomModel(Vec<RoomConfig>);

impl RoomConfig {
    /// Reads one room, without a look at the others.
    ///
    /// # Errors
    /// The first field that makes no sense: what it may be and what it is.
    pub fn read(room: Value) -> Result<Self, ServiceError> {
        let room: Self = services::read(room)?;
        room.check()?;
        Ok(room)
    }

    fn check(&self) -> Result<(), ServiceError> {
        check_id("id", &self.id)?;
        check_name("name", &self.name)?;
        check_tags("tags", &self.tags)?;
        limit("nodes", &self.nodes, MAX_NODES)?;
        limit("zones", &self.zones, MAX_ZONES)?;
        if self.id.parse::<NodeId>().is_ok() {
            return Err(ServiceError::invalid("id", "an id that is no node's", &self.id));
        }
        if let Some(node) = self.nodes.iter().find(|node| node.parse::<NodeId>().is_err()) {
            return Err(ServiceError::invalid("nodes", "the ids of nodes, such as node_1", node));
        }
        self.tuning().check()?;
        let mut ids = BTreeSet::new();
        for (index, zone) in self.zones.iter().enumerate() {
            let path = format!("zones[{index}]");
            zone.check(&self.nodes).map_err(|error| error.below(&path))?;
            if !ids.insert(zone.id.as_str()) {
                return Err(ServiceError::invalid(format!("{path}.id"), "an id that no other zone has", &zone.id));
            }
        }
        Ok(())
    }

    /// Whether its devices are those of `other`: only what it is for or how it is judged may differ.
    pub(crate) fn is_same_space(&self, other: &Self) -> bool {
        (&self.id, &self.name, &self.nodes, &self.zones) == (&other.id, &other.name, &other.nodes, &other.zones)
    }

    /// What the tags say, in the words of the primitives.
    pub(crate) fn kind(&self) -> RoomTags {
        RoomTags { bedroom: has(&self.tags, BEDROOM), bathroom: has(&self.tags, BATHROOM) }
    }

    /// The nodes that measure the channel, which are those that can be fused.
    pub(crate) fn measuring_nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(String::as_str).filter(|id| id.parse().is_ok_and(|id: NodeId| id.measures()))
    }

    /// How it is judged.
    pub fn tuning(&self) -> Tuning {
        Tuning { sensitivity: self.sensitivity, hold_s: self.hold_s, thresholds: self.thresholds.clone() }
    }

    /// Whether it has a device of its own.
    pub(crate) fn is_fused(&self) -> bool {
        self.measuring_nodes().nth(1).is_some()
    }
}

impl Tuning {
    /// Reads how a node or room is judged.
    ///
    /// # Errors
    /// The first field that makes no sense: what it may be and what it is.
    pub fn read(tuning: Value) -> Result<Self, ServiceError> {
        let tuning: Self = services::read(tuning)?;
        tuning.check()?;
        Ok(tuning)
    }

    /// Whether it makes sense.
    pub(crate) fn check(&self) -> Result<(), ServiceError> {
        if let Some(hold_s) = self.hold_s.filter(|hold_s| !HOLD_RANGE_S.contains(hold_s)) {
            let (least, most) = HOLD_RANGE_S.into_inner();
            return Err(ServiceError::invalid("hold_s", format!("{least} to {most}"), hold_s));
        }
        let nonsense = |error: ParameterError| ServiceError::invalid(error.field, error.expected, error.found);
        self.thresholds.validate().map_err(|error| nonsense(error).below("thresholds"))
    }
}

impl ZoneConfig {
    /// The id of its device. In a checked model no other zone has the same.
    pub(crate) fn device_id(&self, room_id: &str) -> String {
        format!("zone_{room_id}_{}", self.id)
    }

    fn check(&self, nodes_of_room: &[String]) -> Result<(), ServiceError> {
        check_id("id", &self.id)?;
        check_name("name", &self.name)?;
        check_tags("tags", &self.tags)?;
        if self.nodes.is_empty() {
            return Err(ServiceError::invalid("nodes", "at least one node", "none"));
        }
        if let Some(node) = self.nodes.iter().find(|node| !nodes_of_room.contains(node)) {
            return Err(ServiceError::invalid("nodes", "nodes of the zone's room", node));
        }
        Ok(())
    }

    pub(crate) fn is_bathroom(&self) -> bool {
        has(&self.tags, BATHROOM)
    }

    pub(crate) fn is_bed(&self) -> bool {
        has(&self.tags, BED)
    }
}

fn has(tags: &[String], tag: &str) -> bool {
    tags.iter().any(|found| found == tag)
}

impl RoomModel {
    /// Checks what a household says of its rooms.
    ///
    /// # Errors
    /// The first field that makes no sense: what it may be and what it is.
    pub fn new(rooms: Vec<RoomConfig>) -> Result<Self, ServiceError> {
        Self::check(rooms).map_err(|mut problems| problems.swap_remove(0))
    }

    /// As [`new`](Self::new), for whoever wants to be told everything at once.
    ///
    /// # Errors
    /// In every room the first field that makes no sense, and everything in which rooms contradict each other.
    pub fn check(rooms: Vec<RoomConfig>) -> Result<Self, Vec<ServiceError>> {
        let mut problems: Vec<_> = limit("rooms", &rooms, MAX_ROOMS).err().into_iter().collect();
        let mut homes: BTreeMap<&str, &str> = BTreeMap::new();
        let mut zones: BTreeMap<String, &str> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for (index, room) in rooms.iter().enumerate() {
            let path = format!("rooms[{index}]");
            problems.extend(room.check().map_err(|error| error.below(&path)).err());
            if !ids.insert(room.id.as_str()) {
                problems.push(ServiceError::invalid(format!("{path}.id"), "an id that no other room has", &room.id));
            }
            for node in &room.nodes {
                if let Some(other) = homes.insert(node, &room.id) {
                    let expected = format!("a node that is in no other room (it is in '{other}')");
                    problems.push(ServiceError::invalid(format!("{path}.nodes"), expected, node));
                }
            }
            // 'a' and 'b_c' make the same as 'a_b' and 'c'.
            for (zone_index, zone) in room.zones.iter().enumerate() {
                let before = zones.insert(zone.device_id(&room.id), &room.id);
                if let Some(other) = before.filter(|other| **other != room.id) {
                    let expected = format!("an id that, after '{}_', is no zone's of '{other}'", room.id);
                    let field = format!("{path}.zones[{zone_index}].id");
                    problems.push(ServiceError::invalid(field, expected, &zone.id));
                }
            }
        }
        for (index, room) in rooms.iter().enumerate() {
            let stranger = room.adjacent.iter().find(|other| **other == room.id || !ids.contains(other.as_str()));
            problems.extend(stranger.map(|other| {
                ServiceError::invalid(format!("rooms[{index}].adjacent"), "the ids of other rooms", other)
            }));
        }
        if problems.is_empty() { Ok(Self(rooms)) } else { Err(problems) }
    }

    /// The rooms, in the household's order.
    pub fn rooms(&self) -> &[RoomConfig] {
        &self.0
    }

    /// The room of this id.
    pub fn get(&self, id: &str) -> Option<&RoomConfig> {
        self.0.iter().find(|room| room.id == id)
    }

    /// The room that a node stands in.
    pub fn room_of(&self, node: &str) -> Option<&RoomConfig> {
        self.0.iter().find(|room| room.nodes.iter().any(|id| id == node))
    }

    /// Judges a room otherwise; false when there is no such room.
    pub(crate) fn tune(&mut self, room_id: &str, tuning: &Tuning) -> bool {
        let room = self.0.iter_mut().find(|room| room.id == room_id);
        let Some(room) = room else { return false };
        let Tuning { sensitivity, hold_s, thresholds } = tuning.clone();
        (room.sensitivity, room.hold_s, room.thresholds) = (sensitivity, hold_s, thresholds);
        true
    }
}

fn check_id(field: &str, id: &str) -> Result<(), ServiceError> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if id.len() <= MAX_ID && id.split('_').all(is_word) {
        return Ok(());
    }
    let expected = format!("1 to {MAX_ID} characters a-z and 0-9, with single underscores between them");
    Err(ServiceError::invalid(field, expected, id))
}

fn check_name(field: &str, name: &str) -> Result<(), ServiceError> {
    if (1..=MAX_NAME).contains(&name.trim().chars().count()) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ServiceError::invalid(field, format!("1 to {MAX_NAME} characters"), name))
}

fn check_tags(field: &str, tags: &[String]) -> Result<(), ServiceError> {
    limit(field, tags, MAX_TAGS)?;
    tags.iter().try_for_each(|tag| check_id(field, tag))
}

fn limit<T>(field: &str, found: &[T], most: usize) -> Result<(), ServiceError> {
    if found.len() <= most {
        return Ok(());
    }
    Err(ServiceError::invalid(field, format!("at most {most}"), found.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn model(rooms: Value) -> Result<RoomModel, ServiceError> {
        RoomModel::new(serde_json::from_value(rooms).unwrap())
    }

    #[test]
    fn a_home_is_described() {
        let model = model(json!([
            {"id": "bedroom", "name": "Bedroom", "tags": ["bedroom"], "nodes": ["node_1", "node_2", "monitor_attic"],
             "zones": [{"id": "bed", "name": "Bed", "tags": ["bed"], "nodes": ["node_2"]}],
             "thresholds": {"no_movement": {}}, "adjacent": ["bath"]},
            {"id": "bath", "name": "Bad", "tags": ["bathroom"], "nodes": ["nexmon_1"], "adjacent": ["bedroom"]},
        ]))
        .unwrap();
        let bedroom = model.room_of("node_2").unwrap();
        assert!(bedroom.is_fused() && bedroom.kind().bedroom && bedroom.zones[0].is_bed());
        assert_eq!(bedroom.measuring_nodes().collect::<Vec<_>>(), ["node_1", "node_2"]);
        assert!(!model.get("bath").unwrap().is_fused());
        assert_eq!(model.room_of("node_9"), None);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let room = json!({"id": "a", "name": "A", "nodes": ["node_1"]});
        let with = |key: &str, value: Value| {
            let mut room = room.clone();
            room[key] = value;
            room
        };
        for (rooms, field, found) in [
            (json!([room, room]), "rooms[1].id", "a"),
            (json!([room, with("id", json!("b"))]), "rooms[1].nodes", "node_1"),
            (json!([with("id", json!("A b"))]), "rooms[0].id", "A b"),
            (json!([with("id", json!("node_1"))]), "rooms[0].id", "node_1"),
            (json!([with("name", json!(" "))]), "rooms[0].name", " "),
            (json!([with("tags", json!(["Bed room"]))]), "rooms[0].tags", "Bed room"),
            (json!([with("nodes", json!(["kitchen"]))]), "rooms[0].nodes", "kitchen"),
            (json!([with("adjacent", json!(["a"]))]), "rooms[0].adjacent", "a"),
            (json!([with("adjacent", json!(["b"]))]), "rooms[0].adjacent", "b"),
            (json!([with("zones", json!([{"id": "z", "name": "Z", "nodes": []}]))]), "rooms[0].zones[0].nodes", "none"),
            (
                json!([with("zones", json!([{"id": "z", "name": "Z", "nodes": ["node_2"]}]))]),
                "rooms[0].zones[0].nodes",
                "node_2",
            ),
            (
                json!([
                    with("zones", json!([{"id": "b_c", "name": "Z", "nodes": ["node_1"]}])),
                    {"id": "a_b", "name": "B", "nodes": ["node_2"],
                     "zones": [{"id": "d", "name": "D", "nodes": ["node_2"]}, {"id": "c", "name": "C", "nodes": ["node_2"]}]},
                ]),
                "rooms[1].zones[1].id",
                "c",
            ),
        ] {
            let error = model(rooms).unwrap_err();
            assert_eq!((error.field.as_str(), error.found.as_str()), (field, found), "{error}");
        }
        let rooms = json!([with("name", json!("")), with("tags", json!(["B"])), with("adjacent", json!(["z"]))]);
        let problems = RoomModel::check(serde_json::from_value(rooms).unwrap()).unwrap_err();
        let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "rooms[0].name",
                "rooms[1].tags",
                "rooms[1].id",
                "rooms[1].nodes",
                "rooms[2].id",
                "rooms[2].nodes",
                "rooms[2].adjacent"
            ]
        );
        let many: Vec<_> = (0..65).map(|n| json!({"id": format!("r{n}"), "name": "R", "nodes": []})).collect();
        assert_eq!(model(Value::Array(many)).unwrap_err().found, "65");
    }
}
