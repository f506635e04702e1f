//! An event entity: what happened last, and the events themselves.

use homecore::Attributes;
use serde_json::json;

use super::Reading;
use crate::catalog::EntityKind;
use crate::publisher::{Entity, Moment, Publisher};

/// Shows the last event as Home Assistant's event entities do: its time is the state, its type and data are attributes.
pub(crate) struct Occurrences {
    entity: Entity,
    last: Option<Reading>,
}

impl Occurrences {
    pub(crate) fn register(publisher: &Publisher, device: &str, kind: &EntityKind) -> Self {
        Self { entity: publisher.register_entity(device, kind), last: None }
    }

    /// Tells everybody that something happened now.
    pub(crate) fn fire(&mut self, publisher: &Publisher, moment: &Moment, event_type: &str, data: Attributes) {
        publisher.fire(moment, &self.entity, event_type, data.clone());
        let last = Reading { state: format!("{:.3}", moment.now), attributes: data };
        self.last = Some(last.with("event_type", json!(event_type)));
    }

    /// Shows the last event again, or that there is nobody who could tell.
    pub(crate) fn show(&mut self, publisher: &Publisher, moment: &Moment, available: bool) {
        let reading = match &self.last {
            _ if !available => Reading::unavailable(),
            Some(last) => last.clone(),
            None => Reading::unknown(),
        };
        publisher.show(moment, &mut self.entity, &reading.state, reading.attributes);
    }

    /// Removes the entity: nothing can drive it any more.
    pub(crate) fn remove(self, publisher: &Publisher) {
        publisher.remove_entity(self.entity);
    }
}
