//! `wifi_densepose.signal`: conditioning, features, motion and presence.

mod features;
mod filters;
mod layout;
mod motion;
mod processor;

pub(crate) use features::{CsiFeatures, FeatureExtractor};
pub(crate) use filters::{HampelFilter, PhaseSanitizer};
pub(crate) use layout::HardwareNormalizer;
pub(crate) use motion::{MotionDetector, MotionScore};
pub(crate) use processor::{CsiProcessor, CsiProcessorConfig};
