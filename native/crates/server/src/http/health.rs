//! Whether the server is there: for supervisors, without a token, and whatever its sources do.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::api;
use crate::server::App;

#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
    version: &'static str,
    api: u32,
    uptime_s: u64,
}

pub(super) async fn health(State(app): State<Arc<App>>) -> Json<Health> {
    Json(Health { status: "ok", version: api::VERSION, api: api::API, uptime_s: app.started.elapsed().as_secs() })
}
