//! The feedback of one station to one sounding.

use std::hash::{DefaultHasher, Hash, Hasher};

use numpy::ndarray::{ArrayView3, Axis, Dimension};
use numpy::{Ix3, PyArray3, PyArrayMethods, PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use ruview_bfld::{BfiPair, BfiReport};
use ruview_core::{Complex32, MacAddress, StreamTime};

use super::kind::BfldKind;
use crate::arrays::{array_of, kept};
use crate::error::{type_error, value_error};

/// Antennas of any access point, and therefore rows and columns.
const MAX_SIDE: usize = 8;
/// Tones of 160 MHz in 802.11ax, unused ones included.
const MAX_SUBCARRIERS: u16 = 2048;
/// Single precision, and what a few operations in it lose.
const COMPRESSED_TOLERANCE: f64 = 1e-4;
/// Numbers of 4 bits, the coarsest that 802.11n allows, are wrong by up to 1/16 in each part of each of four rows.
const UNCOMPRESSED_TOLERANCE: f64 = 0.25;

/// One station's feedback; see the stub.
#[pyclass(module = "wifi_densepose", frozen)]
pub(crate) struct BfldFrame {
    kind: BfldKind,
    timestamp_ms: u64,
    sounding_index: u32,
    /// As it was given.
    sta_mac: String,
    station: MacAddress,
    n_subcarriers: u16,
    feedback_matrix: Py<PyArray3<Complex32>>,
}

#[pymethods]
impl BfldFrame {
    #[staticmethod]
    pub(crate) fn from_compressed_feedback(
        timestamp_ms: u64,
        sounding_index: u32,
        sta_mac: &Bound<'_, PyAny>,
        bandwidth_mhz: u16,
        n_subcarriers: u16,
        feedback_matrix: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let kind = BfldKind::compressed(bandwidth_mhz)?;
        Self::of(kind, timestamp_ms, sounding_index, sta_mac, n_subcarriers, feedback_matrix)
    }

    #[staticmethod]
    fn from_uncompressed_v(
        timestamp_ms: u64,
        sounding_index: u32,
        sta_mac: &Bound<'_, PyAny>,
        bandwidth_mhz: u16,
        n_subcarriers: u16,
        feedback_matrix: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let kind = BfldKind::uncompressed(bandwidth_mhz)?;
        Self::of(kind, timestamp_ms, sounding_index, sta_mac, n_subcarriers, feedback_matrix)
    }

    #[getter]
    pub(super) const fn kind(&self) -> BfldKind {
        self.kind
    }

    #[getter]
    pub(super) const fn timestamp_ms(&self) -> u64 {
        self.timestamp_ms
    }

    #[getter]
    const fn sounding_index(&self) -> u32 {
        self.sounding_index
    }

    #[getter]
    fn sta_mac(&self) -> &str {
        &self.sta_mac
    }

    #[getter]
    const fn bandwidth_mhz(&self) -> u16 {
        self.kind.bandwidth_mhz()
    }

    #[getter]
    const fn n_subcarriers(&self) -> u16 {
        self.n_subcarriers
    }

    #[getter]
    fn n_rows(&self, py: Python<'_>) -> usize {
        self.shape(py)[0]
    }

    #[getter]
    fn n_cols(&self, py: Python<'_>) -> usize {
        self.shape(py)[1]
    }

    #[getter]
    fn feedback_matrix<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray3<Complex32>> {
        self.feedback_matrix.bind(py).clone()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let [rows, cols, _] = self.shape(py);
        format!(
            "BfldFrame(kind={}, timestamp_ms={}, sounding_index={}, sta_mac='{}', n_rows={rows}, n_cols={cols}, n_subcarriers={})",
            self.kind.name(),
            self.timestamp_ms,
            self.sounding_index,
            self.station,
            self.n_subcarriers
        )
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            let same = |frame: &Self| (frame.kind, frame.timestamp_ms, frame.sounding_index, frame.station);
            same(self) == same(other) && self.matrix(py).as_array() == other.matrix(py).as_array()
        })
    }

    fn __hash__(&self, py: Python<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.kind, self.timestamp_ms, self.sounding_index, self.station).hash(&mut hasher);
        for value in self.matrix(py).as_array() {
            // 0.0 and -0.0 are equal.
            [value.re + 0.0, value.im + 0.0].map(f32::to_bits).hash(&mut hasher);
        }
        hasher.finish()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("kind", self.kind.name())?;
        dict.set_item("timestamp_ms", self.timestamp_ms)?;
        dict.set_item("sounding_index", self.sounding_index)?;
        dict.set_item("sta_mac", &self.sta_mac)?;
        dict.set_item("n_subcarriers", self.n_subcarriers)?;
        let parts = self.feedback_matrix.bind(py).call_method1("view", (numpy::dtype::<f32>(py),))?;
        let [rows, cols, tones] = self.shape(py);
        dict.set_item(
            "feedback_matrix",
            parts.call_method1("reshape", ((rows, cols, tones, 2),))?.call_method0("tolist")?,
        )?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict<'py>(data: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        let py = data.py();
        let arguments = data.copy()?;
        let found = data.get_item("kind")?.unwrap_or_else(|| py.None().into_bound(py));
        let name = found.cast::<PyString>().map_err(|_| type_error("kind", "str", &found))?;
        let kind = BfldKind::named(&name.to_cow()?)?;
        arguments.del_item("kind")?;
        arguments.set_item("bandwidth_mhz", kind.bandwidth_mhz())?;
        if let Some(parts) = data.get_item("feedback_matrix")? {
            let parts = array_of::<f32, numpy::Ix4>("feedback_matrix", &parts)?;
            let [.., both] = *parts.shape() else { unreachable!("four dimensions were asked for") };
            if both != 2 {
                return Err(value_error("feedback_matrix", "a last dimension of 2 (real, imaginary)", both));
            }
            let matrix = parts.call_method1("view", (numpy::dtype::<Complex32>(py),))?;
            arguments.set_item("feedback_matrix", matrix.call_method1("squeeze", (-1,))?)?;
        }
        Self::maker(py, kind)?.call((), Some(&arguments))
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let arguments = (
            slf.timestamp_ms,
            slf.sounding_index,
            &slf.sta_mac,
            slf.kind.bandwidth_mhz(),
            slf.n_subcarriers,
            slf.feedback_matrix.bind(py),
        );
        Ok((Self::maker(py, slf.kind)?, arguments.into_pyobject(py)?))
    }
}

impl BfldFrame {
    fn of(
        kind: BfldKind,
        timestamp_ms: u64,
        sounding_index: u32,
        sta_mac: &Bound<'_, PyAny>,
        n_subcarriers: u16,
        feedback_matrix: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let text = sta_mac.cast::<PyString>().map_err(|_| type_error("sta_mac", "str", sta_mac))?.to_cow()?;
        let station: MacAddress =
            text.parse().map_err(|error| PyValueError::new_err(format!("sta_mac: {error}, found other text")))?;
        if !(1..=MAX_SUBCARRIERS).contains(&n_subcarriers) {
            return Err(value_error("n_subcarriers", format_args!("1 to {MAX_SUBCARRIERS}"), n_subcarriers));
        }
        let matrix = array_of::<Complex32, Ix3>("feedback_matrix", feedback_matrix)?;
        check_shape(matrix.shape(), n_subcarriers)?;
        check_columns(&matrix.readonly(), kind)?;
        Ok(Self {
            kind,
            timestamp_ms,
            sounding_index,
            sta_mac: text.into_owned(),
            station,
            n_subcarriers,
            feedback_matrix: kept(feedback_matrix, matrix)?.unbind(),
        })
    }

    fn maker(py: Python<'_>, kind: BfldKind) -> PyResult<Bound<'_, PyAny>> {
        let name = if kind.is_compressed() { "from_compressed_feedback" } else { "from_uncompressed_v" };
        py.get_type::<Self>().getattr(name)
    }

    pub(super) const fn station(&self) -> MacAddress {
        self.station
    }

    /// Rows, columns, subcarriers.
    pub(super) fn shape(&self, py: Python<'_>) -> [usize; 3] {
        self.feedback_matrix.bind(py).dims().into_pattern().into()
    }

    pub(super) fn matrix<'py>(&self, py: Python<'py>) -> PyReadonlyArray3<'py, Complex32> {
        self.feedback_matrix.bind(py).readonly()
    }
}

/// What the engine computes from, in its order.
pub(super) struct Feedback {
    at: StreamTime,
    station: MacAddress,
    n_tx: u8,
    n_streams: u8,
    v: Vec<Complex32>,
}

impl Feedback {
    pub(super) fn of(timestamp_ms: u64, station: MacAddress, matrix: ArrayView3<'_, Complex32>) -> Self {
        let (rows, cols, _) = matrix.dim();
        let at_us = i64::try_from(timestamp_ms).unwrap_or(i64::MAX).saturating_mul(1000);
        // The engine wants one tone after the other.
        let v = matrix.permuted_axes([2, 0, 1]).iter().copied().collect();
        Self { at: StreamTime::from_micros(at_us), station, n_tx: rows as u8, n_streams: cols as u8, v }
    }

    pub(super) fn report(&self) -> BfiReport<'_> {
        let Self { at, station, n_tx, n_streams, v } = self;
        // Whose feedback it is decides nothing here, nor does the access point, which a frame does not name.
        let pair = BfiPair { beamformer: *station, beamformee: *station };
        BfiReport { at: *at, pair, n_tx: *n_tx, n_streams: *n_streams, v, snr_db: &[] }
    }
}

fn check_shape(shape: &[usize], n_subcarriers: u16) -> PyResult<()> {
    match *shape {
        [rows @ 1..=MAX_SIDE, cols, tones] if (1..=rows).contains(&cols) && tones == usize::from(n_subcarriers) => {
            Ok(())
        }
        _ => {
            let expected =
                format_args!("shape [1 to {MAX_SIDE} rows, 1 to as many columns, {n_subcarriers} subcarriers]")
                    .to_string();
            Err(value_error("feedback_matrix", expected, format_args!("{shape:?}")))
        }
    }
}

/// Columns of V are directions: their length is 1.
fn check_columns(matrix: &PyReadonlyArray3<'_, Complex32>, kind: BfldKind) -> PyResult<()> {
    let tolerance = if kind.is_compressed() { COMPRESSED_TOLERANCE } else { UNCOMPRESSED_TOLERANCE };
    let matrix = matrix.as_array();
    let squares = matrix.mapv(|value| f64::from(value.re).powi(2) + f64::from(value.im).powi(2));
    for ((col, tone), square) in squares.sum_axis(Axis(0)).indexed_iter() {
        let length = square.sqrt();
        // NaN is within no range.
        if !(1.0 - tolerance..=1.0 + tolerance).contains(&length) {
            let found = format_args!("length {length} at column {col}, subcarrier {tone}").to_string();
            return Err(value_error("feedback_matrix", "columns of length 1", found));
        }
    }
    Ok(())
}
