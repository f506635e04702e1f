//! Rooms, doors and nodes of a story file.

use ruview_core::NodeNumber;

use super::error::StoryError;
use super::field::{Field, Table};
use crate::simulator::geometry::Point;
use crate::simulator::plan::Room;
use crate::simulator::{SimulatedNode, SimulatorConfig};

const MAX_ROOMS: usize = 16;
const MAX_DOORS: usize = 64;
const MAX_NODES: usize = 64;
/// Metres of rooms: smaller ones have no far field, and the paths of larger ones outlast an OFDM guard interval.
const FLOOR: std::ops::RangeInclusive<f64> = 1.0..=30.0;
const HEIGHT: std::ops::RangeInclusive<f64> = 1.8..=10.0;
/// Height of a node, metres.
const NODE_HEIGHT: f64 = 1.0;
/// Metres by which a door may be off its walls, and a way off the middle of a door.
const IN_WALL: f64 = 0.3;
const HALF_DOOR: f64 = 0.6;

/// Where a story plays.
#[derive(Debug)]
pub(super) struct House {
    pub(super) rooms: Vec<Room>,
    pub(super) nodes: Vec<SimulatedNode>,
    doors: Vec<Door>,
}

/// Where two rooms can be walked between.
#[derive(Debug)]
struct Door {
    between: [usize; 2],
    at: Point,
}

impl House {
    /// The index of the room that `at` is in.
    pub(super) fn room_of(&self, at: Point) -> Option<usize> {
        self.rooms.iter().position(|room| room.contains(at))
    }

    /// Checks that `field` is in a room.
    pub(super) fn inside(&self, at: Point, field: &Field<'_>) -> Result<Point, StoryError> {
        let rooms = || self.rooms.iter().map(|room| room.name.as_str()).collect::<Vec<_>>().join(", ");
        match self.room_of(at) {
            Some(_) => Ok(at),
            None => Err(StoryError::field(field.path(), format!("a point in a room ({})", rooms()), coordinates(at))),
        }
    }

    /// Checks that somebody can walk straight from one point to the other, both of which are in rooms.
    pub(super) fn passable(&self, from: Point, to: Point, field: &Field<'_>) -> Result<(), StoryError> {
        if self.rooms.iter().any(|room| room.contains(from) && room.contains(to)) {
            return Ok(());
        }
        // A point in a shared wall is in both rooms.
        let joins = |door: &Door| {
            let [one, other] = door.between.map(|room| &self.rooms[room]);
            (one.contains(from) && other.contains(to)) || (other.contains(from) && one.contains(to))
        };
        let through = |door: &Door| joins(door) && distance_to_leg(door.at, from, to) <= HALF_DOOR;
        if self.doors.iter().any(through) {
            return Ok(());
        }
        let expected = format!("a leg within a room, or one within {HALF_DOOR} m of a door between its rooms");
        let found = format!("{} to {}", coordinates(from), coordinates(to));
        Err(StoryError::field(field.path(), expected, found))
    }
}

/// Reads rooms, doors and nodes; what the file does not have is the default room and the default node.
pub(super) fn read(root: &Table<'_>) -> Result<House, StoryError> {
    let mut house = House { rooms: Vec::new(), nodes: Vec::new(), doors: Vec::new() };
    for field in root.list("rooms", 0, MAX_ROOMS)? {
        let room = room(&field.table()?)?;
        if let Some(other) = house.rooms.iter().find(|other| other.name == room.name || other.overlaps(&room)) {
            let expected = format!("a name and a place of its own beside the room {:?}", other.name);
            return Err(StoryError::field(field.path(), expected, format!("the room {:?}", room.name)));
        }
        house.rooms.push(room);
    }
    if house.rooms.is_empty() {
        house.rooms.push(Room::default());
    }
    for field in root.list("doors", 0, MAX_DOORS)? {
        let door = door(&field.table()?, &house)?;
        house.doors.push(door);
    }
    for field in root.list("nodes", 0, MAX_NODES)? {
        let node = node(&field.table()?, &house)?;
        if house.nodes.iter().any(|other| other.number == node.number) {
            return Err(StoryError::field(field.path(), "a number of its own", format!("{} again", node.number.0)));
        }
        house.nodes.push(node);
    }
    if root.get("nodes").is_none() {
        house.nodes = SimulatorConfig::default().nodes;
        if house.nodes.iter().any(|node| house.room_of(node.at).is_none()) {
            return Err(StoryError::field(
                "nodes",
                "a list of nodes, because the default one is in no room",
                "nothing",
            ));
        }
    }
    Ok(house)
}

fn room(table: &Table<'_>) -> Result<Room, StoryError> {
    table.only(&["name", "corner", "size", "access_point"])?;
    let name = table.need("name", "a text")?.text()?.to_owned();
    let default = Room::default();
    let corner = match table.get("corner") {
        Some(field) => field.point(0.0)?,
        None => default.corner,
    };
    if corner.z.abs() > 0.0 {
        return Err(StoryError::field(
            table.path_of("corner"),
            "[x, y]: all rooms are on one floor",
            coordinates(corner),
        ));
    }
    let size = match table.get("size") {
        Some(field) => size(&field, default.size.z)?,
        None => default.size,
    };
    let mut room = Room { name, corner, size, access_point: corner + default.access_point };
    if let Some(field) = table.get("access_point") {
        room.access_point = field.point(default.access_point.z)?;
        if !room.contains(room.access_point) {
            return Err(StoryError::field(field.path(), "a point in its room", coordinates(room.access_point)));
        }
    }
    Ok(room)
}

fn size(field: &Field<'_>, height: f64) -> Result<Point, StoryError> {
    let size = field.point(height)?;
    let fits = FLOOR.contains(&size.x) && FLOOR.contains(&size.y) && HEIGHT.contains(&size.z);
    let expected = || {
        let (floor, height) = ((FLOOR.start(), FLOOR.end()), (HEIGHT.start(), HEIGHT.end()));
        format!("{} to {} m along and across, {} to {} m up", floor.0, floor.1, height.0, height.1)
    };
    if fits { Ok(size) } else { Err(StoryError::field(field.path(), expected(), coordinates(size))) }
}

fn door(table: &Table<'_>, house: &House) -> Result<Door, StoryError> {
    table.only(&["between", "at"])?;
    let names = table.need("between", "the names of two rooms")?;
    let mut between = [0; 2];
    for (room, field) in between.iter_mut().zip(names.items(2, 2)?) {
        let name = field.text()?;
        let found = house.rooms.iter().position(|room| room.name == name);
        *room = found.ok_or_else(|| field.unlike("the name of a room"))?;
    }
    let field = table.need("at", "a point in the wall between its rooms")?;
    let at = field.point(0.0)?;
    let in_wall = |room: usize| house.rooms[room].outside(at).abs() <= IN_WALL;
    if between[0] == between[1] || !between.into_iter().all(in_wall) {
        return Err(StoryError::field(field.path(), "a point in the wall between its rooms", coordinates(at)));
    }
    Ok(Door { between, at })
}

fn node(table: &Table<'_>, house: &House) -> Result<SimulatedNode, StoryError> {
    table.only(&["number", "at"])?;
    let number = table.need("number", "a whole number from 0 to 255")?.whole(&(0..=255))?;
    let field = table.need("at", "a point in a room")?;
    Ok(SimulatedNode { number: NodeNumber(number as u8), at: house.inside(field.point(NODE_HEIGHT)?, &field)? })
}

/// Metres on the plan from `point` to the straight way between two others.
fn distance_to_leg(point: Point, from: Point, to: Point) -> f64 {
    let flat = |point: Point| Point { z: 0.0, ..point };
    let (way, off) = (flat(to - from), flat(point - from));
    let share = (off.dot(way) / way.dot(way).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    off.plan_distance(way * share)
}

pub(super) fn coordinates(at: Point) -> String {
    format!("({}, {}, {})", at.x, at.y, at.z)
}
