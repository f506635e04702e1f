//! From CSI to motion and presence: conditioning, a baseline that the room itself teaches, and a detector per node.
//!
//! CSI is a noisy, chip-specific delta against a learned baseline, never an absolute truth: every statistic here is relative
//! to the baseline's own magnitude, and nothing is said before there is one.

pub mod antenna;
mod baseline;
mod conditioning;
mod detector;
mod falls;
mod features;
pub mod hampel;
mod job;
mod lane;
mod layout;
mod motion;
mod normalizer;
mod persons;
pub mod phase;
mod presence;
mod processor;
mod record;
pub mod resample;
pub mod samples;
mod seconds;
mod vacancy;
mod whitening;
mod witness;

pub use detector::{
    Assessment, Calibration, CalibrationJob, CalibrationRefusal, NodeDetector, PresenceReason, Sensitivity,
};
pub use falls::{Fall, FallAssessment, FallConfig, FallDetector};
pub use features::{CsiFeatures, FeatureExtractor};
pub use hampel::HampelFilter;
pub use layout::{BinLayout, BinOrder};
pub use normalizer::{CANONICAL_BINS, HardwareNormalizer};
pub use persons::{PersonCount, PersonCounter};
pub use phase::PhaseSanitizer;
pub use presence::HOLD as DEFAULT_HOLD;
pub use processor::{CsiProcessor, CsiProcessorConfig, Processed};
pub use record::{BASELINE_FORMAT, BaselineError, BaselineRecord};
pub use resample::{Resampled, UniformResampler};
pub use seconds::Seconds;
pub use witness::{WITNESS_VERSION, WitnessError, WitnessFeatures, witness_features};
