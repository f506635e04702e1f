//! A room of several nodes, or a zone: a device of its own with what its links know together.

use ruview_core::StreamTime;
use serde_json::json;

use super::fusion::{Fusion, Link};
use crate::catalog::{EntityKind, MOTION, PERSON_COUNT, PRESENCE, ZONE_OCCUPANCY};
use crate::observation::Observation;
use crate::publisher::{Entity, Moment, Publisher};
use crate::show::{Gauge, Reading, switch};

/// The links of a room or zone, and what they drive on its device.
pub(crate) struct Space {
    device: String,
    name: String,
    fusion: Fusion,
    seen: Option<Observation>,
    entities: Option<Entities>,
}

/// What a space shows.
enum Entities {
    Room { presence: Entity, motion: Entity, person_count: Option<Box<Gauge>> },
    Zone { occupancy: Entity },
}

/// What a space is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpaceKind {
    Room,
    Zone,
}

impl Space {
    pub(crate) fn new(device: String, name: String) -> Self {
        Self { device, name, fusion: Fusion::default(), seen: None, entities: None }
    }

    pub(crate) fn device(&self) -> &str {
        &self.device
    }

    /// What its links know together; `None` while none of them knows anything.
    pub(crate) fn fuse(&mut self, at: StreamTime, links: &[Link<'_>]) -> Option<Observation> {
        self.seen = self.fusion.fuse(at, links);
        self.seen.clone()
    }

    /// What was known in the last second.
    pub(crate) fn seen(&self) -> Option<&Observation> {
        self.seen.as_ref()
    }

    /// Shows what is known. The device and its entities exist from the first second on in which anything is.
    pub(crate) fn show(
        &mut self,
        publisher: &Publisher,
        moment: &Moment,
        kind: SpaceKind,
        via: Option<&str>,
        seen: Option<&Observation>,
    ) {
        if self.entities.is_none() && seen.is_some() {
            let named = if kind == SpaceKind::Zone { "zone" } else { "room" };
            publisher.register_space(&self.device, named, &self.name, via);
            self.entities = Some(Entities::register(publisher, &self.device, kind));
        }
        if let Some(entities) = &mut self.entities {
            entities.show(publisher, moment, &self.device, seen);
        }
    }

    /// Removes the device with everything on it.
    pub(crate) fn remove(&self, publisher: &Publisher) {
        publisher.remove_device(&self.device);
    }
}

impl Entities {
    fn register(publisher: &Publisher, device: &str, kind: SpaceKind) -> Self {
        let entity = |kind: &EntityKind| publisher.register_entity(device, kind);
        match kind {
            SpaceKind::Room => Self::Room { presence: entity(&PRESENCE), motion: entity(&MOTION), person_count: None },
            SpaceKind::Zone => Self::Zone { occupancy: entity(&ZONE_OCCUPANCY) },
        }
    }

    fn show(&mut self, publisher: &Publisher, moment: &Moment, device: &str, seen: Option<&Observation>) {
        let on = |said: fn(&Observation) -> Option<bool>| match seen {
            Some(seen) => switch(said(seen)),
            None => Reading::unavailable(),
        };
        match self {
            Self::Room { presence, motion, person_count } => {
                let is_there = on(|seen| seen.presence).with("reason", json!(seen.map_or(vec![], reasons)));
                publisher.show(moment, presence, &is_there.state, is_there.attributes);
                let moves = on(|seen| seen.motion);
                publisher.show(moment, motion, &moves.state, moves.attributes);
                if seen.is_some_and(|seen| seen.measures) && person_count.is_none() {
                    *person_count = Some(Box::new(Gauge::register(publisher, device, &PERSON_COUNT)));
                }
                if let Some(person_count) = person_count {
                    person_count.show(publisher, moment, persons(seen));
                }
            }
            Self::Zone { occupancy } => {
                let occupied = on(|seen| seen.presence);
                publisher.show(moment, occupancy, &occupied.state, occupied.attributes);
            }
        }
    }
}

/// What of it speaks for somebody.
fn reasons(seen: &Observation) -> Vec<&'static str> {
    match (seen.presence, seen.motion) {
        (Some(true), Some(true)) => vec!["motion"],
        (Some(true), _) if seen.breathes => vec!["micro_motion"],
        (Some(true), _) => vec!["hold"],
        (Some(false), _) => vec!["quiet"],
        (None, _) => vec!["learning"],
    }
}

fn persons(seen: Option<&Observation>) -> Reading {
    match seen.map(|seen| seen.persons) {
        None => Reading::unavailable(),
        Some(None) => Reading::unknown(),
        Some(Some(found)) => Reading::plain(found.count.to_string()).sure(found.confidence),
    }
}
