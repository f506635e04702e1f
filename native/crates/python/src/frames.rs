//! Frames that come in: `CsiFrame`s one by one, or many at once as an array.
//!
//! They are taken in pieces, so that endless iterables and large arrays need no second copy of everything. Each piece is
//! copied while the interpreter is held and looked at while it is not: nobody can write to what is looked at.

use numpy::{
    Complex32, Ix1, IxDyn, PyArray, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use ruview_core::{CsiFrame as Frame, NodeNumber, StreamTime};

use crate::arrays::array_of;
use crate::csi::CsiFrame;
use crate::error::{type_error, value_error};
use crate::recording::CsiBatch;
use crate::time::stream_time;

/// A frame and when it was measured.
pub(crate) type Timed = (StreamTime, Frame);

/// Frames of one piece.
const PIECE: usize = 1024;

/// Calls `take` with the frames that `frames` holds, piece by piece, with the interpreter released.
///
/// `frames` is an array with `timestamps_s` or `sample_rate_hz`, a `CsiBatch`, or an iterable of
/// `CsiFrame` and `CsiBatch`, which know their own time.
///
/// # Errors
/// `TypeError` and `ValueError` about the argument that does not fit, and whatever the iterable raises. What came before was
/// taken.
pub(crate) fn each_piece(
    frames: &Bound<'_, PyAny>,
    timestamps_s: Option<&Bound<'_, PyAny>>,
    sample_rate_hz: Option<f64>,
    mut take: impl FnMut(&[Timed]) + Send,
) -> PyResult<()> {
    if frames.cast::<PyUntypedArray>().is_ok() {
        let samples = Samples::of("frames", frames, timestamps_s, sample_rate_hz, NodeNumber(0))?;
        return samples.each_piece(frames.py(), |piece| take(piece));
    }
    for (field, given) in [("timestamps_s", timestamps_s.is_some()), ("sample_rate_hz", sample_rate_hz.is_some())] {
        if given {
            return Err(value_error(field, "nothing: each CsiFrame has its own time", "a value"));
        }
    }
    let py = frames.py();
    if let Ok(batch) = frames.cast::<CsiBatch>() {
        let batch = batch.get();
        py.detach(|| take(&batch.frames));
        return Ok(());
    }
    let each = frames.try_iter().map_err(|_| type_error("frames", "an array or an iterable of CsiFrame", frames))?;
    let mut node = None;
    let mut piece = Vec::with_capacity(PIECE);
    for (at, item) in each.enumerate() {
        let (item, field) = (item?, format!("frames[{at}]"));
        if let Ok(batch) = item.cast::<CsiBatch>() {
            let batch = batch.get();
            check_node(&field, &mut node, NodeNumber(batch.node()))?;
            py.detach(|| {
                take(&piece);
                take(&batch.frames);
            });
            piece.clear();
            continue;
        }
        let frame = item.cast::<CsiFrame>().map_err(|_| type_error(&field, "CsiFrame or CsiBatch", &item))?.get();
        let timed = (frame.at()?, frame.frame(py)?);
        check_node(&field, &mut node, timed.1.node)?;
        piece.push(timed);
        if piece.len() == PIECE {
            py.detach(|| take(&piece));
            piece.clear();
        }
    }
    py.detach(|| take(&piece));
    Ok(())
}

/// All frames are of one node: the first one's.
fn check_node(field: &str, first: &mut Option<NodeNumber>, found: NodeNumber) -> PyResult<()> {
    let expected = *first.get_or_insert(found);
    if expected == found {
        return Ok(());
    }
    Err(value_error(field, format_args!("one node's frames: node {expected}"), format_args!("node {found}")))
}

/// Many equally shaped frames in an array.
pub(crate) struct Samples<'py> {
    node: NodeNumber,
    times: Vec<StreamTime>,
    n_antennas: u8,
    n_subcarriers: u16,
    values: Values<'py>,
}

enum Values<'py> {
    Complex(Bound<'py, PyArrayDyn<Complex32>>),
    /// Real and imaginary part in turn.
    Parts(Bound<'py, PyArrayDyn<f32>>),
}

impl<'py> Samples<'py> {
    /// Of `frames`, the argument `field`; see [`each_piece`] for what fits.
    pub(crate) fn of(
        field: &str,
        frames: &Bound<'py, PyAny>,
        timestamps_s: Option<&Bound<'py, PyAny>>,
        sample_rate_hz: Option<f64>,
        node: NodeNumber,
    ) -> PyResult<Self> {
        let given = frames.cast::<PyUntypedArray>().map_err(|_| type_error(field, "numpy.ndarray", frames))?;
        let (shape, is_complex) = (given.shape().to_vec(), given.dtype().kind() == b'c');
        let (antennas, subcarriers) = match *shape.as_slice() {
            [_, subcarriers] => (1, subcarriers),
            [_, antennas, subcarriers] => (antennas, subcarriers),
            [_, antennas, subcarriers, 2] if !is_complex => (antennas, subcarriers),
            _ => return Err(wrong_shape(field, &shape)),
        };
        let n_antennas = u8::try_from(antennas).ok().filter(|n| *n > 0).ok_or_else(|| wrong_shape(field, &shape))?;
        let n_subcarriers =
            u16::try_from(subcarriers).ok().filter(|n| *n > 0).ok_or_else(|| wrong_shape(field, &shape))?;
        let values = if shape.len() == 4 {
            Values::Parts(array_of::<f32, IxDyn>(field, frames)?)
        } else {
            Values::Complex(array_of::<Complex32, IxDyn>(field, frames)?)
        };
        let times = times(shape[0], timestamps_s, sample_rate_hz)?;
        Ok(Self { node, times, n_antennas, n_subcarriers, values })
    }

    pub(crate) fn each_piece(&self, py: Python<'py>, mut take: impl FnMut(&mut Vec<Timed>) + Send) -> PyResult<()> {
        let (node, n_antennas, n_subcarriers) = (self.node, self.n_antennas, self.n_subcarriers);
        let n_samples = usize::from(n_antennas) * usize::from(n_subcarriers);
        for first in (0..self.times.len()).step_by(PIECE) {
            let times = &self.times[first..self.times.len().min(first + PIECE)];
            let samples = self.values.copied(first * n_samples, times.len() * n_samples)?;
            py.detach(|| {
                let frame = |samples: &[Complex32]| Frame::new(node, n_antennas, n_subcarriers, samples.to_vec());
                // Each chunk has the shape's length.
                let frames = samples.chunks_exact(n_samples).filter_map(|samples| frame(samples).ok());
                take(&mut times.iter().copied().zip(frames).collect());
            });
        }
        Ok(())
    }
}

impl Values<'_> {
    /// `count` samples from `start` on.
    fn copied(&self, start: usize, count: usize) -> PyResult<Vec<Complex32>> {
        Ok(match self {
            Self::Complex(samples) => samples.readonly().as_slice()?[start..start + count].to_vec(),
            Self::Parts(parts) => {
                let parts = parts.readonly();
                let (pairs, _) = parts.as_slice()?[2 * start..2 * (start + count)].as_chunks::<2>();
                pairs.iter().map(|[re, im]| Complex32::new(*re, *im)).collect()
            }
        })
    }
}

/// When each of `count` frames was measured.
fn times(
    count: usize,
    timestamps_s: Option<&Bound<'_, PyAny>>,
    sample_rate_hz: Option<f64>,
) -> PyResult<Vec<StreamTime>> {
    match (timestamps_s, sample_rate_hz) {
        (Some(given), None) => {
            let array: Bound<'_, PyArray<f64, Ix1>> = array_of("timestamps_s", given)?;
            let array = array.readonly();
            let seconds = array.as_slice()?;
            if seconds.len() != count {
                return Err(value_error("timestamps_s", format_args!("{count} times, one a frame"), seconds.len()));
            }
            seconds.iter().map(|at| stream_time("timestamps_s", *at)).collect()
        }
        (None, Some(rate)) if rate.is_finite() && rate > 0.0 => {
            (0..count).map(|frame| stream_time("sample_rate_hz", frame as f64 / rate)).collect()
        }
        (None, Some(rate)) => Err(value_error("sample_rate_hz", "a finite number above 0", rate)),
        (Some(_), Some(_)) => Err(value_error("sample_rate_hz", "nothing beside timestamps_s", "both")),
        (None, None) => Err(value_error("timestamps_s", "it or sample_rate_hz for an array of frames", "neither")),
    }
}

fn wrong_shape(field: &str, found: &[usize]) -> PyErr {
    let expected = "shape [N, n_subcarriers] or [N, n_antennas, n_subcarriers], or real [N, n_antennas, n_subcarriers, 2], \
                    with 1 to 255 antennas and 1 to 65535 subcarriers";
    value_error(field, expected, format_args!("{found:?}"))
}
