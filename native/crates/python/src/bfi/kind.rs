//! How feedback was sent, and over which bandwidth.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::value_error;

/// How feedback was sent; see the stub.
#[pyclass(module = "wifi_densepose", frozen, eq, hash, from_py_object)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum BfldKind {
    CompressedHE20,
    CompressedHE40,
    CompressedHE80,
    CompressedHE160,
    UncompressedHT20,
    UncompressedHT40,
}

impl BfldKind {
    const ALL: [Self; 6] = [
        Self::CompressedHE20,
        Self::CompressedHE40,
        Self::CompressedHE80,
        Self::CompressedHE160,
        Self::UncompressedHT20,
        Self::UncompressedHT40,
    ];

    pub(super) fn named(name: &str) -> PyResult<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| value_error("kind", "the name of a BfldKind", format_args!("{name:?}")))
    }

    pub(super) fn compressed(bandwidth_mhz: u16) -> PyResult<Self> {
        match bandwidth_mhz {
            20 => Ok(Self::CompressedHE20),
            40 => Ok(Self::CompressedHE40),
            80 => Ok(Self::CompressedHE80),
            160 => Ok(Self::CompressedHE160),
            found => Err(value_error("bandwidth_mhz", "20, 40, 80 or 160", found)),
        }
    }

    pub(super) fn uncompressed(bandwidth_mhz: u16) -> PyResult<Self> {
        match bandwidth_mhz {
            20 => Ok(Self::UncompressedHT20),
            40 => Ok(Self::UncompressedHT40),
            found => Err(value_error("bandwidth_mhz", "20 or 40", found)),
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::CompressedHE20 => "CompressedHE20",
            Self::CompressedHE40 => "CompressedHE40",
            Self::CompressedHE80 => "CompressedHE80",
            Self::CompressedHE160 => "CompressedHE160",
            Self::UncompressedHT20 => "UncompressedHT20",
            Self::UncompressedHT40 => "UncompressedHT40",
        }
    }
}

#[pymethods]
impl BfldKind {
    #[getter]
    pub(super) const fn bandwidth_mhz(&self) -> u16 {
        match self {
            Self::CompressedHE20 | Self::UncompressedHT20 => 20,
            Self::CompressedHE40 | Self::UncompressedHT40 => 40,
            Self::CompressedHE80 => 80,
            Self::CompressedHE160 => 160,
        }
    }

    #[getter]
    pub(super) const fn is_compressed(&self) -> bool {
        !matches!(self, Self::UncompressedHT20 | Self::UncompressedHT40)
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let getattr = py.import("builtins")?.getattr("getattr")?;
        Ok((getattr, (py.get_type::<Self>(), slf.name()).into_pyobject(py)?))
    }
}
