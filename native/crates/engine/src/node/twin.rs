//! Another node that claims this one's id: told when it is certain, and until nothing was heard of it for a while.

use std::time::Duration;

use homecore::Attributes;
use ruview_core::StreamTime;
use serde_json::json;

/// A node that gets another address overlaps with itself for some seconds. Two nodes go on.
const CERTAIN_AFTER: Duration = Duration::from_secs(20);
/// What is further apart does not go on.
const TOGETHER: Duration = Duration::from_secs(10);
const GONE_AFTER: Duration = Duration::from_mins(5);

/// What is known of a second node with this one's id.
#[derive(Debug, Default)]
pub(super) struct Twin {
    heard: Option<Heard>,
    certain: bool,
}

#[derive(Debug)]
struct Heard {
    since: StreamTime,
    last: StreamTime,
}

impl Twin {
    /// It was heard.
    pub(super) fn hear(&mut self, at: StreamTime) {
        let heard = self.heard.get_or_insert(Heard { since: at, last: at });
        if at.since(heard.last) > TOGETHER {
            heard.since = at;
        }
        heard.last = at;
        self.certain |= at.since(heard.since) >= CERTAIN_AFTER;
    }

    /// A second has passed.
    pub(super) fn second(&mut self, at: StreamTime) {
        if self.heard.as_ref().is_some_and(|heard| at.since(heard.last) >= GONE_AFTER) {
            *self = Self::default();
        }
    }

    /// The attributes that tell of it.
    pub(super) fn attributes(&self) -> Attributes {
        let told = self.certain.then(|| ("duplicate_id".to_owned(), json!(true)));
        told.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> StreamTime {
        StreamTime::from_micros(0) + Duration::from_secs(seconds)
    }

    fn told(heard: impl IntoIterator<Item = u64>, now: u64) -> bool {
        let mut twin = Twin::default();
        heard.into_iter().for_each(|second| twin.hear(at(second)));
        twin.second(at(now));
        !twin.attributes().is_empty()
    }

    #[test]
    fn a_node_that_moves_is_not_two() {
        assert!(!told([], 10));
        assert!(!told(0..5, 10));
        assert!(!told((0..5).chain(100..105).chain(200..205), 210));
    }

    #[test]
    fn a_second_node_is_told_until_it_is_gone() {
        assert!(told(0..=20, 20));
        assert!(told((0..=20).chain([200]), 400));
        assert!(!told(0..=20, 320));
    }
}
