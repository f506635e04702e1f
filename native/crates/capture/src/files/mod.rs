//! Capture files for who wants what was measured in them, all at once, instead of a source that plays them.

mod counts;
mod frames;
mod measurements;
mod packets;

pub use counts::{FileCounts, Rejection};
pub use frames::{NexmonFormat, NexmonFrames, NexmonInfo};
pub use measurements::{Measurement, MeasurementFile};
pub use packets::{FileFault, Progress};
