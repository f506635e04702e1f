//! `NumPy` arrays in and out.
//!
//! What a value keeps is an array that nobody can write to: a fresh one, or the caller's own where that cannot be written to
//! either. So what comes out of a value is the array that it keeps, without a copy.

use numpy::ndarray::Dimension;
use numpy::{Element, PyArray};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{in_field, value_error};

/// `value` as an array of `T` in C order with `D` dimensions. A copy, unless it is one already.
///
/// # Errors
/// `TypeError` for what holds no numbers or numbers that `T` cannot hold (complex for real), `ValueError` for another number
/// of dimensions.
pub(crate) fn array_of<'py, T: Element, D: Dimension>(
    field: &str,
    value: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyArray<T, D>>> {
    let py = value.py();
    let numpy = py.import("numpy")?;
    let given = numpy.call_method1("asarray", (value,)).map_err(|error| in_field(py, field, &error))?;
    let dtype = numpy::dtype::<T>(py);
    let from = given.getattr("dtype")?;
    if !numpy.call_method1("can_cast", (&from, &dtype, "same_kind"))?.is_truthy()? {
        return Err(PyTypeError::new_err(format!("{field}: expected numbers that fit {dtype}, found {from}")));
    }
    let options = PyDict::new(py);
    options.set_item("dtype", &dtype)?;
    let array = numpy.call_method("ascontiguousarray", (&given,), Some(&options))?;
    let found: usize = given.getattr("ndim")?.extract()?;
    let expected = D::NDIM.unwrap_or(found);
    if found != expected {
        return Err(value_error(field, format_args!("{expected} dimensions"), found));
    }
    array.cast_into::<PyArray<T, D>>().map_err(Into::into)
}

/// `array`, or a copy of it, that nobody writes to. `given` is what the caller passed.
pub(crate) fn kept<'py, T: Element, D: Dimension>(
    given: &Bound<'py, PyAny>,
    array: Bound<'py, PyArray<T, D>>,
) -> PyResult<Bound<'py, PyArray<T, D>>> {
    let flags = array.getattr("flags")?;
    // A read-only view may be of an array that is writable elsewhere.
    let frozen = !flags.getattr("writeable")?.is_truthy()? && flags.getattr("owndata")?.is_truthy()?;
    if array.is(given) && frozen {
        return Ok(array);
    }
    let array = array.call_method0("copy")?.cast_into::<PyArray<T, D>>()?;
    freeze(array.as_any())?;
    Ok(array)
}

/// Makes an array read-only.
pub(crate) fn freeze(array: &Bound<'_, PyAny>) -> PyResult<()> {
    let options = PyDict::new(array.py());
    options.set_item("write", false)?;
    array.call_method("setflags", (), Some(&options))?;
    Ok(())
}
