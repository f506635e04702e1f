//! Breaths or heart beats per minute, as people read them.

use super::{Gauge, Reading};
use crate::catalog::EntityKind;
use crate::publisher::{Moment, Publisher};

/// A whole number changes when the rate is this far from it. Half would be rounding; the rest keeps a rate that lies between
/// two numbers from going back and forth, and every change is a row in Home Assistant's database.
const LEAVES: f32 = 0.75;

/// An entity whose state is a whole number per minute.
pub(crate) struct RateGauge {
    gauge: Gauge,
    whole: Option<f32>,
}

impl RateGauge {
    pub(crate) fn register(publisher: &Publisher, device: &str, kind: &EntityKind) -> Self {
        Self { gauge: Gauge::register(publisher, device, kind), whole: None }
    }

    /// Shows a rate per minute with how sure it is; `None` is unknown.
    pub(crate) fn show(&mut self, publisher: &Publisher, moment: &Moment, rate: Option<(f32, f32)>) {
        let rate = rate.filter(|(per_minute, _)| per_minute.is_finite() && *per_minute > 0.0);
        self.whole = rate.map(|(per_minute, _)| settle(self.whole, per_minute));
        let reading = match (rate, self.whole) {
            (Some((_, sure)), Some(whole)) => Reading::plain(format!("{whole:.0}")).sure(sure),
            _ => Reading::unknown(),
        };
        self.gauge.show(publisher, moment, reading);
    }

    pub(crate) fn unavailable(&mut self, publisher: &Publisher, moment: &Moment) {
        self.whole = None;
        self.gauge.show(publisher, moment, Reading::unavailable());
    }
}

/// The whole number for `per_minute` where `shown` was the last one.
fn settle(shown: Option<f32>, per_minute: f32) -> f32 {
    shown.filter(|shown| (per_minute - shown).abs() <= LEAVES).unwrap_or_else(|| per_minute.round())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_between_two_numbers_stays_where_it_is() {
        let mut shown = None;
        let seen: Vec<_> = [14.4, 14.6, 14.4, 14.8, 14.6, 14.2]
            .map(|rate| {
                shown = Some(settle(shown, rate));
                shown.unwrap_or_default()
            })
            .to_vec();
        assert_eq!(seen, [14.0, 14.0, 14.0, 15.0, 15.0, 14.0]);
    }
}
