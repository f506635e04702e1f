//! Frames of one shape. A node's stream mixes several, perhaps from different transmitters, that cannot be compared.

use ruview_core::{CsiFrame, StreamTime};

use crate::baseline::{Baseline, BaselineSearch, EPOCH_US};
use crate::conditioning::{Conditioner, MAX_SAMPLES, PacketGate};
use crate::motion::Slots;

/// A lane that was silent for longer starts its windows afresh.
const GAP_US: i64 = 2_000_000;

/// What tells lanes apart: antennas and subcarriers.
pub(crate) type LaneKey = (u8, u16);

/// What a lane says of the epoch that just ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Verdict {
    /// How far movement stands above its threshold; 1 is the threshold.
    pub(crate) score: f32,
    /// The shape is not the empty room's.
    pub(crate) departed: bool,
    /// Slots that went into it: its weight against other lanes.
    pub(crate) pairs: usize,
}

/// One lane. Holds 334 slots and 40 epochs of at most 64 features, and a baseline: under 192 KiB, 56 KiB for 64 bins.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) key: LaneKey,
    /// When it was last fed.
    pub(crate) last: StreamTime,
    conditioner: Conditioner,
    gate: PacketGate,
    slots: Slots,
    epoch: i64,
    search: BaselineSearch,
    pub(crate) baseline: Option<Baseline>,
    /// Times the baseline was set.
    pub(crate) versions: u32,
    pub(crate) verdict: Option<Verdict>,
}

impl Lane {
    pub(crate) fn key_of(frame: &CsiFrame) -> Option<LaneKey> {
        (frame.iq().len() <= MAX_SAMPLES).then(|| (frame.n_antennas(), frame.n_subcarriers()))
    }

    pub(crate) fn new(key: LaneKey, at: StreamTime) -> Self {
        Self {
            key,
            last: at,
            conditioner: Conditioner::default(),
            gate: PacketGate::default(),
            slots: Slots::default(),
            epoch: at.as_micros().div_euclid(EPOCH_US),
            search: BaselineSearch::default(),
            baseline: None,
            versions: 0,
            verdict: None,
        }
    }

    /// Takes in a frame of this lane's shape. True when an epoch ended with it, so that [`Self::verdict`] is new.
    pub(crate) fn push(&mut self, at: StreamTime, frame: &CsiFrame, somebody_there: bool) -> bool {
        if at.as_micros().saturating_sub(self.last.as_micros()) > GAP_US {
            self.forget_window();
        }
        self.last = at;
        let Some(shape) = self.conditioner.shape(frame) else { return false };
        if self.gate.admits(&shape) {
            self.slots.push(at, &shape);
        }
        let epoch = at.as_micros().div_euclid(EPOCH_US);
        let ended = epoch != self.epoch;
        self.epoch = epoch;
        ended && self.judge(somebody_there)
    }

    /// Drops what refers to a moment: after a gap or a clock that was set. The baseline stays.
    pub(crate) fn forget_window(&mut self) {
        self.slots.clear();
        self.search.clear();
        self.verdict = None;
    }

    /// Continues on a clock that was set back to `at`.
    pub(crate) fn restart_clock(&mut self, at: StreamTime) {
        self.forget_window();
        self.last = at;
    }

    /// Takes the last ten seconds for the empty room, if they were quiet.
    pub(crate) fn adopt_present(&mut self) {
        if let Some(latest) = self.search.latest(&self.slots) {
            self.set_baseline(latest);
        }
    }

    /// Share of the quiet time that is there.
    pub(crate) fn progress(&self) -> f32 {
        self.search.progress()
    }

    fn judge(&mut self, somebody_there: bool) -> bool {
        let (Some(now), Some(shape)) = (self.slots.fluctuation(None), self.slots.mean_shape()) else { return false };
        self.search.push(self.epoch, now, shape.clone());
        self.improve_baseline(somebody_there);
        let Some(baseline) = &mut self.baseline else { return false };
        let Some(score) = baseline.score(&self.slots) else { return false };
        let departed = baseline.has_departed(&shape);
        if !somebody_there {
            baseline.drift_towards(&shape);
        }
        self.verdict = Some(Verdict { score, departed, pairs: now.pairs.unwrap_or(0) });
        true
    }

    /// A person who sits still may well be quieter than the empty room was, so nothing is replaced while one may be there,
    /// unless there is nothing to lose.
    fn improve_baseline(&mut self, somebody_there: bool) {
        let better = match &self.baseline {
            None => self.search.first(&self.slots),
            Some(current) if !somebody_there || !current.is_quiet() => self.search.quieter_than(current, &self.slots),
            Some(_) => None,
        };
        if let Some(better) = better {
            self.set_baseline(better);
        }
    }

    fn set_baseline(&mut self, baseline: Baseline) {
        self.baseline = Some(baseline);
        self.versions = self.versions.saturating_add(1);
    }
}
