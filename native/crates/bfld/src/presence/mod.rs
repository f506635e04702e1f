//! Presence and motion from beamforming feedback alone.
//!
//! Feedback comes every second or two and is quantised coarsely, so this tells that somebody moves through a path between
//! an access point and a station, and not how they breathe. Everything is relative to the quietest stretch that the room
//! itself has shown in the last hour; nothing is said before there is one. What stays as it is for an hour becomes the
//! baseline, furniture that was moved as well as somebody who sleeps. A station that is carried about is motion, too.

mod baseline;
mod fusion;
mod pair;

pub use fusion::BfiSensing;
pub use pair::PairDetector;

/// How far a detector knows its path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BfiCalibration {
    /// No quiet stretch yet: `progress` in [0, 1].
    Learning {
        /// Share of the reports that are needed.
        progress: f32,
    },
    /// Judged against the quietest stretch of the last hour; `version` counts how often it was replaced.
    SelfCalibrated {
        /// Starts at 1.
        version: u32,
    },
}

/// Why presence is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BfiReason {
    /// Somebody moves.
    Motion,
    /// The path is not as it was when it was quietest.
    BaselineDeparture,
    /// Nothing seen now, but too recently to say that the room is empty.
    Hold,
    /// Nothing.
    Quiet,
    /// No recent reports, or no baseline.
    Unknown,
}

/// What is known now. `None` means that it is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BfiAssessment {
    /// Somebody moves.
    pub motion: Option<bool>,
    /// Amount of motion, 0 to 100 %, logarithmic: 0 as at the quietest, 100 at twenty times that.
    pub motion_level_percent: Option<f32>,
    /// Somebody is there.
    pub presence: Option<bool>,
    /// Why.
    pub reason: BfiReason,
    /// What it is judged against.
    pub calibration: BfiCalibration,
}
