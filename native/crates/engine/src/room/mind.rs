//! What it means that somebody is there: the primitives of one room, and the entities and events that they drive.
//!
//! Every node that measures has a mind of its own, with the tags, context and thresholds of its room; a room of several
//! nodes has one more, of what they know together. Where a room speaks, the minds of its nodes tell no events: one arrival is
//! one event.

use std::collections::BTreeMap;
use std::time::Duration;

use homecore::Attributes;
use ruview_bfld::policy::Field;
use ruview_semantic::{Availability, Event, Output, Room, RoomEvent, RoomInputs, RoomOutputs, RoomState, Value, keys};
use serde_json::json;

use crate::catalog::{ACTIVITY, BED_EXIT, CATALOG, EntityKind};
use crate::publisher::{Entity, Limit, Moment, Publisher};
use crate::show::{Occurrences, Reading, confidence, switch};

/// The reasons of a state that stays change with every breath; nobody reads them so often.
const REASONS_EVERY: Duration = Duration::from_secs(30);
/// A number of a primitive changes slowly; its state is written no more often than this.
const NUMBERS_EVERY: Duration = Duration::from_secs(1);

/// What there is in a room that primitives can be made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "any of them may come with any other")]
pub(crate) struct Can {
    /// Its channel is measured; otherwise there are a firmware's flags only.
    pub(crate) measure: bool,
    /// Heart rates are estimated.
    pub(crate) feel_hearts: bool,
    /// It is a bathroom, or has one.
    pub(crate) be_bathroom: bool,
    /// People sleep there.
    pub(crate) be_bedroom: bool,
}

impl Can {
    /// Whether anything can drive an entity of this kind.
    fn drive(self, kind: &EntityKind) -> bool {
        match kind.key {
            "activity" => true,
            "possible_distress" => self.measure && self.feel_hearts,
            "bathroom_occupied" => self.be_bathroom,
            "bed_exit" => self.measure && self.be_bedroom,
            _ => self.measure,
        }
    }
}

/// The primitives of a room, and what they drive on one device.
pub(crate) struct Mind {
    device: String,
    room: Room,
    can: Option<Can>,
    states: BTreeMap<&'static str, Statement>,
    activity: Option<Occurrences>,
    bed_exit: Option<Occurrences>,
}

/// A state with its reasons.
struct Statement {
    entity: Entity,
    shown: Option<Reading>,
    numbers: Limit,
    reasons: Limit,
}

impl Mind {
    pub(crate) fn new(device: String, room: Room) -> Self {
        Self { device, room, can: None, states: BTreeMap::new(), activity: None, bed_exit: None }
    }

    /// What to save.
    pub(crate) fn state(&self) -> &RoomState {
        self.room.state()
    }

    /// The room, to give it other thresholds.
    pub(crate) fn room(&mut self) -> &mut Room {
        &mut self.room
    }

    /// What there was in the room at the last step.
    pub(crate) fn can(&self) -> Can {
        self.can.unwrap_or_default()
    }

    /// A second has passed in which this was known; nothing at all where `silent`. Says how it went where `tells`.
    pub(crate) fn step(
        &mut self,
        publisher: &Publisher,
        moment: &Moment,
        inputs: &RoomInputs,
        can: Can,
        silent: bool,
        tells: bool,
    ) {
        self.furnish(publisher, can);
        let outputs = self.room.step(moment.at, inputs);
        self.show(publisher, moment, &outputs, silent);
        if tells && !silent {
            for event in &outputs.events {
                self.tell(publisher, moment, event);
            }
        }
        // After the events, so that the entity has the last one.
        for happens in [&mut self.activity, &mut self.bed_exit].into_iter().flatten() {
            happens.show(publisher, moment, tells && !silent);
        }
    }

    /// Registers what can be driven now, and removes what cannot any more.
    fn furnish(&mut self, publisher: &Publisher, can: Can) {
        if self.can == Some(can) {
            return;
        }
        self.can = Some(can);
        let have_states = |kind: &&EntityKind| kind.is_primitive() && kind.domain != "event";
        for kind in CATALOG.iter().filter(have_states) {
            match (can.drive(kind), self.states.contains_key(kind.key)) {
                (true, false) => {
                    self.states.insert(kind.key, Statement::register(publisher, &self.device, kind));
                }
                (false, true) => {
                    if let Some(state) = self.states.remove(kind.key) {
                        publisher.remove_entity(state.entity);
                    }
                }
                _ => {}
            }
        }
        for (kind, happens) in [(&ACTIVITY, &mut self.activity), (&BED_EXIT, &mut self.bed_exit)] {
            match (can.drive(kind), happens.is_some()) {
                (true, false) => *happens = Some(Occurrences::register(publisher, &self.device, kind)),
                (false, true) => happens.take().into_iter().for_each(|gone| gone.remove(publisher)),
                _ => {}
            }
        }
    }

    fn show(&mut self, publisher: &Publisher, moment: &Moment, outputs: &RoomOutputs, silent: bool) {
        for output in &outputs.primitives {
            let Some(state) = self.states.get_mut(output.key) else { continue };
            let reading = if silent { Reading::unavailable() } else { reading(publisher, output) };
            state.show(publisher, moment, reading);
        }
    }

    fn tell(&mut self, publisher: &Publisher, moment: &Moment, event: &RoomEvent) {
        let mut data = Attributes::new();
        data.insert("confidence".into(), confidence(event.confidence));
        data.insert("reason".into(), json!(speakable(publisher, &event.reason)));
        let event_type = event.event.event_type();
        match event.event {
            Event::BedExit => {
                if let Some(bed_exit) = &mut self.bed_exit {
                    bed_exit.fire(publisher, moment, event_type, data);
                }
                return;
            }
            Event::FallRiskElevated { score } => {
                data.insert(keys::fall_risk_elevated.into(), json!(score.round()));
                if let Some(risk) = self.states.get(keys::fall_risk_elevated) {
                    publisher.fire(moment, &risk.entity, event_type, data);
                }
                return;
            }
            Event::UnknownPresence { person_aware } => data.insert("person_aware".into(), json!(person_aware)),
            Event::UnexpectedOccupancy { schedule_aware } => {
                data.insert("schedule_aware".into(), json!(schedule_aware))
            }
            Event::UnrecognizedActivityPattern { anomaly_score } => {
                data.insert("anomaly_score".into(), confidence(anomaly_score))
            }
        };
        if let Some(activity) = &mut self.activity {
            activity.fire(publisher, moment, event_type, data);
        }
    }
}

impl Statement {
    fn register(publisher: &Publisher, device: &str, kind: &EntityKind) -> Self {
        Self {
            entity: publisher.register_entity(device, kind),
            shown: None,
            numbers: Limit::new(NUMBERS_EVERY),
            reasons: Limit::new(REASONS_EVERY),
        }
    }

    fn show(&mut self, publisher: &Publisher, moment: &Moment, reading: Reading) {
        let is_new = self.shown.as_ref().is_none_or(|shown| shown.state != reading.state);
        let passes = if is_new { self.numbers.passes(moment.at) } else { self.reasons.passes(moment.at) };
        if passes && self.shown.as_ref() != Some(&reading) {
            publisher.show(moment, &mut self.entity, &reading.state, reading.attributes.clone());
            self.shown = Some(reading);
        }
    }
}

fn reading(publisher: &Publisher, output: &Output) -> Reading {
    match output.availability {
        Availability::Available => {}
        Availability::WarmingUp | Availability::Calibrating | Availability::Learning(_) => return Reading::unknown(),
        Availability::Missing(_) | Availability::NotApplicable => return Reading::unavailable(),
    }
    let reading = match output.value {
        Some(Value::Bool(on)) => switch(Some(on)),
        Some(Value::Percent(percent)) if percent.is_finite() => Reading::plain(format!("{percent:.0}")),
        Some(Value::Percent(_)) | None => return Reading::unknown(),
    };
    reading.sure(output.confidence).with("reason", json!(speakable(publisher, &output.reason)))
}

/// The reasons that may leave: where a rate must not, no reason that quotes one may.
fn speakable<'a>(publisher: &Publisher, reasons: &'a [String]) -> Vec<&'a str> {
    const OF_BODIES: [&str; 4] = ["br", "hr", "breath", "heart"];
    let silent = !publisher.privacy().permit(Field::BreathingRate);
    let quotes = |reason: &str| OF_BODIES.iter().any(|word| reason.starts_with(word));
    reasons.iter().map(String::as_str).filter(|reason| !(silent && quotes(reason))).collect()
}
