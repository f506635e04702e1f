//! One ordered stream of events for every receiver.
//!
//! A change and its announcement must not be torn apart: two writers could otherwise announce in the other order than they
//! wrote, and a receiver would end with the older state. So every writer holds a [`Turn`] from before its write until after
//! its announcement.

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::broadcast;

use crate::CoreEvent;

/// Events that a receiver may lag behind before it loses some.
pub const DEFAULT_CAPACITY: usize = 4096;

#[derive(Debug)]
pub(crate) struct Bus {
    order: Mutex<()>,
    sender: broadcast::Sender<CoreEvent>,
}

/// The right to write and announce, held by one writer at a time.
pub(crate) struct Turn<'a> {
    sender: &'a broadcast::Sender<CoreEvent>,
    _order: MutexGuard<'a, ()>,
}

impl Bus {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { order: Mutex::new(()), sender: broadcast::Sender::new(capacity.max(1)) }
    }

    /// Waits for the other writers.
    pub(crate) fn turn(&self) -> Turn<'_> {
        Turn { _order: self.order.lock(), sender: &self.sender }
    }
}

impl Turn<'_> {
    pub(crate) fn announce(&self, event: CoreEvent) {
        // An error means that nobody listens, which is nobody's loss.
        let _ = self.sender.send(event);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<CoreEvent> {
        self.sender.subscribe()
    }
}
