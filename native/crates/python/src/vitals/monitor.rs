//! The four stages in a row; see the stub.

use pyo3::prelude::*;
use ruview_vitals::{HeartRate, SecondMonitor};

use super::values::VitalReading;
use super::window::VitalWindow;
use crate::frames::{Timed, each_piece};
use crate::state::State;

/// One node's vital signs, once a second.
#[pyclass(module = "wifi_densepose.vitals", frozen)]
pub(crate) struct VitalsMonitor(State<SecondMonitor>);

#[pymethods]
impl VitalsMonitor {
    #[new]
    #[pyo3(signature = (*, experimental_heart_rate=false))]
    fn new(experimental_heart_rate: bool) -> Self {
        let heart_rate = if experimental_heart_rate { HeartRate::Experimental } else { HeartRate::Unavailable };
        Self(State::new(SecondMonitor::new(heart_rate)))
    }

    #[pyo3(signature = (frames, *, timestamps_s=None, sample_rate_hz=None))]
    fn push(
        &self,
        frames: &Bound<'_, PyAny>,
        timestamps_s: Option<&Bound<'_, PyAny>>,
        sample_rate_hz: Option<f64>,
    ) -> PyResult<Vec<VitalReading>> {
        let mut readings = Vec::new();
        let take = |piece: &[Timed]| {
            self.0.with_released(|monitor| {
                readings.extend(piece.iter().flat_map(|(at, frame)| monitor.push(*at, frame)).map(VitalReading));
            });
        };
        each_piece(frames, timestamps_s, sample_rate_hz, take)?;
        Ok(readings)
    }

    fn window(&self, py: Python<'_>) -> Option<VitalWindow> {
        self.0.with(py, |monitor| monitor.window()).map(VitalWindow)
    }
}

/// The readings of a whole recording.
#[pyfunction]
#[pyo3(signature = (frames, *, timestamps_s=None, sample_rate_hz=None, experimental_heart_rate=false))]
pub(crate) fn process(
    frames: &Bound<'_, PyAny>,
    timestamps_s: Option<&Bound<'_, PyAny>>,
    sample_rate_hz: Option<f64>,
    experimental_heart_rate: bool,
) -> PyResult<Vec<VitalReading>> {
    VitalsMonitor::new(experimental_heart_rate).push(frames, timestamps_s, sample_rate_hz)
}
