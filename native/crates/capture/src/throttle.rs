//! Keeps a log line that anyone on the network can provoke from flooding the log.

use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_mins(1);

/// Lets the first of a kind through, then one a minute.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    last: Option<Instant>,
    held_back: u64,
}

impl Throttle {
    /// Whether to log now, and how many were held back since the last time.
    pub(crate) fn pass(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now.saturating_duration_since(last) < INTERVAL) {
            self.held_back += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_minute_tells_of_the_others() {
        let mut throttle = Throttle::default();
        let start = Instant::now();
        let passed = [0, 0, 1, 59, 60, 61, 200].map(|s| throttle.pass(start + Duration::from_secs(s)));
        assert_eq!(passed, [Some(0), None, None, None, Some(3), None, Some(1)]);
    }
}
