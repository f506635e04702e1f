//! How much the current feedback could identify somebody, and what follows from that.

mod calibration;
mod coherence;
mod factors;

pub use calibration::{CalibrationError, RiskCalibration};
pub use coherence::{CoherenceAction, CoherenceGate, Effect};
pub use factors::{RiskFactors, Stability, sample_confidence};
