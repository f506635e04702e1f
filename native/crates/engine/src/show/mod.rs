//! How a value becomes the state of an entity: what nodes, rooms and zones share.

mod gauge;
mod occurrences;
mod rate;

use homecore::Attributes;
use serde_json::{Value, json};

pub(crate) use gauge::Gauge;
pub(crate) use occurrences::Occurrences;
pub(crate) use rate::RateGauge;

pub(crate) const ON: &str = "on";
pub(crate) const OFF: &str = "off";
pub(crate) const UNKNOWN: &str = "unknown";
pub(crate) const UNAVAILABLE: &str = "unavailable";

/// A state and its attributes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    pub(crate) state: String,
    pub(crate) attributes: Attributes,
}

impl Reading {
    pub(crate) fn plain(state: impl Into<String>) -> Self {
        Self { state: state.into(), attributes: Attributes::new() }
    }

    pub(crate) fn unavailable() -> Self {
        Self::plain(UNAVAILABLE)
    }

    pub(crate) fn unknown() -> Self {
        Self::plain(UNKNOWN)
    }

    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.attributes.insert(key.to_owned(), value);
        self
    }

    /// With how sure the state is.
    pub(crate) fn sure(self, share: f32) -> Self {
        self.with("confidence", confidence(share))
    }
}

/// Whether something is so; `None` is unknown.
pub(crate) fn switch(on: Option<bool>) -> Reading {
    Reading::plain(match on {
        Some(true) => ON,
        Some(false) => OFF,
        None => UNKNOWN,
    })
}

/// A percentage to one decimal; `None` is unknown.
pub(crate) fn percentage(percent: Option<f32>) -> Reading {
    match percent {
        Some(percent) if percent.is_finite() => Reading::plain(format!("{:.1}", percent.clamp(0.0, 100.0))),
        _ => Reading::unknown(),
    }
}

/// A confidence in steps of 0.05, which is finer than any of them is known; what is not finite is none.
pub(crate) fn confidence(share: f32) -> Value {
    let share = if share.is_finite() { f64::from(share.clamp(0.0, 1.0)) } else { 0.0 };
    json!((share * 20.0).round() / 20.0)
}
