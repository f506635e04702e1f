//! Times: seconds in Python, microseconds in the engine. Streams count from anywhere; recordings from 1970.

use std::time::Duration;

use pyo3::prelude::*;
use ruview_core::StreamTime;

use crate::error::value_error;

/// Beyond this, neighbouring floats are more than a microsecond apart.
const LIMIT_S: f64 = 8_589_934_592.0;

/// The engine's time of `seconds`.
///
/// # Errors
/// `ValueError` for what is not finite or too great to tell a microsecond.
pub(crate) fn stream_time(field: &str, seconds: f64) -> PyResult<StreamTime> {
    if seconds.abs() < LIMIT_S {
        return Ok(StreamTime::from_micros((seconds * 1e6).round() as i64));
    }
    Err(value_error(field, "seconds between -2^33 and 2^33", seconds))
}

/// Seconds of the engine's time.
pub(crate) fn seconds(at: StreamTime) -> f64 {
    at.as_micros() as f64 / 1e6
}

/// A span of time.
///
/// # Errors
/// `ValueError` for one that is negative, infinite or no number.
pub(crate) fn duration(field: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| value_error(field, "seconds, finite and 0 or more", seconds))
}
