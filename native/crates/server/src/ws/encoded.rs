//! The texts of the latest state changes, so that a change costs one encoding however many subscribers there are.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use homecore::{CoreEvent, State, StateChanged};
use parking_lot::Mutex;
use ruview_bfld::policy::Terms;

/// More changes than subscribers that keep up are apart.
const KEPT: usize = 256;

/// A text, and what it is the text of. Holding the state keeps its address from being another state's.
struct Kept {
    state: Arc<State>,
    subscription: u64,
    /// A text of milder terms must not leave under stricter ones.
    terms: Terms,
    text: Utf8Bytes,
}

/// Texts that several subscribers send. Who finds none makes it.
pub(crate) struct Encoded {
    // Each text has its one place, so that none has to be looked for and none grows old.
    kept: Vec<Mutex<Option<Kept>>>,
}

impl Default for Encoded {
    fn default() -> Self {
        Self { kept: (0..KEPT).map(|_| Mutex::default()).collect() }
    }
}

impl Encoded {
    /// The text of `event` for subscriptions of this id, from `encode` when nobody needed it before.
    pub(super) fn text(
        &self,
        event: &CoreEvent,
        subscription: u64,
        terms: Terms,
        encode: impl FnOnce(Terms) -> String,
    ) -> Utf8Bytes {
        let CoreEvent::StateChanged(StateChanged { new: Some(state), .. }) = event else { return encode(terms).into() };
        let place = (Arc::as_ptr(state).addr() / align_of::<State>() / 2 + subscription as usize) % KEPT;
        let mut kept = self.kept[place].lock();
        if let Some(kept) = &*kept
            && Arc::ptr_eq(&kept.state, state)
            && (kept.subscription, kept.terms) == (subscription, terms)
        {
            return kept.text.clone();
        }
        // Encoded while the place is locked: whoever needs the same text now waits for it and does not make it again.
        let text = Utf8Bytes::from(encode(terms));
        *kept = Some(Kept { state: Arc::clone(state), subscription, terms, text: text.clone() });
        text
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use homecore::{Attributes, Context, EntityId, EventFilter, HomeCore, MATCH_ALL};
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_change_is_encoded_once_for_each_id_of_a_subscription() {
        let (core, encoded, made) = (HomeCore::default(), Encoded::default(), Cell::new(0));
        let mut events = core.listen(EventFilter::new(MATCH_ALL));
        let id = EntityId::new("sensor.x").unwrap();
        for n in 0..KEPT * 4 {
            let now = Timestamp::UNIX_EPOCH;
            core.states().set(&id, &n.to_string(), Attributes::new(), Context::new(), now).unwrap();
            let event = events.try_recv().unwrap();
            for subscription in [1, 2, 1, 2] {
                let text = encoded.text(&event, subscription, Terms::default(), |_| {
                    made.set(made.get() + 1);
                    format!("{n} for {subscription}")
                });
                assert_eq!(text.as_str(), format!("{n} for {subscription}"));
            }
        }
        assert_eq!(made.get(), KEPT * 4 * 2);
    }

    #[test]
    fn a_text_does_not_outlive_the_terms_that_it_was_made_under() {
        let (core, encoded) = (HomeCore::default(), Encoded::default());
        let mut events = core.listen(EventFilter::new(MATCH_ALL));
        let id = EntityId::new("sensor.x").unwrap();
        core.states().set(&id, "1", Attributes::new(), Context::new(), Timestamp::UNIX_EPOCH).unwrap();
        let event = events.try_recv().unwrap();
        let strict = Terms { privacy_mode: true, ..Terms::default() };
        for terms in [Terms::default(), strict, strict, Terms::default()] {
            assert_eq!(encoded.text(&event, 1, terms, |terms| format!("{terms:?}")).as_str(), format!("{terms:?}"));
        }
    }
}
