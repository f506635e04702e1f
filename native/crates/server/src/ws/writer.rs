//! The sending half of a connection.
//!
//! A task of its own, so that a client that does not read stops nobody but itself: answers wait in a short queue, events in
//! homecore's. When a client lags further behind than that queue is long, it is told so and starts again from a snapshot.

use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use ruview_host::frames::{Answer, ServerFrame};
use ruview_host::{Outgoing, Subscription};
use serde_json::Value;
use tokio::sync::mpsc;

use super::socket::Closing;
use crate::server::App;

/// What a session wants sent.
#[derive(Debug)]
pub(super) enum Wanted {
    Answer(Answer),
    /// Success, a snapshot, and what changes from then on.
    Subscribe(u64),
    Ping,
    Close(Closing),
}

pub(super) struct Writer {
    sink: SplitSink<WebSocket, Message>,
    app: Arc<App>,
    subscription: Option<Subscription>,
}

impl Writer {
    pub(super) const fn new(sink: SplitSink<WebSocket, Message>, app: Arc<App>) -> Self {
        Self { sink, app, subscription: None }
    }

    /// Sends until the session has nothing more to say, or the socket takes nothing any more.
    pub(super) async fn run(mut self, mut wanted: mpsc::Receiver<Wanted>) -> Result<(), axum::Error> {
        loop {
            tokio::select! {
                biased;
                next = wanted.recv() => match next {
                    None => return Ok(()),
                    Some(Wanted::Answer(answer)) => {
                        // Whoever changed the terms hears of them before that it is done.
                        if let Some(terms) = self.subscription.as_mut().and_then(Subscription::changed_terms) {
                            self.send(terms).await?;
                        }
                        self.answer(answer).await?;
                    }
                    Some(Wanted::Subscribe(id)) => {
                        self.answer(Answer::success(id, Value::Null)).await?;
                        let subscription = self.subscription.insert(self.app.desk.subscribe(id));
                        if let Some(snapshot) = subscription.next().await {
                            self.send(snapshot).await?;
                        }
                    }
                    Some(Wanted::Ping) => self.sink.send(Message::Ping(Vec::new().into())).await?,
                    Some(Wanted::Close(Closing { code, reason })) => {
                        return self.sink.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
                    }
                },
                frame = next_frame(&mut self.subscription) => match frame {
                    Some(frame) => self.send(frame).await?,
                    None => self.subscription = None,
                },
            }
        }
    }

    async fn answer(&mut self, answer: Answer) -> Result<(), axum::Error> {
        let frame = ServerFrame::Result(answer).release(self.app.terms());
        self.send(frame).await
    }

    async fn send(&mut self, frame: Outgoing) -> Result<(), axum::Error> {
        if frame.is_resync() {
            self.app.counters.ws_resyncs.add();
        }
        self.sink.send(Message::Text(frame.into_text().into())).await
    }
}

/// The next frame of a subscription; never without one.
async fn next_frame(subscription: &mut Option<Subscription>) -> Option<Outgoing> {
    match subscription {
        Some(subscription) => subscription.next().await,
        None => std::future::pending().await,
    }
}
