//! The first messages of a connection: who we are, and whether the client knows a token.

use std::time::Instant;

use axum::extract::ws::{Message, WebSocket};
use ruview_host::frames::{Auth, AuthOk, ServerFrame};

use super::socket::{Closing, Incoming};
use crate::api;
use crate::http::Peer;
use crate::server::App;
use crate::token::Grant;

/// Why a client is not let in.
enum Refusal {
    /// It is told, and the connection is closed.
    Told(&'static str),
    /// The connection is closed.
    Closed(Closing),
    /// It left.
    Gone,
}

/// Lets a client in that sends a token in time.
///
/// # Errors
/// How to close the connection; `None` when the client left.
pub(super) async fn authenticate(socket: &mut WebSocket, app: &App, peer: &Peer) -> Result<Grant, Option<Closing>> {
    let mut stop = app.stop.clone();
    let attempt = tokio::select! {
        attempt = tokio::time::timeout(app.limits.auth_timeout, attempt(socket, app, peer)) => attempt,
        _ = stop.wait_for(|&stop| stop) => return Err(Some(Closing::STOP)),
    };
    let refusal = match attempt {
        Ok(Ok(grant)) => return Ok(grant),
        Ok(Err(refusal)) => refusal,
        Err(_) => {
            app.counters.ws_auth_timeouts.add();
            Refusal::Told("no token came in time")
        }
    };
    match refusal {
        Refusal::Told(message) => {
            send(socket, app, &ServerFrame::AuthInvalid { message }).await.map_err(|()| None)?;
            Err(Some(Closing::NOT_AUTHENTICATED))
        }
        Refusal::Closed(closing) => Err(Some(closing)),
        Refusal::Gone => Err(None),
    }
}

async fn attempt(socket: &mut WebSocket, app: &App, peer: &Peer) -> Result<Grant, Refusal> {
    let hello = ServerFrame::AuthRequired { version: api::VERSION, api: api::API };
    send(socket, app, &hello).await.map_err(|()| Refusal::Gone)?;
    let text = loop {
        match Incoming::sort(socket.recv().await) {
            Incoming::Text(text) => break text,
            Incoming::Pong | Incoming::Nothing => {}
            Incoming::Wrong(wrong) => return Err(Refusal::Closed(wrong.counted(&app.counters))),
            Incoming::End => return Err(Refusal::Gone),
        }
    };
    // Connections that were opened before the limit was reached do not get around it.
    if app.attempts.check(peer.address, Instant::now()).is_err() {
        app.counters.ws_rate_limited.add();
        return Err(Refusal::Told("too many failed attempts"));
    }
    let refusal = match serde_json::from_str::<Auth>(&text) {
        Ok(auth) => match app.identity.tokens.check(&auth.token) {
            Some(grant) => {
                return welcome(socket, app).await.map(|()| grant).map_err(|()| Refusal::Gone);
            }
            None => "the token is not valid",
        },
        Err(_) => "expected an auth message with a token",
    };
    app.attempts.failed(peer.address, Instant::now());
    app.counters.ws_auth_failed.add();
    Err(Refusal::Told(refusal))
}

/// Tells a client that it is in, and who we are; an error means that it left.
pub(super) async fn welcome(socket: &mut WebSocket, app: &App) -> Result<(), ()> {
    let frame = ServerFrame::AuthOk(AuthOk {
        server_id: app.identity.server_id,
        name: &app.desk.about.name,
        version: api::VERSION,
        api: api::API,
        privacy_class: app.terms().class.as_u8(),
        privacy_mode: app.terms().privacy_mode,
        capabilities: &api::CAPABILITIES,
    });
    send(socket, app, &frame).await
}

async fn send(socket: &mut WebSocket, app: &App, frame: &ServerFrame<'_>) -> Result<(), ()> {
    socket.send(Message::Text(frame.release(app.terms()).into_text().into())).await.map_err(|_| ())
}
