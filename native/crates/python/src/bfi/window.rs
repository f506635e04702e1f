//! The engine's features of a window of frames.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use ruview_bfld::{BfiFeatures as Features, BfiWindow as Window, EmbeddingRing, WINDOW_LEN};

use super::frame::{BfldFrame, Feedback};
use crate::error::item;

/// Declares the features once: the class, its dict and what it is made from.
macro_rules! features {
    ($($name:ident),+) => {
        /// What a window says; see the stub.
        #[pyclass(module = "wifi_densepose.bfi", frozen, eq, get_all)]
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub(crate) struct BfiFeatures {
            $($name: f32),+
        }

        impl From<Features> for BfiFeatures {
            fn from(Features { $($name),+ }: Features) -> Self {
                Self { $($name),+ }
            }
        }

        #[pymethods]
        impl BfiFeatures {
            fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                let dict = PyDict::new(py);
                $(dict.set_item(stringify!($name), self.$name)?;)+
                Ok(dict)
            }

            #[staticmethod]
            fn from_dict(data: &Bound<'_, PyDict>) -> PyResult<Self> {
                Ok(Self { $($name: item(data, stringify!($name))?),+ })
            }

            fn __repr__(&self) -> String {
                let shown = [$(format!("{}={:.3}", stringify!($name), self.$name)),+];
                format!("BfiFeatures({})", shown.join(", "))
            }

            fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
                let py = slf.py();
                Ok((py.get_type::<Self>().getattr("from_dict")?, (slf.to_dict(py)?,)))
            }
        }
    };
}

features!(
    mean_angle_delta,
    subcarrier_variance,
    temporal_entropy,
    doppler_proxy,
    path_stability,
    cross_antenna_correlation,
    burst_motion_score,
    stationarity_score,
    identity_separability_score
);

/// The last 32 frames of a station; see the stub.
#[pyclass(module = "wifi_densepose.bfi", frozen)]
pub(crate) struct BfiWindow(Mutex<State>);

#[derive(Default)]
struct State {
    window: Window,
    /// Embeddings of earlier windows that share no frame with each other: what the last feature compares with.
    known: EmbeddingRing,
    frames: usize,
}

impl State {
    fn push(&mut self, feedback: &Feedback) -> PyResult<()> {
        self.window.push(&feedback.report()).map_err(|error| PyValueError::new_err(format!("frame: {error}")))?;
        self.frames += 1;
        if self.frames.is_multiple_of(WINDOW_LEN)
            && let Some(embedding) = self.window.embedding()
        {
            self.known.push(embedding);
        }
        Ok(())
    }
}

#[pymethods]
impl BfiWindow {
    #[new]
    fn new() -> Self {
        Self(Mutex::default())
    }

    fn push(&self, py: Python<'_>, frame: &BfldFrame) -> PyResult<()> {
        let (timestamp_ms, station, matrix) = (frame.timestamp_ms(), frame.station(), frame.matrix(py));
        let matrix = matrix.as_array();
        py.detach(|| self.with(|state| state.push(&Feedback::of(timestamp_ms, station, matrix))))
    }

    #[getter]
    fn is_full(&self, py: Python<'_>) -> bool {
        py.detach(|| self.with(|state| state.window.is_full()))
    }

    fn features(&self, py: Python<'_>) -> Option<BfiFeatures> {
        py.detach(|| self.with(|state| state.window.features(&state.known))).map(Into::into)
    }
}

impl BfiWindow {
    fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
