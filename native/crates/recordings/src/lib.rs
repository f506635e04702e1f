//! Labelled recordings (`.npz`) as frames: `t` in seconds, `[N]`, and `iq`, `[N, antennas, subcarriers, 2]`, real part first.
//!
//! Others made them, so they are no part of the repository: they lie beside it, and whoever tests on them asks where.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array4, Axis, Ix1, Ix4, OwnedRepr};
use ndarray_npy::{NpzReader, ReadNpzError, ReadableElement};
use ruview_core::{Complex32, CsiFrame, NodeNumber};

/// The number that every recording's node gets.
pub const NODE: NodeNumber = NodeNumber(1);

/// A frame, and when it came: seconds from the beginning of its recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed {
    /// Never less than that of the frame before it.
    pub at_s: f64,
    /// What was measured.
    pub frame: CsiFrame,
}

/// A file that is no recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It cannot be opened.
    #[error("{}: {error}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is no archive of arrays, or lacks one that is needed.
    #[error("{}: {error}", path.display())]
    Arrays {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: ReadNpzError,
    },
    /// Its arrays do not fit together.
    #[error("{}: {reason}", path.display())]
    Shape {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// The folder of the recordings beside the project; `None`, and said so on standard output, where it is missing.
pub fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    #[expect(clippy::print_stdout, reason = "a test that skips says so where its reader looks")]
    {
        println!("skipped: no recordings at {}", folder.display());
    }
    None
}

/// What `labels.csv` says of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Recordings of one set were made alike.
    pub set: String,
    /// Where it lies.
    pub path: PathBuf,
    /// What it shows: a rate, an activity, or nobody.
    pub label: String,
}

/// What `labels.csv` in `folder` says, line by line. Lines without set, file and label are left out.
///
/// # Errors
/// [`RecordingError::Open`] when it cannot be read.
pub fn labels(folder: &Path) -> Result<Vec<Label>, RecordingError> {
    let path = folder.join("labels.csv");
    let text = std::fs::read_to_string(&path).map_err(|error| RecordingError::Open { path, error })?;
    let of_line = |line: &str| {
        let mut fields = line.split(',');
        let (set, file, label) = (fields.next()?, fields.next()?, fields.nth(1)?);
        Some(Label { set: set.to_owned(), path: folder.join(file), label: label.to_owned() })
    };
    Ok(text.lines().skip(1).filter_map(of_line).collect())
}

/// Reads a recording. Frames with a time that is no number are left out; a time before the one before it becomes that one.
///
/// # Errors
/// [`RecordingError`] when the file is missing, is no `.npz`, or its arrays have other types or shapes than above.
pub fn load(path: &Path) -> Result<Vec<Timed>, RecordingError> {
    let open = || File::open(path).map_err(|error| RecordingError::Open { path: path.to_owned(), error });
    let arrays = |error| RecordingError::Arrays { path: path.to_owned(), error };
    let shape = |reason| RecordingError::Shape { path: path.to_owned(), reason };
    let mut npz = NpzReader::new(open()?).map_err(arrays)?;
    let times = npz.by_name::<OwnedRepr<f64>, Ix1>("t").map_err(arrays)?;
    let iq = any_type(&mut npz).map_err(arrays)?;
    frames(&times, &iq).map_err(shape)
}

/// The samples, whichever of the usual types they have.
fn any_type<R: Read + Seek>(npz: &mut NpzReader<R>) -> Result<Array4<f32>, ReadNpzError> {
    samples::<_, i8>(npz)
        .or_else(|_| samples::<_, i16>(npz))
        .or_else(|_| samples::<_, f32>(npz))
        .or_else(|_| npz.by_name::<OwnedRepr<f64>, Ix4>("iq").map(|iq| iq.mapv(|sample| sample as f32)))
}

fn samples<R: Read + Seek, T: ReadableElement + Copy + Into<f32>>(
    npz: &mut NpzReader<R>,
) -> Result<Array4<f32>, ReadNpzError> {
    npz.by_name::<OwnedRepr<T>, Ix4>("iq").map(|iq| iq.mapv(Into::into))
}

fn frames(times: &Array1<f64>, iq: &Array4<f32>) -> Result<Vec<Timed>, String> {
    let &[packets, antennas, subcarriers, parts] = iq.shape() else { return Err("iq has no four axes".into()) };
    if packets != times.len() || parts != 2 {
        return Err(format!("t has {} times, iq the shape {:?}", times.len(), iq.shape()));
    }
    let antennas = u8::try_from(antennas).map_err(|_| format!("{antennas} antennas"))?;
    let subcarriers = u16::try_from(subcarriers).map_err(|_| format!("{subcarriers} subcarriers"))?;
    let mut last = 0.0_f64;
    let mut timed = Vec::with_capacity(packets);
    for (at_s, packet) in times.iter().zip(iq.axis_iter(Axis(0))) {
        if !at_s.is_finite() {
            continue;
        }
        last = last.max(*at_s);
        let parts: Vec<f32> = packet.iter().copied().collect();
        let samples = parts.chunks_exact(2).map(|pair| Complex32::new(pair[0], pair[1])).collect();
        let frame = CsiFrame::new(NODE, antennas, subcarriers, samples).map_err(|error| error.to_string())?;
        timed.push(Timed { at_s: last, frame });
    }
    Ok(timed)
}
