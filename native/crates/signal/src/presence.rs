//! Whether somebody is there: nobody comes without moving, and whoever sits still keeps the channel from being empty.

use std::time::Duration;

use ruview_core::StreamTime;

use crate::PresenceReason;

/// Presence outlasts movement by this, and departure from the baseline by as much.
pub(crate) const HOLD: Duration = Duration::from_secs(10);
/// A departure alone holds presence for this long after the last movement. Then the room itself is taken to have changed.
pub(crate) const DEPARTURE_LIMIT: Duration = Duration::from_mins(2);

/// Presence over time. Begins with movement only: a channel that changes while nothing moves is a changed room.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    /// When movement was last seen; `None` when nobody is there.
    moved: Option<StreamTime>,
    /// When the channel was last seen to be moved in or departed.
    occupied: Option<StreamTime>,
    reason: Option<PresenceReason>,
}

impl Presence {
    /// Takes in what an epoch showed.
    pub(crate) fn update(&mut self, at: StreamTime, motion: bool, departed: bool) {
        if motion {
            self.moved = Some(at);
            self.occupied = Some(at);
            self.reason = Some(PresenceReason::Motion);
        } else if let Some(moved) = self.moved {
            if departed && at.since(moved) < DEPARTURE_LIMIT {
                self.occupied = Some(at);
                self.reason = Some(PresenceReason::BaselineDeparture);
            } else {
                self.reason = Some(PresenceReason::Hold);
            }
        }
        if !self.is_present(at) {
            *self = Self::default();
        }
    }

    /// Whether somebody is there at `at`.
    pub(crate) fn is_present(&self, at: StreamTime) -> bool {
        self.occupied.is_some_and(|occupied| at.since(occupied) < HOLD)
    }

    /// Whether `departed` has lasted for as long as a departure may.
    pub(crate) fn has_outlasted(&self, at: StreamTime) -> bool {
        self.moved.is_some_and(|moved| at.since(moved) >= DEPARTURE_LIMIT)
    }

    /// Why, at `at`.
    pub(crate) fn reason(&self, at: StreamTime) -> PresenceReason {
        if self.is_present(at) { self.reason.unwrap_or(PresenceReason::Hold) } else { PresenceReason::Quiet }
    }

    /// Continues on a clock that was set back to `at`.
    pub(crate) fn restart_clock(&mut self, at: StreamTime) {
        self.moved = self.moved.map(|_| at);
        self.occupied = self.occupied.map(|_| at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: u64) -> StreamTime {
        StreamTime::from_micros(0) + Duration::from_secs(n)
    }

    /// Seconds at which presence is on, when `seen` gives motion and departure.
    fn present(until: u64, seen: impl Fn(u64) -> (bool, bool)) -> Vec<u64> {
        let mut presence = Presence::default();
        let each = |n: &u64| {
            let (motion, departed) = seen(*n);
            presence.update(second(*n), motion, departed);
            presence.is_present(second(*n))
        };
        (0..until).filter(each).collect()
    }

    #[test]
    fn movement_begins_it_and_the_hold_ends_it() {
        assert_eq!(present(60, |n| (n == 10, false)), (10..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_departure_alone_begins_nothing() {
        assert!(present(60, |_| (false, true)).is_empty());
    }

    #[test]
    fn a_departure_keeps_it_but_not_for_ever() {
        assert_eq!(present(600, |n| (n == 10, true)), (10..10 + 120 + 9).collect::<Vec<_>>());
        assert_eq!(present(600, |n| (n == 10, n < 70)), (10..79).collect::<Vec<_>>());
    }

    #[test]
    fn silence_ends_it_too() {
        let mut presence = Presence::default();
        presence.update(second(0), true, false);
        assert!(presence.is_present(second(9)) && !presence.is_present(second(10)));
        assert_eq!(presence.reason(second(10)), PresenceReason::Quiet);
    }
}
