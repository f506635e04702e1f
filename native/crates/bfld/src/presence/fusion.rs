//! All paths of a room together.

use std::collections::BTreeMap;

use ruview_core::StreamTime;

use super::pair::PairDetector;
use super::{BfiAssessment, BfiCalibration, BfiReason};
use crate::{BfiPair, BfiReport, ReportError};

/// Paths that are followed; the one that is silent for longest gives way to a new one.
const MAX_PAIRS: usize = 32;
/// From so many paths on, one alone does not make a room occupied: it may be a station that is carried about.
const CROWD: usize = 3;

/// A detector for every beamformer and beamformee, and what they say together.
#[derive(Debug, Clone, Default)]
pub struct BfiSensing {
    pairs: BTreeMap<BfiPair, PairDetector>,
}

impl BfiSensing {
    /// Without any path.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one report of any pair.
    ///
    /// # Errors
    /// [`ReportError`]; everything then stays as it is.
    pub fn push(&mut self, report: &BfiReport<'_>) -> Result<(), ReportError> {
        if let Some(detector) = self.pairs.get_mut(&report.pair) {
            return detector.push(report);
        }
        let mut detector = PairDetector::new();
        detector.push(report)?;
        if self.pairs.len() == MAX_PAIRS {
            self.forget_the_most_silent();
        }
        self.pairs.insert(report.pair, detector);
        Ok(())
    }

    fn forget_the_most_silent(&mut self) {
        let silent = self.pairs.iter().min_by_key(|(_, detector)| detector.last_report()).map(|(pair, _)| *pair);
        if let Some(pair) = silent {
            self.pairs.remove(&pair);
        }
    }

    /// What each path says, in the order of the pairs.
    pub fn assess_pairs(&self, at: StreamTime) -> impl Iterator<Item = (BfiPair, BfiAssessment)> {
        self.pairs.iter().map(move |(pair, detector)| (*pair, detector.assess(at)))
    }

    /// What they say together: motion and presence where one of up to two knowing paths says so, or two of more. The level
    /// is that of the path that decides.
    pub fn assess(&self, at: StreamTime) -> BfiAssessment {
        let assessments: Vec<BfiAssessment> = self.assess_pairs(at).map(|(_, assessment)| assessment).collect();
        let presence = decide(assessments.iter().filter_map(|one| one.presence));
        BfiAssessment {
            motion: decide(assessments.iter().filter_map(|one| one.motion)),
            motion_level_percent: deciding_level(&assessments),
            presence,
            reason: reason(presence, &assessments),
            calibration: calibration(&assessments),
        }
    }
}

const fn needed(paths: usize) -> usize {
    if paths < CROWD { 1 } else { 2 }
}

/// `None` where no path knows.
fn decide(votes: impl Iterator<Item = bool>) -> Option<bool> {
    let votes: Vec<bool> = votes.collect();
    let yes = votes.iter().filter(|vote| **vote).count();
    (!votes.is_empty()).then(|| yes >= needed(votes.len()))
}

fn deciding_level(assessments: &[BfiAssessment]) -> Option<f32> {
    let mut levels: Vec<f32> = assessments.iter().filter_map(|one| one.motion_level_percent).collect();
    levels.sort_by(|a, b| b.total_cmp(a));
    levels.get(needed(levels.len()) - 1).copied()
}

/// The strongest reason of the paths that agree.
fn reason(presence: Option<bool>, assessments: &[BfiAssessment]) -> BfiReason {
    const STRONGEST_FIRST: [BfiReason; 3] = [BfiReason::Motion, BfiReason::BaselineDeparture, BfiReason::Hold];
    match presence {
        None => BfiReason::Unknown,
        Some(false) => BfiReason::Quiet,
        Some(true) => {
            let given = |reason: &BfiReason| assessments.iter().any(|one| one.reason == *reason);
            STRONGEST_FIRST.into_iter().find(given).unwrap_or(BfiReason::Hold)
        }
    }
}

/// That of the path that knows most: the highest version, else the most progress.
fn calibration(assessments: &[BfiAssessment]) -> BfiCalibration {
    let known = |calibration: &BfiCalibration| match *calibration {
        BfiCalibration::Learning { progress } => (0, progress),
        BfiCalibration::SelfCalibrated { version } => (version, 1.0),
    };
    let calibrations = assessments.iter().map(|one| one.calibration);
    let best = calibrations.max_by(|a, b| {
        let ((version_a, progress_a), (version_b, progress_b)) = (known(a), known(b));
        version_a.cmp(&version_b).then(progress_a.total_cmp(&progress_b))
    });
    best.unwrap_or(BfiCalibration::Learning { progress: 0.0 })
}
