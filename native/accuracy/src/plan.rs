//! What is to be played: runs of the engine, each a list of pieces of recordings, as `scripts/accuracy` writes them.

use std::path::PathBuf;

use serde::Deserialize;

/// All that is to be played.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Each with an engine of its own.
    pub runs: Vec<Run>,
}

/// One life of an engine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Names it in what is printed.
    pub id: String,
    /// One after the other, as one stream of one node.
    pub segments: Vec<Segment>,
}

/// A piece of a recording.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// The `.npz` file.
    pub file: PathBuf,
    /// From this time of the recording on, seconds.
    #[serde(default)]
    pub from_s: f64,
    /// Up to this time of the recording, seconds; `None` is its end.
    #[serde(default)]
    pub to_s: Option<f64>,
    /// Somebody asks for a calibration as it begins.
    #[serde(default)]
    pub calibrate: bool,
    /// Play it to and fro until it has lasted so long, seconds; `None` is once.
    #[serde(default)]
    pub prolong_to_s: Option<f64>,
}
