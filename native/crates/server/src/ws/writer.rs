//! The sending half of a connection.
//!
//! A task of its own, so that a client that does not read stops nobody but itself: answers wait in a short queue, events in
//! homecore's. When a client lags further behind than that queue is long, it is told so and starts again from a snapshot.

use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use homecore::{CoreEvent, Receiver, RecvError};
use ruview_bfld::policy::Terms;
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::frames::{Answer, EventFrame, ServerFrame};
use super::socket::Closing;
use crate::server::App;

/// What a session wants sent.
#[derive(Debug)]
pub(super) enum Outgoing {
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
    /// Which of them the client does not know yet.
    terms: watch::Receiver<Terms>,
}

struct Subscription {
    id: u64,
    events: Receiver<CoreEvent>,
}

impl Writer {
    pub(super) fn new(sink: SplitSink<WebSocket, Message>, app: Arc<App>) -> Self {
        let terms = app.runtime.watch_terms();
        Self { sink, app, subscription: None, terms }
    }

    /// Sends until the session has nothing more to say, or the socket takes nothing any more.
    pub(super) async fn run(mut self, mut outgoing: mpsc::Receiver<Outgoing>) -> Result<(), axum::Error> {
        loop {
            let subscribed = self.subscription.as_ref().map(|subscription| subscription.id);
            tokio::select! {
                // Before the answer to whoever changed them, and before what they take away.
                biased;
                (id, terms) = next_terms(subscribed, &mut self.terms) => {
                    self.send(&ServerFrame::Event { id, event: EventFrame::from(terms) }).await?;
                }
                next = outgoing.recv() => match next {
                    None => return Ok(()),
                    Some(Outgoing::Answer(answer)) => self.send(&ServerFrame::Result(answer)).await?,
                    Some(Outgoing::Subscribe(id)) => {
                        self.send(&ServerFrame::Result(Answer::success(id, Value::Null))).await?;
                        self.snapshot(id).await?;
                    }
                    Some(Outgoing::Ping) => self.sink.send(Message::Ping(Vec::new().into())).await?,
                    Some(Outgoing::Close(Closing { code, reason })) => {
                        return self.sink.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
                    }
                },
                (id, event) = next_event(&mut self.subscription) => match event {
                    Ok(event) => self.send(&ServerFrame::Event { id, event: EventFrame::from(&event) }).await?,
                    Err(RecvError::Lagged(_)) => {
                        self.app.counters.ws_resyncs.add();
                        self.send(&ServerFrame::Resync { id }).await?;
                        self.snapshot(id).await?;
                    }
                    Err(RecvError::Closed) => self.subscription = None,
                },
            }
        }
    }

    async fn snapshot(&mut self, id: u64) -> Result<(), axum::Error> {
        let (snapshot, events) = self.app.core.snapshot_and_subscribe();
        self.subscription = Some(Subscription { id, events });
        self.send(&ServerFrame::Event { id, event: EventFrame::from(&snapshot) }).await
    }

    async fn send(&mut self, frame: &ServerFrame<'_>) -> Result<(), axum::Error> {
        self.sink.send(Message::Text(frame.to_text(self.app.terms()).into())).await
    }
}

/// The next event of a subscription, and its id; never without one.
async fn next_event(subscription: &mut Option<Subscription>) -> (u64, Result<CoreEvent, RecvError>) {
    match subscription {
        Some(Subscription { id, events }) => (*id, events.recv().await),
        None => std::future::pending().await,
    }
}

/// Other terms than those that the client knows, and its subscription; never without one.
async fn next_terms(subscribed: Option<u64>, terms: &mut watch::Receiver<Terms>) -> (u64, Terms) {
    match subscribed {
        Some(id) if terms.changed().await.is_ok() => (id, *terms.borrow_and_update()),
        _ => std::future::pending().await,
    }
}
