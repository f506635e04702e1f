//! A number that would change with every packet, shown as often as is useful.

use std::time::Duration;

use super::{Reading, UNAVAILABLE, UNKNOWN};
use crate::catalog::EntityKind;
use crate::publisher::{Entity, Limit, Moment, Publisher};

const EVERY: Duration = Duration::from_secs(1);
/// A confidence that moved less than this is not worth a write.
const NEWS: f64 = 0.2;

/// An entity whose state is a number.
pub(crate) struct Gauge {
    entity: Entity,
    limit: Limit,
    shown: Reading,
}

impl Gauge {
    pub(crate) fn register(publisher: &Publisher, device: &str, kind: &EntityKind) -> Self {
        Self {
            entity: publisher.register_entity(device, kind),
            limit: Limit::new(EVERY),
            shown: Reading::plain(String::new()),
        }
    }

    pub(crate) fn show(&mut self, publisher: &Publisher, moment: &Moment, reading: Reading) {
        // A number must not outlive what it was made of; everything else can wait.
        let goes = is_number(&self.shown.state) && !is_number(&reading.state);
        if self.is_news(&reading) && (goes || self.limit.passes(moment.at)) {
            publisher.show(moment, &mut self.entity, &reading.state, reading.attributes.clone());
            self.shown = reading;
        }
    }

    fn is_news(&self, reading: &Reading) -> bool {
        let confidence = |reading: &Reading| reading.attributes.get("confidence").and_then(serde_json::Value::as_f64);
        let moved = match (confidence(&self.shown), confidence(reading)) {
            (Some(shown), Some(now)) => (shown - now).abs() >= NEWS,
            (shown, now) => shown.is_some() != now.is_some(),
        };
        reading.state != self.shown.state || moved
    }
}

fn is_number(state: &str) -> bool {
    !matches!(state, "" | UNKNOWN | UNAVAILABLE)
}
