//! The four stages; see the stub.

use pyo3::prelude::*;
use ruview_vitals as vitals;

use super::values::{AnomalyAlert, VitalEstimate};
use super::window::VitalWindow;
use crate::csi::CsiFrame;
use crate::error::value_error;
use crate::json::{from_json, to_json};
use crate::state::State;
use crate::time::stream_time;

/// The first stage.
#[pyclass(module = "wifi_densepose.vitals", frozen)]
#[derive(Default)]
pub(crate) struct CsiVitalPreprocessor(State<vitals::CsiVitalPreprocessor>);

#[pymethods]
impl CsiVitalPreprocessor {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn push(&self, py: Python<'_>, frame: &CsiFrame) -> PyResult<bool> {
        let (at, frame) = (frame.at()?, frame.frame(py)?);
        Ok(self.0.with(py, |stage| stage.push(at, &frame)))
    }

    fn window(&self, py: Python<'_>) -> Option<VitalWindow> {
        self.0.with(py, |stage| stage.window()).map(VitalWindow)
    }
}

/// The second stage.
#[pyclass(module = "wifi_densepose.vitals", frozen)]
#[derive(Default)]
pub(crate) struct BreathingExtractor(State<vitals::BreathingExtractor>);

#[pymethods]
impl BreathingExtractor {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn update(&self, py: Python<'_>, window: &VitalWindow) -> VitalEstimate {
        VitalEstimate(self.0.with(py, |stage| stage.update(&window.0)))
    }

    #[getter]
    fn has_stopped(&self, py: Python<'_>) -> bool {
        self.0.with(py, |stage| stage.has_stopped())
    }

    fn clear(&self, py: Python<'_>) {
        self.0.with(py, vitals::BreathingExtractor::clear);
    }
}

/// The third stage.
#[pyclass(module = "wifi_densepose.vitals", frozen)]
pub(crate) struct HeartRateExtractor;

#[pymethods]
impl HeartRateExtractor {
    #[new]
    const fn new() -> Self {
        Self
    }

    #[pyo3(signature = (window, breathing_bpm=None))]
    #[expect(clippy::unused_self, reason = "Python calls it so")]
    fn estimate(&self, py: Python<'_>, window: &VitalWindow, breathing_bpm: Option<f32>) -> PyResult<VitalEstimate> {
        if let Some(rate) = breathing_bpm.filter(|rate| !(rate.is_finite() && *rate > 0.0)) {
            return Err(value_error("breathing_bpm", "a finite number above 0, or None", rate));
        }
        let estimate = py.detach(|| vitals::HeartRateExtractor.estimate(&window.0, breathing_bpm));
        Ok(VitalEstimate(estimate))
    }
}

/// The fourth stage.
#[pyclass(module = "wifi_densepose.vitals", frozen)]
#[derive(Default)]
pub(crate) struct VitalAnomalyDetector(State<vitals::VitalAnomalyDetector>);

#[pymethods]
impl VitalAnomalyDetector {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    #[pyo3(signature = (timestamp_s, breathing, heart_rate, breath_stopped=false))]
    fn update(
        &self,
        py: Python<'_>,
        timestamp_s: f64,
        breathing: VitalEstimate,
        heart_rate: VitalEstimate,
        breath_stopped: bool,
    ) -> PyResult<Vec<AnomalyAlert>> {
        let at = stream_time("timestamp_s", timestamp_s)?;
        let alerts = self.0.with(py, |stage| stage.update(at, &breathing.0, &heart_rate.0, breath_stopped));
        Ok(alerts.into_iter().map(AnomalyAlert).collect())
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.with(py, |stage| to_json(stage))
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
