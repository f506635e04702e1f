//! What is wrong with a file, as Python says it.

use std::io;
use std::path::Path;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use ruview_capture::{CaptureError, FileFault};
use ruview_wire::WireError as Refusal;

use crate::error::wire_error;

/// A file that could not be opened.
pub(super) fn not_opened(py: Python<'_>, error: &CaptureError) -> PyErr {
    match error {
        CaptureError::Unreadable { path, source } => os_error(path, source),
        CaptureError::NotACapture { path, error } => in_file(py, path, error),
        other => PyValueError::new_err(other.to_string()),
    }
}

/// A file that could not be read to its end.
pub(super) fn broken(py: Python<'_>, fault: &FileFault) -> PyErr {
    match fault {
        FileFault::Broken { path, error } => in_file(py, path, error),
        FileFault::Unreadable { .. } => PyOSError::new_err(fault.to_string()),
    }
}

fn os_error(path: &Path, error: &io::Error) -> PyErr {
    match error.raw_os_error() {
        // Python chooses the class by the number, and shows the path.
        Some(number) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default().to_owned();
            PyOSError::new_err((number, text, path.as_os_str().to_owned()))
        }
        None => PyOSError::new_err(format!("{}: {error}", path.display())),
    }
}

/// A refusal, with the file in which it was.
fn in_file(py: Python<'_>, path: &Path, refusal: &Refusal) -> PyErr {
    let error = wire_error(py, refusal);
    // Setting attributes of a fresh exception fails only without memory.
    let _ = error.value(py).setattr("args", (format!("{}: {refusal}", path.display()),));
    error
}
