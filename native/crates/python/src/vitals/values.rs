//! What the stages say: values; see the stub.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use ruview_vitals::{AnomalyAlert as Alert, VitalEstimate as Estimate, VitalReading as Reading};

use super::names::{AnomalyKind, VitalStatus};
use crate::error::value_error;
use crate::time::{seconds, stream_time};

/// One vital sign at one moment.
#[pyclass(module = "wifi_densepose.vitals", frozen, eq, from_py_object)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct VitalEstimate(pub(super) Estimate);

#[pymethods]
impl VitalEstimate {
    #[new]
    fn new(rate_bpm: Option<f32>, confidence: f32, status: VitalStatus) -> PyResult<Self> {
        check_rate(rate_bpm)?;
        if rate_bpm.is_some() != status.engine().is_published() {
            let expected = if rate_bpm.is_some() { "a published status with a rate" } else { "a rate" };
            return Err(value_error("status", expected, status.word()));
        }
        if !(0.0..=1.0).contains(&confidence) {
            return Err(value_error("confidence", "0 to 1", confidence));
        }
        Ok(Self(Estimate { rate_bpm, confidence, status: status.engine() }))
    }

    #[getter]
    const fn rate_bpm(&self) -> Option<f32> {
        self.0.rate_bpm
    }

    #[getter]
    const fn confidence(&self) -> f32 {
        self.0.confidence
    }

    #[getter]
    const fn status(&self) -> VitalStatus {
        VitalStatus::of(self.0.status)
    }

    fn __repr__(&self) -> String {
        let (rate, status) = (shown(self.0.rate_bpm), self.status());
        format!("VitalEstimate(rate_bpm={rate}, confidence={:?}, status=VitalStatus.{status:?})", self.0.confidence)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (bits(self.0.rate_bpm), bits(Some(self.0.confidence)), self.status()).hash(&mut hasher);
        hasher.finish()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("rate_bpm", self.0.rate_bpm)?;
        dict.set_item("confidence", self.0.confidence)?;
        dict.set_item("status", self.status().word())?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict<'py>(data: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        from_dict::<Self>(data, &[("status", &word::<VitalStatus>)])
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<Reduced<'py>> {
        let arguments = (slf.0.rate_bpm, slf.0.confidence, slf.status());
        reduced::<Self>(slf.py(), arguments)
    }
}

/// An anomaly that holds now.
#[pyclass(module = "wifi_densepose.vitals", frozen, eq, from_py_object)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AnomalyAlert(pub(super) Alert);

#[pymethods]
impl AnomalyAlert {
    #[new]
    #[pyo3(signature = (kind, since_s, rate_bpm=None, z_score=None))]
    fn new(kind: AnomalyKind, since_s: f64, rate_bpm: Option<f32>, z_score: Option<f32>) -> PyResult<Self> {
        check_rate(rate_bpm)?;
        if let Some(z_score) = z_score.filter(|z_score| !z_score.is_finite()) {
            return Err(value_error("z_score", "a finite number", z_score));
        }
        Ok(Self(Alert { kind: kind.engine(), since: stream_time("since_s", since_s)?, rate_bpm, z_score }))
    }

    #[getter]
    const fn kind(&self) -> AnomalyKind {
        AnomalyKind::of(self.0.kind)
    }

    #[getter]
    fn since_s(&self) -> f64 {
        seconds(self.0.since)
    }

    #[getter]
    const fn rate_bpm(&self) -> Option<f32> {
        self.0.rate_bpm
    }

    #[getter]
    const fn z_score(&self) -> Option<f32> {
        self.0.z_score
    }

    fn __repr__(&self) -> String {
        format!(
            "AnomalyAlert(kind=AnomalyKind.{:?}, since_s={:?}, rate_bpm={}, z_score={})",
            self.kind(),
            self.since_s(),
            shown(self.0.rate_bpm),
            shown(self.0.z_score)
        )
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.kind(), self.0.since, bits(self.0.rate_bpm), bits(self.0.z_score)).hash(&mut hasher);
        hasher.finish()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("kind", self.kind().word())?;
        dict.set_item("since_s", self.since_s())?;
        dict.set_item("rate_bpm", self.0.rate_bpm)?;
        dict.set_item("z_score", self.0.z_score)?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict<'py>(data: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        from_dict::<Self>(data, &[("kind", &word::<AnomalyKind>)])
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<Reduced<'py>> {
        let arguments = (slf.kind(), slf.since_s(), slf.0.rate_bpm, slf.0.z_score);
        reduced::<Self>(slf.py(), arguments)
    }
}

/// What the four stages say at one moment.
#[pyclass(module = "wifi_densepose.vitals", frozen, eq, from_py_object)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VitalReading(pub(super) Reading);

#[pymethods]
impl VitalReading {
    #[new]
    #[pyo3(signature = (timestamp_s, breathing, heart_rate, alerts=None))]
    fn new(
        timestamp_s: f64,
        breathing: VitalEstimate,
        heart_rate: VitalEstimate,
        alerts: Option<Vec<AnomalyAlert>>,
    ) -> PyResult<Self> {
        let at = stream_time("timestamp_s", timestamp_s)?;
        let alerts = alerts.into_iter().flatten().map(|AnomalyAlert(alert)| alert).collect();
        Ok(Self(Reading { at, breathing: breathing.0, heart_rate: heart_rate.0, alerts }))
    }

    #[getter]
    fn timestamp_s(&self) -> f64 {
        seconds(self.0.at)
    }

    #[getter]
    const fn breathing(&self) -> VitalEstimate {
        VitalEstimate(self.0.breathing)
    }

    #[getter]
    const fn heart_rate(&self) -> VitalEstimate {
        VitalEstimate(self.0.heart_rate)
    }

    #[getter]
    fn alerts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.alerts.iter().copied().map(AnomalyAlert))
    }

    fn __repr__(&self) -> String {
        let alerts: Vec<String> = self.0.alerts.iter().map(|alert| AnomalyAlert(*alert).__repr__()).collect();
        format!(
            "VitalReading(timestamp_s={:?}, breathing={}, heart_rate={}, alerts=[{}])",
            self.timestamp_s(),
            self.breathing().__repr__(),
            self.heart_rate().__repr__(),
            alerts.join(", ")
        )
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.0.at, self.breathing().__hash__(), self.heart_rate().__hash__()).hash(&mut hasher);
        hasher.finish()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        let alerts: Vec<_> =
            self.0.alerts.iter().map(|alert| AnomalyAlert(*alert).to_dict(py)).collect::<PyResult<_>>()?;
        dict.set_item("timestamp_s", self.timestamp_s())?;
        dict.set_item("breathing", self.breathing().to_dict(py)?)?;
        dict.set_item("heart_rate", self.heart_rate().to_dict(py)?)?;
        dict.set_item("alerts", alerts)?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict<'py>(data: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        let estimate: Read<'_> = &|field, value| VitalEstimate::from_dict(dict(field, value)?);
        let alerts: Read<'_> = &|field, value| {
            let each = value.try_iter()?.map(|alert| AnomalyAlert::from_dict(dict(field, &alert?)?));
            Ok(PyTuple::new(value.py(), each.collect::<PyResult<Vec<_>>>()?)?.into_any())
        };
        from_dict::<Self>(data, &[("breathing", estimate), ("heart_rate", estimate), ("alerts", alerts)])
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<Reduced<'py>> {
        let py = slf.py();
        reduced::<Self>(py, (slf.timestamp_s(), slf.breathing(), slf.heart_rate(), slf.alerts(py)?))
    }
}

/// What pickling needs: a class and its arguments.
type Reduced<'py> = (Bound<'py, PyAny>, Bound<'py, PyTuple>);

fn reduced<'py, T: pyo3::PyTypeInfo>(
    py: Python<'py>,
    arguments: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyResult<Reduced<'py>> {
    Ok((py.get_type::<T>().into_any(), arguments.into_pyobject(py)?))
}

/// Makes an argument of an entry of a dict.
type Read<'a> = &'a dyn for<'py> Fn(&str, &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>>;

/// A `T` whose arguments are the entries of `data`; those that are named are read first.
fn from_dict<'py, T: pyo3::PyTypeInfo>(
    data: &Bound<'py, PyDict>,
    read: &[(&str, Read<'_>)],
) -> PyResult<Bound<'py, PyAny>> {
    let arguments = data.copy()?;
    for (field, read) in read {
        if let Some(value) = data.get_item(field)? {
            arguments.set_item(field, read(field, &value)?)?;
        }
    }
    data.py().get_type::<T>().call((), Some(&arguments))
}

/// The variant of `T` that a word names.
fn word<'py, T: pyo3::PyTypeInfo>(_: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    value.py().get_type::<T>().call_method1("from_str", (value,))
}

fn dict<'a, 'py>(field: &str, value: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, PyDict>> {
    value.cast::<PyDict>().map_err(|_| crate::error::type_error(field, "dict", value))
}

fn check_rate(rate_bpm: Option<f32>) -> PyResult<()> {
    match rate_bpm {
        Some(rate) if !(rate.is_finite() && rate >= 0.0) => {
            Err(value_error("rate_bpm", "a finite number of 0 and above, or None", rate))
        }
        _ => Ok(()),
    }
}

/// A number that can be hashed; 0.0 and -0.0 are equal.
fn bits(value: Option<f32>) -> Option<u32> {
    value.map(|value| (value + 0.0).to_bits())
}

fn shown(value: Option<f32>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| format!("{value:?}"))
}
