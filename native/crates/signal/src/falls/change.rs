//! How fast the channel changes: the relative change within 60 ms, one logarithm for every tenth of a second.
//!
//! 60 ms at 2.4 GHz is a quarter of a wavelength at 0.5 m/s, so it tells walking from standing; and every stream from
//! 20 Hz on has packets about that far apart.

use std::collections::VecDeque;

use ruview_core::StreamTime;

/// Packets within one slot are averaged: a fast stream gets less noise, not more work.
const SLOT_US: i64 = 20_000;
/// The lag at which changes are measured, and the lags from which it may be interpolated.
const LAG_US: i64 = 60_000;
const SHORTEST_LAG_US: i64 = 35_000;
const LONGEST_LAG_US: i64 = 85_000;
/// The lag at which a movement, unlike noise or packets of two senders in turn, has changed less than within 60 ms.
const STEP_US: core::ops::RangeInclusive<i64> = 12_000..=30_000;
/// One value for this long.
pub(super) const HOP_US: i64 = 100_000;
/// Changes below this are nothing: finer than any radio's estimate, and a frozen stream must not become the yardstick.
const LEAST_CHANGE: f32 = 1e-3;

/// Measures the change of the shapes that it is given.
#[derive(Debug, Default)]
pub(super) struct ChangeMeter {
    /// Closed slots not older than the longest lag: their mean times, and mean shapes.
    slots: VecDeque<(i64, Vec<f32>)>,
    open: Option<OpenSlot>,
    hop: Option<OpenHop>,
}

#[derive(Debug)]
struct OpenSlot {
    number: i64,
    /// Sum of the times since the slot began.
    offsets_us: i64,
    sum: Vec<f32>,
    count: u16,
}

#[derive(Debug, Clone, Copy)]
struct OpenHop {
    number: i64,
    changes: Mean,
    smoothness: Mean,
}

#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: f32,
    count: u16,
}

impl Mean {
    fn add(&mut self, value: Option<f32>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1;
        }
    }

    fn get(self) -> Option<f32> {
        (self.count > 0).then(|| self.sum / f32::from(self.count))
    }
}

/// A tenth of a second that is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hop {
    /// Tenths of a second since the Unix epoch.
    pub(super) number: i64,
    /// Mean natural logarithm of the rms relative change within 60 ms; `None` when nothing could be measured.
    pub(super) change: Option<f32>,
    /// By how much less, on the same scale, it changed from slot to slot: 0 for noise; `None` below 34 packets a second.
    pub(super) smoothness: Option<f32>,
}

impl ChangeMeter {
    /// Takes in the shape of a packet; times do not decrease. Returns the last hop, once, when it is over.
    pub(super) fn push(&mut self, at: StreamTime, shape: &[f32]) -> Option<Hop> {
        let us = at.as_micros();
        let number = us.div_euclid(SLOT_US);
        let mut over = None;
        if self.open.as_ref().is_some_and(|open| open.number != number || open.sum.len() != shape.len()) {
            over = self.close_slot();
        }
        let open =
            self.open.get_or_insert_with(|| OpenSlot { number, offsets_us: 0, sum: vec![0.0; shape.len()], count: 0 });
        // A burst of packets at one instant says no more than its first thousands.
        if open.count < u16::MAX {
            open.count += 1;
            open.offsets_us += us.rem_euclid(SLOT_US);
            open.sum.iter_mut().zip(shape).for_each(|(sum, value)| *sum += value);
        }
        over
    }

    fn close_slot(&mut self) -> Option<Hop> {
        let OpenSlot { number, offsets_us, mut sum, count } = self.open.take()?;
        for value in &mut sum {
            *value /= f32::from(count);
        }
        let at = number.saturating_mul(SLOT_US).saturating_add(offsets_us / i64::from(count));
        let is_past = |slot: &(i64, Vec<f32>)| at.saturating_sub(slot.0) > LONGEST_LAG_US || slot.1.len() != sum.len();
        while self.slots.front().is_some_and(is_past) {
            self.slots.pop_front();
        }
        let change = self.change(at, &sum);
        let smoothness = change.zip(self.step(at, &sum)).map(|(change, step)| change - step);
        self.slots.push_back((at, sum));
        self.count(at.div_euclid(HOP_US), change, smoothness)
    }

    /// The logarithm of the change up to `shape`, which came at `at`.
    fn change(&self, at: i64, shape: &[f32]) -> Option<f32> {
        let lag = |slot: &(i64, Vec<f32>)| at.saturating_sub(slot.0);
        let longer = self.slots.iter().rev().find(|slot| lag(slot) >= LAG_US);
        let shorter = self.slots.iter().find(|slot| (SHORTEST_LAG_US..LAG_US).contains(&lag(slot)));
        let squared = match (shorter, longer) {
            (None, None) => return None,
            (Some(one), None) | (None, Some(one)) => mean_square(shape, &one.1),
            (Some(shorter), Some(longer)) => {
                let share = (LAG_US - lag(shorter)) as f32 / (lag(longer) - lag(shorter)).max(1) as f32;
                let (short, long) = (mean_square(shape, &shorter.1), mean_square(shape, &longer.1));
                short + (long - short) * share
            }
        };
        Some(logarithm(squared))
    }

    /// The logarithm of the change from the slot before to `shape`, which came at `at`.
    fn step(&self, at: i64, shape: &[f32]) -> Option<f32> {
        let before = self.slots.back().filter(|before| STEP_US.contains(&at.saturating_sub(before.0)))?;
        Some(logarithm(mean_square(shape, &before.1)))
    }

    /// Counts what a slot showed towards its hop, and hands out the hop before it.
    fn count(&mut self, number: i64, change: Option<f32>, smoothness: Option<f32>) -> Option<Hop> {
        let before = self.hop.filter(|hop| hop.number != number);
        if before.is_some() || self.hop.is_none() {
            self.hop = Some(OpenHop { number, changes: Mean::default(), smoothness: Mean::default() });
        }
        if let Some(hop) = &mut self.hop {
            hop.changes.add(change);
            hop.smoothness.add(smoothness);
        }
        before.map(|hop| Hop { number: hop.number, change: hop.changes.get(), smoothness: hop.smoothness.get() })
    }
}

fn logarithm(mean_square: f32) -> f32 {
    libm::logf(libm::sqrtf(mean_square).max(LEAST_CHANGE))
}

fn mean_square(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>() / a.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hops of two seconds at `rate`, when the channel drifts by `per_second`.
    fn drifting(rate: i64, per_second: f32) -> Vec<Hop> {
        let mut meter = ChangeMeter::default();
        let each = |i: i64| {
            let us = i * 1_000_000 / rate;
            let value = per_second * us as f32 / 1e6;
            meter.push(StreamTime::from_micros(us), &[1.0 + value, 1.0 - value, 1.0 + value, 1.0 - value])
        };
        (0..2 * rate).filter_map(each).collect()
    }

    #[test]
    fn the_change_within_60_ms_is_the_same_at_any_rate() {
        for rate in [16, 20, 25, 30, 40, 50, 75, 100, 150] {
            let hops = drifting(rate, 1.0);
            assert!((16..=19).contains(&hops.len()), "{rate} Hz: {}", hops.len());
            let known: Vec<f32> = hops.iter().filter_map(|hop| hop.change).collect();
            assert!(known.len() + 2 >= hops.len(), "{rate} Hz: {hops:?}");
            for change in &known[1..] {
                assert!((0.049..=0.068).contains(&libm::expf(*change)), "{rate} Hz: {change}");
            }
        }
    }

    #[test]
    fn slow_streams_and_single_instants_say_nothing() {
        assert!(drifting(10, 1.0).iter().all(|hop| hop.change.is_none()));
        let mut meter = ChangeMeter::default();
        assert!((0..70_000).all(|_| meter.push(StreamTime::from_micros(5), &[1.0; 4]).is_none()));
    }

    #[test]
    fn a_frozen_channel_has_the_least_change() {
        let hops = drifting(50, 0.0);
        assert!(hops[3..].iter().all(|hop| hop.change == Some(libm::logf(LEAST_CHANGE))));
    }

    #[test]
    fn hops_are_numbered_in_order_and_gaps_left_out() {
        let mut meter = ChangeMeter::default();
        let times = (0..50).map(|i| i * 20_000).chain((0..50).map(|i| 9_000_000 + i * 20_000));
        let hops: Vec<i64> =
            times.filter_map(|us| meter.push(StreamTime::from_micros(us), &[1.0; 4])).map(|hop| hop.number).collect();
        assert!(hops.is_sorted() && hops.first() == Some(&0) && hops.last() == Some(&98), "{hops:?}");
        assert!(!hops.contains(&50));
    }
}
