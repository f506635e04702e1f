//! A room whose seconds are told one after the other.

use std::time::Duration;

use jiff::civil::{DateTime, date};
use ruview_core::StreamTime;
use ruview_semantic::{Availability, Event, Rate, Room, RoomEvent, RoomInputs, RoomOutputs, RoomParameters, WARM_UP};

/// A Monday at 14:00.
pub(crate) fn afternoon() -> DateTime {
    date(2026, 3, 2).at(14, 0, 0, 0)
}

/// One room, its clock, and what happened so far.
pub(crate) struct Story {
    pub(crate) room: Room,
    pub(crate) began: DateTime,
    pub(crate) at_s: u64,
    pub(crate) step_s: u64,
    pub(crate) events: Vec<RoomEvent>,
    pub(crate) last: RoomOutputs,
}

impl Story {
    /// A room that was observed for the warm-up while nobody was there.
    pub(crate) fn new(parameters: RoomParameters, began: DateTime, empty: &RoomInputs) -> Self {
        let mut room = Room::new(parameters).unwrap();
        let last = room.step(StreamTime::from_micros(0), empty);
        let mut story = Self { room, began, at_s: 0, step_s: 1, events: Vec::new(), last };
        story.lasts(WARM_UP.as_secs(), empty);
        story
    }

    /// `inputs` for so many seconds.
    pub(crate) fn lasts(&mut self, seconds: u64, inputs: &RoomInputs) {
        let until = self.at_s + seconds;
        while self.at_s < until {
            self.at_s += self.step_s;
            let local = Some(self.began + Duration::from_secs(self.at_s));
            let inputs = RoomInputs { local: inputs.local.or(local), ..inputs.clone() };
            self.last = self.room.step(StreamTime::from_micros(self.at_s as i64 * 1_000_000), &inputs);
            self.events.extend(self.last.events.iter().cloned());
        }
    }

    /// Nobody steps the room for so many seconds.
    pub(crate) fn gap(&mut self, seconds: u64) {
        self.at_s += seconds;
    }

    /// The process is restarted: what was saved is restored.
    pub(crate) fn restart(&mut self) {
        let saved = serde_json::to_string(self.room.state()).unwrap();
        let state = serde_json::from_str(&saved).unwrap();
        self.room = Room::restore(self.room.parameters().clone(), state).unwrap();
    }

    pub(crate) fn is(&self, key: &str) -> Option<bool> {
        self.last.get(key).unwrap().as_bool()
    }

    pub(crate) fn availability(&self, key: &str) -> Availability {
        self.last.get(key).unwrap().availability
    }

    pub(crate) fn reason(&self, key: &str) -> Vec<String> {
        self.last.get(key).unwrap().reason.clone()
    }

    pub(crate) fn confidence(&self, key: &str) -> f32 {
        self.last.get(key).unwrap().confidence
    }

    /// How often an event of this type was told.
    pub(crate) fn told(&self, event_type: &str) -> usize {
        self.events.iter().filter(|told| told.event.event_type() == event_type).count()
    }

    pub(crate) fn last_event(&self) -> Event {
        self.events.last().unwrap().event
    }
}

/// Nobody there.
pub(crate) fn empty() -> RoomInputs {
    RoomInputs {
        presence: Some(false),
        motion_percent: Some(0.0),
        falls: Some(0),
        near_falls: Some(0),
        ..RoomInputs::default()
    }
}

/// Somebody there who moves so much.
pub(crate) fn present(motion_percent: f32) -> RoomInputs {
    RoomInputs { presence: Some(true), motion_percent: Some(motion_percent), ..empty() }
}

/// Somebody there who moves and breathes so.
pub(crate) fn breathing(motion_percent: f32, per_minute: f32) -> RoomInputs {
    RoomInputs { breathing: Some(Rate { per_minute, confidence: 0.9 }), ..present(motion_percent) }
}
