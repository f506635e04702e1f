//! The second stage: from windows to a breathing rate, or none.

use std::collections::VecDeque;

use crate::evidence::{Evidence, fading};
use crate::preprocess::VitalWindow;
use crate::reading::{VitalEstimate, VitalStatus};

/// Seconds that are remembered, and how many of them must agree before a rate is published.
const REMEMBERED: usize = 4;
const AGREEING: usize = 3;
/// Rates that differ by less agree.
const TOLERANCE_BPM: f64 = 2.0;
/// From this score a window counts, and from this score of all that agree the rate is [`VitalStatus::Valid`].
const COUNTS: f64 = 0.5;
const CLEAR: f64 = 0.7;
/// From this score something periodic is said to be there.
const HINT: f64 = 0.25;
/// Breath that is this much weaker in the last part of the window than in its strongest has stopped.
const FADED: f64 = 0.2;
/// Windows after the last published rate in which the end of breath can be seen.
const WINDOWS_WITH_THE_END: u32 = 30;
/// The slowest rate that is in the band: 0.07 Hz, less what a window's rounding may take.
const SLOWEST_BPM: f64 = 4.0;

/// Finds breathing between 0.07 and 0.5 Hz (4 to 30 a minute) in windows of 28 s, one a second.
///
/// A rate is published while three of the last four windows agree on it, so that it rests on 30 s of frames, and ends
/// within 11 s of breath being held, or of somebody moving.
#[derive(Debug, Clone, Default)]
pub struct BreathingExtractor {
    recent: VecDeque<Option<Seen>>,
    /// The last published rate, and the windows since.
    last_published: Option<(f64, u32)>,
    stopped: bool,
}

/// What one window showed.
#[derive(Debug, Clone, Copy)]
struct Seen {
    rate_bpm: f64,
    score: f64,
}

impl BreathingExtractor {
    /// An extractor that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The estimate after one more second, whose window is `window`. Windows that the preprocessor made have 280
    /// samples; others are passed over as windows without a breath.
    pub fn update(&mut self, window: &VitalWindow) -> VitalEstimate {
        let evidence = if window.is_whole() { Evidence::of(window) } else { None };
        let still = evidence.as_ref().is_none_or(Evidence::is_still);
        let seen = evidence.map(|evidence| Seen { rate_bpm: 60.0 * evidence.hz, score: evidence.score() });
        self.recent.push_back(seen.filter(|seen| seen.rate_bpm >= SLOWEST_BPM));
        if self.recent.len() > REMEMBERED {
            self.recent.pop_front();
        }
        let estimate = self.estimate();
        self.watch_stop(window, &estimate, still);
        estimate
    }

    /// Whether breath that was published has faded out of the window's last 11 s, with nothing moving: held breath. Holds
    /// until breath is back, something moves, or the window has no breath left to compare with.
    pub fn has_stopped(&self) -> bool {
        self.stopped
    }

    /// Forgets the windows: after a gap.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn watch_stop(&mut self, window: &VitalWindow, estimate: &VitalEstimate, still: bool) {
        self.last_published = match (estimate.rate_bpm, self.last_published) {
            (Some(rate), _) => Some((rate.into(), 0)),
            (None, Some((rate, windows))) if windows < WINDOWS_WITH_THE_END && still => Some((rate, windows + 1)),
            _ => None,
        };
        let faded = |rate: f64| fading(window, rate / 60.0).is_some_and(|share| share < FADED);
        self.stopped = match self.last_published {
            Some((rate, windows)) if windows > 0 => self.stopped || faded(rate),
            _ => false,
        };
    }

    fn estimate(&self) -> VitalEstimate {
        let Some(latest) = self.recent.back().copied().flatten() else { return VitalEstimate::UNAVAILABLE };
        let counting = self.recent.iter().flatten().filter(|seen| seen.score >= COUNTS);
        let agreeing = counting.filter(|seen| (seen.rate_bpm - latest.rate_bpm).abs() < TOLERANCE_BPM);
        let (count, weakest) =
            agreeing.fold((0, 1.0_f64), |(count, weakest), seen| (count + 1, weakest.min(seen.score)));
        if latest.score < COUNTS || count < AGREEING {
            let status = if latest.score >= HINT { VitalStatus::Unreliable } else { VitalStatus::Unavailable };
            return VitalEstimate { rate_bpm: None, confidence: unpublished_confidence(latest.score), status };
        }
        let status = if weakest >= CLEAR { VitalStatus::Valid } else { VitalStatus::Degraded };
        VitalEstimate { rate_bpm: Some(latest.rate_bpm as f32), confidence: confidence(weakest), status }
    }
}

/// The probability that a published rate is right within 2 a minute. Every rate published on recordings by others was, and of
/// generated noise less than two windows in a thousand are published; how often a new room breaks what was right in these is
/// not known, so the least score that is published is given 0.8 and none more than 0.98.
fn confidence(score: f64) -> f32 {
    (0.8 + 0.18 * (score - COUNTS) / (1.0 - COUNTS)) as f32
}

/// The same for a rate that is not published: never as much as a coin says.
fn unpublished_confidence(score: f64) -> f32 {
    score.min(COUNTS) as f32
}
