//! Made-up recordings through the real engine.
#![allow(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use std::fs::File;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array4};
use ndarray_npy::NpzWriter;
use ruview_accuracy::bursts::{Request, measure};
use ruview_accuracy::plan::{Plan, Run, Segment};
use ruview_accuracy::play::play;
use ruview_accuracy::replay::replay;
use ruview_recordings::load;

/// A quiet channel of 64 bins at 50 Hz whose samples flicker by one step.
fn write_quiet(folder: &Path, name: &str, seconds: f64) -> PathBuf {
    let path = folder.join(name);
    let packets = (seconds * 50.0) as usize;
    let t = Array1::from_iter((0..packets).map(|n| n as f64 / 50.0));
    let iq = Array4::from_shape_fn((packets, 1, 64, 2), |(n, _, k, part)| {
        20 + (k % 7) as i8 + i8::from((n * 31 + k * 17 + part * 5) % 11 < 5)
    });
    let mut npz = NpzWriter::new(File::create(&path).unwrap());
    npz.add_array("t", &t).unwrap();
    npz.add_array("iq", &iq).unwrap();
    npz.finish().unwrap();
    path
}

fn segment(file: &Path) -> Segment {
    Segment { file: file.to_owned(), from_s: 0.0, to_s: None, calibrate: false, prolong_to_s: None }
}

fn run(segments: Vec<Segment>) -> Run {
    Run { id: "a run".into(), segments }
}

#[test]
fn every_second_of_every_piece_is_told_and_one_after_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_quiet(folder.path(), "quiet.npz", 3.98);
    let half = Segment { from_s: 2.0, ..segment(&file) };
    let played = play(&run(vec![segment(&file), half])).unwrap();
    let told: Vec<_> = played.seconds.iter().map(|second| (second.piece, second.second)).collect();
    assert_eq!(told, [(0, 1), (0, 2), (0, 3), (0, 4), (1, 1), (1, 2), (1, 0)]);
    assert!(played.seconds.iter().all(|second| second.states["data_source"] == "replay"));
}

#[test]
fn a_calibration_that_is_asked_for_is_what_presence_is_judged_against() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_quiet(folder.path(), "quiet.npz", 5.0);
    let calibration = Segment { calibrate: true, prolong_to_s: Some(15.0), ..segment(&file) };
    let played = play(&run(vec![calibration, segment(&file)])).unwrap();
    assert!(played.refusals.is_empty(), "{:?}", played.refusals);
    let states: Vec<_> = played.seconds.iter().map(|second| second.states["calibration"].as_str()).collect();
    assert_eq!((states[4], states[14]), ("calibrating", "calibrated"));
    assert!(played.seconds[14..].iter().all(|second| second.states["motion"] == "off"));
}

#[test]
fn the_same_plan_gives_the_same_lines_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_quiet(folder.path(), "quiet.npz", 2.0);
    let plan = Plan { runs: (0..5).map(|n| Run { id: n.to_string(), ..run(vec![segment(&file)]) }).collect() };
    let lines = |jobs| {
        let mut out = Vec::new();
        replay(&plan, jobs, &mut out).unwrap();
        let mut lines: Vec<_> = String::from_utf8(out).unwrap().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(1).len(), 5);
    assert_eq!(lines(1), lines(3));
}

#[test]
fn what_is_no_recording_is_told_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.npz");
    std::fs::write(&broken, b"PK nothing").unwrap();
    let good = write_quiet(folder.path(), "quiet.npz", 1.0);
    assert!(load(&broken).is_err());
    let runs = [&broken, &folder.path().join("missing.npz"), &good].map(|file| run(vec![segment(file)]));
    let mut out = Vec::new();
    replay(&Plan { runs: runs.into() }, 1, &mut out).unwrap();
    let lines: Vec<serde_json::Value> =
        out.split(|b| *b == b'\n').filter_map(|l| serde_json::from_slice(l).ok()).collect();
    assert_eq!(lines.iter().map(|line| line.get("error").is_some()).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn a_quiet_recording_has_no_bursts_and_a_missing_one_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let files = vec![write_quiet(folder.path(), "quiet.npz", 10.0), folder.path().join("missing.npz")];
    let mut out = Vec::new();
    measure(&Request { files }, &mut out).unwrap();
    let lines: Vec<serde_json::Value> =
        out.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert_eq!(lines[0]["bursts"], serde_json::json!({ "learning": [], "judged": [] }));
    assert!(lines[1]["error"].as_str().is_some_and(|error| error.contains("missing.npz")), "{lines:?}");
}
