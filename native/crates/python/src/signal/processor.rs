//! A stream as clean samples on a uniform clock; see the stub.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use ruview_core::StreamTime;
use ruview_signal as signal;

use super::filters::check_hampel;
use crate::error::value_error;
use crate::frames::{Timed, each_piece};
use crate::state::State;
use crate::time::{duration, seconds};

/// How a stream is conditioned.
#[pyclass(module = "wifi_densepose.signal", frozen, eq, get_all, from_py_object)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CsiProcessorConfig {
    sample_rate_hz: f64,
    max_gap_s: f64,
    hampel_reach: usize,
    hampel_sigmas: f32,
}

#[pymethods]
impl CsiProcessorConfig {
    #[new]
    #[pyo3(signature = (sample_rate_hz=10.0, max_gap_s=2.0, hampel_reach=3, hampel_sigmas=3.0))]
    fn new(sample_rate_hz: f64, max_gap_s: f64, hampel_reach: usize, hampel_sigmas: f32) -> PyResult<Self> {
        if !(0.1..=1000.0).contains(&sample_rate_hz) {
            return Err(value_error("sample_rate_hz", "0.1 to 1000", sample_rate_hz));
        }
        duration("max_gap_s", max_gap_s)?;
        check_hampel("hampel_reach", 0, hampel_reach, "hampel_sigmas", hampel_sigmas)?;
        Ok(Self { sample_rate_hz, max_gap_s, hampel_reach, hampel_sigmas })
    }

    fn __repr__(&self) -> String {
        let Self { sample_rate_hz, max_gap_s, hampel_reach, hampel_sigmas } = self;
        format!(
            "CsiProcessorConfig(sample_rate_hz={sample_rate_hz:?}, max_gap_s={max_gap_s:?}, hampel_reach={hampel_reach}, \
             hampel_sigmas={hampel_sigmas:?})"
        )
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let bits = [self.sample_rate_hz, self.max_gap_s, f64::from(self.hampel_sigmas)].map(|x| (x + 0.0).to_bits());
        (bits, self.hampel_reach).hash(&mut hasher);
        hasher.finish()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("sample_rate_hz", self.sample_rate_hz)?;
        dict.set_item("max_gap_s", self.max_gap_s)?;
        dict.set_item("hampel_reach", self.hampel_reach)?;
        dict.set_item("hampel_sigmas", self.hampel_sigmas)?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict<'py>(data: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        data.py().get_type::<Self>().call((), Some(data))
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let arguments = (slf.sample_rate_hz, slf.max_gap_s, slf.hampel_reach, slf.hampel_sigmas);
        Ok((slf.py().get_type::<Self>().into_any(), arguments.into_pyobject(slf.py())?))
    }
}

impl CsiProcessorConfig {
    fn engine(&self) -> signal::CsiProcessorConfig {
        signal::CsiProcessorConfig {
            sample_rate_hz: self.sample_rate_hz,
            // Checked when it was made.
            max_gap: Duration::try_from_secs_f64(self.max_gap_s).unwrap_or(Duration::MAX),
            hampel_reach: self.hampel_reach,
            hampel_sigmas: self.hampel_sigmas,
        }
    }
}

/// Conditions the stream of one node.
#[pyclass(module = "wifi_densepose.signal", frozen)]
pub(crate) struct CsiProcessor {
    #[pyo3(get)]
    config: CsiProcessorConfig,
    state: State<signal::CsiProcessor>,
}

/// Times and samples.
type Samples<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray2<f32>>);

#[pymethods]
impl CsiProcessor {
    #[new]
    #[pyo3(signature = (config=None))]
    fn new(config: Option<CsiProcessorConfig>) -> PyResult<Self> {
        let config = config.map_or_else(|| CsiProcessorConfig::new(10.0, 2.0, 3, 3.0), Ok)?;
        Ok(Self { config, state: State::new(signal::CsiProcessor::new(&config.engine())) })
    }

    #[pyo3(signature = (frames, *, timestamps_s=None, sample_rate_hz=None))]
    fn push<'py>(
        &self,
        py: Python<'py>,
        frames: &Bound<'py, PyAny>,
        timestamps_s: Option<&Bound<'py, PyAny>>,
        sample_rate_hz: Option<f64>,
    ) -> PyResult<Samples<'py>> {
        let mut samples: Vec<(StreamTime, Vec<f32>)> = Vec::new();
        let take = |piece: &[Timed]| {
            self.state.with_released(|processor| {
                samples.extend(piece.iter().flat_map(|(at, frame)| processor.push(*at, frame).samples));
            });
        };
        each_piece(frames, timestamps_s, sample_rate_hz, take)?;
        let width = self.n_features(py).unwrap_or(0);
        let times = PyArray1::from_iter(py, samples.iter().map(|(at, _)| seconds(*at)));
        let values: Vec<f32> = samples.iter().flat_map(|(_, sample)| sample).copied().collect();
        Ok((times, PyArray1::from_vec(py, values).reshape([samples.len(), width])?))
    }

    #[getter]
    fn n_features(&self, py: Python<'_>) -> Option<usize> {
        self.state.with(py, |processor| processor.n_features())
    }

    #[getter]
    fn n_passed_over(&self, py: Python<'_>) -> u64 {
        self.state.with(py, |processor| processor.passed_over())
    }
}
