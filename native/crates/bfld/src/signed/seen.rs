//! The events of a node that were accepted last, so that none counts twice.

use std::collections::VecDeque;

use jiff::Timestamp;

/// Events that are remembered of a node. What is older than the oldest of them cannot be told from a repetition.
const REMEMBERED: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Seen {
    last: VecDeque<(Timestamp, String)>,
    /// The latest time of the events that were forgotten.
    floor: Option<Timestamp>,
}

impl Seen {
    /// Whether an event is neither known nor so old that it might have been forgotten.
    pub(super) fn is_new(&self, at: Timestamp, id: &str) -> bool {
        self.floor.is_none_or(|floor| at > floor) && self.last.iter().all(|(_, known)| known != id)
    }

    pub(super) fn remember(&mut self, at: Timestamp, id: &str) {
        if self.last.len() == REMEMBERED
            && let Some((forgotten, _)) = self.last.pop_front()
        {
            self.floor = self.floor.max(Some(forgotten));
        }
        self.last.push_back((at, id.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_forgotten_does_not_come_back() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut seen = Seen::default();
        for second in 0..300 {
            assert!(seen.is_new(at(second), &second.to_string()));
            seen.remember(at(second), &second.to_string());
        }
        assert!(seen.last.len() == REMEMBERED);
        assert!(!seen.is_new(at(5), "5"), "forgotten");
        assert!(!seen.is_new(at(299), "299"), "remembered");
        // Two events of one moment are two events.
        assert!(seen.is_new(at(299), "another"));
    }
}
