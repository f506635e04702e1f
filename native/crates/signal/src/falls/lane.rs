//! One packet shape of a node: from its frames to the bursts that ended.

use std::time::Duration;

use ruview_core::{CsiFrame, StreamTime};

use super::burst::{self, Burst};
use super::change::{ChangeMeter, HOP_US};
use super::gait::Gait;
use super::shape::ShapeReader;
use super::trace::Trace;

/// Features over all antennas: more would cost time, fewer precision.
const FEATURES: usize = 32;

/// Longest stillness that can be asked for, in hops: the burst before it must still be remembered.
const MAX_STILLNESS: u128 = 200;

/// What a frame brought to light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Finding {
    /// A burst that was followed by enough stillness.
    Still(Burst),
    /// A burst that was followed by a pause only.
    MovedAgain(Burst),
}

/// The state of one shape.
#[derive(Debug)]
pub(super) struct Lane {
    antennas: u8,
    subcarriers: u16,
    /// When its last frame came.
    pub(super) last: StreamTime,
    reader: ShapeReader,
    meter: ChangeMeter,
    trace: Trace,
    gait: Gait,
}

impl Lane {
    pub(super) fn new(frame: &CsiFrame, at: StreamTime) -> Self {
        Self {
            antennas: frame.n_antennas(),
            subcarriers: frame.n_subcarriers(),
            last: at,
            reader: ShapeReader::new(FEATURES),
            meter: ChangeMeter::default(),
            trace: Trace::default(),
            gait: Gait::default(),
        }
    }

    pub(super) fn fits(&self, frame: &CsiFrame) -> bool {
        self.antennas == frame.n_antennas() && self.subcarriers == frame.n_subcarriers()
    }

    /// Takes in a frame that fits. Times do not decrease.
    pub(super) fn push(&mut self, at: StreamTime, frame: &CsiFrame, stillness: Duration) -> Option<Finding> {
        self.last = at;
        let shape = self.reader.read(frame)?;
        let hop = self.meter.push(at, &shape)?;
        self.trace.push(hop).then_some(())?;
        self.gait.update(&self.trace);
        let stillness = (stillness.as_micros() / HOP_US as u128).clamp(1, MAX_STILLNESS) as usize;
        let still = burst::followed_by(&self.trace, stillness).map(Finding::Still);
        still.or_else(|| burst::before_pause(&self.trace, stillness).map(Finding::MovedAgain))
    }

    /// See [`super::FallAssessment::gait_instability`].
    pub(super) fn gait_instability(&self, at: StreamTime) -> Option<f32> {
        self.gait.instability(at.as_micros().div_euclid(HOP_US))
    }
}
