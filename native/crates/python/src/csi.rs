//! CSI frames and what is known about them.

use std::hash::{DefaultHasher, Hash, Hasher};

use numpy::{IxDyn, PyArray, PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use ruview_core::{Complex32, CsiFrame as Frame, NodeNumber, StreamTime};

use crate::arrays::{array_of, freeze, kept};
use crate::error::value_error;
use crate::time::stream_time;

/// What is known about a measurement beside it; see the stub.
#[pyclass(module = "wifi_densepose", frozen, eq, hash, get_all, from_py_object)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct CsiMetadata {
    node: u8,
    rssi_dbm: Option<i8>,
    noise_floor_dbm: Option<i8>,
    frequency_mhz: Option<u32>,
    seq: Option<u32>,
}

#[pymethods]
impl CsiMetadata {
    #[new]
    #[pyo3(signature = (node=0, rssi_dbm=None, noise_floor_dbm=None, frequency_mhz=None, seq=None))]
    const fn new(
        node: u8,
        rssi_dbm: Option<i8>,
        noise_floor_dbm: Option<i8>,
        frequency_mhz: Option<u32>,
        seq: Option<u32>,
    ) -> Self {
        Self { node, rssi_dbm, noise_floor_dbm, frequency_mhz, seq }
    }

    fn __repr__(&self) -> String {
        let show = |value: Option<i64>| value.map_or_else(|| "None".to_owned(), |value| value.to_string());
        format!(
            "CsiMetadata(node={}, rssi_dbm={}, noise_floor_dbm={}, frequency_mhz={}, seq={})",
            self.node,
            show(self.rssi_dbm.map(i64::from)),
            show(self.noise_floor_dbm.map(i64::from)),
            show(self.frequency_mhz.map(i64::from)),
            show(self.seq.map(i64::from)),
        )
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("node", self.node)?;
        dict.set_item("rssi_dbm", self.rssi_dbm)?;
        dict.set_item("noise_floor_dbm", self.noise_floor_dbm)?;
        dict.set_item("frequency_mhz", self.frequency_mhz)?;
        dict.set_item("seq", self.seq)?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict<'py>(data: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        data.py().get_type::<Self>().call((), Some(data))
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let Self { node, rssi_dbm, noise_floor_dbm, frequency_mhz, seq } = *slf;
        let arguments = (node, rssi_dbm, noise_floor_dbm, frequency_mhz, seq);
        Ok((py.get_type::<Self>().into_any(), arguments.into_pyobject(py)?))
    }
}

/// One channel measurement; see the stub.
#[pyclass(module = "wifi_densepose", frozen)]
pub(crate) struct CsiFrame {
    amplitudes: Py<PyArrayDyn<f64>>,
    phases: Py<PyArrayDyn<f64>>,
    n_antennas: u8,
    n_subcarriers: u16,
    sample_index: u64,
    sample_rate_hz: f64,
    metadata: CsiMetadata,
}

#[pymethods]
impl CsiFrame {
    #[new]
    #[pyo3(signature = (amplitudes, phases, n_subcarriers, sample_index, sample_rate_hz, metadata=None))]
    fn new(
        amplitudes: &Bound<'_, PyAny>,
        phases: &Bound<'_, PyAny>,
        n_subcarriers: u16,
        sample_index: u64,
        sample_rate_hz: f64,
        metadata: Option<CsiMetadata>,
    ) -> PyResult<Self> {
        if !(sample_rate_hz.is_finite() && sample_rate_hz > 0.0) {
            return Err(value_error("sample_rate_hz", "a finite number above 0", sample_rate_hz));
        }
        let (given_amplitudes, given_phases) = (amplitudes, phases);
        let amplitudes = array_of::<f64, IxDyn>("amplitudes", amplitudes)?;
        let phases = array_of::<f64, IxDyn>("phases", phases)?;
        let n_antennas = n_antennas("amplitudes", amplitudes.shape(), n_subcarriers)?;
        if phases.shape() != amplitudes.shape() {
            let (expected, found) = (amplitudes.shape(), phases.shape());
            return Err(value_error(
                "phases",
                format_args!("the amplitudes' shape {expected:?}"),
                format_args!("{found:?}"),
            ));
        }
        check_each("amplitudes", &amplitudes, "finite numbers of 0 and above", |value| {
            value.is_finite() && value >= 0.0
        })?;
        check_each("phases", &phases, "finite numbers", f64::is_finite)?;
        Ok(Self {
            amplitudes: kept(given_amplitudes, amplitudes)?.unbind(),
            phases: kept(given_phases, phases)?.unbind(),
            n_antennas,
            n_subcarriers,
            sample_index,
            sample_rate_hz,
            metadata: metadata.unwrap_or_default(),
        })
    }

    /// From complex samples.
    #[staticmethod]
    #[pyo3(signature = (csi, sample_index, sample_rate_hz, metadata=None))]
    fn from_complex<'py>(
        csi: &Bound<'py, PyAny>,
        sample_index: u64,
        sample_rate_hz: f64,
        metadata: Option<CsiMetadata>,
    ) -> PyResult<Self> {
        let numpy = csi.py().import("numpy")?;
        let csi = array_of::<numpy::Complex64, IxDyn>("csi", csi)?;
        let n_subcarriers = csi.shape().last().copied().unwrap_or(0);
        let n_subcarriers =
            u16::try_from(n_subcarriers).map_err(|_| value_error("csi", "at most 65535 subcarriers", n_subcarriers))?;
        let (amplitudes, phases) = (numpy.call_method1("abs", (&csi,))?, numpy.call_method1("angle", (&csi,))?);
        Self::new(&amplitudes, &phases, n_subcarriers, sample_index, sample_rate_hz, metadata)
    }

    #[getter]
    fn amplitudes<'py>(&self, py: Python<'py>) -> Bound<'py, PyArrayDyn<f64>> {
        self.amplitudes.bind(py).clone()
    }

    #[getter]
    fn phases<'py>(&self, py: Python<'py>) -> Bound<'py, PyArrayDyn<f64>> {
        self.phases.bind(py).clone()
    }

    #[getter]
    fn csi<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArrayDyn<Complex32>>> {
        let csi = PyArray::from_vec(py, self.samples(py)).reshape(self.amplitudes.bind(py).shape())?;
        freeze(csi.as_any())?;
        Ok(csi)
    }

    #[getter]
    const fn n_antennas(&self) -> u8 {
        self.n_antennas
    }

    #[getter]
    const fn n_subcarriers(&self) -> u16 {
        self.n_subcarriers
    }

    #[getter]
    const fn sample_index(&self) -> u64 {
        self.sample_index
    }

    #[getter]
    const fn sample_rate_hz(&self) -> f64 {
        self.sample_rate_hz
    }

    #[getter]
    const fn metadata(&self) -> CsiMetadata {
        self.metadata
    }

    /// Seconds from the stream's beginning.
    #[getter]
    const fn timestamp_s(&self) -> f64 {
        self.sample_index as f64 / self.sample_rate_hz
    }

    fn __repr__(&self) -> String {
        let antennas = if self.n_antennas == 1 { String::new() } else { format!("n_antennas={}, ", self.n_antennas) };
        format!(
            "CsiFrame({antennas}n_subcarriers={}, sample_index={}, sample_rate_hz={:?})",
            self.n_subcarriers, self.sample_index, self.sample_rate_hz
        )
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.equals(py, other.get()))
    }

    fn __hash__(&self, py: Python<'_>) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.n_antennas, self.n_subcarriers, self.sample_index, self.metadata).hash(&mut hasher);
        self.sample_rate_hz.to_bits().hash(&mut hasher);
        for array in [&self.amplitudes, &self.phases] {
            // 0.0 and -0.0 are equal.
            array.bind(py).readonly().as_array().iter().for_each(|value| (value + 0.0).to_bits().hash(&mut hasher));
        }
        hasher.finish()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("amplitudes", self.amplitudes.bind(py).call_method0("tolist")?)?;
        dict.set_item("phases", self.phases.bind(py).call_method0("tolist")?)?;
        dict.set_item("n_subcarriers", self.n_subcarriers)?;
        dict.set_item("sample_index", self.sample_index)?;
        dict.set_item("sample_rate_hz", self.sample_rate_hz)?;
        dict.set_item("metadata", self.metadata.to_dict(py)?)?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict<'py>(data: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        let arguments = data.copy()?;
        if let Some(metadata) = data.get_item("metadata")?.filter(|metadata| !metadata.is_none()) {
            let metadata = metadata.cast::<PyDict>().map_err(|_| value_error("metadata", "a dict", &metadata))?;
            arguments.set_item("metadata", CsiMetadata::from_dict(metadata)?)?;
        }
        data.py().get_type::<Self>().call((), Some(&arguments))
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let state = (
            slf.amplitudes.bind(py),
            slf.phases.bind(py),
            slf.n_subcarriers,
            slf.sample_index,
            slf.sample_rate_hz,
            slf.metadata,
        );
        Ok((py.get_type::<Self>().into_any(), state.into_pyobject(py)?))
    }
}

impl CsiFrame {
    /// The frame of a recording: its clock counts microseconds.
    pub(crate) fn of(py: Python<'_>, at: StreamTime, frame: &Frame) -> PyResult<Self> {
        let sample_index = u64::try_from(at.as_micros())
            .map_err(|_| value_error("timestamp_s", "0 and above for a CsiFrame", at.as_micros() as f64 / 1e6))?;
        let (n_antennas, n_subcarriers) = (frame.n_antennas(), frame.n_subcarriers());
        let shape: &[usize] = &[n_antennas.into(), n_subcarriers.into()];
        let shape = if n_antennas == 1 { &shape[1..] } else { shape };
        let array = |of: fn(&Complex32) -> f64| {
            let array = PyArray::from_iter(py, frame.iq().iter().map(of)).reshape(shape)?;
            freeze(array.as_any())?;
            PyResult::Ok(array.unbind())
        };
        Ok(Self {
            amplitudes: array(|sample| f64::from(sample.re).hypot(sample.im.into()))?,
            phases: array(|sample| f64::from(sample.im).atan2(sample.re.into()))?,
            n_antennas,
            n_subcarriers,
            sample_index,
            sample_rate_hz: 1e6,
            metadata: CsiMetadata {
                node: frame.node.0,
                rssi_dbm: frame.rssi_dbm,
                noise_floor_dbm: frame.noise_floor_dbm,
                frequency_mhz: frame.frequency_mhz,
                seq: frame.seq,
            },
        })
    }

    /// Samples as the engine takes them, antenna-major.
    fn samples(&self, py: Python<'_>) -> Vec<Complex32> {
        let (amplitudes, phases) = (self.amplitudes.bind(py).readonly(), self.phases.bind(py).readonly());
        let sample = |(amplitude, phase): (&f64, &f64)| {
            let (sin, cos) = phase.sin_cos();
            Complex32::new((amplitude * cos) as f32, (amplitude * sin) as f32)
        };
        amplitudes.as_array().iter().zip(phases.as_array().iter()).map(sample).collect()
    }

    /// The frame as the engine knows it.
    pub(crate) fn frame(&self, py: Python<'_>) -> PyResult<Frame> {
        let CsiMetadata { node, rssi_dbm, noise_floor_dbm, frequency_mhz, seq } = self.metadata;
        let frame = Frame::new(NodeNumber(node), self.n_antennas, self.n_subcarriers, self.samples(py));
        let mut frame = frame.map_err(|error| value_error("amplitudes", error.expected, error.found))?;
        frame.rssi_dbm = rssi_dbm;
        frame.noise_floor_dbm = noise_floor_dbm;
        frame.frequency_mhz = frequency_mhz;
        frame.seq = seq;
        Ok(frame)
    }

    /// When it was measured.
    pub(crate) fn at(&self) -> PyResult<StreamTime> {
        stream_time("sample_index", self.timestamp_s())
    }

    fn equals(&self, py: Python<'_>, other: &Self) -> bool {
        let same = |left: &Py<PyArrayDyn<f64>>, right: &Py<PyArrayDyn<f64>>| {
            left.bind(py).readonly().as_array() == right.bind(py).readonly().as_array()
        };
        self.sample_index == other.sample_index
            && self.sample_rate_hz.to_bits() == other.sample_rate_hz.to_bits()
            && self.metadata == other.metadata
            && same(&self.amplitudes, &other.amplitudes)
            && same(&self.phases, &other.phases)
    }
}

/// How many antennas an array of `shape` has: `[n_subcarriers]` or `[n_antennas, n_subcarriers]`.
fn n_antennas(field: &str, shape: &[usize], n_subcarriers: u16) -> PyResult<u8> {
    let wrong = || {
        let expected =
            format_args!("shape [{n_subcarriers}] or [n_antennas, {n_subcarriers}] with 1 to 255 antennas").to_string();
        value_error(field, expected, format_args!("{shape:?}"))
    };
    if n_subcarriers == 0 {
        return Err(value_error("n_subcarriers", "1 to 65535", n_subcarriers));
    }
    match *shape {
        [bins] if bins == usize::from(n_subcarriers) => Ok(1),
        [antennas, bins] if bins == usize::from(n_subcarriers) && antennas > 0 => {
            u8::try_from(antennas).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

fn check_each(
    field: &str,
    array: &Bound<'_, PyArrayDyn<f64>>,
    expected: &str,
    fits: impl Fn(f64) -> bool,
) -> PyResult<()> {
    let array = array.readonly();
    match array.as_array().iter().enumerate().find(|(_, value)| !fits(**value)) {
        Some((at, value)) => Err(value_error(field, expected, format_args!("{value} at {at}"))),
        None => Ok(()),
    }
}
