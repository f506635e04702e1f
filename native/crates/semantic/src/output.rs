//! What the machines say.

use serde::{Deserialize, Serialize};

/// The value of a primitive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// It holds, or it does not.
    Bool(bool),
    /// 0 to 100.
    Percent(f32),
}

impl Value {
    /// The value, if it is a boolean.
    pub const fn as_bool(self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(value),
            Self::Percent(_) => None,
        }
    }

    /// The value, if it is a number.
    pub const fn as_percent(self) -> Option<f32> {
        match self {
            Self::Bool(_) => None,
            Self::Percent(value) => Some(value),
        }
    }
}

/// An input that a primitive cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Whether somebody is there.
    Presence,
    /// How much somebody moves.
    Motion,
    /// Breathing.
    Breathing,
    /// Heart rate.
    HeartRate,
    /// The number of people.
    Persons,
    /// Near-falls.
    NearFalls,
    /// Civil time.
    LocalTime,
}

/// What a primitive learns about the room before it can say anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Learnt {
    /// The heart rate at rest.
    RestingHeartRate,
    /// How long people are still on other days.
    IdleTimes,
    /// What the room is like at every hour of the week.
    Week,
}

/// Whether a primitive has something to say, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "of")]
pub enum Availability {
    /// It has.
    Available,
    /// The room was not observed for long enough yet: show `unknown`.
    WarmingUp,
    /// A node is being calibrated: show `unknown`.
    Calibrating,
    /// It is still learning: show `unknown`.
    Learning(Learnt),
    /// An input is not known: show `unavailable`.
    Missing(Input),
    /// The room is not of the kind that this is about: there should be no entity.
    NotApplicable,
}

/// What one primitive says in one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Output {
    /// Which primitive: the key of its entity.
    pub key: &'static str,
    /// Whether it has something to say.
    pub availability: Availability,
    /// What it says. `None` unless available, and always `None` for a primitive that has only events.
    pub value: Option<Value>,
    /// How well the inputs of now support the value, 0 to 1; not a probability. 0.75: each condition holds, just so.
    /// 1: each holds by far. Below 0.75 an input is itself unsure, or hysteresis or a latch alone keeps the value.
    pub confidence: f32,
    /// What decided, such as `["motion<5%", "br=12/min"]`.
    pub reason: Vec<String>,
}

impl Output {
    /// The value as a boolean, when it is known.
    pub fn as_bool(&self) -> Option<bool> {
        self.value.and_then(Value::as_bool)
    }
}

/// Something that happened in a room.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event_type")]
pub enum Event {
    /// Somebody left the bed at night.
    BedExit,
    /// The risk of a fall rose past its limit.
    FallRiskElevated {
        /// 0 to 100.
        score: f32,
    },
    /// Somebody came whom no linked person explains.
    UnknownPresence {
        /// Whether the household said who is home.
        person_aware: bool,
    },
    /// Somebody is there while the schedule expects nobody.
    UnexpectedOccupancy {
        /// Whether a schedule said so.
        schedule_aware: bool,
    },
    /// The room is unlike itself.
    UnrecognizedActivityPattern {
        /// 0 to 1. Not for class 3: there only the event leaves.
        anomaly_score: f32,
    },
}

impl Event {
    /// Its type, as consumers see it.
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::BedExit => "bed_exit",
            Self::FallRiskElevated { .. } => "fall_risk_elevated",
            Self::UnknownPresence { .. } => "unknown_presence",
            Self::UnexpectedOccupancy { .. } => "unexpected_occupancy",
            Self::UnrecognizedActivityPattern { .. } => "unrecognized_activity_pattern",
        }
    }
}

/// An event with what supports it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoomEvent {
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// As in [`Output::confidence`].
    pub confidence: f32,
    /// What decided.
    pub reason: Vec<String>,
}

/// What a room says in one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoomOutputs {
    /// One for each of [`crate::ROOM_KEYS`], in that order.
    pub primitives: Vec<Output>,
    /// What happened in this step. An event is told once, never again after a restart.
    pub events: Vec<RoomEvent>,
    /// How unlike itself the room is, 0 to 1; `None` while nothing is known of it.
    pub anomaly_score: Option<f32>,
}

impl RoomOutputs {
    /// What the primitive of this key says.
    pub fn get(&self, key: &str) -> Option<&Output> {
        self.primitives.iter().find(|output| output.key == key)
    }
}
