//! Features whose hash is witnessed.

use std::num::NonZeroUsize;

use numpy::PyArray2;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use ruview_core::{CsiFrame, NodePacket};
use ruview_signal::{WitnessError, WitnessFeatures};
use ruview_wire::WireError;
use ruview_wire::jsonl::{LineReader, Numbered};

use crate::error::{line_error, value_error};

type Array<'py> = Bound<'py, PyArray2<i32>>;

enum Refusal {
    Line(u64, WireError),
    Features(WitnessError),
}

/// Features of a recording's CSI; see the stub.
#[pyfunction]
#[pyo3(signature = (recording, threads=1))]
pub(crate) fn witness_features<'py>(
    py: Python<'py>,
    recording: &[u8],
    threads: usize,
) -> PyResult<(Array<'py>, Array<'py>)> {
    let threads = NonZeroUsize::new(threads).ok_or_else(|| value_error("threads", "1 or more", threads))?;
    let features = py.detach(|| {
        let frames = frames(recording)?;
        ruview_signal::witness_features(&frames, threads).map_err(Refusal::Features)
    });
    match features {
        Ok(WitnessFeatures { frames, filtered }) => {
            Ok((PyArray2::from_vec2(py, &frames)?, PyArray2::from_vec2(py, &filtered)?))
        }
        Err(Refusal::Line(number, refusal)) => Err(line_error(py, number, &refusal)?),
        Err(Refusal::Features(refusal)) => Err(PyValueError::new_err(format!("recording: {refusal}"))),
    }
}

fn frames(recording: &[u8]) -> Result<Vec<CsiFrame>, Refusal> {
    let mut lines = LineReader::new();
    lines.push(recording);
    let mut frames = Vec::new();
    while let Some(line) = lines.next_line() {
        frames.extend(csi(line)?);
    }
    if let Some(line) = lines.finish() {
        frames.extend(csi(line)?);
    }
    Ok(frames)
}

fn csi((number, record): Numbered) -> Result<Option<CsiFrame>, Refusal> {
    match record.map_err(|refusal| Refusal::Line(number, refusal))?.packet {
        NodePacket::Csi(frame) => Ok(Some(frame)),
        _ => Ok(None),
    }
}
