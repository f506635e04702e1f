//! The WebSocket API v1, as `docs/websocket-api.md` describes it, and beside it the stream for older clients.

mod auth;
pub mod sensing;
mod session;
mod socket;
mod writer;

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::http::Peer;
use crate::http::bearer::{ingress, too_many_attempts};
use crate::server::App;

/// Turns a request into a session, unless its address has guessed too often.
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
    let grant = ingress(&peer, &headers);
    session::sized(upgrade).on_upgrade(move |socket| session::run(socket, app, peer, grant))
}
