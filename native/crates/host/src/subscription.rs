//! What a subscriber is told, whatever carries it: a snapshot, what changes from then on, and a new snapshot where it was
//! too slow.
//!
//! Frames wait in homecore's queue, not here. A subscriber that lags further behind than that is long is told so, and
//! starts again.

use std::sync::Arc;

use homecore::{CoreEvent, HomeCore, Receiver, RecvError, Snapshot};
use ruview_bfld::policy::Terms;
use tokio::sync::watch;

use crate::frames::{EventFrame, Outgoing, ServerFrame};

/// A subscription, as [`Desk::subscribe`](crate::Desk::subscribe) gives it.
pub struct Subscription {
    id: u64,
    core: Arc<HomeCore>,
    events: Receiver<CoreEvent>,
    due: Due,
    /// Which of them the subscriber does not know yet.
    terms: watch::Receiver<Terms>,
}

/// What is told next.
enum Due {
    /// This one.
    Snapshot(Snapshot),
    /// Another one, taken when it is asked for: what is told late is not old.
    FreshSnapshot,
    Event,
}

impl Subscription {
    /// Begins now: whatever happens from here on is told.
    pub(crate) fn new(id: u64, core: Arc<HomeCore>, terms: watch::Receiver<Terms>) -> Self {
        let (snapshot, events) = core.snapshot_and_subscribe();
        Self { id, core, events, due: Due::Snapshot(snapshot), terms }
    }

    /// The next frame; `None` when nothing will come any more. Safe to cancel.
    ///
    /// Terms are told before what they take away.
    pub async fn next(&mut self) -> Option<Outgoing> {
        let snapshot = match std::mem::replace(&mut self.due, Due::Event) {
            Due::Snapshot(snapshot) => snapshot,
            Due::FreshSnapshot => {
                let (snapshot, events) = self.core.snapshot_and_subscribe();
                self.events = events;
                snapshot
            }
            Due::Event => return self.next_event().await,
        };
        Some(self.event(EventFrame::from(&snapshot)))
    }

    async fn next_event(&mut self) -> Option<Outgoing> {
        tokio::select! {
            biased;
            Ok(()) = self.terms.changed() => Some(self.new_terms()),
            event = self.events.recv() => match event {
                Ok(event) => Some(self.event(EventFrame::from(&event))),
                Err(RecvError::Lagged(_)) => {
                    self.due = Due::FreshSnapshot;
                    Some(self.release(&ServerFrame::Resync { id: self.id }))
                }
                Err(RecvError::Closed) => None,
            },
        }
    }

    /// The frame of other terms than those that the subscriber knows: whoever changed them is answered after that.
    pub fn changed_terms(&mut self) -> Option<Outgoing> {
        self.terms.has_changed().unwrap_or(false).then(|| self.new_terms())
    }

    fn new_terms(&mut self) -> Outgoing {
        let terms = *self.terms.borrow_and_update();
        self.event(EventFrame::from(terms))
    }

    fn event(&self, event: EventFrame<'_>) -> Outgoing {
        self.release(&ServerFrame::Event { id: self.id, event })
    }

    fn release(&self, frame: &ServerFrame<'_>) -> Outgoing {
        let terms = *self.terms.borrow();
        frame.release(terms)
    }
}

#[cfg(test)]
mod tests {
    use homecore::{Context, EntityId};
    use jiff::Timestamp;
    use ruview_bfld::PrivacyClass;
    use serde_json::{Value, json};

    use super::*;

    struct Bench {
        core: Arc<HomeCore>,
        terms: watch::Sender<Terms>,
    }

    impl Bench {
        fn new() -> Self {
            Self { core: Arc::new(HomeCore::new(4)), terms: watch::Sender::new(Terms::default()) }
        }

        fn subscribe(&self) -> Subscription {
            Subscription::new(7, Arc::clone(&self.core), self.terms.subscribe())
        }

        fn write(&self, state: usize) {
            let id = EntityId::new("sensor.node_1_breathing_rate").unwrap();
            let attributes = json!({"confidence": 0.9, "anomaly_score": 0.1, "not_in_the_table": 1});
            let (attributes, now) = (attributes.as_object().unwrap().clone(), Timestamp::UNIX_EPOCH);
            self.core.states().set(&id, &state.to_string(), attributes, Context::new(), now).unwrap();
        }
    }

    async fn next(subscription: &mut Subscription) -> Value {
        let frame = subscription.next().await.unwrap();
        let resync = frame.is_resync();
        let frame: Value = serde_json::from_str(&frame.into_text()).unwrap();
        assert_eq!((frame["id"].as_u64(), frame["type"] == "resync"), (Some(7), resync), "{frame}");
        frame
    }

    #[tokio::test]
    async fn everything_comes_once_and_in_order() {
        let bench = Bench::new();
        bench.write(1);
        let mut subscription = bench.subscribe();
        assert_eq!(next(&mut subscription).await["event"]["states"][0]["state"], "1");
        bench.write(2);
        bench.write(3);
        for state in ["2", "3"] {
            assert_eq!(next(&mut subscription).await["event"]["state"]["state"], state);
        }
    }

    #[tokio::test]
    async fn who_is_too_slow_is_told_and_starts_again() {
        let bench = Bench::new();
        let mut subscription = bench.subscribe();
        next(&mut subscription).await;
        (0..9).for_each(|state| bench.write(state));
        assert_eq!(next(&mut subscription).await, json!({"id": 7, "type": "resync"}));
        assert_eq!(next(&mut subscription).await["event"]["states"][0]["state"], "8");
        bench.write(9);
        assert_eq!(next(&mut subscription).await["event"]["state"]["state"], "9");
    }

    #[tokio::test]
    async fn nothing_leaves_but_through_the_policy_and_terms_are_told_first() {
        let bench = Bench::new();
        let mut subscription = bench.subscribe();
        assert_eq!(subscription.changed_terms(), None);
        next(&mut subscription).await;
        bench.write(1);
        let attributes = |frame: &Value| frame["event"]["state"]["attributes"].clone();
        assert_eq!(attributes(&next(&mut subscription).await), json!({"confidence": 0.9, "anomaly_score": 0.1}));
        // What waits already leaves under the new terms too.
        bench.write(2);
        bench.terms.send_replace(Terms { class: PrivacyClass::Restricted, privacy_mode: true, ..Terms::default() });
        let told = next(&mut subscription).await;
        assert_eq!(told["event"], json!({"type": "config_updated", "privacy_class": 3, "privacy_mode": true}));
        assert_eq!(subscription.changed_terms(), None, "they are told once");
        assert_eq!(attributes(&next(&mut subscription).await), json!({"confidence": 0.9}));
    }
}
