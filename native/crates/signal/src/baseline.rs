//! What the empty room looks like, found by itself: the quietest ten seconds so far.

use std::collections::VecDeque;

use crate::conditioning::{Shape, mean};
use crate::motion::{Fluctuation, LEAST_MOVING, Noise, Slots, micro_score, score, score_alone};
use crate::whitening::Whitener;

/// Epochs in a second.
const EPOCHS_PER_SECOND: i64 = 4;
/// How long a lane is judged at a time, microseconds.
pub(crate) const EPOCH_US: i64 = 1_000_000 / EPOCHS_PER_SECOND;
/// Epochs that a baseline spans: 10 s. And those of them in which something must have come: slow streams leave some empty.
const STRETCH_EPOCHS: i64 = 40;
const FILLED_EPOCHS: usize = 24;
/// Epochs that may be missing at the ends of a stretch.
const RAGGED_EPOCHS: i64 = 2;
/// Epochs after which a room that never was quiet is judged without a reference: 60 s.
const PATIENCE_EPOCHS: u32 = 240;
/// Mean autocorrelation above which a stretch is not quiet, however weak: something moves.
const QUIET_CORRELATION: f32 = 0.2;
/// A quieter stretch must be this much quieter (power) to replace the baseline, so that versions mean something.
const QUIETER: f32 = 0.7;
/// A shape has departed when it is this many times (amplitude) further off than the baseline's own epochs are.
const DEPARTURE: f32 = 4.0;
/// Epochs in which the baseline's shape follows a slow drift of the empty room: a minute.
const DRIFT_EPOCHS: f32 = 240.0;

/// Slots below which nothing is learnt, even on request.
const FEWEST_SLOTS: usize = 20;
/// Mean raw autocorrelation above which somebody moves, even where a calibration was requested: what is taken for movement
/// where nothing is known of the noise.
const MOVING_CORRELATION: f32 = 0.3;

/// What a lane knows of its empty room.
#[derive(Debug, Clone)]
pub(crate) struct Baseline {
    /// `None` when no quiet stretch was ever seen.
    pub(crate) quiet: Option<Quiet>,
    /// Whether it was learnt on request.
    pub(crate) requested: bool,
    /// Somebody was found to have been there while it was learnt: its noise counts, its shape does not.
    pub(crate) doubtful: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Quiet {
    /// Strongest movement within the stretch, in the shape's own units: what stretches are compared by.
    pub(crate) moving: f32,
    /// Seen through its whitener.
    pub(crate) noise: Noise,
    pub(crate) shape: Shape,
    /// Mean [`distance`] of its epochs from `shape`.
    pub(crate) wander: f32,
}

impl Baseline {
    fn of(quiet: Option<Quiet>) -> Self {
        Self { quiet, requested: false, doubtful: false }
    }

    /// One that rests on nothing: movement is judged by correlation alone.
    pub(crate) fn unknown() -> Self {
        Self::of(None)
    }

    /// How far the last two seconds of `slots` stand above the threshold of movement, see [`score`]; `None` when they are
    /// too few.
    pub(crate) fn score(&self, slots: &Slots) -> Option<f32> {
        match &self.quiet {
            Some(quiet) => {
                let now = slots.fluctuation(Some(&quiet.noise.whitener))?;
                Some(score(&now, slots.level(), &quiet.noise))
            }
            None => score_alone(&slots.fluctuation(None)?),
        }
    }

    /// How far the last ten seconds of `slots` stand above the threshold of micro-motion; `None` when it is not known.
    pub(crate) fn micro_score(&self, slots: &Slots) -> Option<f32> {
        let quiet = self.quiet.as_ref()?;
        Some(micro_score(&slots.micro(&quiet.noise.whitener)?, &quiet.noise))
    }

    /// Whether it rests on a quiet stretch of an empty room.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet.is_some() && !self.doubtful
    }

    /// Whether a full quiet stretch could say more: it rests on a shorter one, or on none.
    pub(crate) fn is_makeshift(&self) -> bool {
        self.quiet.as_ref().is_none_or(|quiet| quiet.noise.margin() > 1.2)
    }

    /// How far `shape` is from the empty room's, in thresholds: from 1 on it has departed. 0 without a quiet stretch.
    pub(crate) fn departure(&self, shape: &[f32]) -> f32 {
        let Some(quiet) = self.quiet.as_ref().filter(|_| !self.doubtful) else { return 0.0 };
        let apart = distance(&quiet.noise.whitener, shape, &quiet.shape);
        let departure = libm::sqrtf(apart / (DEPARTURE * DEPARTURE * quiet.wander).max(f32::MIN_POSITIVE));
        if departure.is_finite() { departure } else { 0.0 }
    }

    /// Lets the shape follow a slow drift of the room while nobody is in it.
    pub(crate) fn drift_towards(&mut self, shape: &[f32]) {
        if let Some(quiet) = &mut self.quiet {
            for (own, now) in quiet.shape.iter_mut().zip(shape) {
                *own += (now - *own) / DRIFT_EPOCHS;
            }
        }
    }
}

/// Mean squared distance of two shapes in units of the noise.
fn distance(whitener: &Whitener, a: &[f32], b: &[f32]) -> f32 {
    let apart: Shape = a.iter().zip(b).map(|(a, b)| a - b).collect();
    mean(whitener.whiten(&apart).iter().map(|x| x * x))
}

/// One epoch of a lane.
#[derive(Debug)]
struct Epoch {
    index: i64,
    fluctuation: Fluctuation,
    shape: Shape,
}

/// Looks for quiet stretches. Holds the last 40 epochs.
#[derive(Debug, Default)]
pub(crate) struct BaselineSearch {
    epochs: VecDeque<Epoch>,
    seen: u32,
}

impl BaselineSearch {
    /// Takes in an epoch. `index` rises from call to call.
    pub(crate) fn push(&mut self, index: i64, fluctuation: Fluctuation, shape: Shape) {
        self.epochs.push_back(Epoch { index, fluctuation, shape });
        let before = index.saturating_sub(STRETCH_EPOCHS);
        while self.epochs.front().is_some_and(|epoch| epoch.index <= before) {
            self.epochs.pop_front();
        }
        self.seen = self.seen.saturating_add(1);
    }

    /// Whether no epoch of the stretch is there.
    pub(crate) fn is_empty(&self) -> bool {
        self.epochs.is_empty()
    }

    /// Forgets the stretch, not how long the search has lasted.
    pub(crate) fn clear(&mut self) {
        self.epochs.clear();
    }

    /// Share of a stretch that is there, in [0, 1].
    pub(crate) fn progress(&self) -> f32 {
        self.span() as f32 / STRETCH_EPOCHS as f32
    }

    /// A baseline to start with: the last ten seconds if they were quiet, or one that knows nothing when somebody moved all
    /// through them or patience has ended, and the stream is fast enough to be judged by correlation alone.
    pub(crate) fn first(&self, slots: &Slots) -> Option<Baseline> {
        let quiet = self.strongest().filter(|_| self.is_quiet()).and_then(|moving| self.quiet(moving, slots));
        let can_do_without = self.epochs.back().is_some_and(|epoch| epoch.fluctuation.pairs.is_some());
        let hopeless = || self.seen >= PATIENCE_EPOCHS || (self.strongest().is_some() && self.is_moving(slots));
        (quiet.is_some() || (can_do_without && hopeless())).then_some(Baseline::of(quiet))
    }

    /// The last ten seconds, if they were quieter than `current`.
    pub(crate) fn quieter_than(&self, current: &Baseline, slots: &Slots) -> Option<Baseline> {
        let bound = current.quiet.as_ref().map_or(f32::INFINITY, |quiet| QUIETER * quiet.moving);
        (self.strongest()? < bound).then(|| self.latest(slots)).flatten()
    }

    /// The last ten seconds, if they were quiet at all.
    pub(crate) fn latest(&self, slots: &Slots) -> Option<Baseline> {
        let moving = self.strongest().filter(|_| self.is_quiet())?;
        self.quiet(moving, slots).map(|quiet| Baseline::of(Some(quiet)))
    }

    /// What there is, as a calibration of `us` microseconds that was requested: no matter how short; `None` when it is not even
    /// half of that, or too little for any statement.
    pub(crate) fn requested(&self, slots: &Slots, us: i64) -> Option<Baseline> {
        let (count, span) = slots.extent();
        let enough = count >= FEWEST_SLOTS && span >= us.min(STRETCH_EPOCHS * EPOCH_US) / 2;
        let each = || self.epochs.iter().map(|epoch| &epoch.fluctuation);
        let moving = each().map(|f| f.moving).fold(LEAST_MOVING * mean(each().map(|f| f.power)), f32::max);
        let mut quiet = self.quiet(moving, slots).filter(|_| enough)?;
        // Windows of two seconds tell little about how far the room wanders when there was time for a few only.
        let margin = quiet.noise.margin().powi(4);
        quiet.wander = quiet.wander.max(margin * quiet.noise.power / slots.extent().0 as f32);
        Some(Baseline { requested: true, ..Baseline::of(Some(quiet)) })
    }

    /// Whether somebody moves all through the last ten seconds: they are correlated in time as they come, and still are where
    /// what is usual in them weighs no more than the rest. Some receivers' own noise is correlated along few directions.
    pub(crate) fn is_moving(&self, slots: &Slots) -> bool {
        let judged = self.epochs.iter().map(|epoch| &epoch.fluctuation).filter(|f| f.pairs.is_some());
        mean(judged.map(Fluctuation::correlation)) > MOVING_CORRELATION
            && slots.as_noise().is_some_and(|noise| noise.moving > MOVING_CORRELATION * noise.power)
    }

    /// Epochs from the first to the last, both counted.
    fn span(&self) -> i64 {
        let ends = self.epochs.front().zip(self.epochs.back());
        ends.map_or(0, |(first, last)| last.index - first.index + 1)
    }

    /// The strongest movement of the last ten seconds, but at least a share of their noise; `None` when they are not full.
    fn strongest(&self) -> Option<f32> {
        let each = || self.epochs.iter().map(|epoch| &epoch.fluctuation);
        let strongest = each().map(|f| f.moving).fold(0.0, f32::max);
        let is_full = self.span() >= STRETCH_EPOCHS - RAGGED_EPOCHS && self.epochs.len() >= FILLED_EPOCHS;
        is_full.then(|| strongest.max(LEAST_MOVING * mean(each().map(|f| f.power))))
    }

    /// Too few pairs say nothing about correlation: a slow stream's quiet cannot be told from its movement.
    fn is_quiet(&self) -> bool {
        let judged = self.epochs.iter().map(|epoch| &epoch.fluctuation).filter(|f| f.pairs.is_some());
        mean(judged.map(Fluctuation::correlation)) <= QUIET_CORRELATION
    }

    fn quiet(&self, moving: f32, slots: &Slots) -> Option<Quiet> {
        let noise = slots.as_noise()?;
        let shape: Shape = (0..self.epochs.front()?.shape.len())
            .map(|feature| mean(self.epochs.iter().map(|epoch| epoch.shape[feature])))
            .collect();
        let wander = mean(self.epochs.iter().map(|epoch| distance(&noise.whitener, &epoch.shape, &shape)));
        Some(Quiet { moving, noise, shape, wander })
    }
}

#[cfg(test)]
mod tests {
    use ruview_core::StreamTime;

    use super::*;

    /// Epochs of `(index, movement)`, and slots of a shape that flutters at random.
    fn search(epochs: impl IntoIterator<Item = (i64, f32)>) -> (BaselineSearch, Slots) {
        let mut search = BaselineSearch::default();
        for (index, moving) in epochs {
            let fluctuation = Fluctuation { power: 0.01, moving, pairs: Some(60) };
            search.push(index, fluctuation, vec![1.0 + 0.01 * (index % 2) as f32; 8]);
        }
        let mut slots = Slots::default();
        for slot in 0..300_i64 {
            let flutter = |feature: i64| 0.01 * ((slot * slot + 7 * feature * slot + feature) % 13) as f32;
            slots.push(StreamTime::from_micros(slot * 30_000), &(0..8).map(flutter).collect::<Vec<_>>(), 1.0);
        }
        (search, slots)
    }

    fn first(epochs: impl IntoIterator<Item = (i64, f32)>) -> Option<Baseline> {
        let (search, slots) = search(epochs);
        search.first(&slots)
    }

    #[test]
    fn ten_quiet_seconds_are_enough_and_gaps_are_not_quiet() {
        assert!(first((0..37).map(|i| (i, 0.0))).is_none());
        assert!(first((0..40).map(|i| (i, 0.0))).unwrap().is_quiet());
        assert!(first((0..40).map(|i| (i * 2, 0.0))).is_none());
    }

    #[test]
    fn movement_is_no_baseline_and_patience_ends() {
        let restless = |n| first((0..n).map(|i| (i, 0.006)));
        assert!(restless(100).is_none());
        assert!(!restless(240).unwrap().is_quiet());
    }

    #[test]
    fn only_a_clearly_quieter_stretch_replaces() {
        let start = first((0..40).map(|i| (i, 0.0018))).unwrap();
        let replaced = |moving| {
            let (search, slots) = search((0..40).map(|i| (i, moving)));
            search.quieter_than(&start, &slots).is_some()
        };
        assert!(!replaced(0.0017) && replaced(0.0010));
    }

    #[test]
    fn departure_is_relative_to_the_stretch_itself_and_drift_is_followed() {
        let mut baseline = first((0..40).map(|i| (i, 0.0))).unwrap();
        assert!(baseline.departure(&[1.015; 8]) < 1.0);
        assert!(baseline.departure(&[1.1; 8]) > 1.0);
        for _ in 0..2000 {
            baseline.drift_towards(&[1.1; 8]);
        }
        assert!(baseline.departure(&[1.1; 8]) < 1.0);
    }
}
