//! The detector of one beamformer and beamformee.

use core::time::Duration;
use std::collections::VecDeque;

use ruview_core::StreamTime;

use super::baseline::{Baseline, Stretch};
use super::{BfiAssessment, BfiCalibration, BfiReason};
use crate::shape::Shape;
use crate::statistics::median;
use crate::{BfiReport, ReportError};

/// One report is taken in so much time, the first: in a burst a person does less than the feedback's quantisation.
const PACE: Duration = Duration::from_secs(1);
/// A report that is older says nothing about motion since.
const MAX_STEP: Duration = Duration::from_secs(10);
/// Reports from which quiet and departure are judged: more than ten seconds, since people pause.
const STRETCH_LEN: usize = 12;
/// Steps from which motion is judged.
const RECENT_STEPS: usize = 3;
/// Without a report for so long, nothing is known.
const SILENCE: Duration = Duration::from_secs(15);
/// For so long after the last sign of somebody the room does not count as empty.
const HOLD: Duration = Duration::from_mins(1);
/// The quantisation of the coarsest codebook moves reports of a frozen channel by about as much.
const MIN_STEP_RAD: f32 = 0.01;
/// Motion begins at so many times the quietest step, and ends at so many.
const MOTION_ON: f32 = 2.5;
const MOTION_OFF: f32 = 1.6;
/// At so many times the quietest step, motion is 100 %.
const FULL_MOTION: f32 = 20.0;
/// The path has departed when the last reports' mean is so many times further from the baseline than single reports
/// scattered around it.
const DEPARTURE: f32 = 2.0;

/// A report that was taken.
#[derive(Debug, Clone)]
struct Taken {
    at: StreamTime,
    shape: Shape,
    /// The angle from the report taken before; `None` where that is too long ago.
    step_rad: Option<f32>,
}

/// Motion and presence on one path, from its own reports and their times: the same reports give the same answers.
#[derive(Debug, Clone, Default)]
pub struct PairDetector {
    /// The last reports that were taken, oldest first.
    taken: VecDeque<Taken>,
    last_report: Option<StreamTime>,
    baseline: Baseline,
    moving: bool,
    departed: bool,
    last_sign: Option<StreamTime>,
}

impl PairDetector {
    /// A detector that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// When the last report came.
    pub const fn last_report(&self) -> Option<StreamTime> {
        self.last_report
    }

    /// Takes in one report. Other dimensions than before, or a clock that steps back, start the detector anew.
    ///
    /// # Errors
    /// [`ReportError`]; the detector then stays as it is.
    pub fn push(&mut self, report: &BfiReport<'_>) -> Result<(), ReportError> {
        let shape = Shape::of(report)?;
        let follows = |last: &Taken| last.shape.size == shape.size && last.at <= report.at;
        if !self.taken.back().is_none_or(follows) {
            *self = Self::new();
        }
        self.last_report = Some(report.at);
        let is_due = self.taken.back().is_none_or(|last| report.at.since(last.at) >= PACE);
        if is_due {
            self.take(report.at, shape);
            if let Some(stretch) = self.stretch() {
                self.baseline.consider(stretch);
            }
            self.judge(report.at);
        }
        Ok(())
    }

    fn take(&mut self, at: StreamTime, shape: Shape) {
        let before = self.taken.back().filter(|last| at.since(last.at) <= MAX_STEP);
        let step_rad = before.map(|last| shape.angle_to(&last.shape));
        if self.taken.len() == STRETCH_LEN {
            self.taken.pop_front();
        }
        self.taken.push_back(Taken { at, shape, step_rad });
    }

    /// The last reports, once they are enough to be a baseline and none is missing between them.
    fn stretch(&self) -> Option<Stretch> {
        let last = self.taken.back().filter(|_| self.taken.len() == STRETCH_LEN)?;
        let steps: Option<Vec<f32>> = self.taken.iter().skip(1).map(|taken| taken.step_rad).collect();
        let mean = Shape::mean(self.taken.iter().map(|taken| &taken.shape))?;
        let scatter_rad = median(self.taken.iter().map(|taken| taken.shape.angle_to(&mean)));
        Some(Stretch {
            until: last.at,
            step_rad: median(steps?).max(MIN_STEP_RAD),
            scatter_rad: scatter_rad.max(MIN_STEP_RAD),
            mean,
        })
    }

    fn judge(&mut self, now: StreamTime) {
        let (Some(ratio), Some(baseline)) = (self.motion_ratio(now), self.baseline.current()) else {
            return;
        };
        self.moving = ratio >= if self.moving { MOTION_OFF } else { MOTION_ON };
        self.departed = self.departure(baseline) >= DEPARTURE;
        if self.moving || self.departed {
            self.last_sign = Some(now);
        }
    }

    /// The last steps as a multiple of the quietest; `None` without a baseline or recent steps.
    fn motion_ratio(&self, now: StreamTime) -> Option<f32> {
        let baseline = self.baseline.current()?;
        let recent = self.taken.iter().rev().take(RECENT_STEPS).filter(|taken| now.since(taken.at) <= SILENCE);
        let steps: Vec<f32> = recent.filter_map(|taken| taken.step_rad).collect();
        (!steps.is_empty()).then(|| median(steps) / baseline.step_rad)
    }

    /// How far the last reports' mean is from the baseline, as a multiple of the baseline's own scatter.
    fn departure(&self, baseline: &Stretch) -> f32 {
        let newest = self.taken.iter().rev().take(STRETCH_LEN / 2).map(|taken| &taken.shape);
        Shape::mean(newest).map_or(0.0, |mean| mean.angle_to(&baseline.mean) / baseline.scatter_rad)
    }

    /// What is known at `at`, which is not earlier than the last report.
    pub fn assess(&self, at: StreamTime) -> BfiAssessment {
        let is_silent = self.last_report.is_none_or(|last| at.since(last) > SILENCE);
        let ratio = self.motion_ratio(at).filter(|_| !is_silent);
        let is_held = self.last_sign.is_some_and(|sign| at.since(sign) < HOLD);
        let (presence, reason) = match ratio {
            Some(_) if self.moving => (Some(true), BfiReason::Motion),
            Some(_) if self.departed => (Some(true), BfiReason::BaselineDeparture),
            _ if is_held => (Some(true), BfiReason::Hold),
            Some(_) => (Some(false), BfiReason::Quiet),
            None => (None, BfiReason::Unknown),
        };
        BfiAssessment {
            motion: ratio.map(|_| self.moving),
            motion_level_percent: ratio.map(level_percent),
            presence,
            reason,
            calibration: self.calibration(),
        }
    }

    fn calibration(&self) -> BfiCalibration {
        if self.baseline.current().is_some() {
            return BfiCalibration::SelfCalibrated { version: self.baseline.version };
        }
        let steps = self.taken.iter().rev().take_while(|taken| taken.step_rad.is_some()).count();
        BfiCalibration::Learning { progress: steps as f32 / (STRETCH_LEN - 1) as f32 }
    }
}

fn level_percent(ratio: f32) -> f32 {
    100.0 * (libm::logf(ratio.max(1.0)) / libm::logf(FULL_MOTION)).min(1.0)
}
