//! What several sounding answers of one station say together.

use std::hash::{DefaultHasher, Hash, Hasher};

use numpy::ndarray::{Array1, ArrayView3};
use numpy::{Ix1, PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use ruview_bfld::PathStability;
use ruview_core::{Complex32, MacAddress};

use super::frame::{BfldFrame, Feedback};
use crate::arrays::{array_of, freeze, kept};
use crate::error::{item, value_error};

/// A summary of frames; see the stub.
#[pyclass(module = "wifi_densepose", frozen)]
pub(crate) struct BfldReport {
    n_frames: usize,
    timestamp_first: u64,
    timestamp_last: u64,
    mean_amplitude_per_subcarrier: Py<PyArray1<f64>>,
    coherence_score: f64,
}

/// What all frames of a report have in common.
fn common(frame: &BfldFrame, py: Python<'_>) -> impl PartialEq {
    (frame.kind(), frame.station(), frame.shape(py))
}

#[pymethods]
impl BfldReport {
    #[new]
    fn new(py: Python<'_>, frames: Vec<Py<BfldFrame>>) -> PyResult<Self> {
        let Some(first) = frames.first() else { return Err(value_error("frames", "at least one frame", "none")) };
        for (at, frame) in frames.iter().enumerate() {
            if common(frame.get(), py) != common(first.get(), py) {
                let expected = "the first frame's kind, station, rows, columns and subcarriers";
                return Err(value_error(&format!("frames[{at}]"), expected, "others"));
            }
        }
        let matrices: Vec<_> = frames.iter().map(|frame| frame.get().matrix(py)).collect();
        let views = frames.iter().zip(&matrices).map(|(frame, matrix)| {
            let frame = frame.get();
            View { timestamp_ms: frame.timestamp_ms(), station: frame.station(), matrix: matrix.as_array() }
        });
        let views: Vec<_> = views.collect();
        let (mean_amplitude, coherence_score) = py.detach(|| (mean_amplitude(&views), coherence(&views)));

        let times = || views.iter().map(|view| view.timestamp_ms);
        let mean_amplitude = PyArray1::from_owned_array(py, mean_amplitude);
        freeze(mean_amplitude.as_any())?;
        Ok(Self {
            n_frames: frames.len(),
            timestamp_first: times().min().unwrap_or(0),
            timestamp_last: times().max().unwrap_or(0),
            mean_amplitude_per_subcarrier: mean_amplitude.unbind(),
            coherence_score,
        })
    }

    #[getter]
    const fn n_frames(&self) -> usize {
        self.n_frames
    }

    #[getter]
    const fn timestamp_first(&self) -> u64 {
        self.timestamp_first
    }

    #[getter]
    const fn timestamp_last(&self) -> u64 {
        self.timestamp_last
    }

    #[getter]
    fn mean_amplitude_per_subcarrier<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.mean_amplitude_per_subcarrier.bind(py).clone()
    }

    #[getter]
    const fn coherence_score(&self) -> f64 {
        self.coherence_score
    }

    fn __repr__(&self) -> String {
        format!(
            "BfldReport(n_frames={}, timestamp_first={}, timestamp_last={}, coherence_score={:.3})",
            self.n_frames, self.timestamp_first, self.timestamp_last, self.coherence_score
        )
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            let same = |report: &Self| {
                let Self { n_frames, timestamp_first, timestamp_last, coherence_score, .. } = *report;
                (n_frames, timestamp_first, timestamp_last, coherence_score.to_bits())
            };
            let amplitudes = |report: &Self| report.mean_amplitude_per_subcarrier.bind(py).readonly();
            same(self) == same(other) && amplitudes(self).as_array() == amplitudes(other).as_array()
        })
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.n_frames, self.timestamp_first, self.timestamp_last, self.coherence_score.to_bits()).hash(&mut hasher);
        hasher.finish()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("n_frames", self.n_frames)?;
        dict.set_item("timestamp_first", self.timestamp_first)?;
        dict.set_item("timestamp_last", self.timestamp_last)?;
        let amplitudes = self.mean_amplitude_per_subcarrier.bind(py);
        dict.set_item("mean_amplitude_per_subcarrier", amplitudes.call_method0("tolist")?)?;
        dict.set_item("coherence_score", self.coherence_score)?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict(data: &Bound<'_, PyDict>) -> PyResult<Self> {
        let given: Bound<'_, PyAny> = item(data, "mean_amplitude_per_subcarrier")?;
        let amplitudes = array_of::<f64, Ix1>("mean_amplitude_per_subcarrier", &given)?;
        Ok(Self {
            n_frames: item(data, "n_frames")?,
            timestamp_first: item(data, "timestamp_first")?,
            timestamp_last: item(data, "timestamp_last")?,
            mean_amplitude_per_subcarrier: kept(&given, amplitudes)?.unbind(),
            coherence_score: item(data, "coherence_score")?,
        })
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let py = slf.py();
        Ok((py.get_type::<Self>().getattr("from_dict")?, (slf.to_dict(py)?,)))
    }
}

/// A frame without Python.
struct View<'a> {
    timestamp_ms: u64,
    station: MacAddress,
    matrix: ArrayView3<'a, Complex32>,
}

/// The mean of |V| over frames, rows and columns.
fn mean_amplitude(views: &[View<'_>]) -> Array1<f64> {
    let Some(first) = views.first() else { return Array1::zeros(0) };
    let (rows, cols, tones) = first.matrix.dim();
    let mut sums = Array1::zeros(tones);
    for row in views.iter().flat_map(|view| view.matrix.rows()) {
        sums.zip_mut_with(&row, |sum, value| *sum += f64::from(value.norm()));
    }
    sums / (views.len() * rows * cols) as f64
}

fn coherence(views: &[View<'_>]) -> f64 {
    let mut stability = PathStability::new();
    for View { timestamp_ms, station, matrix } in views {
        // One row and one column have no direction that could change.
        if stability.push(&Feedback::of(*timestamp_ms, *station, *matrix).report()).is_err() {
            return 1.0;
        }
    }
    stability.value().map_or(1.0, f64::from)
}
