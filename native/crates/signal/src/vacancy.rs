//! Whether nobody being seen means that nobody is there.
//!
//! A channel that does not move may be that of an empty room or of somebody who sits still: quiet is not empty. After a start or
//! a silence the room counts as empty only when it looks as it did when somebody said that it was, when whoever was seen has
//! left, or when listening for as long as breathing takes to be found has found none.

use std::time::Duration;

use ruview_core::StreamTime;

/// Breathing is found from four windows of 28 s, one a second, of frames whose bins were learnt first: 16 frames, 3 s where
/// five come in a second. And a second for the call that tells it.
const LISTENED: Duration = Duration::from_secs(35);
/// For so long a window that showed something periodic, but no rate, leaves the answer open.
const UNCLEAR: Duration = Duration::from_secs(4);
/// A silence after which listening begins again.
const SILENCE: Duration = Duration::from_secs(5);
/// After so long it is answered in any case: noise is periodic for a moment now and then.
const PATIENCE: Duration = Duration::from_mins(2);

/// What speaks for an empty room since the last start or silence.
#[derive(Debug, Default)]
pub(crate) struct Vacancy {
    /// When listening began, and the last frame came.
    heard: Option<(StreamTime, StreamTime)>,
    unclear: Option<StreamTime>,
    found: bool,
}

impl Vacancy {
    /// A frame came.
    pub(crate) fn hears(&mut self, at: StreamTime) {
        let began = self.heard.filter(|(_, last)| at.since(*last) < SILENCE).map_or(at, |(began, _)| began);
        self.heard = Some((began, at));
    }

    /// Something periodic was heard that is not clearly breath.
    pub(crate) fn is_unclear(&mut self, at: StreamTime) {
        self.unclear = Some(at);
    }

    /// The room was found empty; it stays so until the next silence, unless somebody is seen.
    pub(crate) fn find(&mut self) {
        self.found = true;
    }

    /// Whether a room in which nobody is seen at `at` is empty.
    pub(crate) fn is_found(&mut self, at: StreamTime) -> bool {
        let heard = self.heard.map_or(Duration::ZERO, |(began, last)| last.since(began));
        let unclear = self.unclear.is_some_and(|last| at.since(last) < UNCLEAR);
        self.found |= heard >= PATIENCE || (heard >= LISTENED && !unclear);
        self.found
    }

    /// Continues on a clock that was set back to `at`.
    pub(crate) fn restart_clock(&mut self, at: StreamTime) {
        self.heard = self.heard.map(|_| (at, at));
        self.unclear = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: u64) -> StreamTime {
        StreamTime::from_micros(0) + Duration::from_secs(n)
    }

    fn found_at(unclear: impl Fn(u64) -> bool) -> Option<u64> {
        let mut vacancy = Vacancy::default();
        (0..300).find(|n| {
            vacancy.hears(second(*n));
            if unclear(*n) {
                vacancy.is_unclear(second(*n));
            }
            vacancy.is_found(second(*n))
        })
    }

    #[test]
    fn a_quiet_room_is_empty_when_it_was_listened_to() {
        assert_eq!(found_at(|_| false), Some(35));
    }

    #[test]
    fn silence_says_nothing() {
        let mut vacancy = Vacancy::default();
        for n in (0..30).chain(60..90) {
            vacancy.hears(second(n));
            assert!(!vacancy.is_found(second(n)), "{n}");
        }
        assert!(!vacancy.is_found(second(1_000)));
    }

    #[test]
    fn what_is_not_clear_is_waited_for_but_not_for_ever() {
        assert_eq!(found_at(|n| n < 50), Some(53));
        assert_eq!(found_at(|_| true), Some(120));
    }

    #[test]
    fn an_answer_is_not_taken_back() {
        let mut vacancy = Vacancy::default();
        vacancy.find();
        vacancy.is_unclear(second(1));
        assert!(vacancy.is_found(second(1)));
        vacancy.restart_clock(second(0));
        assert!(vacancy.is_found(second(0)));
    }
}
