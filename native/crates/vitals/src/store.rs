//! What was read over the last hours, and its statistics.

use std::collections::VecDeque;
use std::time::Duration;

use ruview_core::StreamTime;
use serde::{Deserialize, Serialize};

use crate::reading::{VitalEstimate, VitalReading};
use crate::time;

/// One reading's published rates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Entry {
    #[serde(with = "time")]
    at: StreamTime,
    breathing: Option<f32>,
    heart_rate: Option<f32>,
}

/// Which rate to speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VitalKind {
    /// Breaths per minute.
    Breathing,
    /// Heart beats per minute.
    HeartRate,
}

/// Statistics of the published rates of a span, per minute.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VitalStatistics {
    /// Readings with a rate.
    pub count: usize,
    /// Readings with a rate among all readings of the span, in (0, 1].
    pub coverage: f32,
    /// The least.
    pub min: f32,
    /// The greatest.
    pub max: f32,
    /// The mean.
    pub mean: f32,
    /// The standard deviation about the mean.
    pub std: f32,
    /// The 5th, 50th and 95th percentile, by nearest rank.
    pub percentiles: [f32; 3],
}

/// Keeps published rates for a bounded time and number, oldest first out. Its state can be stored.
///
/// Holds at most `capacity` entries of 24 bytes: at one a second, 84 KiB an hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VitalSignStore {
    retention: Duration,
    capacity: usize,
    entries: VecDeque<Entry>,
}

impl VitalSignStore {
    /// A store that keeps readings for `retention`, and no more than `capacity` of them.
    pub fn new(retention: Duration, capacity: usize) -> Self {
        Self { retention, capacity, entries: VecDeque::new() }
    }

    /// Keeps the published rates of a reading. One from before the last one means that the clock was set back: what was kept
    /// from after it is dropped.
    pub fn push(&mut self, reading: &VitalReading) {
        self.entries.retain(|entry| entry.at < reading.at && reading.at.since(entry.at) <= self.retention);
        let rate = |estimate: &VitalEstimate| {
            estimate.rate_bpm.filter(|rate| estimate.status.is_published() && rate.is_finite())
        };
        let (breathing, heart_rate) = (rate(&reading.breathing), rate(&reading.heart_rate));
        self.entries.push_back(Entry { at: reading.at, breathing, heart_rate });
        while self.entries.len() > self.capacity {
            self.entries.pop_front();
        }
    }

    /// Readings that are kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Statistics of one rate over the last `span` before `at`, both ends included; `None` when no rate was published in it.
    pub fn statistics(&self, kind: VitalKind, at: StreamTime, span: Duration) -> Option<VitalStatistics> {
        let within = self.entries.iter().filter(|entry| entry.at <= at && at.since(entry.at) <= span);
        let all: Vec<Option<f32>> = within
            .map(|entry| match kind {
                VitalKind::Breathing => entry.breathing,
                VitalKind::HeartRate => entry.heart_rate,
            })
            .collect();
        let mut rates: Vec<f32> = all.iter().flatten().copied().collect();
        rates.sort_by(f32::total_cmp);
        let (min, max) = (*rates.first()?, *rates.last()?);
        let n = rates.len() as f64;
        let mean = rates.iter().map(|rate| f64::from(*rate)).sum::<f64>() / n;
        let variance = rates.iter().map(|rate| (f64::from(*rate) - mean).powi(2)).sum::<f64>() / n;
        let rank = |share: f64| rates[((share * n).ceil() as usize).clamp(1, rates.len()) - 1];
        Some(VitalStatistics {
            count: rates.len(),
            coverage: rates.len() as f32 / all.len() as f32,
            min,
            max,
            mean: mean as f32,
            std: variance.sqrt() as f32,
            percentiles: [0.05, 0.5, 0.95].map(rank),
        })
    }
}

impl Default for VitalSignStore {
    /// A day of one reading a second.
    fn default() -> Self {
        Self::new(Duration::from_hours(24), 86_400)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reading::VitalStatus;

    fn reading(second: i64, bpm: Option<f32>) -> VitalReading {
        let status = if bpm.is_some() { VitalStatus::Valid } else { VitalStatus::Unavailable };
        let breathing = VitalEstimate { rate_bpm: bpm, confidence: 0.9, status };
        let at = StreamTime::from_micros(second * 1_000_000);
        VitalReading { at, breathing, heart_rate: VitalEstimate::UNAVAILABLE, alerts: Vec::new() }
    }

    const SPAN: Duration = Duration::from_mins(1);

    #[test]
    fn statistics_are_of_the_span_and_of_what_was_published() {
        let mut store = VitalSignStore::default();
        store.push(&reading(0, Some(40.0)));
        for (second, bpm) in [(100, Some(10.0)), (101, None), (102, Some(14.0)), (103, Some(12.0))] {
            store.push(&reading(second, bpm));
        }
        let now = StreamTime::from_micros(103_000_000);
        let found = store.statistics(VitalKind::Breathing, now, SPAN).unwrap();
        assert_eq!((found.count, found.coverage, found.min, found.max, found.mean), (3, 0.75, 10.0, 14.0, 12.0));
        assert!((found.std - 1.633).abs() < 1e-3);
        assert_eq!(found.percentiles.map(|rate| rate as i32), [10, 12, 14]);
        assert_eq!(store.statistics(VitalKind::HeartRate, now, SPAN), None);
        let restored: VitalSignStore = serde_json::from_str(&serde_json::to_string(&store).unwrap()).unwrap();
        assert_eq!(restored, store);
    }

    proptest! {
        #[test]
        fn it_stays_bounded_and_in_order(seconds in prop::collection::vec(-1000_i64..1000, 1..200)) {
            let mut store = VitalSignStore::new(Duration::from_secs(50), 20);
            for second in seconds {
                store.push(&reading(second, Some(12.0)));
                prop_assert!(store.len() <= 20 && !store.is_empty());
                let times: Vec<_> = store.entries.iter().map(|entry| entry.at).collect();
                prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(times[times.len() - 1].since(times[0]) <= Duration::from_secs(50));
            }
        }
    }
}
