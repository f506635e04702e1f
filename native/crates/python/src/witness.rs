//! Features whose hash is witnessed.

use std::num::NonZeroUsize;

use numpy::PyArray2;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use ruview_core::{CsiFrame, NodePacket};
use ruview_signal::{WitnessError, WitnessFeatures};
use ruview_wire::{WireError, jsonl};

use crate::error::{value_error, wire_error};

type Array<'py> = Bound<'py, PyArray2<i32>>;

enum Refusal {
    Line(usize, WireError),
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
        Err(Refusal::Line(number, refusal)) => {
            let error = wire_error(py, &refusal);
            error.value(py).setattr("line", number)?;
            Err(error)
        }
        Err(Refusal::Features(refusal)) => Err(PyValueError::new_err(format!("recording: {refusal}"))),
    }
}

fn frames(recording: &[u8]) -> Result<Vec<CsiFrame>, Refusal> {
    let lines = recording.split(|octet| *octet == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    let packets = lines.map(|(at, line)| jsonl::parse_line(line).map_err(|refusal| Refusal::Line(at + 1, refusal)));
    let csi = packets.filter_map(|record| match record {
        Ok(record) => match record.packet {
            NodePacket::Csi(frame) => Some(Ok(frame)),
            _ => None,
        },
        Err(refusal) => Some(Err(refusal)),
    });
    csi.collect()
}
