//! A protocol of everything that a run changed, one JSON object a line: what accuracy figures and comparisons are made from.
//!
//! Lines carry the stream time, and nothing that differs from run to run.

use std::io::{self, Write};
use std::sync::Arc;

use homecore::{Attributes, CoreEvent, HomeCore, Receiver, TryRecvError};
use ruview_core::StreamTime;
use serde::Serialize;

use crate::clock::published_at;

/// Writes state changes and events as they come.
pub struct ChangeLog {
    events: Receiver<CoreEvent>,
    out: Box<dyn Write + Send>,
}

/// The protocol has a hole.
#[derive(Debug, thiserror::Error)]
pub enum ChangeLogError {
    /// It cannot be written.
    #[error("the changes cannot be written: {0}")]
    Write(#[from] io::Error),
    /// One packet brought about more changes than homecore keeps.
    #[error("{0} changes were lost: the event queue is smaller than what one packet can change")]
    Lost(u64),
}

#[derive(Serialize)]
struct Line<'a> {
    at: String,
    #[serde(flatten)]
    change: Change<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Change<'a> {
    StateChanged { entity_id: &'a str, state: Option<&'a str>, attributes: Option<&'a Attributes> },
    Event { event_type: &'a str, data: &'a Attributes },
}

impl ChangeLog {
    /// A protocol of what `core` announces from now on.
    pub fn new(core: &Arc<HomeCore>, out: Box<dyn Write + Send>) -> Self {
        Self { events: core.snapshot_and_subscribe().1, out }
    }

    /// Writes what was announced since the last call, as having happened at `at`.
    pub(crate) fn write(&mut self, at: StreamTime) -> Result<(), ChangeLogError> {
        let mut written = false;
        loop {
            match self.events.try_recv() {
                Ok(event) => written |= self.line(at, &event)?,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                Err(TryRecvError::Lagged(lost)) => return Err(ChangeLogError::Lost(lost)),
            }
        }
        if written {
            self.out.flush()?;
        }
        Ok(())
    }

    fn line(&mut self, at: StreamTime, event: &CoreEvent) -> Result<bool, ChangeLogError> {
        let change = match event {
            CoreEvent::StateChanged(changed) => Change::StateChanged {
                entity_id: changed.entity_id.as_str(),
                state: changed.new.as_ref().map(|new| new.state.as_str()),
                attributes: changed.new.as_ref().map(|new| &*new.attributes),
            },
            CoreEvent::Fired(event) => Change::Event { event_type: &event.event_type, data: &event.data },
            CoreEvent::EntityRegistryUpdated(_) | CoreEvent::DeviceRegistryUpdated(_) => return Ok(false),
        };
        let line = Line { at: format!("{:.6}", published_at(at)), change };
        let text = serde_json::to_string(&line).map_err(io::Error::other)?;
        writeln!(self.out, "{text}")?;
        Ok(true)
    }
}
