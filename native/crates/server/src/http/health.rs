//! Whether the server is there: for supervisors, without a token, and whatever its sources do.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api;
use crate::server::App;

/// The server is there.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// "ok".
    status: &'static str,
    /// The server's version.
    version: &'static str,
    /// The number of the WebSocket API.
    api: u32,
    /// Since its start.
    uptime_s: u64,
}

/// Whether the server is there.
#[utoipa::path(get, path = "/health", security(()), responses((status = 200, body = Health)))]
pub(super) async fn health(State(app): State<Arc<App>>) -> Json<Health> {
    Json(Health { status: "ok", version: api::VERSION, api: api::API, uptime_s: app.desk.started.elapsed().as_secs() })
}
