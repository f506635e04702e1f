//! What the four stages say, in the words that entities, the wheel and the store share.

use ruview_core::StreamTime;
use serde::{Deserialize, Serialize};

use crate::time;

/// How far a rate can be trusted. Only [`Self::Valid`] and [`Self::Degraded`] carry a rate that may be shown to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VitalStatus {
    /// Clearly periodic, and consistent over time and subcarriers.
    Valid,
    /// Most likely right, but by less evidence, or the last such rate held over a few seconds of doubt.
    Degraded,
    /// Something periodic is there, but not enough of it to name a rate: nothing is published.
    Unreliable,
    /// No rate: too little data yet, nobody there, somebody moving, breath held, or the stage is off.
    Unavailable,
}

impl VitalStatus {
    /// Whether an estimate of this status carries a rate.
    pub const fn is_published(self) -> bool {
        matches!(self, Self::Valid | Self::Degraded)
    }
}

/// One vital sign at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VitalEstimate {
    /// Per minute; `Some` exactly when the status [is published](VitalStatus::is_published).
    pub rate_bpm: Option<f32>,
    /// Probability, in [0, 1], that the rate is right within 2 per minute; of what would have been said if nothing is published.
    pub confidence: f32,
    /// How far it can be trusted.
    pub status: VitalStatus,
}

impl VitalEstimate {
    /// No rate, no confidence.
    pub const UNAVAILABLE: Self = Self { rate_bpm: None, confidence: 0.0, status: VitalStatus::Unavailable };
}

/// What is unusual about a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnomalyKind {
    /// Breathing was seen, and has stopped while the person stayed still.
    Apnea,
    /// Breathing slower than this person's usual rate.
    Bradypnea,
    /// Breathing faster than this person's usual rate.
    Tachypnea,
    /// Heart rate below this person's usual rate.
    Bradycardia,
    /// Heart rate above this person's usual rate.
    Tachycardia,
}

/// An anomaly that holds now. It is repeated in every reading until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AnomalyAlert {
    /// What is unusual.
    pub kind: AnomalyKind,
    /// When it began to hold.
    #[serde(with = "time")]
    pub since: StreamTime,
    /// The rate per minute; `None` for apnea, which has none.
    pub rate_bpm: Option<f32>,
    /// Standard deviations from the usual rate; `None` while no usual rate is known, and for apnea.
    pub z_score: Option<f32>,
}

/// What the four stages say at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VitalReading {
    /// The moment.
    #[serde(with = "time")]
    pub at: StreamTime,
    /// Breaths per minute.
    pub breathing: VitalEstimate,
    /// Heart beats per minute.
    pub heart_rate: VitalEstimate,
    /// What is unusual now, in the order of [`AnomalyKind`].
    pub alerts: Vec<AnomalyAlert>,
}

/// What other detectors say of the room. `None` means that they do not know; vital signs are judged on their own then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stillness {
    /// Somebody moves.
    pub motion: Option<bool>,
    /// Persons in the room.
    pub persons: Option<u8>,
}
