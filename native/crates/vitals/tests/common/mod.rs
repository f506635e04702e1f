//! Recordings by others, as streams of frames. They are not part of the repository.
#![allow(dead_code, reason = "each test uses some")]

use std::path::Path;

use ruview_core::{CsiFrame, StreamTime};
pub(crate) use ruview_recordings::folder as recordings;

/// A frame and when it came.
pub(crate) type Timed = (StreamTime, CsiFrame);

pub(crate) fn stream_time(seconds: f64) -> StreamTime {
    StreamTime::from_micros(1_700_000_000_000_000 + (seconds * 1e6) as i64)
}

/// The frames of one `.npz` recording.
pub(crate) fn load(path: &Path) -> Vec<Timed> {
    ruview_recordings::load(path).unwrap().into_iter().map(|timed| (stream_time(timed.at_s), timed.frame)).collect()
}

/// Set, file and label of every line of `labels.csv`.
pub(crate) fn labels(folder: &Path) -> Vec<[String; 3]> {
    let file = |path: &Path| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
    let all = ruview_recordings::labels(folder).unwrap();
    all.into_iter().map(|of| [of.set, file(&of.path), of.label]).collect()
}
