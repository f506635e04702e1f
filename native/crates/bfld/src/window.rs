//! The last 32 reports of one pair.

use ruview_core::StreamTime;

use crate::features::BfiFeatures;
use crate::shape::Shape;
use crate::{BfiReport, EmbeddingRing, IdentityEmbedding, ReportError, features};

/// Reports of a window.
pub const WINDOW_LEN: usize = 32;

/// One report of a window.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) at: StreamTime,
    pub(crate) shape: Shape,
}

/// A sliding window over the reports of one beamformer and beamformee.
///
/// Stations report every 1 to 2 s, and faster in bursts: a window is 32 reports, however long they take, and features use
/// the reports' own times.
#[derive(Debug, Clone, Default)]
pub struct BfiWindow {
    reports: Vec<Taken>,
}

impl BfiWindow {
    /// An empty window.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one report. A report of other dimensions, or one that is older than the last, starts the window anew.
    ///
    /// # Errors
    /// [`ReportError`]; the window then stays as it is.
    pub fn push(&mut self, report: &BfiReport<'_>) -> Result<(), ReportError> {
        let shape = Shape::of(report)?;
        let follows = |last: &Taken| last.shape.size == shape.size && last.at <= report.at;
        if !self.reports.last().is_none_or(follows) {
            self.reports.clear();
        }
        if self.reports.len() == WINDOW_LEN {
            self.reports.remove(0);
        }
        self.reports.push(Taken { at: report.at, shape });
        Ok(())
    }

    /// Whether there are 32 reports.
    pub fn is_full(&self) -> bool {
        self.reports.len() == WINDOW_LEN
    }

    /// The nine features; `None` until the window is full. `known` are earlier windows' embeddings.
    pub fn features(&self, known: &EmbeddingRing) -> Option<BfiFeatures> {
        self.full().map(|reports| features::compute(reports, known))
    }

    /// The direction in which the window lies; `None` until the window is full.
    pub fn embedding(&self) -> Option<IdentityEmbedding> {
        self.full().map(features::embedding)
    }

    fn full(&self) -> Option<&[Taken; WINDOW_LEN]> {
        self.reports.as_slice().try_into().ok()
    }
}
