//! A number that would change with every packet, shown as often as is useful.

use std::time::Duration;

use super::reading::{Reading, UNAVAILABLE, UNKNOWN};
use crate::catalog::EntityKind;
use crate::identity::NodeId;
use crate::publisher::{Entity, Limit, Moment, Publisher};

const EVERY: Duration = Duration::from_secs(1);

/// An entity whose state is a number.
pub(super) struct Gauge {
    entity: Entity,
    limit: Limit,
    state: String,
}

impl Gauge {
    pub(super) fn register(publisher: &Publisher, node: &NodeId, kind: &EntityKind) -> Self {
        Self { entity: publisher.register_entity(node, kind), limit: Limit::new(EVERY), state: String::new() }
    }

    pub(super) fn show(&mut self, publisher: &Publisher, moment: &Moment, reading: Reading) {
        // A number must not outlive what it was made of; everything else can wait.
        let goes = is_number(&self.state) && !is_number(&reading.state);
        if reading.state != self.state && (goes || self.limit.passes(moment.at)) {
            publisher.show(moment, &mut self.entity, &reading.state, reading.attributes);
            self.state = reading.state;
        }
    }
}

fn is_number(state: &str) -> bool {
    !matches!(state, "" | UNKNOWN | UNAVAILABLE)
}
