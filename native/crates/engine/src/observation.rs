//! What a node knows in one second: all that rooms are told of it.

use ruview_signal::PersonCount;

/// A measured rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rate {
    /// Breaths or beats per minute.
    pub(crate) per_minute: f32,
    /// 0 to 1.
    pub(crate) confidence: f32,
}

/// What one node knows. `None` is "not known", never "no".
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Observation {
    /// How much the node's link can be believed, 0 to 1.
    pub(crate) quality: f32,
    /// It measures the channel; otherwise it only repeats its firmware's flags.
    pub(crate) measures: bool,
    pub(crate) presence: Option<bool>,
    /// How much speaks for presence, 0 to 1.
    pub(crate) presence_score: Option<f32>,
    pub(crate) motion: Option<bool>,
    /// 0 to 100.
    pub(crate) motion_percent: Option<f32>,
    pub(crate) persons: Option<PersonCount>,
    /// Breathing that may be shown.
    pub(crate) breathing: Option<Rate>,
    /// Breathing that is beyond doubt: noise does not breathe.
    pub(crate) breathes: bool,
    /// A heart rate that may be shown.
    pub(crate) heart_rate: Option<Rate>,
    /// Falls in this second.
    pub(crate) falls: Option<u32>,
    /// Near-falls in this second.
    pub(crate) near_falls: Option<u32>,
    /// 0 to 1.
    pub(crate) gait_instability: Option<f32>,
    /// Somebody asked for a calibration, and it is under way.
    pub(crate) calibrating: bool,
}
