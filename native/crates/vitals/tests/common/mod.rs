//! Recordings by others, as streams of frames. They are not part of the repository.
#![allow(dead_code, reason = "each test uses some")]

use std::fs::File;
use std::path::{Path, PathBuf};

use ndarray::{Array4, Ix1, Ix4, OwnedRepr};
use ndarray_npy::{NpzReader, ReadableElement};
use ruview_core::{Complex32, CsiFrame, NodeNumber, StreamTime};

/// A frame and when it came.
pub(crate) type Timed = (StreamTime, CsiFrame);

/// The folder of the recordings; `None`, and said so, where it is missing.
pub(crate) fn recordings() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no recordings at {}", folder.display());
    None
}

pub(crate) fn stream_time(seconds: f64) -> StreamTime {
    StreamTime::from_micros(1_700_000_000_000_000 + (seconds * 1e6) as i64)
}

/// The frames of one `.npz` recording.
pub(crate) fn load(path: &Path) -> Vec<Timed> {
    let open = || NpzReader::new(File::open(path).unwrap()).unwrap();
    let times = open().by_name::<OwnedRepr<f64>, Ix1>("t").unwrap();
    let whole = samples::<i8>(&mut open()).or_else(|| samples::<i16>(&mut open()));
    let iq = whole.or_else(|| samples::<f32>(&mut open())).expect("iq is int8, int16 or float32");
    let (antennas, subcarriers) = (iq.shape()[1] as u8, iq.shape()[2] as u16);
    let frame = |at: usize| {
        let packet = iq.index_axis(ndarray::Axis(0), at);
        let pairs = packet.iter().copied().collect::<Vec<f32>>();
        let samples = pairs.chunks_exact(2).map(|pair| Complex32::new(pair[0], pair[1])).collect();
        CsiFrame::new(NodeNumber(1), antennas, subcarriers, samples).unwrap()
    };
    times.iter().enumerate().map(|(at, time)| (stream_time(*time), frame(at))).collect()
}

fn samples<T: ReadableElement + Copy + Into<f32>>(npz: &mut NpzReader<File>) -> Option<Array4<f32>> {
    npz.by_name::<OwnedRepr<T>, Ix4>("iq").ok().map(|iq| iq.mapv(Into::into))
}

/// Set, file and label of every line of `labels.csv`.
pub(crate) fn labels(folder: &Path) -> Vec<[String; 3]> {
    let text = std::fs::read_to_string(folder.join("labels.csv")).unwrap();
    let fields = |line: &str| {
        let mut fields = line.split(',').map(str::to_owned);
        let (set, file) = (fields.next().unwrap(), fields.next().unwrap());
        [set, file, fields.nth(1).unwrap()]
    };
    text.lines().skip(1).map(fields).collect()
}
