//! What a room knows about itself in one step.

use jiff::civil::DateTime;

/// A measured rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Breaths or beats per minute.
    pub per_minute: f32,
    /// How sure the estimator is, 0 to 1.
    pub confidence: f32,
}

/// How many people are there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counted {
    /// People.
    pub count: u8,
    /// How sure the counter is, 0 to 1.
    pub confidence: f32,
}

/// What the household says, as booleans. The engine has judged whether it is still valid: what is too old is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HouseholdContext {
    /// Whether one of the room's linked persons is home. `None`: no person is linked, or nobody said lately.
    pub known_home: Option<bool>,
    /// Whether the room's schedule expects people now. `None`: no schedule is linked, or nobody said lately.
    pub expected: Option<bool>,
}

/// What kind of room it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoomTags {
    /// People sleep here.
    pub bedroom: bool,
    /// A bathroom.
    pub bathroom: bool,
}

/// What is known of a room at one moment. `None` is "not known", never "no".
///
/// Numbers that are not finite count as not known, others are clamped to their range; see [`RoomInputs::sanitized`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RoomInputs {
    /// Civil time where the room is; never read from a clock here.
    pub local: Option<DateTime>,
    /// Somebody is in the room.
    pub presence: Option<bool>,
    /// How much speaks for presence, 0 to 1. It is the confidence of `presence`.
    pub presence_score: Option<f32>,
    /// Motion, 0 to 100 %.
    pub motion_percent: Option<f32>,
    /// Breathing that may be published, breaths/min.
    pub breathing: Option<Rate>,
    /// Heart rate that may be published, beats/min.
    pub heart_rate: Option<Rate>,
    /// People in the room.
    pub persons: Option<Counted>,
    /// Falls since the last step. `None`: nothing looks for falls.
    pub falls: Option<u32>,
    /// Near-falls since the last step. `None`: nothing looks for them.
    pub near_falls: Option<u32>,
    /// How unsteady the walk is, 0 to 1. `None`: nobody walks now.
    pub gait_instability: Option<f32>,
    /// How unlike itself the room is, 0 to 1. `None`: the room's own model of its weeks decides.
    pub anomaly_score: Option<f32>,
    /// Presence in the room's zone tagged bathroom, where it has one.
    pub bathroom_zone: Option<bool>,
    /// Presence in the room's zone tagged bed, where it has one.
    pub bed_zone: Option<bool>,
    /// A node of the room is being calibrated.
    pub calibrating: bool,
    /// What the household says.
    pub context: HouseholdContext,
    /// What kind of room it is.
    pub tags: RoomTags,
}

impl RoomInputs {
    /// The same with every number finite and in its range: no machine sees anything else.
    #[must_use]
    pub fn sanitized(&self) -> Self {
        Self {
            presence_score: self.presence_score.and_then(|score| bounded(score, 1.0)),
            motion_percent: self.motion_percent.and_then(|percent| bounded(percent, 100.0)),
            breathing: self.breathing.and_then(rate),
            heart_rate: self.heart_rate.and_then(rate),
            persons: self
                .persons
                .and_then(|found| Some(Counted { confidence: bounded(found.confidence, 1.0)?, ..found })),
            gait_instability: self.gait_instability.and_then(|unsteady| bounded(unsteady, 1.0)),
            anomaly_score: self.anomaly_score.and_then(|score| bounded(score, 1.0)),
            ..self.clone()
        }
    }
}

/// No body breathes or beats faster, so that a rate above is no rate.
const MAX_PER_MINUTE: f32 = 400.0;

fn bounded(value: f32, max: f32) -> Option<f32> {
    value.is_finite().then(|| value.clamp(0.0, max))
}

fn rate(rate: Rate) -> Option<Rate> {
    let possible = rate.per_minute > 0.0 && rate.per_minute <= MAX_PER_MINUTE;
    let confidence = bounded(rate.confidence, 1.0)?;
    possible.then_some(Rate { confidence, ..rate })
}
