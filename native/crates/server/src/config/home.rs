//! The parts of a file that no option can say: rooms, and how nodes outside of rooms are judged.

use std::collections::BTreeMap;

use ruview_engine::services::ServiceError;
use ruview_engine::{NodeId, RoomConfig, RoomModel, Tuning};
use serde_json::Value;

use super::problem::Problem;
use super::yaml::{Entry, Node, Tree};

/// The rooms, as the service `set_rooms` takes them.
pub(super) const ROOMS: &str = "rooms";
/// By node, what the service `set_thresholds` takes.
pub(super) const THRESHOLDS: &str = "thresholds";
/// So many mistakes in one room are enough to begin with.
const MAX_MISTAKES: usize = 32;

/// What a file says of the home.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Home {
    /// Its rooms.
    pub rooms: Option<RoomModel>,
    /// How nodes are judged that stand in none of them.
    pub tunings: BTreeMap<String, Tuning>,
}

impl Home {
    /// Reads both sections.
    pub(super) fn read(rooms: Option<&Node>, thresholds: Option<&Node>, problems: &mut Vec<Problem>) -> Self {
        let rooms = rooms.and_then(|rooms| read_rooms(rooms, problems));
        let tunings = thresholds.map(|nodes| read_tunings(nodes, rooms.as_ref(), problems)).unwrap_or_default();
        Self { rooms, tunings }
    }
}

fn read_rooms(node: &Node, problems: &mut Vec<Problem>) -> Option<RoomModel> {
    let Tree::List(items) = &node.tree else {
        if !node.is_broken() {
            problems.push(Problem::new(node.at, format!("{ROOMS}: expected a list of rooms, found {}", node.kind())));
        }
        return None;
    };
    let read = items.iter().enumerate().map(|(index, item)| {
        let name = format!("{ROOMS}[{index}]");
        read_all(&name, item, RoomConfig::read, problems)
    });
    let read: Vec<_> = read.collect();
    // Rooms are compared with each other only when all of them can be: a missing one would be blamed on the others.
    let rooms = read.into_iter().collect::<Option<Vec<_>>>()?;
    let wrong = |error: &ServiceError| {
        let below = error.field.strip_prefix(ROOMS).unwrap_or_default();
        Problem::new(node.place_of(below), error.to_string())
    };
    RoomModel::check(rooms).map_err(|errors| problems.extend(errors.iter().map(wrong))).ok()
}

fn read_tunings(node: &Node, rooms: Option<&RoomModel>, problems: &mut Vec<Problem>) -> BTreeMap<String, Tuning> {
    let mut tunings = BTreeMap::new();
    let Tree::Map(entries) = &node.tree else {
        if !node.is_broken() {
            let found = node.kind();
            problems.push(Problem::new(node.at, format!("{THRESHOLDS}: expected nodes, found {found}")));
        }
        return tunings;
    };
    for Entry { key, at, value } in entries {
        let name = format!("{THRESHOLDS}.{key}");
        if key.parse::<NodeId>().is_err() {
            problems.push(Problem::new(*at, format!("{name}: expected the id of a node, such as node_1")));
        }
        if let Some(room) = rooms.and_then(|rooms| rooms.room_of(key)) {
            let what = format!("{name}: this node stands in the room '{}', which has thresholds of its own", room.id);
            problems.push(Problem::new(*at, what));
        }
        if let Some(tuning) = read_all(&name, value, Tuning::read, problems) {
            tunings.insert(key.clone(), tuning);
        }
    }
    tunings
}

/// Reads `node`. A reader stops at the first mistake, so what it blames is taken out and it reads again: mistakes behind the
/// first are found too.
fn read_all<T>(
    name: &str,
    node: &Node,
    read: impl Fn(Value) -> Result<T, ServiceError>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    if node.is_broken() {
        return None;
    }
    let mut rest = node.clone();
    let mut blamed: Vec<String> = Vec::new();
    loop {
        let error = match read(rest.to_json()) {
            Ok(value) => return blamed.is_empty().then_some(value),
            Err(error) => error,
        };
        // What was taken out is missing now, which is nobody's mistake.
        if blamed.len() >= MAX_MISTAKES || blamed.contains(&error.field) {
            return None;
        }
        problems.push(Problem::new(node.place_of(&error.field), format!("{name}.{error}")));
        let again = rest.remove(&error.field);
        blamed.push(error.field);
        if !again {
            return None;
        }
    }
}
