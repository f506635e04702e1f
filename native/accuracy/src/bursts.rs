//! What the fall detector measures of recordings, before any weights: `scripts/accuracy` fits weights on one person's clips
//! and judges them on another's, so that the report says how right the method is where it was not fitted.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ruview_core::StreamTime;
use ruview_recordings::{RecordingError, Timed, load};
use ruview_signal::{FallConfig, FallDetector};
use serde::{Deserialize, Serialize};

/// Less stillness than a fall needs, so that there are more bursts to learn from.
const LEARNING_STILLNESS: Duration = Duration::from_secs(2);

/// What is to be measured.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Recordings (`.npz`).
    pub files: Vec<PathBuf>,
}

/// A burst of movement that was followed by stillness.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Burst {
    /// See [`FallConfig::strength`]; no more than [`FallConfig::enough_strength`].
    pub strength: f32,
    /// The natural logarithm of its duration in seconds.
    pub log_duration: f32,
}

/// The bursts of one recording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bursts {
    /// Followed by two seconds of stillness: for fitting.
    pub learning: Vec<Burst>,
    /// Followed by as much stillness as a fall needs: what is judged.
    pub judged: Vec<Burst>,
}

#[derive(Serialize)]
struct Line<'a> {
    file: &'a Path,
    #[serde(flatten)]
    result: Outcome,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Bursts(Bursts),
    Error(String),
}

/// Measures all recordings, one JSON line each, in their order.
///
/// # Errors
/// [`io::Error`] when nobody reads what is written.
pub fn measure(request: &Request, mut out: impl Write) -> io::Result<()> {
    for file in &request.files {
        let result = of_file(file).map_or_else(|error| Outcome::Error(error.to_string()), Outcome::Bursts);
        serde_json::to_writer(&mut out, &Line { file, result })?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The bursts of one recording.
///
/// # Errors
/// [`RecordingError`] when it is none.
pub fn of_file(file: &Path) -> Result<Bursts, RecordingError> {
    let frames = load(file)?;
    Ok(Bursts {
        learning: bursts(&frames, LEARNING_STILLNESS),
        judged: bursts(&frames, FallConfig::default().stillness),
    })
}

/// A detector tells the score of each burst, not what the score consists of: with one weight at a time it tells that too.
fn bursts(frames: &[Timed], stillness: Duration) -> Vec<Burst> {
    let reporting_all = FallConfig {
        strength: 0.0,
        duration: 0.0,
        offset: 0.0,
        least_confidence: 0.0,
        at_most_every: Duration::ZERO,
        stillness,
        ..FallConfig::default()
    };
    let strengths = scores(frames, FallConfig { strength: 1.0, ..reporting_all });
    let durations = scores(frames, FallConfig { duration: 1.0, ..reporting_all });
    let burst = |(strength, log_duration)| Burst { strength, log_duration };
    strengths.into_iter().zip(durations).map(burst).collect()
}

fn scores(frames: &[Timed], config: FallConfig) -> Vec<f32> {
    let at = |seconds: f64| StreamTime::from_micros((seconds * 1e6) as i64);
    let mut detector = FallDetector::with_config(config);
    for timed in frames {
        detector.push(at(timed.at_s), &timed.frame);
    }
    let end = at(frames.last().map_or(0.0, |timed| timed.at_s));
    detector.assess(end).falls.into_iter().map(|fall| log_odds(fall.confidence)).collect()
}

/// The score whose logistic function is `confidence`.
fn log_odds(confidence: f32) -> f32 {
    (confidence / (1.0 - confidence).max(1e-9)).max(1e-9).ln()
}
