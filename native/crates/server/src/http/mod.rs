//! HTTP: what is there besides the WebSocket API, and who may see it.

pub(crate) mod attempts;
pub(crate) mod bearer;
mod health;
pub(crate) mod listener;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};
use tokio::sync::OwnedSemaphorePermit;

use crate::api::WS_PATH;
use crate::server::App;
use crate::ws;

/// Who is at the other end of a connection. The connection counts against the limit while anyone holds this.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    pub(crate) _permit: Arc<OwnedSemaphorePermit>,
}

/// All paths. `/health` is open, `/ws/v1` asks for the token itself, everything else wants it as a bearer.
pub(crate) fn router(app: Arc<App>) -> Router {
    let closed = Router::new()
        .fallback(any(|| async { StatusCode::NOT_FOUND }))
        .layer(from_fn_with_state(Arc::clone(&app), bearer::require));
    Router::new()
        .route("/health", get(health::health))
        .route(WS_PATH, get(ws::upgrade))
        .fallback_service(closed)
        .with_state(app)
}
