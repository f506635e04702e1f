//! Errors as Python exceptions that name the field, what was expected and what was found.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::{PyErr, create_exception};
use ruview_wire::WireError as Refusal;

create_exception!(
    wifi_densepose,
    WireError,
    PyValueError,
    "Octets that a parser refused: `layer`, `offset`, and a message with the expected and the found value."
);

/// A `ValueError` about one argument.
pub(crate) fn value_error(field: &str, expected: impl std::fmt::Display, found: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(format!("{field}: expected {expected}, found {found}"))
}

/// A `TypeError` about one argument.
pub(crate) fn type_error(field: &str, expected: impl std::fmt::Display, found: &Bound<'_, PyAny>) -> PyErr {
    let found = found.get_type().name().map_or_else(|_| "an object".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{field}: expected {expected}, found {found}"))
}

/// The exception of a refusal by a parser or builder.
pub(crate) fn wire_error(py: Python<'_>, refusal: &Refusal) -> PyErr {
    let error = WireError::new_err(refusal.to_string());
    let value = error.value(py);
    // Setting attributes of a fresh exception fails only without memory; the message says the same.
    let _ = value.setattr("layer", refusal.layer.to_string());
    let _ = value.setattr("offset", refusal.offset);
    error
}
