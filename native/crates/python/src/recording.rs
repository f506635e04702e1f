//! Recordings: their octets as frames, many at once; see the stub.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};

use numpy::{Complex32, PyArray1, PyArray3, PyArrayMethods};
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PySlice};
use ruview_core::{CsiFrame as Frame, NodeNumber, NodePacket};
use ruview_wire::jsonl::{LineReader, Numbered};
use ruview_wire::{WireError, WireErrorKind};

use crate::csi::CsiFrame;
use crate::error::{line_error, type_error};
use crate::frames::{Samples, Timed};
use crate::state::State;
use crate::time::seconds;

/// Frames of one node, in the order in which they came.
#[pyclass(module = "wifi_densepose.recording", frozen)]
pub(crate) struct CsiBatch {
    node: NodeNumber,
    pub(crate) frames: Vec<Timed>,
}

#[pymethods]
impl CsiBatch {
    #[new]
    #[pyo3(signature = (csi, *, timestamps_s=None, sample_rate_hz=None, node=0))]
    fn new(
        csi: &Bound<'_, PyAny>,
        timestamps_s: Option<&Bound<'_, PyAny>>,
        sample_rate_hz: Option<f64>,
        node: u8,
    ) -> PyResult<Self> {
        let node = NodeNumber(node);
        let mut frames = Vec::new();
        let samples = Samples::of("csi", csi, timestamps_s, sample_rate_hz, node)?;
        samples.each_piece(csi.py(), |piece| frames.append(piece))?;
        Ok(Self { node, frames })
    }

    #[getter]
    pub(crate) const fn node(&self) -> u8 {
        self.node.0
    }

    #[getter]
    fn timestamps_s<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_iter(py, self.frames.iter().map(|(at, _)| seconds(*at)))
    }

    #[getter]
    fn shapes(&self) -> Vec<(u8, u16)> {
        let mut shapes: Vec<_> = self.frames.iter().map(|(_, frame)| shape(frame)).collect();
        shapes.sort_unstable();
        shapes.dedup();
        shapes
    }

    #[getter]
    fn csi<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<Complex32>>> {
        let (antennas, subcarriers) = match *self.shapes() {
            [] => (0, 0),
            [shape] => shape,
            ref several => {
                let message = format!("csi: frames of several shapes, {several:?}; of_shape() picks those of one");
                return Err(PyValueError::new_err(message));
            }
        };
        let samples = PyArray1::from_iter(py, self.frames.iter().flat_map(|(_, frame)| frame.iq()).copied());
        samples.reshape([self.frames.len(), antennas.into(), subcarriers.into()])
    }

    fn of_shape(&self, n_antennas: u8, n_subcarriers: u16) -> Self {
        let frames = self.frames.iter().filter(|(_, frame)| shape(frame) == (n_antennas, n_subcarriers));
        Self { node: self.node, frames: frames.cloned().collect() }
    }

    fn __len__(&self) -> usize {
        self.frames.len()
    }

    /// The frame at an index, negative ones counted from the end, or the batch of a slice.
    fn __getitem__<'py>(&self, py: Python<'py>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(slice) = index.cast::<PySlice>() {
            let found = slice.indices(self.frames.len() as isize)?;
            let steps = 0..found.slicelength as isize;
            let picked = steps.filter_map(|nth| self.frames.get((found.start + nth * found.step).unsigned_abs()));
            return Ok(Bound::new(py, Self { node: self.node, frames: picked.cloned().collect() })?.into_any());
        }
        let index: isize = index.extract().map_err(|_| type_error("index", "int or slice", index))?;
        let at = if index < 0 { self.frames.len().checked_add_signed(index) } else { Some(index.unsigned_abs()) };
        let timed = at.and_then(|at| self.frames.get(at));
        let (at, frame) = timed.ok_or_else(|| PyIndexError::new_err("frame index out of range"))?;
        Ok(Bound::new(py, CsiFrame::of(py, *at, frame)?)?.into_any())
    }

    fn __iter__(slf: PyRef<'_, Self>) -> FrameIterator {
        FrameIterator { batch: slf.into(), next: AtomicUsize::new(0) }
    }

    fn __repr__(&self) -> String {
        format!("CsiBatch(node={}, n_frames={}, shapes={:?})", self.node.0, self.frames.len(), self.shapes())
    }
}

/// The frames of a batch, one by one.
#[pyclass(frozen)]
struct FrameIterator {
    batch: Py<CsiBatch>,
    next: AtomicUsize,
}

#[pymethods]
impl FrameIterator {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<CsiFrame>> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.batch.get().frames.get(next).map(|(at, frame)| CsiFrame::of(py, *at, frame)).transpose()
    }
}

const fn shape(frame: &Frame) -> (u8, u16) {
    (frame.n_antennas(), frame.n_subcarriers())
}

/// Takes a recording of one JSON object a line apart, as its octets come.
#[pyclass(module = "wifi_densepose.recording", frozen)]
#[derive(Default)]
pub(crate) struct RecordingParser(State<Parser>);

#[derive(Default)]
struct Parser {
    lines: LineReader,
    n_frames: u64,
    n_others: u64,
    batches: Vec<CsiBatch>,
    refused: Vec<(u64, WireError)>,
}

/// What pieces of a recording hold: frames, and refusals.
type Parsed<'py> = (Vec<CsiBatch>, Bound<'py, PyList>);

#[pymethods]
impl RecordingParser {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn push<'py>(&self, py: Python<'py>, octets: &[u8]) -> PyResult<Parsed<'py>> {
        let (batches, refused) = self.0.with(py, |parser| {
            parser.lines.push(octets);
            while let Some(line) = parser.lines.next_line() {
                parser.sort(line);
            }
            parser.taken()
        });
        Ok((batches, errors(py, &refused)?))
    }

    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Parsed<'py>> {
        let (batches, refused) = self.0.with(py, |parser| {
            if let Some(line) = mem::take(&mut parser.lines).finish() {
                parser.sort(line);
            }
            parser.taken()
        });
        Ok((batches, errors(py, &refused)?))
    }

    #[getter]
    fn n_frames(&self, py: Python<'_>) -> u64 {
        self.0.with(py, |parser| parser.n_frames)
    }

    #[getter]
    fn n_others(&self, py: Python<'_>) -> u64 {
        self.0.with(py, |parser| parser.n_others)
    }
}

impl Parser {
    fn sort(&mut self, (line, record): Numbered) {
        match record {
            Ok(record) => match record.packet {
                NodePacket::Csi(frame) => {
                    self.n_frames += 1;
                    self.keep((record.at, frame));
                }
                _ => self.n_others += 1,
            },
            // Recorders leave such lines where they could not take a packet apart.
            Err(error) if matches!(error.kind, WireErrorKind::Unsupported { .. }) => self.n_others += 1,
            Err(error) => self.refused.push((line, error)),
        }
    }

    fn keep(&mut self, timed: Timed) {
        let node = timed.1.node;
        match self.batches.iter_mut().find(|batch| batch.node == node) {
            Some(batch) => batch.frames.push(timed),
            None => self.batches.push(CsiBatch { node, frames: vec![timed] }),
        }
    }

    fn taken(&mut self) -> (Vec<CsiBatch>, Vec<(u64, WireError)>) {
        (mem::take(&mut self.batches), mem::take(&mut self.refused))
    }
}

/// The refusals as exceptions, each with its `line`.
fn errors<'py>(py: Python<'py>, refused: &[(u64, WireError)]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for (line, refusal) in refused {
        list.append(line_error(py, *line, refusal)?)?;
    }
    Ok(list)
}
