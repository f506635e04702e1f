//! Errors as Python exceptions that name the field, what was expected and what was found.

use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
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

/// The exception of a refusal in a line of a recording, which it names and has as its `line`.
pub(crate) fn line_error(py: Python<'_>, line: u64, refusal: &Refusal) -> PyResult<PyErr> {
    let error = wire_error(py, refusal);
    error.value(py).setattr("args", (format!("line {line}: {refusal}"),))?;
    error.value(py).setattr("line", line)?;
    Ok(error)
}

/// The same error about one argument.
pub(crate) fn in_field(py: Python<'_>, field: &str, error: &PyErr) -> PyErr {
    PyErr::from_type(error.get_type(py), format!("{field}: {}", error.value(py)))
}

/// What a dict has under a name, as a `T`.
pub(crate) fn item<'py, T: FromPyObjectOwned<'py, Error: Into<PyErr>>>(
    data: &Bound<'py, PyDict>,
    name: &str,
) -> PyResult<T> {
    let value = data.get_item(name)?.ok_or_else(|| value_error(name, "a value", "none"))?;
    value.extract().map_err(|error: T::Error| in_field(data.py(), name, &error.into()))
}
