//! The privacy classes.

use pyo3::prelude::*;
use pyo3::types::PyString;
use ruview_core::PrivacyClass as Class;

use crate::error::{type_error, value_error};

/// How much data may say about people; see the stub.
#[pyclass(module = "wifi_densepose", frozen, eq, ord, hash, from_py_object)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PrivacyClass {
    Raw,
    Derived,
    Anonymous,
    Restricted,
}

impl PrivacyClass {
    const ALL: [Self; 4] = [Self::Raw, Self::Derived, Self::Anonymous, Self::Restricted];

    pub(crate) const fn class(self) -> Class {
        match self {
            Self::Raw => Class::Raw,
            Self::Derived => Class::Derived,
            Self::Anonymous => Class::Anonymous,
            Self::Restricted => Class::Restricted,
        }
    }
}

#[pymethods]
impl PrivacyClass {
    /// Whether data of this class may leave the process for a network.
    #[getter]
    fn allows_network(&self) -> bool {
        *self >= Self::Derived
    }

    /// Whether Matter may show data of this class.
    #[getter]
    fn allows_matter(&self) -> bool {
        *self >= Self::Anonymous
    }

    /// Whether HomeKit may show data of this class.
    #[getter]
    fn allows_hap(&self) -> bool {
        *self >= Self::Anonymous
    }

    /// The number on the wire.
    #[getter]
    fn as_u8(&self) -> u8 {
        self.class().as_u8()
    }

    /// The class of a number on the wire.
    #[staticmethod]
    fn from_u8(number: u8) -> PyResult<Self> {
        let found = Self::ALL.into_iter().find(|class| class.class().as_u8() == number);
        found.ok_or_else(|| value_error("number", "0 to 3", number))
    }

    /// The class of a name, in any case.
    #[staticmethod]
    fn from_str(name: &Bound<'_, PyAny>) -> PyResult<Self> {
        let name = name.cast::<PyString>().map_err(|_| type_error("name", "str", name))?.to_cow()?;
        let found = Self::ALL.into_iter().find(|class| class.class().as_str().eq_ignore_ascii_case(&name));
        found.ok_or_else(|| value_error("name", "raw, derived, anonymous or restricted", format_args!("{name:?}")))
    }

    fn __str__(&self) -> &'static str {
        self.class().as_str()
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (u8,))> {
        let number = slf.as_u8();
        Ok((slf.py().get_type::<Self>().getattr("from_u8")?, (number,)))
    }
}

/// Whether data of `privacy_class` may leave the process for a network.
#[pyfunction]
pub(crate) fn allows_network(privacy_class: PrivacyClass) -> bool {
    privacy_class.allows_network()
}

/// Whether Matter may show data of `privacy_class`.
#[pyfunction]
pub(crate) fn allows_matter(privacy_class: PrivacyClass) -> bool {
    privacy_class.allows_matter()
}

/// Whether HomeKit may show data of `privacy_class`.
#[pyfunction]
pub(crate) fn allows_hap(privacy_class: PrivacyClass) -> bool {
    privacy_class.allows_hap()
}
