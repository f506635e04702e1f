//! A stream's time in JSON and other formats: microseconds since the Unix epoch.

use ruview_core::StreamTime;
use serde::{Deserialize as _, Deserializer, Serializer};

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(crate) fn serialize<S: Serializer>(at: &StreamTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(at.as_micros())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StreamTime, D::Error> {
    i64::deserialize(deserializer).map(StreamTime::from_micros)
}
