//! What a path is like when nothing happens: the quietest stretch of the last hour.

use core::time::Duration;
use std::collections::VecDeque;

use ruview_core::StreamTime;

use crate::shape::Shape;

/// For so long a stretch counts: then the furniture, the access point or the weather may be others.
const MEMORY: Duration = Duration::from_hours(1);
/// One stretch is remembered for each of these.
const SLOT: Duration = Duration::from_mins(10);
/// A quieter stretch replaces the baseline only when it is quieter by this much: else the version would change all day.
const CLEARLY_QUIETER: f32 = 0.8;

/// A stretch of reports.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub(super) until: StreamTime,
    /// Angle from report to report, in rad.
    pub(super) step_rad: f32,
    /// Angle of single reports to the mean, in rad.
    pub(super) scatter_rad: f32,
    pub(super) mean: Shape,
}

/// The stretches of the last hour, and the one that is the baseline.
#[derive(Debug, Clone, Default)]
pub(super) struct Baseline {
    quietest_by_slot: VecDeque<Stretch>,
    current: Option<Stretch>,
    pub(super) version: u32,
}

impl Baseline {
    pub(super) fn current(&self) -> Option<&Stretch> {
        self.current.as_ref()
    }

    /// Takes in one more stretch.
    pub(super) fn consider(&mut self, stretch: Stretch) {
        let now = stretch.until;
        self.remember(stretch);
        self.quietest_by_slot.retain(|old| now.since(old.until) < MEMORY);
        let Some(quietest) = self.quietest_by_slot.iter().min_by(|a, b| a.step_rad.total_cmp(&b.step_rad)) else {
            return;
        };
        let replaces = |current: &Stretch| {
            now.since(current.until) >= MEMORY || quietest.step_rad < CLEARLY_QUIETER * current.step_rad
        };
        if self.current.as_ref().is_none_or(replaces) {
            self.current = Some(quietest.clone());
            self.version += 1;
        }
    }

    fn remember(&mut self, stretch: Stretch) {
        let slot = |at: StreamTime| at.as_micros().div_euclid(SLOT.as_micros() as i64);
        match self.quietest_by_slot.back_mut() {
            Some(last) if slot(last.until) == slot(stretch.until) => {
                if stretch.step_rad < last.step_rad {
                    *last = stretch;
                }
            }
            _ => self.quietest_by_slot.push_back(stretch),
        }
    }
}
