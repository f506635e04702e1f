//! Frames of one shape and format. A node's stream mixes several, perhaps from different transmitters, that cannot be compared.
//!
//! Transmitters whose frames have the same shape and format share a lane. Frames that come seldom are refused one by one
//! (`PacketGate`); where both come often, the difference between them is part of the quiet room's noise, which the whitener makes
//! as small as the rest: movement is still seen, less sensitively along that one direction.

use ruview_core::{CsiFrame, StreamTime};

use crate::baseline::{Baseline, BaselineSearch, EPOCH_US};
use crate::conditioning::{Bins, Conditioner, PacketGate};
use crate::motion::Slots;
use crate::samples::MAX_SAMPLES;

/// A lane that was silent for longer starts its windows afresh.
const GAP_US: i64 = 2_000_000;
/// Micro-motion changes slowly and is judged once a second, every so many epochs.
const MICRO_EVERY: u32 = 4;
/// A departure that nobody caused is a changed room or channel after so many epochs, 10 s.
const CHANGED_EPOCHS: u32 = 40;
/// Baselines of other channels that are kept; the oldest makes way.
const MAX_SHELVED: usize = 4;

/// What tells lanes apart: antennas, subcarriers, and the format (0: the one seen first, 1: any other).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LaneKey {
    pub(crate) antennas: u8,
    pub(crate) subcarriers: u16,
    pub(crate) format: u8,
}

/// What a lane says of the epoch that just ended. 1 is the threshold of each score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Verdict {
    /// How far movement stands above its threshold.
    pub(crate) score: f32,
    /// How far micro-motion does.
    pub(crate) micro: f32,
    /// How far the shape is from the empty room's.
    pub(crate) departure: f32,
    /// Power of the movement, relative to the mean amplitude squared.
    pub(crate) energy: f32,
    /// Slots that went into it: its weight against other lanes.
    pub(crate) pairs: usize,
}

/// What the detector knows and a lane needs.
#[expect(clippy::struct_excessive_bools, reason = "four independent findings")]
#[derive(Debug)]
pub(crate) struct Room<'a> {
    /// Somebody may be there: nothing is replaced and nothing drifts.
    pub(crate) somebody: bool,
    /// A room in which nobody is seen is empty: nothing was heard that speaks against it, for long enough.
    pub(crate) vacant: bool,
    /// Somebody was found to breathe: nothing is learnt.
    pub(crate) breathing: bool,
    /// A calibration was requested and runs: nothing is learnt beside it.
    pub(crate) job: bool,
    /// What scores are multiplied by.
    pub(crate) gain: f32,
    /// The last version that was given to a baseline of this node.
    pub(crate) versions: &'a mut u32,
}

/// What came of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing new.
    Nothing,
    /// An epoch ended, so [`Lane::verdict`] is new.
    Judged,
    /// An epoch ended that nothing is there to judge by.
    Unjudged,
    /// The frame came on another channel than the one before it.
    NewChannel,
}

/// A baseline and what it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) frequency_mhz: Option<u32>,
    pub(crate) baseline: Baseline,
    pub(crate) version: u32,
    pub(crate) learnt: StreamTime,
}

/// One lane. Holds 334 slots and 40 epochs of at most 64 features, and five baselines: under 256 KiB, 72 KiB for 64 bins.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) key: LaneKey,
    /// When it was last fed.
    pub(crate) last: StreamTime,
    frequency_mhz: Option<u32>,
    conditioner: Conditioner,
    gate: PacketGate,
    slots: Slots,
    epoch: i64,
    epochs: u32,
    search: BaselineSearch,
    known: Option<Known>,
    shelf: Vec<Known>,
    /// The channel changed to one that is not known: the room may be as full as it was before.
    unsettled: bool,
    /// Epochs in a row in which the shape had departed while nobody was there.
    changed: u32,
    micro: f32,
    pub(crate) verdict: Option<Verdict>,
}

impl Lane {
    pub(crate) fn new(key: LaneKey, at: StreamTime) -> Self {
        Self {
            key,
            last: at,
            frequency_mhz: None,
            conditioner: Conditioner::default(),
            gate: PacketGate::default(),
            slots: Slots::default(),
            epoch: at.as_micros().div_euclid(EPOCH_US),
            epochs: 0,
            search: BaselineSearch::default(),
            known: None,
            shelf: Vec::new(),
            unsettled: false,
            changed: 0,
            micro: 0.0,
            verdict: None,
        }
    }

    /// Whether frames of this kind can be dealt with at all.
    pub(crate) fn can_take(frame: &CsiFrame) -> bool {
        frame.iq().len() <= MAX_SAMPLES
    }

    /// Whether `frame` has this lane's antennas and subcarriers.
    pub(crate) fn has_shape_of(&self, frame: &CsiFrame) -> bool {
        (self.key.antennas, self.key.subcarriers) == (frame.n_antennas(), frame.n_subcarriers())
    }

    /// Whether `frame`, of the same shape, is of the same format too.
    pub(crate) fn is_of_format(&self, frame: &CsiFrame) -> bool {
        self.conditioner.is_of_format(frame)
    }

    /// Takes in a frame of this lane's shape and format.
    pub(crate) fn push(&mut self, at: StreamTime, frame: &CsiFrame, room: Room<'_>) -> Outcome {
        if at.as_micros().saturating_sub(self.last.as_micros()) > GAP_US {
            self.forget_window();
        }
        self.last = at;
        let Some(shape) = self.conditioner.shape(frame) else { return Outcome::Nothing };
        let new_channel = self.tune(frame.frequency_mhz);
        if self.gate.admits(&shape) {
            self.slots.push(at, &shape, self.conditioner.level());
        }
        let epoch = at.as_micros().div_euclid(EPOCH_US);
        let ended = epoch != self.epoch;
        self.epoch = epoch;
        if new_channel {
            Outcome::NewChannel
        } else if !ended {
            Outcome::Nothing
        } else if self.judge(at, room) {
            Outcome::Judged
        } else {
            Outcome::Unjudged
        }
    }

    /// Follows the stream to `frequency_mhz`. True when that is another channel than before.
    fn tune(&mut self, frequency_mhz: Option<u32>) -> bool {
        let Some(frequency) = frequency_mhz.filter(|_| frequency_mhz != self.frequency_mhz) else { return false };
        let before = self.frequency_mhz.replace(frequency);
        let fits = |known: &Known| known.frequency_mhz.is_none_or(|own| own == frequency);
        if before.is_none() && self.known.as_ref().is_none_or(fits) {
            if let Some(known) = &mut self.known {
                known.frequency_mhz = Some(frequency);
            }
            return false;
        }
        self.forget_window();
        self.gate = PacketGate::default();
        let learnt = self.known.take();
        let found = self.shelf.iter().rposition(|known| known.frequency_mhz == Some(frequency));
        self.known = found.map(|at| self.shelf.remove(at));
        if let Some(before) = learnt {
            self.unsettled = self.known.is_none();
            // Movement is judged by its correlation alone until the new channel is known.
            let unknown = || Known { frequency_mhz: Some(frequency), baseline: Baseline::unknown(), ..before.clone() };
            self.known.get_or_insert_with(unknown);
            self.shelve(before);
        }
        true
    }

    fn shelve(&mut self, known: Known) {
        if known.baseline.quiet.is_none() {
            return;
        }
        if self.shelf.len() >= MAX_SHELVED {
            self.shelf.remove(0);
        }
        self.shelf.push(known);
    }

    /// Drops what refers to a moment: after a gap or a clock that was set. The baseline stays.
    pub(crate) fn forget_window(&mut self) {
        self.slots.clear();
        self.search.clear();
        self.verdict = None;
        self.changed = 0;
        self.micro = 0.0;
    }

    /// Continues on a clock that was set back to `at`.
    pub(crate) fn restart_clock(&mut self, at: StreamTime) {
        self.forget_window();
        self.last = at;
    }

    /// Forgets the empty room on every channel.
    pub(crate) fn forget_room(&mut self) {
        self.forget_window();
        self.search = BaselineSearch::default();
        self.known = None;
        self.shelf.clear();
        self.unsettled = false;
    }

    /// Takes the last ten seconds for the empty room, if they were quiet.
    pub(crate) fn adopt_present(&mut self, at: StreamTime, versions: &mut u32) {
        if let Some(latest) = self.search.latest(&self.slots) {
            self.learn(at, latest, versions);
        }
    }

    /// Takes what came since the windows were forgotten for the empty room, as was requested `us` microseconds ago.
    pub(crate) fn adopt_requested(&mut self, at: StreamTime, us: i64, version: u32) -> bool {
        self.slots.close();
        if self.search.is_empty()
            && let (Some(now), Some(shape)) = (self.slots.fluctuation(None), self.slots.mean_shape())
        {
            self.search.push(self.epoch, now, shape);
        }
        let found = self.search.requested(&self.slots, us);
        let is_found = found.is_some();
        if let Some(baseline) = found {
            self.shelf.retain(|known| known.frequency_mhz.is_some() && known.frequency_mhz != self.frequency_mhz);
            self.take(at, baseline, version);
            self.changed = 0;
            self.micro = 0.0;
        }
        is_found
    }

    /// Whether somebody moved in the last ten seconds, whatever the noise.
    pub(crate) fn is_moving(&self) -> bool {
        self.search.is_moving(&self.slots)
    }

    /// Share of the quiet time that is there.
    pub(crate) fn progress(&self) -> f32 {
        self.search.progress()
    }

    /// What is known of the channel that is tuned to.
    pub(crate) fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// Says that somebody was there while the baseline was learnt by itself after `since`.
    pub(crate) fn doubt(&mut self, since: StreamTime) {
        if let Some(known) = self.known.as_mut().filter(|known| known.learnt >= since && !known.baseline.requested) {
            known.baseline.doubtful = true;
        }
    }

    fn judge(&mut self, at: StreamTime, mut room: Room<'_>) -> bool {
        let (Some(now), Some(shape)) = (self.slots.fluctuation(None), self.slots.mean_shape()) else { return false };
        if room.breathing && !room.job {
            self.search.clear();
        } else {
            self.search.push(self.epoch, now, shape.clone());
        }
        if !room.job {
            self.improve_baseline(at, &mut room);
        }
        self.epochs = self.epochs.wrapping_add(1);
        let Some(known) = &mut self.known else { return false };
        let Some(score) = known.baseline.score(&self.slots) else { return false };
        if self.epochs.is_multiple_of(MICRO_EVERY) {
            self.micro = known.baseline.micro_score(&self.slots).unwrap_or(0.0);
        }
        // What is not known of a new channel cannot say that the room is empty.
        let departure = if self.unsettled { DEPARTED } else { room.gain * known.baseline.departure(&shape) };
        self.verdict = Some(Verdict {
            score: score * room.gain,
            micro: self.micro * room.gain,
            departure,
            energy: now.moving.max(0.0),
            pairs: now.pairs.unwrap_or(0),
        });
        if !room.somebody {
            self.follow(at, &shape, departure > 1.0, &mut room);
        }
        true
    }

    /// Follows an empty room that drifts, or that changed at once.
    fn follow(&mut self, at: StreamTime, shape: &[f32], departed: bool, room: &mut Room<'_>) {
        let Some(known) = &mut self.known else { return };
        if !departed {
            known.baseline.drift_towards(shape);
            self.changed = 0;
            return;
        }
        self.changed = self.changed.saturating_add(1);
        if self.changed < CHANGED_EPOCHS || room.job || room.breathing {
            return;
        }
        self.changed = 0;
        let fits = |known: &Known| known.baseline.departure(shape) < 1.0;
        if let Some(found) = self.shelf.iter().rposition(fits) {
            let found = self.shelf.remove(found);
            if let Some(before) = self.known.replace(found) {
                self.shelve(before);
            }
            self.unsettled = false;
        } else if let Some(latest) = self.search.latest(&self.slots).filter(|_| room.vacant) {
            if let Some(before) = self.known.take() {
                self.shelve(before);
            }
            self.learn(at, latest, room.versions);
        }
    }

    /// A person who sits still may well be quieter than the empty room was, so nothing is replaced while one may be there,
    /// unless there is nothing to lose.
    fn improve_baseline(&mut self, at: StreamTime, room: &mut Room<'_>) {
        let better = match self.known.as_ref().map(|known| &known.baseline) {
            _ if room.breathing => None,
            None => self.search.first(&self.slots),
            Some(current) if current.doubtful || self.unsettled => {
                self.search.latest(&self.slots).filter(|_| !room.somebody)
            }
            Some(current) if current.requested && !current.is_makeshift() => None,
            Some(current) if !room.somebody && current.requested => self.search.latest(&self.slots),
            Some(current) if !room.somebody || !current.is_quiet() => self.search.quieter_than(current, &self.slots),
            Some(_) => None,
        };
        if let Some(better) = better {
            self.learn(at, better, room.versions);
        }
    }

    fn learn(&mut self, at: StreamTime, baseline: Baseline, versions: &mut u32) {
        *versions = versions.saturating_add(1);
        self.take(at, baseline, *versions);
    }

    fn take(&mut self, at: StreamTime, baseline: Baseline, version: u32) {
        self.unsettled = false;
        self.known = Some(Known { frequency_mhz: self.frequency_mhz, baseline, version, learnt: at });
    }

    /// What is known of every channel, with the bins it is about: the present channel last. Empty before anything is known.
    pub(crate) fn stored(&self) -> impl Iterator<Item = (&Bins, &Known)> {
        let known = self.shelf.iter().chain(self.known.as_ref()).filter(|known| known.baseline.is_quiet());
        self.conditioner.bins().into_iter().flat_map(move |bins| known.clone().map(move |known| (bins, known)))
    }

    /// Takes back what was stored, of frames with these `bins`.
    pub(crate) fn restore(&mut self, bins: Bins, known: Known) {
        if self.conditioner.bins() != Some(&bins) {
            // Other bins make other shapes: what is known of those cannot be compared.
            *self = Self::new(self.key, self.last);
            self.conditioner = Conditioner::with(bins);
        }
        self.shelf.retain(|other| other.frequency_mhz != known.frequency_mhz || known.frequency_mhz.is_none());
        let before = if self.frequency_mhz.is_none() || self.frequency_mhz == known.frequency_mhz {
            self.known.replace(known)
        } else {
            Some(known)
        };
        if let Some(before) = before {
            self.shelve(before);
        }
    }
}

/// A departure that is taken for granted.
const DEPARTED: f32 = 2.0;
