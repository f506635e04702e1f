//! A subscription for threads: whoever asks for the next frame waits for it, and anybody can end that.

use futures_executor::block_on;
use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use crate::frames::Outgoing;
use crate::subscription::Subscription;

/// What one subscriber of an embedded engine is told. It begins with the engine, and ends with it for good.
pub struct Feed {
    begin: Mutex<Option<oneshot::Sender<Subscription>>>,
    /// Held while somebody waits for the next frame.
    stage: Mutex<Stage>,
    ended: watch::Sender<bool>,
}

enum Stage {
    Waiting(oneshot::Receiver<Subscription>),
    Begun(Subscription),
    Over,
}

impl Feed {
    pub(crate) fn new() -> Self {
        let (begin, begun) = oneshot::channel();
        Self {
            begin: Mutex::new(Some(begin)),
            stage: Mutex::new(Stage::Waiting(begun)),
            ended: watch::Sender::new(false),
        }
    }

    /// From now on there is something to tell; nothing happens the second time.
    pub(crate) fn begin(&self, subscribe: impl FnOnce() -> Subscription) {
        if let Some(begin) = self.begin.lock().take() {
            // An error means that it has ended before.
            let _ = begin.send(subscribe());
        }
    }

    /// The next frame; waits for it. `None` once it has ended. Not for asynchronous tasks.
    pub fn next(&self) -> Option<Outgoing> {
        let mut stage = self.stage.lock();
        let mut ended = self.ended.subscribe();
        let frame = block_on(async {
            tokio::select! {
                biased;
                _ = ended.wait_for(|&ended| ended) => None,
                frame = stage.next() => frame,
            }
        });
        if frame.is_none() {
            *stage = Stage::Over;
        }
        frame
    }

    /// Ends it: whoever waits for the next frame gets none.
    pub fn end(&self) {
        self.ended.send_replace(true);
        // Whoever waits holds this, and lets go of what is behind it himself.
        if let Some(mut stage) = self.stage.try_lock() {
            *stage = Stage::Over;
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }
}

impl Stage {
    async fn next(&mut self) -> Option<Outgoing> {
        if let Self::Waiting(begun) = self {
            *self = Self::Begun(begun.await.ok()?);
        }
        match self {
            Self::Begun(subscription) => subscription.next().await,
            Self::Waiting(_) | Self::Over => None,
        }
    }
}
