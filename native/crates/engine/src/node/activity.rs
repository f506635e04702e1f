//! The event entity of a node: what happened last.

use homecore::Attributes;
use serde_json::json;

use super::reading::{Reading, UNAVAILABLE, UNKNOWN};
use crate::catalog::{ACTIVITY, UNKNOWN_PRESENCE};
use crate::identity::NodeId;
use crate::publisher::{Entity, Moment, Publisher};

/// Shows the last event as Home Assistant's event entities do: its time is the state, its type and data are attributes.
pub(super) struct Activity {
    entity: Entity,
    last: Option<Reading>,
}

impl Activity {
    pub(super) fn register(publisher: &Publisher, node: &NodeId) -> Self {
        Self { entity: publisher.register_entity(node, &ACTIVITY), last: None }
    }

    /// Somebody came who was not there before. No person is linked here, so it is always unknown who.
    pub(super) fn unknown_presence(&mut self, publisher: &Publisher, moment: &Moment, reason: &serde_json::Value) {
        let mut data = Attributes::new();
        data.insert("person_aware".into(), json!(false));
        data.insert("reason".into(), reason.clone());
        publisher.fire(moment, &self.entity, UNKNOWN_PRESENCE, data.clone());
        data.insert("event_type".into(), json!(UNKNOWN_PRESENCE));
        self.last = Some(Reading { state: format!("{:.3}", moment.now), attributes: data });
    }

    /// Shows the last event again, or that the node cannot tell.
    pub(super) fn show(&mut self, publisher: &Publisher, moment: &Moment, available: bool) {
        let reading = match &self.last {
            _ if !available => Reading::plain(UNAVAILABLE),
            Some(last) => last.clone(),
            None => Reading::plain(UNKNOWN),
        };
        publisher.show(moment, &mut self.entity, &reading.state, reading.attributes);
    }
}
