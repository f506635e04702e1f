//! What was read over the last hours; see the stub.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use ruview_vitals::{VitalSignStore as Store, VitalStatistics as Statistics};

use super::names::VitalKind;
use super::values::VitalReading;
use crate::json::{from_json, to_json};
use crate::state::State;
use crate::time::{duration, stream_time};

/// Keeps published rates for a bounded time and number.
#[pyclass(module = "wifi_densepose.vitals", frozen)]
pub(crate) struct VitalSignStore(State<Store>);

#[pymethods]
impl VitalSignStore {
    #[new]
    #[pyo3(signature = (retention_s=86_400.0, capacity=86_400))]
    fn new(retention_s: f64, capacity: usize) -> PyResult<Self> {
        Ok(Self(State::new(Store::new(duration("retention_s", retention_s)?, capacity))))
    }

    fn push(&self, py: Python<'_>, reading: &VitalReading) {
        self.0.with(py, |store| store.push(&reading.0));
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.0.with(py, |store| store.len())
    }

    fn statistics(
        &self,
        py: Python<'_>,
        kind: VitalKind,
        timestamp_s: f64,
        span_s: f64,
    ) -> PyResult<Option<VitalStatistics>> {
        let (at, span) = (stream_time("timestamp_s", timestamp_s)?, duration("span_s", span_s)?);
        Ok(self.0.with(py, |store| store.statistics(kind.engine(), at, span)).map(VitalStatistics))
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.with(py, |store| to_json(store))
    }

    #[staticmethod]
    fn from_json(text: &str) -> PyResult<Self> {
        Ok(Self(State::new(from_json(text)?)))
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        let py = slf.py();
        Ok((py.get_type::<Self>().getattr("from_json")?, (slf.to_json(py)?,)))
    }
}

/// Statistics of the published rates of a span.
#[pyclass(module = "wifi_densepose.vitals", frozen, eq)]
#[derive(PartialEq)]
pub(crate) struct VitalStatistics(Statistics);

#[pymethods]
impl VitalStatistics {
    #[getter]
    const fn count(&self) -> usize {
        self.0.count
    }

    #[getter]
    const fn coverage(&self) -> f32 {
        self.0.coverage
    }

    #[getter]
    const fn min(&self) -> f32 {
        self.0.min
    }

    #[getter]
    const fn max(&self) -> f32 {
        self.0.max
    }

    #[getter]
    const fn mean(&self) -> f32 {
        self.0.mean
    }

    #[getter]
    const fn std(&self) -> f32 {
        self.0.std
    }

    #[getter]
    const fn percentiles(&self) -> (f32, f32, f32) {
        let [low, median, high] = self.0.percentiles;
        (low, median, high)
    }

    fn __repr__(&self) -> String {
        let Statistics { count, coverage, min, max, mean, std, percentiles: [low, median, high] } = self.0;
        format!(
            "VitalStatistics(count={count}, coverage={coverage:?}, min={min:?}, max={max:?}, mean={mean:?}, std={std:?}, \
             percentiles=({low:?}, {median:?}, {high:?}))"
        )
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("count", self.0.count)?;
        dict.set_item("coverage", self.0.coverage)?;
        dict.set_item("min", self.0.min)?;
        dict.set_item("max", self.0.max)?;
        dict.set_item("mean", self.0.mean)?;
        dict.set_item("std", self.0.std)?;
        dict.set_item("percentiles", self.0.percentiles.to_vec())?;
        Ok(dict)
    }
}
