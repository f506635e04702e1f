//! How steady the path between two stations is, over any number of reports.

use crate::shape::{Shape, dot};
use crate::{BfiReport, ReportError};

/// The path stability that [`BfiFeatures`](crate::BfiFeatures) gives of a window, of any number of reports of one size. It
/// keeps their mean only.
#[derive(Debug, Clone, Default)]
pub struct PathStability {
    mean: Option<Shape>,
    reports: usize,
}

impl PathStability {
    /// Of no reports yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one report. A report of other dimensions starts anew.
    ///
    /// # Errors
    /// [`ReportError`]; what there is then stays as it is.
    pub fn push(&mut self, report: &BfiReport<'_>) -> Result<(), ReportError> {
        let shape = Shape::of(report)?;
        match &mut self.mean {
            Some(mean) if mean.size == shape.size => {
                self.reports += 1;
                mean.approach(&shape, 1.0 / self.reports as f32);
            }
            _ => (self.mean, self.reports) = (Some(shape), 1),
        }
        Ok(())
    }

    /// 1 for a frozen channel, 1/√`n_tx` for a random one; `None` of no reports.
    pub fn value(&self) -> Option<f32> {
        self.mean.as_ref().map(of_mean)
    }
}

/// Of the mean of some reports.
pub(super) fn of_mean(mean: &Shape) -> f32 {
    let streams = mean.size.streams as f32;
    let lengths = mean.tones().map(|tone| libm::sqrtf(dot(tone, tone) / streams));
    crate::statistics::mean(lengths).min(1.0)
}
