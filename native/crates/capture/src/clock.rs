//! The wall clock as a stream's clock: users set it, NTP steps it, streams never go back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ruview_core::StreamTime;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

const TICK: Duration = Duration::from_secs(1);

/// Wakes a live source every second, first in a second.
pub(crate) fn ticks() -> Interval {
    let mut ticks = interval_at(Instant::now() + TICK, TICK);
    // A consumer that was away for a minute needs to know the time once, not sixty times.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}

/// The clock of a live source.
#[derive(Debug, Default)]
pub(crate) struct LiveClock {
    last: Option<StreamTime>,
}

impl LiveClock {
    /// Now, but never earlier than the last time it was asked.
    pub(crate) fn now(&mut self) -> StreamTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.advance_to(StreamTime::from_micros(0) + since)
    }

    /// The wall clock's `wall`, but never earlier than the last time it was asked.
    pub(crate) fn advance_to(&mut self, wall: StreamTime) -> StreamTime {
        let now = self.last.map_or(wall, |last| last.max(wall));
        self.last = Some(now);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stands_still_while_the_wall_clock_catches_up() {
        let mut clock = LiveClock::default();
        let read = [100, 50, 99, 101].map(|us| clock.advance_to(StreamTime::from_micros(us)).as_micros());
        assert_eq!(read, [100, 100, 100, 101]);
    }
}
