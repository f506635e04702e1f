//! How much the channel moves: the lag-one autocorrelation of its shape over the last two seconds.
//!
//! A body that moves changes the channel from one instant to the next in a correlated way; noise, interference and gain
//! steps do not (F. Zhang et al., `WiDetect`, IMWUT 3(3), 2019). The autocovariance estimates the power of the movement
//! alone, the autocorrelation its share of all fluctuation, whatever the chip's noise.

use std::collections::VecDeque;

use ruview_core::StreamTime;

use crate::conditioning::{Shape, mean};
use crate::whitening::Whitener;

/// Packets within a slot are averaged. Walking at 1 m/s turns a reflection by at most 2 v / lambda = 16 Hz at 2.4 GHz: a
/// slot is half of its period.
const SLOT_US: i64 = 30_000;
/// What is looked at, in slots: 2 s, long enough for a step, short enough to answer soon.
const WINDOW_SLOTS: i64 = 67;
/// What is remembered, in slots: the 10 s of which a baseline is made.
const HISTORY_SLOTS: i64 = 334;
/// Slots further apart than this (0.12 s) have nothing to say about each other.
const MAX_LAG_SLOTS: i64 = 4;
/// Fewest neighbouring slots for an autocorrelation; a slower stream is judged by its variance.
const MIN_PAIRS: usize = 20;
/// Fewest slots for any statement at all: 2.5 packets a second.
const MIN_SLOTS: usize = 5;
/// Slots that are averaged for micro-motion: 0.24 s, far below the period of a breath.
const MICRO_SLOTS: i64 = 8;
/// What micro-motion looks at, in such averages: all that is remembered.
const MICRO_WINDOW: i64 = HISTORY_SLOTS / MICRO_SLOTS + 1;

/// How a lane's shape fluctuated over the last window. Means over the features; shapes have mean 1, so powers are relative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fluctuation {
    /// Variance.
    pub(crate) power: f32,
    /// Lag-one autocovariance: the power of what moves, without noise; negative by chance when nothing does.
    pub(crate) moving: f32,
    /// Neighbouring slots that went into it; `None` when too few for `moving` to mean anything.
    pub(crate) pairs: Option<usize>,
}

impl Fluctuation {
    /// Lag-one autocorrelation in [-1, 1]; 0 when nothing fluctuates.
    pub(crate) fn correlation(&self) -> f32 {
        // Below this lies the rounding of f32 itself.
        if self.power > 1e-10 { (self.moving / self.power).clamp(-1.0, 1.0) } else { 0.0 }
    }
}

/// A quiet stretch as noise.
#[derive(Debug, Clone)]
pub(crate) struct Noise {
    /// Where it is white.
    pub(crate) whitener: Whitener,
    /// Its mean power within two seconds, seen through the whitener; and of averages of a quarter of a second.
    pub(crate) power: f32,
    pub(crate) micro: f32,
    /// Its strongest movement.
    pub(crate) moving: f32,
    /// The slots from which this is known.
    pub(crate) slots: usize,
    /// The mean amplitude at which it was heard, in the receiver's own units.
    pub(crate) level: f32,
}

impl Noise {
    /// How much wider a margin must be than that of a full stretch: estimates err by one over the root of their count.
    pub(crate) fn margin(&self) -> f32 {
        libm::sqrtf(HISTORY_SLOTS as f32 / self.slots.max(1) as f32).max(1.0)
    }

    /// Its power where the mean amplitude is `level`. Rounding to the receiver's integers and its own hiss are as strong whatever
    /// the gain, so that, relative to the amplitude, their power goes with one over its square (ESP32-C5: 0.075 to 0.1 of the
    /// squared unit at mean amplitudes from 18 to 48). What part of the noise is not of that kind is not known, so a higher
    /// level is not taken to be quieter.
    fn power_at(&self, level: f32) -> f32 {
        let lower = self.level / level;
        self.power * (lower * lower).clamp(1.0, MAX_NOISE_GAIN)
    }
}

/// Gain controls span some 40 dB; a ratio beyond that is of a damaged packet, not of a gain.
const MAX_NOISE_GAIN: f32 = 1e4;

/// The last ten seconds of a lane in slots of 30 ms: at most 334 shapes.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    closed: VecDeque<(i64, Shape)>,
    /// The mean amplitude of each.
    levels: VecDeque<f32>,
    open: Option<OpenSlot>,
}

#[derive(Debug)]
struct OpenSlot {
    index: i64,
    sum: Shape,
    level: f32,
    packets: f32,
}

impl Slots {
    /// Takes in the shape of a packet that arrived at `at`, not before the previous one, and the mean amplitude that it had.
    pub(crate) fn push(&mut self, at: StreamTime, shape: &[f32], level: f32) {
        let index = at.as_micros().div_euclid(SLOT_US);
        if self.open.as_ref().is_some_and(|slot| slot.index != index) {
            self.close();
        }
        let slot =
            self.open.get_or_insert_with(|| OpenSlot { index, sum: vec![0.0; shape.len()], level: 0.0, packets: 0.0 });
        slot.packets += 1.0;
        slot.level += (level - slot.level) / slot.packets;
        // A running mean, so that no number of packets loses precision.
        for (mean, feature) in slot.sum.iter_mut().zip(shape) {
            *mean += (feature - *mean) / slot.packets;
        }
    }

    /// Ends the slot that is being filled.
    pub(crate) fn close(&mut self) {
        let Some(OpenSlot { index, sum, level, .. }) = self.open.take() else { return };
        self.closed.push_back((index, sum));
        self.levels.push_back(level);
        while self.closed.front().is_some_and(|(first, _)| index.saturating_sub(*first) >= HISTORY_SLOTS) {
            self.closed.pop_front();
            self.levels.pop_front();
        }
    }

    /// Forgets everything: after a gap, what was before has nothing to do with what comes.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// How the last two seconds fluctuated, in units of the noise if there is a `whitener`; `None` when the slots are too few.
    pub(crate) fn fluctuation(&self, whitener: Option<&Whitener>) -> Option<Fluctuation> {
        let (last, _) = self.closed.back()?;
        steadied(self.since_slot(last - WINDOW_SLOTS + 1), whitener)
    }

    /// The mean amplitude over the last two seconds; 0 of nothing.
    pub(crate) fn level(&self) -> f32 {
        let Some((last, _)) = self.closed.back() else { return 0.0 };
        let skipped = self.closed.partition_point(|(index, _)| *index < last - WINDOW_SLOTS + 1);
        mean(self.levels.range(skipped..).copied())
    }

    /// How the last ten seconds fluctuated in averages of a quarter of a second: what breathing changes, and noise does not.
    pub(crate) fn micro(&self, whitener: &Whitener) -> Option<Fluctuation> {
        let mut averages: Vec<(i64, Shape)> = Vec::with_capacity(MICRO_WINDOW as usize);
        let mut count = 0.0;
        for (index, shape) in &self.closed {
            let index = index.div_euclid(MICRO_SLOTS);
            match averages.last_mut() {
                Some((last, average)) if *last == index => {
                    count += 1.0;
                    average
                        .iter_mut()
                        .zip(shape)
                        .for_each(|(average, feature)| *average += (feature - *average) / count);
                }
                _ => {
                    averages.push((index, shape.clone()));
                    count = 1.0;
                }
            }
        }
        steadied(averages.iter(), Some(whitener)).filter(|found| found.pairs.is_some())
    }

    /// Slots that are remembered, and over how many microseconds.
    pub(crate) fn extent(&self) -> (usize, i64) {
        let ends = self.closed.front().zip(self.closed.back());
        (self.closed.len(), ends.map_or(0, |((first, _), (last, _))| (last - first + 1) * SLOT_US))
    }

    /// The mean over the last two seconds.
    pub(crate) fn mean_shape(&self) -> Option<Shape> {
        let (last, _) = self.closed.back()?;
        mean_shape(self.since_slot(last - WINDOW_SLOTS + 1))
    }

    /// What the whole history would be as noise: its whitener, and its mean power and strongest movement, seen through it.
    pub(crate) fn as_noise(&self) -> Option<Noise> {
        let centre = mean_shape(self.since_slot(i64::MIN))?;
        let deviations: Vec<Shape> = self.closed.iter().map(|(_, shape)| deviation(shape, &centre)).collect();
        let whitener = Whitener::new(&deviations)?;
        let (first, last) = (self.closed.front()?.0, self.closed.back()?.0);
        let starts = (first..=last).step_by(WINDOW_SLOTS as usize);
        let windows: Vec<Fluctuation> = starts
            .filter_map(|start| {
                let within = self.since_slot(start).take_while(|(index, _)| *index < start + WINDOW_SLOTS);
                fluctuation(within, Some(&whitener))
            })
            .collect();
        let power = mean(windows.iter().map(|window| window.power));
        let moving = windows.iter().map(|window| window.moving).fold(0.0, f32::max);
        let slots = self.closed.len();
        // Of too few averages, what white noise would leave.
        let micro = self.micro(&whitener).map_or(power / MICRO_SLOTS as f32, |micro| micro.power);
        let level = mean(self.levels.iter().copied());
        Some(Noise { whitener, power, micro, moving, slots, level })
    }

    fn since_slot(&self, first: i64) -> impl Iterator<Item = &(i64, Shape)> + Clone {
        let skipped = self.closed.partition_point(|(index, _)| *index < first);
        self.closed.range(skipped..)
    }
}

fn fluctuation<'a>(
    slots: impl Iterator<Item = &'a (i64, Shape)> + Clone,
    whitener: Option<&Whitener>,
) -> Option<Fluctuation> {
    let trend = Trend::of(slots.clone())?;
    let (mut power, mut moving, mut count, mut pairs) = (0.0, 0.0, 0_usize, 0_usize);
    let mut previous: Option<(i64, Shape)> = None;
    for (index, shape) in slots {
        let raw = trend.deviation(*index, shape);
        let here = whitener.map_or_else(|| raw.clone(), |whitener| whitener.whiten(&raw));
        power += mean(here.iter().map(|x| x * x));
        count += 1;
        if let Some((before, there)) = &previous
            && index - before <= MAX_LAG_SLOTS
        {
            moving += mean(here.iter().zip(there).map(|(a, b)| a * b));
            pairs += 1;
        }
        previous = Some((*index, here));
    }
    power /= count as f32;
    moving /= pairs.max(1) as f32;
    (count >= MIN_SLOTS).then_some(Fluctuation { power, moving, pairs: (pairs >= MIN_PAIRS).then_some(pairs) })
}

/// The straight line through each feature: what is slower than the window is drift of the receiver, or breath, not movement.
struct Trend {
    middle: f32,
    origin: i64,
    centre: Shape,
    /// Per slot.
    slope: Shape,
}

impl Trend {
    /// The least-squares line; `None` of nothing, level through a single slot.
    fn of<'a>(slots: impl Iterator<Item = &'a (i64, Shape)> + Clone) -> Option<Self> {
        let origin = slots.clone().next()?.0;
        let since = |index: i64| (index - origin) as f32;
        let middle = mean(slots.clone().map(|(index, _)| since(*index)));
        let centre = mean_shape(slots.clone())?;
        let mut slope = vec![0.0; centre.len()];
        let mut spread = 0.0;
        for (index, shape) in slots {
            let lever = since(*index) - middle;
            spread += lever * lever;
            for ((slope, feature), centre) in slope.iter_mut().zip(shape).zip(&centre) {
                *slope += lever * (feature - centre);
            }
        }
        if spread > 0.0 {
            for slope in &mut slope {
                *slope /= spread;
            }
        }
        Some(Self { middle, origin, centre, slope })
    }

    fn deviation(&self, index: i64, shape: &[f32]) -> Shape {
        let lever = (index - self.origin) as f32 - self.middle;
        let line = self.centre.iter().zip(&self.slope).map(|(centre, slope)| centre + lever * slope);
        shape.iter().zip(line).map(|(feature, line)| feature - line).collect()
    }
}

/// The fluctuation of `slots`, where a single step is none: a channel that steps once and stays (a gain step that is not the
/// same for all bins, another channel, a switched antenna) does not move, so what one jump explains is taken out.
fn steadied<'a>(
    slots: impl Iterator<Item = &'a (i64, Shape)> + Clone,
    whitener: Option<&Whitener>,
) -> Option<Fluctuation> {
    let all = fluctuation(slots.clone(), whitener)?;
    if all.pairs.is_none() || all.correlation() < RAW_CORRELATION / 2.0 {
        return Some(all);
    }
    let without = without_step(slots).and_then(|slots| fluctuation(slots.iter(), whitener));
    Some(without.filter(|rest| rest.moving < STEP_EXPLAINS * all.moving).unwrap_or(all))
}

/// A step explains movement when it leaves less than this share of it.
const STEP_EXPLAINS: f32 = 0.1;
/// Slots on either side of a step that say how far it went.
const STEP_SIDES: usize = 4;

/// The same slots without their greatest jump; `None` when they are too few to have one.
fn without_step<'a>(slots: impl Iterator<Item = &'a (i64, Shape)>) -> Option<Vec<(i64, Shape)>> {
    let slots: Vec<&(i64, Shape)> = slots.collect();
    let side = |from: usize| mean_shape(slots[from..from + STEP_SIDES].iter().copied());
    // The slot in which it happened may hold packets of before and after.
    let jump_at = |at: usize| Some((at, deviation(&side(at + 1)?, &side(at - STEP_SIDES)?)));
    let jumps = (STEP_SIDES..slots.len().saturating_sub(STEP_SIDES)).filter_map(jump_at);
    let size = |jump: &Shape| jump.iter().map(|x| x * x).sum::<f32>();
    let (at, jump) = jumps.max_by(|(_, a), (_, b)| size(a).total_cmp(&size(b)))?;
    let before = slots[..at].iter().map(|slot| (*slot).clone());
    let after = slots[at + 1..].iter().map(|(index, shape)| (*index, deviation(shape, &jump)));
    Some(before.chain(after).collect())
}

fn mean_shape<'a>(slots: impl Iterator<Item = &'a (i64, Shape)>) -> Option<Shape> {
    let mut slots = slots.map(|(_, shape)| shape);
    let mut sum = slots.next()?.clone();
    let mut count = 1.0;
    for shape in slots {
        sum.iter_mut().zip(shape).for_each(|(sum, feature)| *sum += feature);
        count += 1.0;
    }
    for sum in &mut sum {
        *sum /= count;
    }
    Some(sum)
}

fn deviation(shape: &[f32], centre: &[f32]) -> Shape {
    shape.iter().zip(centre).map(|(a, b)| a - b).collect()
}

/// Autocorrelation from which on something moves, where the noise is white: four times its spread in an empty room, whose
/// 67 slots and some 10 independent features leave 0.04 to 0.05.
const WHITE_CORRELATION: f32 = 0.2;
/// The same where the noise's structure is not known yet: few features are independent, and receivers drift.
const RAW_CORRELATION: f32 = 0.3;
/// Movement must exceed the baseline's strongest by this factor (of power).
const OVER_BASELINE: f32 = 3.0;
/// Share of the baseline's noise that its strongest movement is taken to have at least: what ten seconds can tell.
pub(crate) const LEAST_MOVING: f32 = 0.1;
/// What a variance must exceed the baseline's by where there are too few slots for a correlation.
const VARIANCE_OVER_BASELINE: f32 = 4.0;

/// How far `now`, at a mean amplitude of `level`, stands above the threshold of movement, both seen through the baseline's whitener:
/// 1 is the threshold.
///
/// Two conditions, of which the weaker counts: the fluctuation is correlated in time beyond chance, and it moves more than
/// the empty room did. A stream too slow for a correlation is judged by its variance.
pub(crate) fn score(now: &Fluctuation, level: f32, baseline: &Noise) -> f32 {
    let (margin, power) = (baseline.margin(), baseline.power_at(level));
    let score = if let Some(pairs) = now.pairs {
        let expected = baseline.moving.max(LEAST_MOVING * margin * power);
        let stronger = ratio(now.moving, OVER_BASELINE * expected);
        stronger.min(now.correlation() / WHITE_CORRELATION.max(by_chance(pairs) / 2.0))
    } else {
        ratio(now.power, VARIANCE_OVER_BASELINE * power)
    };
    score.clamp(0.0, MAX_SCORE)
}

/// Micro-motion must have this much of the quiet room's own power, and this correlation from one average to the next: twice
/// what quiet rooms were seen to have, and four times what chance leaves of 40 averages of 10 independent features.
const MICRO_POWER: f32 = 1.0;
const MICRO_CORRELATION: f32 = 0.4;

/// How far micro-motion stands above its threshold, 1; `now` seen through the baseline's whitener.
pub(crate) fn micro_score(now: &Fluctuation, baseline: &Noise) -> f32 {
    let stronger = ratio(now.moving, MICRO_POWER * baseline.margin() * baseline.micro);
    stronger.min(now.correlation() / MICRO_CORRELATION).clamp(0.0, MAX_SCORE)
}

/// The same without a baseline: by correlation alone. `None` for a stream too slow for it.
pub(crate) fn score_alone(now: &Fluctuation) -> Option<f32> {
    let threshold = RAW_CORRELATION.max(by_chance(now.pairs?));
    Some((now.correlation() / threshold).clamp(0.0, MAX_SCORE))
}

/// Bartlett's bound (1946) for the autocorrelation of `pairs` values of one feature that does not move.
fn by_chance(pairs: usize) -> f32 {
    2.0 / libm::sqrtf(pairs as f32)
}

/// `value / threshold`, where any value exceeds a threshold of 0.
fn ratio(value: f32, threshold: f32) -> f32 {
    if threshold > 0.0 { value / threshold } else { MAX_SCORE }
}

/// The score below which movement has ended.
const END_SCORE: f32 = 2.0 / 3.0;
/// The score of a channel that does nothing but move (correlation 1).
const MAX_SCORE: f32 = 1.0 / WHITE_CORRELATION;

/// A score as a percentage: 0 where movement has certainly ended, 7.7 where it begins, 100 when all fluctuation is movement.
pub(crate) fn level_percent(score: f32) -> f32 {
    (100.0 * (score - END_SCORE) / (MAX_SCORE - END_SCORE)).clamp(0.0, 100.0)
}

/// Scores in a row that switch on: one may be chance, unless it is clear. And off, the length of a window: who walks stops to turn.
const SCORES_TO_BEGIN: u8 = 2;
const SCORES_TO_END: u8 = 8;
/// From here on a score is clear: windows overlap, so the next would say the same.
const CLEAR_SCORE: f32 = 1.5;

/// Movement as a yes or no that does not flicker.
#[derive(Debug, Default)]
pub(crate) struct MotionSwitch {
    on: bool,
    /// Scores in a row that spoke for the other state.
    contradictions: u8,
}

impl MotionSwitch {
    /// On at the second score in a row above 1 or the first above 1.5, off at the eighth in a row below two thirds.
    pub(crate) fn update(&mut self, score: f32) -> bool {
        let (contradicts, enough) =
            if self.on { (score < END_SCORE, SCORES_TO_END) } else { (score > 1.0, SCORES_TO_BEGIN) };
        self.contradictions = if contradicts { self.contradictions + 1 } else { 0 };
        if self.contradictions >= enough || (!self.on && score > CLEAR_SCORE) {
            *self = Self { on: !self.on, contradictions: 0 };
        }
        self.on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(shapes: impl Iterator<Item = (i64, Shape)>) -> Slots {
        let mut window = Slots::default();
        for (us, shape) in shapes {
            window.push(StreamTime::from_micros(us), &shape, 1.0);
        }
        window
    }

    /// Deterministic noise in [-1, 1].
    fn noise(i: i64) -> f32 {
        // SplitMix64 (Steele, Lea and Flood, 2014).
        let mut hash = (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (hash >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    /// A full quiet stretch that fluctuated like this.
    fn noise_of(quiet: &Fluctuation) -> Noise {
        let whitener = Whitener::new(&[vec![1.0; 4], vec![-1.0; 4]]).unwrap();
        Noise { whitener, power: quiet.power, moving: quiet.moving, micro: quiet.power / 8.0, slots: 334, level: 1.0 }
    }

    #[test]
    fn one_step_is_no_movement_and_a_gradual_change_is() {
        let level = |i: i64, slots: i64| 0.5 * ((i - 150) as f32 / (3 * slots) as f32 + 0.5).clamp(0.0, 1.0);
        let changing = |slots: i64| {
            let shape = |i: i64| (0..8).map(|k| 1.0 + level(i, slots) * k as f32 + 0.05 * noise(i * 8 + k)).collect();
            window((0..240).map(|i| (i * 10_000, shape(i)))).fluctuation(None).unwrap()
        };
        let (step, gradual) = (changing(1), changing(25));
        assert!(score_alone(&step).unwrap() < 1.0, "{step:?}");
        assert!(score_alone(&gradual).unwrap() > 1.0, "{gradual:?}");
    }

    #[test]
    fn breath_shows_in_ten_seconds_and_noise_does_not() {
        let breathing = |depth: f32| {
            let swing = move |i: i64| depth * libm::sinf(i as f32 * 0.01 * 0.25 * core::f32::consts::TAU);
            let shape =
                move |i: i64| (0..8).map(|k| 1.0 + swing(i) * (k - 4) as f32 + 0.05 * noise(i * 8 + k)).collect();
            window((0..1_000).map(move |i| (i * 10_000, shape(i))))
        };
        let empty = breathing(0.0).as_noise().unwrap();
        let score = |depth| micro_score(&breathing(depth).micro(&empty.whitener).unwrap(), &empty);
        assert!(score(0.0) < 0.5 && score(0.02) > 1.0, "{} {}", score(0.0), score(0.02));
    }

    #[test]
    fn movement_is_correlated_and_noise_is_not() {
        let still = window((0..300).map(|i| (i * 10_000, (0..8).map(|k| 1.0 + 0.1 * noise(i * 8 + k)).collect())));
        let still = still.fluctuation(None).unwrap();
        assert!(still.correlation().abs() < 0.25, "{still:?}");
        assert!(score_alone(&still).unwrap() < 0.9);

        let swing = |i: i64, k: i64| 1.0 + 0.1 * libm::sinf(i as f32 * 0.06 + k as f32) + 0.05 * noise(i * 8 + k);
        let moving = window((0..300).map(|i| (i * 10_000, (0..8).map(|k| swing(i, k)).collect())));
        let moving = moving.fluctuation(None).unwrap();
        assert!(moving.correlation() > 0.6, "{moving:?}");
        assert!(score(&moving, 1.0, &noise_of(&still)) > 1.5);
        assert!(score(&moving, 1.0, &noise_of(&moving)) < 1.0, "no stronger than the baseline");
    }

    #[test]
    fn a_slow_stream_is_judged_by_its_variance() {
        let at_5_hz = |strength: f32| {
            let shapes =
                (0..40).map(move |i| (i * 200_000, (0..8).map(|k| 1.0 + strength * noise(i * 8 + k)).collect()));
            window(shapes).fluctuation(None).unwrap()
        };
        let (quiet, loud) = (at_5_hz(0.01), at_5_hz(0.1));
        assert_eq!(quiet.pairs, None);
        assert_eq!(score_alone(&quiet), None);
        assert!(score(&quiet, 1.0, &noise_of(&quiet)) < 0.5);
        assert!(score(&loud, 1.0, &noise_of(&quiet)) > 1.0);
    }

    #[test]
    fn a_lower_gain_is_noisier_and_a_higher_one_is_not_quieter() {
        let at_5_hz = |strength: f32| {
            let shapes =
                (0..40).map(move |i| (i * 200_000, (0..8).map(|k| 1.0 + strength * noise(i * 8 + k)).collect()));
            window(shapes).fluctuation(None).unwrap()
        };
        let baseline = noise_of(&at_5_hz(0.01));
        let louder = at_5_hz(0.03);
        assert!(score(&louder, 1.0, &baseline) > 1.0 && score(&louder, 1.0 / 3.0, &baseline) < 0.5);
        assert!((score(&louder, 1.0, &baseline) - score(&louder, 10.0, &baseline)).abs() < f32::EPSILON);
        assert!(score(&louder, 0.0, &baseline).is_finite());
    }

    #[test]
    fn one_instant_is_one_slot() {
        let same = window((0..10_000).map(|i| (5, vec![noise(i); 4])));
        assert!(same.closed.is_empty() && same.fluctuation(None).is_none());
    }

    #[test]
    fn switches_on_at_the_second_score_and_off_at_the_eighth() {
        let mut switch = MotionSwitch::default();
        let began = [1.4, 0.1, 1.4, 1.4, 0.8].map(|score| switch.update(score));
        assert_eq!(began, [false, false, false, true, true]);
        assert!(MotionSwitch::default().update(1.6), "clear at once");
        let ended = [0.6, 0.6, 0.6, 0.7, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.9].map(|score| switch.update(score));
        assert_eq!(ended.iter().position(|on| !on), Some(11));
        assert!(ended[11..].iter().all(|on| !on));
    }

    #[test]
    fn level_rises_with_the_score() {
        let levels = [0.0, 0.5, 1.0, 2.0, 3.0, 1e9].map(level_percent);
        assert!(levels.is_sorted() && (levels[2] - 100.0 / 13.0).abs() < 1e-4, "{levels:?}");
        assert!((levels[5] - 100.0).abs() < f32::EPSILON);
    }
}
