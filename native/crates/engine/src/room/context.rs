//! What the household says: whether somebody who lives there is home, and whether people are expected. Booleans, never who.

use std::collections::BTreeMap;
use std::time::Duration;

use ruview_core::StreamTime;
use ruview_semantic::HouseholdContext;

/// What was said longer ago is not known any more: whoever says it repeats it.
const VALID: Duration = Duration::from_mins(15);

/// What was said of each room.
#[derive(Debug, Default)]
pub(crate) struct Contexts(BTreeMap<String, Said>);

#[derive(Debug, Clone, Copy)]
struct Said {
    context: HouseholdContext,
    /// On the clock of the room's source; `None` until the room has one.
    at: Option<StreamTime>,
}

impl Contexts {
    /// Takes what is said of a room now.
    pub(crate) fn say(&mut self, room_id: &str, context: HouseholdContext) {
        self.0.insert(room_id.to_owned(), Said { context, at: None });
    }

    /// Forgets what was said of rooms that are gone.
    pub(crate) fn keep(&mut self, is_room: impl Fn(&str) -> bool) {
        self.0.retain(|room_id, _| is_room(room_id));
    }

    /// What is known of a room at `at`.
    pub(crate) fn of(&mut self, room_id: &str, at: StreamTime) -> HouseholdContext {
        let Some(said) = self.0.get_mut(room_id) else { return HouseholdContext::default() };
        let since = *said.at.get_or_insert(at);
        if at < since {
            // Another clock counts now.
            said.at = Some(at);
        }
        if at.since(since) < VALID { said.context } else { HouseholdContext::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_valid_for_a_quarter_of_an_hour() {
        let minute = |minutes: i64| StreamTime::from_micros(minutes * 60_000_000);
        let said = HouseholdContext { known_home: Some(true), expected: None };
        let mut contexts = Contexts::default();
        contexts.say("kitchen", said);
        assert_eq!(contexts.of("kitchen", minute(100)), said);
        assert_eq!(contexts.of("kitchen", minute(114)), said);
        assert_eq!(contexts.of("kitchen", minute(115)), HouseholdContext::default());
        assert_eq!(contexts.of("attic", minute(100)), HouseholdContext::default());
        contexts.say("kitchen", said);
        assert_eq!(contexts.of("kitchen", minute(116)), said);
        contexts.keep(|_| false);
        assert_eq!(contexts.of("kitchen", minute(116)), HouseholdContext::default());
    }
}
