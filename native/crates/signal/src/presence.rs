//! Whether somebody is there: nobody comes without moving, and whoever sits still breathes, or keeps the channel from being empty.

use std::time::Duration;

use ruview_core::StreamTime;

use crate::PresenceReason;

/// Presence outlasts what was seen by this, unless set otherwise.
pub const HOLD: Duration = Duration::from_secs(10);
/// A departure alone holds presence for this long after the last sign of life. Then the room itself is taken to have changed:
/// somebody moved a chair on the way out.
pub(crate) const DEPARTURE_LIMIT: Duration = Duration::from_mins(10);
/// Micro-motion begins presence only when it lasts: a single gust does not breathe.
const MICRO_LASTS: Duration = Duration::from_secs(8);

/// What an epoch showed.
#[expect(clippy::struct_excessive_bools, reason = "four independent observations")]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    /// Somebody moves.
    pub(crate) motion: bool,
    /// Micro-motion stands above its threshold.
    pub(crate) micro: bool,
    /// The vitals stage measured breathing within the last seconds.
    pub(crate) breathing: bool,
    /// The channel is not the empty room's.
    pub(crate) departed: bool,
}

/// Presence over time. A departure begins nothing: a channel that changes while nothing moves is a changed room.
#[derive(Debug)]
pub(crate) struct Presence {
    hold: Duration,
    /// When life was last seen: movement, micro-motion or breath; `None` when nobody is there.
    alive: Option<StreamTime>,
    /// When life or departure was last seen.
    occupied: Option<StreamTime>,
    /// Since when micro-motion has been seen without a pause.
    micro_since: Option<StreamTime>,
    reason: Option<PresenceReason>,
}

impl Default for Presence {
    fn default() -> Self {
        Self { hold: HOLD, alive: None, occupied: None, micro_since: None, reason: None }
    }
}

impl Presence {
    /// Sets how long presence outlasts what was seen.
    pub(crate) fn set_hold(&mut self, hold: Duration) {
        self.hold = hold;
    }

    /// Nobody is there. The hold stays as it was set.
    pub(crate) fn clear(&mut self) {
        *self = Self { hold: self.hold, ..Self::default() };
    }

    /// Takes in what an epoch showed.
    pub(crate) fn update(&mut self, at: StreamTime, seen: Seen) {
        self.micro_since = if seen.micro { self.micro_since.or(Some(at)) } else { None };
        let breathes = self.micro_since.is_some_and(|since| self.alive.is_some() || at.since(since) >= MICRO_LASTS);
        if seen.motion || seen.breathing || breathes {
            self.alive = Some(at);
            self.occupied = Some(at);
            self.reason = Some(if seen.motion { PresenceReason::Motion } else { PresenceReason::Breathing });
        } else if let Some(alive) = self.alive {
            if seen.departed && at.since(alive) < DEPARTURE_LIMIT {
                self.occupied = Some(at);
                self.reason = Some(PresenceReason::BaselineDeparture);
            } else {
                self.reason = Some(PresenceReason::Hold);
            }
        }
        if !self.is_present(at) {
            *self = Self { hold: self.hold, micro_since: self.micro_since, ..Self::default() };
        }
    }

    /// Somebody's breathing was measured: as good a sign as movement.
    pub(crate) fn breathes(&mut self, at: StreamTime) {
        self.alive = Some(at);
        self.occupied = Some(at);
        self.reason = Some(PresenceReason::Breathing);
    }

    /// Whether somebody is there at `at`.
    pub(crate) fn is_present(&self, at: StreamTime) -> bool {
        self.occupied.is_some_and(|occupied| at.since(occupied) < self.hold.max(LEAST_HOLD))
    }

    /// Share of the hold that is left at `at`, in [0, 1].
    pub(crate) fn left(&self, at: StreamTime) -> f32 {
        let passed = self.occupied.map(|occupied| at.since(occupied).as_secs_f32());
        passed.map_or(0.0, |passed| (1.0 - passed / self.hold.max(LEAST_HOLD).as_secs_f32()).clamp(0.0, 1.0))
    }

    /// When life was last seen, if somebody is there at `at`.
    pub(crate) fn alive(&self, at: StreamTime) -> Option<StreamTime> {
        self.alive.filter(|_| self.is_present(at))
    }

    /// Whether a departure has lasted for as long as it may.
    pub(crate) fn has_outlasted(&self, at: StreamTime) -> bool {
        self.alive.is_some_and(|alive| at.since(alive) >= DEPARTURE_LIMIT)
    }

    /// Why, at `at`.
    pub(crate) fn reason(&self, at: StreamTime) -> PresenceReason {
        if self.is_present(at) { self.reason.unwrap_or(PresenceReason::Hold) } else { PresenceReason::Quiet }
    }

    /// Continues on a clock that was set back to `at`.
    pub(crate) fn restart_clock(&mut self, at: StreamTime) {
        self.alive = self.alive.map(|_| at);
        self.occupied = self.occupied.map(|_| at);
        self.micro_since = None;
    }
}

/// The shortest hold: less would flicker between the epochs.
const LEAST_HOLD: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: u64) -> StreamTime {
        StreamTime::from_micros(0) + Duration::from_secs(n)
    }

    /// Seconds at which presence is on.
    fn present(until: u64, seen: impl Fn(u64) -> Seen) -> Vec<u64> {
        let mut presence = Presence::default();
        let each = |n: &u64| {
            presence.update(second(*n), seen(*n));
            presence.is_present(second(*n))
        };
        (0..until).filter(each).collect()
    }

    fn moved(motion: bool, departed: bool) -> Seen {
        Seen { motion, departed, ..Seen::default() }
    }

    #[test]
    fn movement_begins_it_and_the_hold_ends_it() {
        assert_eq!(present(60, |n| moved(n == 10, false)), (10..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_departure_alone_begins_nothing() {
        assert!(present(60, |_| moved(false, true)).is_empty());
    }

    #[test]
    fn a_departure_keeps_it_but_not_for_ever() {
        assert_eq!(present(1_000, |n| moved(n == 10, true)), (10..10 + 600 + 9).collect::<Vec<_>>());
        assert_eq!(present(600, |n| moved(n == 10, n < 70)), (10..79).collect::<Vec<_>>());
    }

    #[test]
    fn breath_begins_it_and_keeps_it_for_as_long_as_it_is_seen() {
        let breathing = |n| Seen { breathing: (10..5_000).contains(&n), ..Seen::default() };
        assert_eq!(present(6_000, breathing), (10..5_009).collect::<Vec<_>>());
    }

    #[test]
    fn micro_motion_must_last_to_begin_it_and_not_to_keep_it() {
        let micro = |from: u64, to: u64| move |n: u64| Seen { micro: (from..to).contains(&n), ..Seen::default() };
        assert!(present(60, micro(10, 17)).is_empty());
        assert_eq!(present(60, micro(10, 30)), (18..39).collect::<Vec<_>>());
        let walked_in = |n: u64| Seen { motion: n == 5, ..micro(14, 30)(n) };
        assert_eq!(present(60, walked_in), (5..39).collect::<Vec<_>>());
    }

    #[test]
    fn the_hold_can_be_set_while_it_runs() {
        let mut presence = Presence::default();
        presence.update(second(0), moved(true, false));
        presence.set_hold(Duration::from_mins(1));
        assert!(presence.is_present(second(59)) && !presence.is_present(second(60)));
        presence.set_hold(Duration::ZERO);
        assert!(!presence.is_present(second(1)));
    }

    #[test]
    fn silence_ends_it_too() {
        let mut presence = Presence::default();
        presence.update(second(0), moved(true, false));
        assert!(presence.is_present(second(9)) && !presence.is_present(second(10)));
        assert_eq!(presence.reason(second(10)), PresenceReason::Quiet);
    }
}
