//! States that can be stored: as the engine's own JSON.

use pyo3::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::value_error;

/// `state` as JSON.
///
/// # Errors
/// `ValueError` for a state that JSON cannot hold, which there is none of.
pub(crate) fn to_json<T: Serialize>(state: &T) -> PyResult<String> {
    serde_json::to_string(state).map_err(|error| value_error("state", "what JSON can hold", error))
}

/// The state that `text` holds.
///
/// # Errors
/// `ValueError` for what `to_json` did not give.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> PyResult<T> {
    serde_json::from_str(text).map_err(|error| value_error("text", "JSON that to_json gave", error))
}
