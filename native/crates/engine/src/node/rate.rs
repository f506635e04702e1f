//! How often a node sends.

use std::collections::VecDeque;

use ruview_core::StreamTime;

/// Ticks that a rate looks back.
const WINDOW: usize = 10;

/// Counts packets, and their rate over the last ten seconds.
#[derive(Debug)]
pub(super) struct PacketRate {
    total: u64,
    /// Totals at the last ticks, oldest first.
    ticks: VecDeque<(StreamTime, u64)>,
}

impl PacketRate {
    pub(super) fn starting(at: StreamTime) -> Self {
        Self { total: 0, ticks: VecDeque::from([(at, 0)]) }
    }

    pub(super) fn packet(&mut self) {
        self.total += 1;
    }

    pub(super) fn tick(&mut self, at: StreamTime) {
        self.ticks.push_back((at, self.total));
        while self.ticks.len() > WINDOW + 1 {
            self.ticks.pop_front();
        }
    }

    /// Forgets the rate but not the total: another clock counts now.
    pub(super) fn restart(&mut self, at: StreamTime) {
        self.ticks = VecDeque::from([(at, self.total)]);
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Packets a second to one decimal; 0 before the first tick.
    pub(super) fn per_second(&self) -> f64 {
        let (Some((from, before)), Some((to, now))) = (self.ticks.front(), self.ticks.back()) else {
            return 0.0;
        };
        let seconds = to.since(*from).as_secs_f64();
        if seconds > 0.0 { ((now - before) as f64 / seconds * 10.0).round() / 10.0 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_rate_is_of_the_last_ten_seconds() {
        let start = StreamTime::from_micros(1_000_000);
        let mut rate = PacketRate::starting(start);
        assert!(rate.per_second().abs() < 1e-9);
        for second in 1..=30 {
            for _ in 0..if second <= 15 { 20 } else { 5 } {
                rate.packet();
            }
            rate.tick(start + Duration::from_secs(second));
        }
        assert!((rate.per_second() - 5.0).abs() < 1e-9);
        assert_eq!(rate.total(), 15 * 20 + 15 * 5);
    }
}
