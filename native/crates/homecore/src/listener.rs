//! A receiver of some of the events.

use std::collections::BTreeSet;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::{CoreEvent, EntityId, HomeCore};

/// Stands for every type of event.
pub const MATCH_ALL: &str = "*";

/// Which events a listener wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFilter {
    event_type: String,
    entities: Option<BTreeSet<EntityId>>,
}

impl EventFilter {
    /// Events of one type ([`CoreEvent::event_type`]), or of every type with [`MATCH_ALL`].
    pub fn new(event_type: impl Into<String>) -> Self {
        Self { event_type: event_type.into(), entities: None }
    }

    /// Of these only what concerns some entities ([`CoreEvent::entity_id`]).
    #[must_use]
    pub fn of_entities(mut self, entities: impl IntoIterator<Item = EntityId>) -> Self {
        self.entities = Some(entities.into_iter().collect());
        self
    }

    /// Whether the listener wants it.
    pub fn lets_pass(&self, event: &CoreEvent) -> bool {
        (self.event_type == MATCH_ALL || self.event_type == event.event_type())
            && self.entities.as_ref().is_none_or(|wanted| event.entity_id().is_some_and(|id| wanted.contains(id)))
    }
}

/// Receives the events that a filter lets pass.
#[derive(Debug)]
pub struct Listener {
    events: Receiver<CoreEvent>,
    filter: EventFilter,
}

impl Listener {
    pub(crate) const fn new(events: Receiver<CoreEvent>, filter: EventFilter) -> Self {
        Self { events, filter }
    }

    /// Waits for the next event.
    ///
    /// # Errors
    /// [`RecvError::Lagged`] when the listener was too slow: that many events of any kind are lost to it, and it must read
    /// the states anew ([`HomeCore::snapshot_and_subscribe`]). [`RecvError::Closed`] when the core is gone.
    pub async fn recv(&mut self) -> Result<CoreEvent, RecvError> {
        loop {
            let event = self.events.recv().await?;
            if self.filter.lets_pass(&event) {
                return Ok(event);
            }
        }
    }

    /// The next event, if there is one.
    ///
    /// # Errors
    /// As [`Self::recv`], and [`TryRecvError::Empty`] when there is none.
    pub fn try_recv(&mut self) -> Result<CoreEvent, TryRecvError> {
        loop {
            let event = self.events.try_recv()?;
            if self.filter.lets_pass(&event) {
                return Ok(event);
            }
        }
    }
}

impl HomeCore {
    /// Receives what `filter` lets pass of all that happens from now on.
    pub fn listen(&self, filter: EventFilter) -> Listener {
        Listener::new(self.snapshot_and_subscribe().1, filter)
    }
}
