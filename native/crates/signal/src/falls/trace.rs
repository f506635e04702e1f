//! The last half minute of the channel's change, smoothed, and the quiet level that it is judged against.

use std::collections::VecDeque;

use super::change::Hop;

/// Half a minute: long enough for a quiet second to be in it, short enough to follow the noise of the link.
const HOPS: usize = 300;
/// Hops averaged for: what is movement, how strong it is at its height, how quiet the channel gets.
const SHORT: usize = 3;
const HEIGHT: usize = 5;
const SECOND: usize = 10;
/// Share of a window's hops that must be known.
const LEAST_KNOWN: f32 = 0.6;

/// Values at one hop; logarithms of relative changes, over the time up to and including it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Entry {
    change: Option<f32>,
    smoothness: Option<f32>,
    short: Option<f32>,
    height: Option<f32>,
    second: Option<f32>,
}

/// The trace. Index 0 is the oldest hop kept.
#[derive(Debug, Default)]
pub(super) struct Trace {
    entries: VecDeque<Entry>,
    /// Number of the newest hop.
    newest: i64,
    /// Hops since the trace began anew.
    age: u64,
}

impl Trace {
    /// Appends `hop`; hops that were left out count as unknown. Hops that are not newer than the last are passed over.
    /// Returns whether it was appended.
    pub(super) fn push(&mut self, hop: Hop) -> bool {
        let missing = hop.number.saturating_sub(self.newest).saturating_sub(1);
        if self.entries.is_empty() || missing >= HOPS as i64 {
            self.entries.clear();
            self.age = 0;
        } else if missing < 0 {
            return false;
        } else {
            (0..missing).for_each(|_| self.append(None, None));
        }
        self.newest = hop.number;
        self.append(hop.change, hop.smoothness);
        true
    }

    fn append(&mut self, change: Option<f32>, smoothness: Option<f32>) {
        if self.entries.len() >= HOPS {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { change, ..Entry::default() });
        self.age = self.age.saturating_add(1);
        let (short, height, second) = (self.mean_of_last(SHORT), self.mean_of_last(HEIGHT), self.mean_of_last(SECOND));
        if let Some(last) = self.entries.back_mut() {
            *last = Entry { change, smoothness, short, height, second };
        }
    }

    fn mean_of_last(&self, hops: usize) -> Option<f32> {
        if self.entries.len() < hops {
            return None;
        }
        let known = self.entries.iter().rev().take(hops).filter_map(|entry| entry.change);
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), change| (sum + change, count + 1.0));
        (count >= LEAST_KNOWN * hops as f32).then(|| sum / count)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Number of the hop at `index`.
    pub(super) fn number(&self, index: usize) -> i64 {
        self.newest.saturating_sub(self.entries.len() as i64 - 1 - index as i64)
    }

    /// Hops before `index` since the trace began anew, those that are no longer kept included.
    pub(super) fn hops_before(&self, index: usize) -> u64 {
        self.age.saturating_sub((self.entries.len() - index.min(self.entries.len())) as u64)
    }

    /// The change at `index`, not smoothed.
    pub(super) fn change(&self, index: usize) -> Option<f32> {
        self.entries.get(index)?.change
    }

    /// The change at `index`, over 0.3 s.
    pub(super) fn short(&self, index: usize) -> Option<f32> {
        self.entries.get(index)?.short
    }

    /// The change at `index`, over 0.5 s.
    pub(super) fn height(&self, index: usize) -> Option<f32> {
        self.entries.get(index)?.height
    }

    /// The mean smoothness of the changes in `hops`; `None` where packets come too slowly to tell.
    pub(super) fn smoothness(&self, hops: core::ops::Range<usize>) -> Option<f32> {
        let known = hops.filter_map(|hop| self.entries.get(hop)?.smoothness);
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), one| (sum + one, count + 1.0));
        (count > 0.0).then(|| sum / count)
    }

    /// The change in the quietest second of the trace.
    pub(super) fn quiet(&self) -> Option<f32> {
        self.entries.iter().filter_map(|entry| entry.second).min_by(f32::total_cmp)
    }
}

#[cfg(test)]
impl Trace {
    /// A trace of these changes.
    pub(super) fn of(changes: impl IntoIterator<Item = f32>) -> Self {
        let mut trace = Self::default();
        for (number, change) in changes.into_iter().enumerate() {
            trace.push(Hop { number: number as i64, change: change.is_finite().then_some(change), smoothness: None });
        }
        trace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_half_a_minute_and_its_quietest_second() {
        let trace = Trace::of((0..1_000).map(|i| if (800..815).contains(&i) { -5.0 } else { -4.0 }));
        assert_eq!((trace.len(), trace.number(0), trace.number(299)), (HOPS, 700, 999));
        assert!((trace.quiet().unwrap() + 5.0).abs() < 1e-5);
        assert_eq!(trace.hops_before(0), 700);
    }

    #[test]
    fn gaps_are_unknown_and_long_ones_begin_anew() {
        let mut trace = Trace::of([-4.0; 20]);
        assert!(trace.push(Hop { number: 39, change: Some(-4.0), smoothness: None }));
        assert_eq!((trace.len(), trace.short(30), trace.short(39)), (40, None, None));
        assert!(!trace.push(Hop { number: 39, change: Some(-1.0), smoothness: None }), "not newer");
        assert!(trace.push(Hop { number: i64::MAX, change: None, smoothness: None }));
        assert_eq!((trace.len(), trace.hops_before(0)), (1, 0));
        assert!(!trace.push(Hop { number: i64::MIN, change: None, smoothness: None }));
    }
}
