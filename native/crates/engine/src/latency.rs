//! How long frames take from their source to the states that they drive, for whoever watches the server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets, seconds. A packet takes microseconds; what takes a second waited behind others.
pub const LATENCY_BOUNDS_S: [f64; 10] = [50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 5e-3, 25e-3, 0.1, 0.5, 2.0];

/// Counts durations by bucket. Written by the engine, read by anyone.
#[derive(Debug, Default)]
pub struct Latencies {
    /// One for each bound, and one for what is longer.
    buckets: [AtomicU64; LATENCY_BOUNDS_S.len() + 1],
    sum_us: AtomicU64,
}

/// The counts at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LatencyView {
    /// Frames by bucket, each counted once: one number for each bound, and one for what is longer.
    pub buckets: [u64; LATENCY_BOUNDS_S.len() + 1],
    /// Of all durations.
    pub sum: Duration,
}

impl Latencies {
    pub(crate) fn add(&self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = LATENCY_BOUNDS_S.partition_point(|bound| *bound < seconds);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The counts now.
    pub fn view(&self) -> LatencyView {
        LatencyView {
            buckets: std::array::from_fn(|at| self.buckets[at].load(Ordering::Relaxed)),
            sum: Duration::from_micros(self.sum_us.load(Ordering::Relaxed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_in_one_bucket() {
        let latencies = Latencies::default();
        for us in [1, 50, 51, 3_000_000] {
            latencies.add(Duration::from_micros(us));
        }
        let view = latencies.view();
        assert_eq!(view.buckets, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(view.sum, Duration::from_micros(3_000_102));
    }
}
