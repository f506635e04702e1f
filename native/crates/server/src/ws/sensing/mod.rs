//! The legacy stream `/ws/sensing`, as `docs/ws-sensing.md` describes it: for clients that are older than the WebSocket API.
//!
//! It has no commands. Each client waits for the batch of the next second; while it takes one, others pass, and it goes on
//! with the latest. So a client that does not read costs nothing and holds up nobody.

pub mod frames;
mod updates;

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;
use tokio::time::{Instant as TokioInstant, MissedTickBehavior, interval_at, timeout};

pub(crate) use updates::{Batch, produce};

use super::auth;
use super::session::{goodbye, sized};
use super::socket::{Closing, Incoming};
use crate::api::MISSED_PINGS;
use crate::http::Peer;
use crate::http::bearer::{self, too_many_attempts};
use crate::server::App;
use crate::token::Grant;

/// Turns a request into a stream. The token is in the header, or in the first message as on `/ws/v1`; not in the address,
/// which proxies write into their logs.
pub(crate) async fn upgrade(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Err(retry_after) = app.attempts.check(peer.address, Instant::now()) {
        app.counters.ws_rate_limited.add();
        return too_many_attempts(retry_after);
    }
    let grant = match bearer::grant(&app, &peer, &headers) {
        Ok(grant) => grant,
        Err(problem) => return problem.into_response(),
    };
    sized(upgrade).on_upgrade(move |socket| serve(socket, app, peer, grant))
}

async fn serve(mut socket: WebSocket, app: Arc<App>, peer: Peer, grant: Option<Grant>) {
    let grant = match grant {
        Some(grant) => Ok(grant),
        None => auth::authenticate(&mut socket, &app, &peer).await,
    };
    let closing = match grant {
        Ok(grant) => {
            app.counters.ws_sensing_clients.add();
            let closing = stream(&mut socket, &app, &grant).await;
            app.counters.ws_sensing_clients.remove();
            closing
        }
        Err(closing) => closing,
    };
    if let Some(closing) = closing {
        goodbye(&mut socket, closing).await;
    }
}

/// Sends batches until there is a reason to end: with a close frame, or without one because nobody would get it.
async fn stream(socket: &mut WebSocket, app: &App, grant: &Grant) -> Option<Closing> {
    let mut batches = app.legacy.subscribe();
    let mut stop = app.stop.clone();
    let mut revoked = std::pin::pin!(app.identity.tokens.revoked(grant));
    let period = app.limits.heartbeat;
    let mut heartbeat = interval_at(TokioInstant::now() + period, period);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    let mut last = None;
    loop {
        let messages = tokio::select! {
            biased;
            _ = stop.wait_for(|&stop| stop) => return Some(Closing::STOP),
            () = &mut revoked => return Some(Closing::REVOKED),
            _ = heartbeat.tick() => {
                if unanswered >= MISSED_PINGS {
                    app.counters.ws_ping_timeouts.add();
                    return None;
                }
                unanswered += 1;
                vec![Message::Ping(Vec::new().into())]
            }
            incoming = socket.recv() => match Incoming::sort(incoming) {
                // Older clients greet; there is nothing to answer.
                Incoming::Text(_) | Incoming::Nothing => continue,
                Incoming::Pong => {
                    unanswered = 0;
                    continue;
                }
                Incoming::Wrong(wrong) => return Some(wrong.counted(&app.counters)),
                Incoming::End => return None,
            },
            changed = batches.changed() => {
                // An error means that the server is gone.
                changed.ok()?;
                take(&mut batches, &mut last, app)
            }
        };
        let send = async {
            for message in messages {
                socket.send(message).await?;
            }
            Ok::<(), axum::Error>(())
        };
        // Who takes nothing for as long as pings may go unanswered is as dead as who does not answer them.
        let sent = tokio::select! {
            sent = timeout(period * MISSED_PINGS, send) => sent,
            _ = stop.wait_for(|&stop| stop) => return None,
        };
        match sent {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return None,
            Err(_) => {
                app.counters.ws_ping_timeouts.add();
                return None;
            }
        }
    }
}

/// The latest batch, and counts those that passed meanwhile.
fn take(batches: &mut watch::Receiver<Batch>, last: &mut Option<u64>, app: &App) -> Vec<Message> {
    let Batch { tick, frames } = batches.borrow_and_update().clone();
    let passed = last.replace(tick).map_or(0, |last| tick.saturating_sub(last + 1));
    (0..passed).for_each(|_| app.counters.ws_sensing_skipped.add());
    frames.iter().cloned().map(Message::Text).collect()
}
