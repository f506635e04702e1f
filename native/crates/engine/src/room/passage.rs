//! Who went from one room to the next. On the server's own device, since it is of no single room.

use homecore::Attributes;
use ruview_semantic::{House, HouseInputs, HouseParameters, RoomPresence, Transition};
use serde_json::json;

use super::RoomModel;
use crate::catalog::{MULTI_ROOM_TRANSITION, TRANSITION};
use crate::observation::Observation;
use crate::publisher::{Moment, Publisher};
use crate::show::{Occurrences, confidence};

/// What is known of who goes where.
pub(crate) struct Passage {
    house: House,
    entity: Option<Occurrences>,
}

impl Passage {
    pub(crate) fn new() -> Self {
        let house = House::new(HouseParameters::default()).expect("the defaults make sense");
        Self { house, entity: None }
    }

    /// Other rooms: who was where before says nothing about them. With fewer than two there is nowhere to go.
    pub(crate) fn rooms_changed(&mut self, publisher: &Publisher, model: &RoomModel) {
        let entity = self.entity.take();
        let is_house = model.rooms().len() > 1;
        let register = || Occurrences::register(publisher, publisher.server_device(), &MULTI_ROOM_TRANSITION);
        *self = Self::new();
        match entity {
            Some(entity) if !is_house => entity.remove(publisher),
            Some(entity) => self.entity = Some(entity),
            None => self.entity = is_house.then(register),
        }
    }

    /// A second has passed in which this was known of the rooms, in the model's order.
    pub(crate) fn second(
        &mut self,
        publisher: &Publisher,
        moment: &Moment,
        model: &RoomModel,
        seen: &[Option<&Observation>],
    ) {
        let Some(entity) = &mut self.entity else { return };
        let rooms = model.rooms().iter().zip(seen).map(|(room, seen)| {
            let settled = seen.filter(|seen| !seen.calibrating);
            RoomPresence {
                id: room.id.clone(),
                presence: settled.and_then(|seen| seen.presence),
                moving: settled.and_then(|seen| seen.motion),
            }
        });
        let ways = model.rooms().iter();
        let ways = ways.flat_map(|room| room.adjacent.iter().map(|other| (room.id.clone(), other.clone())));
        let ways: Vec<_> = ways.collect();
        let inputs = HouseInputs {
            rooms: rooms.collect(),
            adjacent: (!ways.is_empty()).then_some(ways),
            // No source gives tracks.
            tracks: Vec::new(),
        };
        for Transition { from, to, confidence: sure, reason } in self.house.step(moment.at, &inputs) {
            let mut data = Attributes::new();
            data.insert("from".into(), json!(from));
            data.insert("to".into(), json!(to));
            data.insert("confidence".into(), confidence(sure));
            data.insert("reason".into(), json!(reason));
            entity.fire(publisher, moment, TRANSITION, data);
        }
        // It takes two rooms to go from one to the other.
        entity.show(publisher, moment, seen.iter().flatten().count() > 1);
    }
}
