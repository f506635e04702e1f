//! What the first stage hands on.

use numpy::{Ix2, PyArray1, PyArray2, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use ruview_vitals::VitalWindow as Window;

use crate::arrays::{array_of, freeze};
use crate::error::value_error;

/// Features at 10 samples a second; see the stub.
#[pyclass(module = "wifi_densepose.vitals", frozen)]
pub(crate) struct VitalWindow(pub(super) Window);

#[pymethods]
impl VitalWindow {
    #[new]
    fn new(features: &Bound<'_, PyAny>) -> PyResult<Self> {
        let array = array_of::<f64, Ix2>("features", features)?;
        let (samples, array) = (array.shape()[1], array.readonly());
        let series = array.as_slice()?.chunks_exact(samples.max(1)).map(<[f64]>::to_vec).collect();
        let window = Window::of_series(series);
        window.map(Self).ok_or_else(|| value_error("features", "finite numbers below 1e6", "others"))
    }

    #[getter]
    fn features<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let array = PyArray2::from_vec2(py, self.0.features())?;
        freeze(array.as_any())?;
        Ok(array)
    }

    fn waveform<'py>(&self, py: Python<'py>, rate_bpm: f64) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let wave = py.detach(|| self.0.waveform(rate_bpm));
        let wave = wave.ok_or_else(|| value_error("rate_bpm", "4 to 31.5, of a window of 280 samples", rate_bpm))?;
        Ok(PyArray1::from_vec(py, wave))
    }

    #[getter]
    fn n_features(&self) -> usize {
        self.0.features().len()
    }

    #[getter]
    fn n_samples(&self) -> usize {
        self.0.features().first().map_or(0, Vec::len)
    }

    fn __repr__(&self) -> String {
        format!("VitalWindow(n_features={}, n_samples={})", self.n_features(), self.n_samples())
    }
}
