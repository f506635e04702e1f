//! One connection, from its first message to its last.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use ruview_host::frames::{Answer, ErrorCode};
use ruview_host::{Command, Request};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::auth;
use super::socket::{Closing, Incoming};
use super::writer::{Wanted, Writer};
use crate::api::{MAX_MESSAGE_BYTES, MISSED_PINGS, close};
use crate::http::Peer;
use crate::server::App;
use crate::token::Grant;

/// Answers that may wait to be sent before the client's next command is read.
const ANSWERS: usize = 16;
/// Time for a close frame to get through, and for the client to say that it did.
const CLOSE: Duration = Duration::from_millis(500);

/// Serves one client. Who was let in on the way here is welcomed without being asked.
pub(super) async fn run(mut socket: WebSocket, app: Arc<App>, peer: Peer, known: Option<Grant>) {
    let grant = match known {
        Some(grant) => auth::welcome(&mut socket, &app).await.map(|()| grant).map_err(|()| None),
        None => auth::authenticate(&mut socket, &app, &peer).await,
    };
    match grant {
        Ok(grant) => {
            app.counters.ws_clients.add();
            Session::start(socket, Arc::clone(&app), grant).run().await;
            app.counters.ws_clients.remove();
        }
        Err(Some(closing)) => goodbye(&mut socket, closing).await,
        Err(None) => {}
    }
}

/// The same limits for every socket.
pub(super) fn sized(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade.max_message_size(MAX_MESSAGE_BYTES).max_frame_size(MAX_MESSAGE_BYTES)
}

/// Closes a socket that nothing else is sent to.
pub(super) async fn goodbye(socket: &mut WebSocket, Closing { code, reason }: Closing) {
    let goodbye = async {
        let frame = CloseFrame { code, reason: reason.into() };
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            linger(socket, code).await;
        }
    };
    // What does not get through in time would not later either.
    let _ = timeout(CLOSE, goodbye).await;
}

struct Session {
    app: Arc<App>,
    grant: Grant,
    stream: SplitStream<WebSocket>,
    outgoing: mpsc::Sender<Wanted>,
    writer: JoinHandle<Result<(), axum::Error>>,
    subscribed: bool,
}

impl Session {
    fn start(socket: WebSocket, app: Arc<App>, grant: Grant) -> Self {
        let (sink, stream) = socket.split();
        let (outgoing, queue) = mpsc::channel(ANSWERS);
        let writer = Writer::new(sink, Arc::clone(&app));
        Self { app, grant, stream, outgoing, writer: tokio::spawn(writer.run(queue)), subscribed: false }
    }

    async fn run(mut self) {
        if let Some(closing) = self.serve().await {
            // What does not get through in time would not later either.
            let _ = timeout(CLOSE, self.close(closing)).await;
        }
        self.writer.abort();
    }

    /// Answers commands until there is a reason to end: with a close frame, or without one because nobody would get it.
    async fn serve(&mut self) -> Option<Closing> {
        let mut stop = self.app.stop.clone();
        let (app, grant) = (Arc::clone(&self.app), self.grant.clone());
        let mut revoked = pin!(app.identity.tokens.revoked(&grant));
        let period = self.app.limits.heartbeat;
        let mut heartbeat = interval_at(Instant::now() + period, period);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unanswered = 0;
        loop {
            let incoming = tokio::select! {
                biased;
                _ = stop.wait_for(|&stop| stop) => return Some(Closing::STOP),
                () = &mut revoked => return Some(Closing::REVOKED),
                _ = heartbeat.tick() => {
                    if unanswered >= MISSED_PINGS {
                        self.app.counters.ws_ping_timeouts.add();
                        return None;
                    }
                    unanswered += 1;
                    // A queue so full that no ping fits in is a client that does not read: it will not answer either.
                    let _ = self.outgoing.try_send(Wanted::Ping);
                    continue;
                }
                // The socket takes nothing any more, so no close frame either.
                _ = &mut self.writer => return None,
                incoming = receive(&self.outgoing, &mut self.stream) => incoming,
            };
            match incoming {
                Incoming::Text(text) => self.answer(&text).await,
                Incoming::Pong => unanswered = 0,
                Incoming::Nothing => {}
                Incoming::Wrong(wrong) => return Some(wrong.counted(&self.app.counters)),
                Incoming::End => return None,
            }
        }
    }

    async fn answer(&mut self, text: &str) {
        let answer = match Request::parse(text) {
            Ok(Request { id, command: Command::Subscribe }) if self.subscribed => Wanted::Answer(Answer::failure(
                id,
                ErrorCode::AlreadySubscribed,
                "this connection is subscribed already",
            )),
            Ok(Request { id, command: Command::Subscribe }) => {
                self.subscribed = true;
                Wanted::Subscribe(id)
            }
            Ok(Request { id, command: Command::CallService(_) }) if !self.grant.may_control() => {
                Wanted::Answer(Answer::failure(id, ErrorCode::NotPermitted, "this token is for reading only"))
            }
            Ok(Request { id, command }) => {
                Wanted::Answer(self.app.desk.answer(id, command, self.app.counters.view()).await)
            }
            Err(answer) => {
                self.app.counters.ws_invalid_frames.add();
                Wanted::Answer(answer)
            }
        };
        // There is room, `receive` saw to that. An error means that the writer is gone, which `serve` sees next.
        let _ = self.outgoing.send(answer).await;
    }

    async fn close(&mut self, closing: Closing) {
        if self.outgoing.send(Wanted::Close(closing)).await.is_ok() && (&mut self.writer).await.is_ok() {
            linger(&mut self.stream, closing.code).await;
        }
    }
}

/// The client's next frame, once there is room for its answer: who does not read answers is not read either.
async fn receive(outgoing: &mpsc::Sender<Wanted>, stream: &mut SplitStream<WebSocket>) -> Incoming {
    match outgoing.reserve().await {
        Ok(_room) => Incoming::sort(stream.next().await),
        Err(_) => Incoming::End,
    }
}

/// Keeps a closed connection until the client has seen the close frame: a socket that is dropped with unread data is reset,
/// and the frame is lost with it.
async fn linger<S>(stream: &mut S, code: u16)
where
    S: futures_util::Stream<Item = Result<Message, axum::Error>> + Unpin,
{
    if code == close::TOO_BIG {
        // What is left of the message cannot be read, so the client's end cannot be seen. The caller's timeout ends this.
        std::future::pending::<()>().await;
    }
    while !matches!(Incoming::sort(stream.next().await), Incoming::End) {}
}
