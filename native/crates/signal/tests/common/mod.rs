//! Recordings by others, as streams of frames. They are not part of the repository.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use flate2::read::GzDecoder;
use ruview_core::{Complex32, CsiFrame, NodeNumber, StreamTime};
pub(crate) use ruview_recordings::folder as recordings;
use ruview_signal::{Assessment, NodeDetector};

/// A frame and the seconds at which it came.
pub(crate) type Timed = (f64, CsiFrame);

/// The frames of one `.npz` recording.
pub(crate) fn load(path: &Path) -> Vec<Timed> {
    ruview_recordings::load(path).unwrap().into_iter().map(|timed| (timed.at_s, timed.frame)).collect()
}

/// The raw CSI of one node from a recorded UDP stream, one JSON object a line.
pub(crate) fn load_jsonl(path: &Path, node: u64) -> Vec<Timed> {
    let lines = BufReader::new(GzDecoder::new(File::open(path).unwrap())).lines();
    let records = lines.map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap());
    let of_node = records.filter(|record| record["type"] == "raw_csi" && record["node_id"] == node);
    of_node
        .map(|record| {
            let hex = record["iq_hex"].as_str().unwrap();
            let part = |at: usize| f32::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap() as i8);
            let iq: Vec<_> = (0..hex.len() / 4).map(|i| Complex32::new(part(4 * i + 2), part(4 * i))).collect();
            let frame = CsiFrame::new(NodeNumber(1), 1, iq.len() as u16, iq).unwrap();
            (record["timestamp"].as_f64().unwrap(), frame)
        })
        .collect()
}

/// One recording after another, without a pause.
pub(crate) fn concatenated<'a>(parts: impl IntoIterator<Item = &'a [Timed]>) -> Vec<Timed> {
    let mut all: Vec<Timed> = Vec::new();
    for part in parts {
        let start = all.last().map_or(0.0, |(last, _)| last + 0.01);
        let first = part.first().map_or(0.0, |(at, _)| *at);
        all.extend(part.iter().map(|(at, frame)| (start + at - first, frame.clone())));
    }
    all
}

/// A recording forwards and backwards in turn: any length of it, without a jump where it is joined.
pub(crate) fn prolonged(recording: &[Timed], seconds: f64) -> Vec<Timed> {
    let last = recording.last().map_or(0.0, |(at, _)| *at);
    let backwards: Vec<Timed> = recording.iter().rev().map(|(at, frame)| (last - at, frame.clone())).collect();
    let mut all = Vec::new();
    while all.last().is_none_or(|(at, _)| *at < seconds) {
        all = concatenated([all.as_slice(), recording, &backwards]);
    }
    all.retain(|(at, _)| *at <= seconds);
    all
}

pub(crate) fn stream_time(seconds: f64) -> StreamTime {
    StreamTime::from_micros(1_700_000_000_000_000 + (seconds * 1e6) as i64)
}

/// The assessment at the end of every second of `frames`.
pub(crate) fn each_second(frames: &[Timed]) -> Vec<(u32, Assessment)> {
    each_second_breathing(frames, f64::INFINITY)
}

/// The same where breathing is seen once a second from `breathes_s` on, as the vitals stage tells it.
pub(crate) fn each_second_breathing(frames: &[Timed], breathes_s: f64) -> Vec<(u32, Assessment)> {
    let mut detector = NodeDetector::new();
    let mut second = 1;
    let mut seen = Vec::new();
    for (at, frame) in frames {
        while *at >= f64::from(second) {
            let now = stream_time(second.into());
            if f64::from(second) >= breathes_s {
                detector.breathing_seen(now);
            }
            seen.push((second, detector.assess(now)));
            second += 1;
        }
        detector.push(stream_time(*at), frame);
    }
    seen
}

/// Calibrates a detector on `quiet` for as long as that lasts, as a user would, and gives it back with the second of the end.
pub(crate) fn calibrated(quiet: &[Timed]) -> (NodeDetector, f64) {
    let mut detector = NodeDetector::new();
    let (first, last) = (quiet[0].0, quiet[quiet.len() - 1].0);
    detector.calibrate(stream_time(0.0), Duration::from_secs_f64(last - first));
    for (at, frame) in quiet {
        detector.push(stream_time(at - first), frame);
    }
    let end = last - first + 0.005;
    detector.assess(stream_time(end));
    (detector, end)
}

/// Plays `frames` from second `start` on; what is said at the end of each second of them, and at the end of a last half.
pub(crate) fn played(detector: &mut NodeDetector, start: f64, frames: &[Timed]) -> Vec<Assessment> {
    let (first, length) = (frames[0].0, frames[frames.len() - 1].0 - frames[0].0);
    let mut ends: Vec<f64> = (1..=length as u32).map(f64::from).collect();
    if length.fract() >= 0.4 {
        ends.push(length);
    }
    let mut ends = ends.into_iter().peekable();
    let mut seen = Vec::new();
    for (at, frame) in frames {
        while let Some(end) = ends.next_if(|end| at - first >= *end) {
            seen.push(detector.assess(stream_time(start + end)));
        }
        detector.push(stream_time(start + at - first), frame);
    }
    seen
}

/// The same after the node was silent for half a minute, as between two recordings.
pub(crate) fn played_later(detector: &mut NodeDetector, end: f64, frames: &[Timed]) -> Vec<Assessment> {
    let start = end + 30.0;
    detector.resume(stream_time(start));
    played(detector, start, frames)
}

/// Seconds at which presence went from off to on and from on to off.
pub(crate) fn switches(assessments: &[(u32, Assessment)]) -> Vec<(u32, bool)> {
    let known = assessments.iter().filter_map(|(at, a)| a.presence.map(|there| (*at, there)));
    let mut was = false;
    known.filter(|(_, there)| std::mem::replace(&mut was, *there) != *there).collect()
}
