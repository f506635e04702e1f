//! The Nexmon CSI of a file as arrays.

use std::ops::ControlFlow;
use std::path::PathBuf;

use numpy::{IntoPyArray, PyArray1, PyArrayMethods};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use ruview_capture::{FileFault, Measurement, MeasurementFile, NexmonFrames, NexmonInfo};
use ruview_core::NexmonBandwidth;
use ruview_wire::nexmon::usable_tones;

use super::counts::CaptureCounts;
use super::failure::{broken, not_opened};
use crate::arrays::freeze;
use crate::error::value_error;

/// Packets after which signals are looked at: milliseconds.
const PACKETS_AT_ONCE: u64 = 16_384;

/// What `wifi_densepose.capture.read_csi` gives, field by field.
#[pyfunction]
#[pyo3(signature = (path, bandwidth_mhz=None, limit=None))]
pub(crate) fn read_nexmon(
    py: Python<'_>,
    path: PathBuf,
    bandwidth_mhz: Option<u16>,
    limit: Option<usize>,
) -> PyResult<Bound<'_, PyDict>> {
    let wanted = bandwidth_mhz.map(bandwidth).transpose()?;
    let limit = limit.unwrap_or(usize::MAX);
    let mut file = py.detach(|| MeasurementFile::open(&path)).map_err(|error| not_opened(py, &error))?;
    let mut frames = NexmonFrames::of(wanted);
    let fault = loop {
        match py.detach(|| fill(&mut file, &mut frames, limit)) {
            Ok(ControlFlow::Break(())) => py.check_signals()?,
            Ok(ControlFlow::Continue(())) => break None,
            Err(Stop::Fault(fault)) => break Some(fault),
            Err(Stop::Full) => {
                let found = frames.infos().len();
                return Err(PyMemoryError::new_err(format!("limit: more than {found} frames do not fit into memory")));
            }
        }
    };
    let counts = CaptureCounts::from(file.counts());
    columns(py, frames, counts, fault.map(|fault| broken(py, &fault)))
}

/// Why reading ended early.
enum Stop {
    Fault(FileFault),
    /// Memory is used up.
    Full,
}

fn fill(file: &mut MeasurementFile, frames: &mut NexmonFrames, limit: usize) -> Result<ControlFlow<()>, Stop> {
    if frames.infos().len() >= limit {
        return Ok(ControlFlow::Continue(()));
    }
    let octets = file.progress().total;
    let mut is_full = false;
    let flow = file.read(PACKETS_AT_ONCE, |measurement| {
        if let Measurement::Nexmon { at_ns, view } = measurement {
            is_full = frames.push(at_ns, &view, octets).is_err();
        }
        if is_full || frames.infos().len() == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match flow {
        _ if is_full => Err(Stop::Full),
        Ok(_) if frames.infos().len() == limit => Ok(ControlFlow::Continue(())),
        flow => flow.map_err(Stop::Fault),
    }
}

fn columns(
    py: Python<'_>,
    frames: NexmonFrames,
    counts: CaptureCounts,
    fault: Option<PyErr>,
) -> PyResult<Bound<'_, PyDict>> {
    let format = frames.format();
    let infos = frames.infos();
    let dict = PyDict::new(py);
    dict.set_item("chip", format.map(|format| format.chip.as_str()))?;
    dict.set_item("bandwidth_mhz", format.map(|format| format.bandwidth.mhz()))?;

    let set = |name: &str, column: Bound<'_, PyAny>| {
        freeze(&column)?;
        dict.set_item(name, column)
    };
    set("timestamp_ns", column(py, infos, |info| info.at_ns))?;
    set("rssi_dbm", column(py, infos, |info| info.rssi_dbm.map_or(f32::NAN, f32::from)))?;
    set("sequence", column(py, infos, |info| info.sequence_control >> 4))?;
    set("core", column(py, infos, |info| info.core))?;
    set("stream", column(py, infos, |info| info.stream))?;
    set("channel", column(py, infos, |info| info.channel.channel()))?;
    set("frequency_mhz", column(py, infos, |info| info.channel.frequency_mhz().unwrap_or(0) as u16))?;
    set("frame_control", column(py, infos, |info| info.frame_control.map_or(-1, i16::from)))?;
    let addresses: Vec<u8> = infos.iter().flat_map(|info| info.transmitter.octets()).collect();
    set("transmitter", PyArray1::from_vec(py, addresses).reshape([infos.len(), 6])?.into_any())?;

    let bins = format.map_or(0, |format| format.bandwidth.bins().into());
    let usable = format.map_or(&[][..], |format| usable_tones(format.bandwidth, frames.tone_layout()));
    set("usable", PyArray1::from_slice(py, usable).into_any())?;
    let shape = [infos.len(), bins];
    set("csi", PyArray1::from_vec(py, frames.into_samples()).reshape(shape)?.into_any())?;
    dict.set_item("counts", counts)?;
    dict.set_item("fault", fault)?;
    Ok(dict)
}

fn column<'py, T: numpy::Element>(
    py: Python<'py>,
    infos: &[NexmonInfo],
    value: impl Fn(&NexmonInfo) -> T,
) -> Bound<'py, PyAny> {
    infos.iter().map(value).collect::<Vec<T>>().into_pyarray(py).into_any()
}

fn bandwidth(mhz: u16) -> PyResult<NexmonBandwidth> {
    let found = NexmonBandwidth::ALL.into_iter().find(|bandwidth| bandwidth.mhz() == mhz);
    found.ok_or_else(|| value_error("bandwidth_mhz", "20, 40 or 80", mhz))
}
