//! The motion and presence detector of one node.

use ruview_core::{CsiFrame, StreamTime};

/// How far the detector knows its room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Calibration {
    /// No baseline yet: `progress` in [0, 1].
    Learning {
        /// Share of the quiet time that is needed.
        progress: f32,
    },
    /// The baseline is the quietest stretch seen so far; `version` counts how often it was replaced.
    SelfCalibrated {
        /// Starts at 1.
        version: u32,
    },
}

/// Why presence is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresenceReason {
    /// Somebody moves.
    Motion,
    /// The channel is not the empty room's.
    BaselineDeparture,
    /// Nothing seen now, but too recently to say that the room is empty.
    Hold,
    /// Nothing.
    Quiet,
}

/// What the detector says now. `None` means that it does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// Somebody moves.
    pub motion: Option<bool>,
    /// Amount of motion, 0 to 100 %.
    pub motion_level_percent: Option<f32>,
    /// Somebody is there.
    pub presence: Option<bool>,
    /// Why.
    pub reason: PresenceReason,
    /// What it is judged against.
    pub calibration: Calibration,
}

/// Motion and presence from one node's CSI. Driven by the frames' own times: the same frames give the same answers at any speed.
#[derive(Debug, Default)]
pub struct NodeDetector {}

impl NodeDetector {
    /// A detector that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one frame. Frames of several shapes may alternate.
    pub fn push(&mut self, _at: StreamTime, _frame: &CsiFrame) {}

    /// The state at `at`, which is not earlier than the last frame. Cheap enough to call after every frame.
    pub fn assess(&mut self, _at: StreamTime) -> Assessment {
        Assessment {
            motion: None,
            motion_level_percent: None,
            presence: None,
            reason: PresenceReason::Quiet,
            calibration: Calibration::Learning { progress: 0.0 },
        }
    }
}
