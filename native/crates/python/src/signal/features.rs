//! Features of the last seconds; see the stub.

use numpy::{Ix1, PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use ruview_core::StreamTime;
use ruview_signal as signal;
use ruview_signal::Seconds;

use crate::arrays::{array_of, freeze};
use crate::frames::{Timed, each_piece};
use crate::state::State;
use crate::time::{seconds, stream_time};

/// How a stream was in two seconds.
#[pyclass(module = "wifi_densepose.signal", frozen, eq)]
#[derive(Debug, PartialEq)]
pub(crate) struct CsiFeatures {
    at: StreamTime,
    features: signal::CsiFeatures,
}

#[pymethods]
impl CsiFeatures {
    #[new]
    fn new(
        timestamp_s: f64,
        variance: f32,
        motion_power: Option<f32>,
        correlation: Option<f32>,
        level: f32,
        shape: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let shape = array_of::<f32, Ix1>("shape", shape)?.readonly().as_slice()?.to_vec();
        let features = signal::CsiFeatures { variance, motion_power, correlation, level, shape };
        Ok(Self { at: stream_time("timestamp_s", timestamp_s)?, features })
    }

    #[getter]
    fn timestamp_s(&self) -> f64 {
        seconds(self.at)
    }

    #[getter]
    const fn variance(&self) -> f32 {
        self.features.variance
    }

    #[getter]
    const fn motion_power(&self) -> Option<f32> {
        self.features.motion_power
    }

    #[getter]
    const fn correlation(&self) -> Option<f32> {
        self.features.correlation
    }

    #[getter]
    const fn level(&self) -> f32 {
        self.features.level
    }

    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let shape = PyArray1::from_slice(py, &self.features.shape);
        freeze(shape.as_any())?;
        Ok(shape)
    }

    fn __repr__(&self) -> String {
        let show = |value: Option<f32>| value.map_or_else(|| "None".to_owned(), |value| format!("{value:?}"));
        let signal::CsiFeatures { variance, motion_power, correlation, level, shape } = &self.features;
        format!(
            "CsiFeatures(timestamp_s={:?}, variance={variance:?}, motion_power={}, correlation={}, level={level:?}, \
             shape=[{} groups])",
            self.timestamp_s(),
            show(*motion_power),
            show(*correlation),
            shape.len()
        )
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("timestamp_s", self.timestamp_s())?;
        dict.set_item("variance", self.features.variance)?;
        dict.set_item("motion_power", self.features.motion_power)?;
        dict.set_item("correlation", self.features.correlation)?;
        dict.set_item("level", self.features.level)?;
        dict.set_item("shape", &self.features.shape)?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict<'py>(data: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        data.py().get_type::<Self>().call((), Some(data))
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (py, of) = (slf.py(), &slf.features);
        let arguments = (slf.timestamp_s(), of.variance, of.motion_power, of.correlation, of.level, slf.shape(py)?);
        Ok((py.get_type::<Self>().into_any(), arguments.into_pyobject(py)?))
    }
}

/// Takes features of the stream of one node.
#[pyclass(module = "wifi_densepose.signal", frozen)]
#[derive(Default)]
pub(crate) struct FeatureExtractor(State<(signal::FeatureExtractor, Seconds)>);

#[pymethods]
impl FeatureExtractor {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    #[pyo3(signature = (frames, *, timestamps_s=None, sample_rate_hz=None))]
    fn push(
        &self,
        frames: &Bound<'_, PyAny>,
        timestamps_s: Option<&Bound<'_, PyAny>>,
        sample_rate_hz: Option<f64>,
    ) -> PyResult<Vec<CsiFeatures>> {
        let mut found = Vec::new();
        let take = |piece: &[Timed]| {
            self.0.with_released(|(extractor, seconds)| {
                for (at, frame) in piece {
                    for at in seconds.ended_before(*at) {
                        found.extend(extractor.features().map(|features| CsiFeatures { at, features }));
                    }
                    extractor.push(*at, frame);
                }
            });
        };
        each_piece(frames, timestamps_s, sample_rate_hz, take)?;
        Ok(found)
    }
}
