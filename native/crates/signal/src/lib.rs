//! From CSI to motion and presence: conditioning, a baseline that the room itself teaches, and a detector per node.
//!
//! CSI is a noisy, chip-specific delta against a learned baseline, never an absolute truth: every statistic here is relative
//! to the baseline's own magnitude, and nothing is said before there is one.

mod baseline;
mod conditioning;
mod detector;
mod lane;
mod motion;
mod presence;
mod whitening;

pub use detector::{Assessment, Calibration, NodeDetector, PresenceReason};
