//! One second in all rooms: zones, then the nodes, then the rooms of several nodes, then who went from one to the next.

use std::sync::Arc;

use jiff::civil::DateTime;
use ruview_core::StreamTime;
use ruview_semantic::{Counted, HouseholdContext, Rate, Room, RoomInputs, RoomParameters, RoomTags};

use super::fusion::Link;
use super::mind::{Can, Mind};
use super::model::ZoneConfig;
use super::space::{Space, SpaceKind};
use super::{ROOM_PREFIX, RoomConfig, RoomModel, Rooms, Seat, ZoneTags};
use crate::clock::published_at;
use crate::observation::{self, Observation};
use crate::publisher::{Moment, Publisher};

/// A second as every room sees it.
struct Second<'a> {
    publisher: &'a Publisher,
    moment: Moment,
    local: DateTime,
    model: Arc<RoomModel>,
    seats: &'a [Seat<'a>],
}

impl Rooms {
    /// A second of `source` has passed.
    pub(crate) fn second(&mut self, publisher: &Publisher, at: StreamTime, source: usize, seats: &[Seat<'_>]) {
        let second = Second {
            publisher,
            moment: publisher.moment(at),
            local: published_at(at).to_zoned(self.timezone.clone()).datetime(),
            model: Arc::clone(&self.model),
            seats,
        };
        let driven: Vec<_> = second.model.rooms().iter().filter(|room| second.driver(room) == Some(source)).collect();
        for room in &driven {
            self.zones(&second, room);
        }
        for seat in seats.iter().filter(|seat| seat.source == source) {
            let room = second.model.room_of(seat.node);
            self.think(&second, room, seat.node, seat.seen);
        }
        for room in driven.iter().filter(|room| room.is_fused()) {
            self.room(&second, room);
        }
        // After the rooms, whose devices they hang on.
        for room in driven {
            self.show_zones(&second, room);
        }
        // One clock for the whole house; the rooms of other sources are as they were in their own last second.
        if seats.iter().map(|seat| seat.source).min() == Some(source) {
            let of_node = |room: &RoomConfig| room.measuring_nodes().find_map(|node| second.seen(node));
            let seen = |room: &RoomConfig| self.fused.get(&room.id).map_or_else(|| of_node(room), Space::seen);
            let seen: Vec<_> = second.model.rooms().iter().map(seen).collect();
            self.passage.second(publisher, &second.moment, &second.model, &seen);
        }
    }

    /// What the zones of a room say.
    fn zones(&mut self, second: &Second<'_>, room: &RoomConfig) {
        let mut tags = ZoneTags::default();
        for zone in &room.zones {
            let presence = self.zone(second, room, zone);
            if zone.is_bathroom() {
                tags.bathroom = either(tags.bathroom, presence);
            }
            if zone.is_bed() {
                tags.bed = either(tags.bed, presence);
            }
        }
        self.occupied_zones.insert(room.id.clone(), tags);
    }

    fn zone(&mut self, second: &Second<'_>, room: &RoomConfig, zone: &ZoneConfig) -> Option<bool> {
        let space = self
            .zones
            .entry((room.id.clone(), zone.id.clone()))
            .or_insert_with(|| Space::new(zone.device_id(&room.id), zone.name.clone()));
        let seen = space.fuse(second.moment.at, &second.links(zone.nodes.iter().map(String::as_str)));
        seen.and_then(|seen| seen.presence)
    }

    /// Shows what the zones of a room say.
    fn show_zones(&mut self, second: &Second<'_>, room: &RoomConfig) {
        let Second { publisher, moment, .. } = second;
        let of_room = format!("{ROOM_PREFIX}{}", room.id);
        for zone in &room.zones {
            let Some(space) = self.zones.get_mut(&(room.id.clone(), zone.id.clone())) else { continue };
            // The zone of a room without a device of its own hangs on its first node.
            let mut via = [Some(of_room.as_str()), zone.nodes.first().map(String::as_str)].into_iter().flatten();
            let via = via.find(|device| publisher.has_device(device));
            let seen = space.seen().cloned();
            space.show(publisher, moment, SpaceKind::Zone, via, seen.as_ref());
        }
    }

    /// A room of several nodes.
    fn room(&mut self, second: &Second<'_>, room: &RoomConfig) {
        let Second { publisher, moment, .. } = second;
        let device = format!("{ROOM_PREFIX}{}", room.id);
        let space = self.fused.entry(room.id.clone()).or_insert_with(|| Space::new(device.clone(), room.name.clone()));
        let seen = space.fuse(moment.at, &second.links(room.measuring_nodes()));
        space.show(publisher, moment, SpaceKind::Room, None, seen.as_ref());
        self.think(second, Some(room), &device, seen.as_ref());
    }

    /// The mind of a device, which is that of a node or of a room of several.
    fn think(&mut self, second: &Second<'_>, room: Option<&RoomConfig>, device: &str, seen: Option<&Observation>) {
        if !self.minds.contains_key(device) {
            if seen.is_none() {
                return;
            }
            let mind = Mind::new(device.to_owned(), self.remembered(device));
            self.minds.insert(device.to_owned(), mind);
        }
        let at = second.moment.at;
        let context = self.contexts.of(room.map_or(device, |room| room.id.as_str()), at);
        let zones = room.and_then(|room| self.occupied_zones.get(&room.id)).copied().unwrap_or_default();
        let tags = room.map(RoomConfig::kind).unwrap_or_default();
        let Some(mind) = self.minds.get_mut(device) else { return };
        let can = Can {
            measure: mind.can().measure || seen.is_some_and(|seen| seen.measures),
            feel_hearts: self.feel_hearts,
            be_bathroom: tags.bathroom || room.is_some_and(|room| room.zones.iter().any(ZoneConfig::is_bathroom)),
            be_bedroom: tags.bedroom || room.is_some_and(|room| room.zones.iter().any(ZoneConfig::is_bed)),
        };
        let inputs = inputs(seen, second.local, context, tags, zones);
        let tells = !second.publisher.is_spoken_for(device);
        mind.step(second.publisher, &second.moment, &inputs, can, seen.is_none(), tells);
    }

    /// The room that an earlier process knew under this device, or a new one.
    fn remembered(&mut self, device: &str) -> Room {
        let thresholds = self.tuning_on(device).thresholds;
        if let Some(state) = self.saved.remove(device) {
            match Room::restore(thresholds.clone(), state) {
                Ok(room) => return room,
                Err(error) => tracing::warn!(%error, device, "what was known of a room cannot be used any more"),
            }
        }
        // Thresholds are checked when they come in.
        Room::new(thresholds).or_else(|_| Room::new(RoomParameters::default())).expect("the defaults make sense")
    }
}

impl Second<'_> {
    /// The source whose clock counts in a room: the first of those that have something to say there.
    fn driver(&self, room: &RoomConfig) -> Option<usize> {
        let seats = || self.seats.iter().filter(|seat| room.nodes.iter().any(|node| node == seat.node));
        let speaking = seats().filter(|seat| seat.seen.is_some()).map(|seat| seat.source).min();
        speaking.or_else(|| seats().map(|seat| seat.source).min())
    }

    fn seen(&self, node: &str) -> Option<&Observation> {
        self.seats.iter().find(|seat| seat.node == node)?.seen
    }

    fn links<'b>(&'b self, nodes: impl Iterator<Item = &'b str>) -> Vec<Link<'b>> {
        nodes.map(|node| Link { node, seen: self.seen(node) }).collect()
    }
}

/// Somebody is in one of two zones of the same tag.
fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one || other),
        (known, None) | (None, known) => known,
    }
}

fn inputs(
    seen: Option<&Observation>,
    local: DateTime,
    context: HouseholdContext,
    tags: RoomTags,
    zones: ZoneTags,
) -> RoomInputs {
    let rate = |found: observation::Rate| Rate { per_minute: found.per_minute, confidence: found.confidence };
    let known = RoomInputs {
        local: Some(local),
        context,
        tags,
        bathroom_zone: zones.bathroom,
        bed_zone: zones.bed,
        ..RoomInputs::default()
    };
    let Some(seen) = seen else { return known };
    RoomInputs {
        presence: seen.presence,
        presence_score: seen.presence_score,
        motion_percent: seen.motion_percent,
        breathing: seen.breathing.map(rate),
        heart_rate: seen.heart_rate.map(rate),
        persons: seen.persons.map(|found| Counted { count: found.count, confidence: found.confidence }),
        falls: seen.falls,
        near_falls: seen.near_falls,
        gait_instability: seen.gait_instability,
        calibrating: seen.calibrating,
        ..known
    }
}
