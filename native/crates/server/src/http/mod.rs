//! HTTP: what is there besides the WebSocket API, and who may see it. Each group of paths has a file of its own; what leaves
//! goes through `release.rs`, what goes wrong through `problem.rs`.

pub(crate) mod attempts;
pub(crate) mod bearer;
pub(crate) mod bfld;
mod health;
pub(crate) mod listener;
mod metrics;
pub(crate) mod node;
mod openapi;
mod page;
mod pose;
mod privacy;
pub(crate) mod problem;
mod registry;
pub(crate) mod release;
mod semantic_events;
mod sensing;
mod states;
pub(crate) mod vitals;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get};
use axum::{Extension, Router};
use tokio::sync::OwnedSemaphorePermit;
use tower_http::timeout::TimeoutLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{LEGACY_WS_PATH, WS_PATH};
use crate::server::App;
use crate::ws;

/// The largest body.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Who is at the other end of a connection. The connection counts against the limit while anyone holds this.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// It is the proxy that vouches for its users.
    pub(crate) is_ingress: bool,
    pub(crate) _permit: Arc<OwnedSemaphorePermit>,
}

/// All paths. `/health` and the page are open, the sockets ask for the token themselves, everything else wants it as a bearer.
pub(crate) fn router(app: Arc<App>) -> Router {
    let open = OpenApiRouter::new().routes(routes!(health::health));
    let closed = closed().fallback(any(|| async { StatusCode::NOT_FOUND }));
    let closed = closed.layer(from_fn_with_state(Arc::clone(&app), bearer::require));
    let (paths, document) =
        OpenApiRouter::with_openapi(openapi::Common::openapi()).merge(open).merge(closed).split_for_parts();
    let document = openapi::Served(Arc::new(openapi::with_problems(document)));
    let answers = paths
        .merge(page::router())
        .layer(Extension(document))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, app.limits.answer_timeout))
        .layer(from_fn(problem::explain));
    // Sockets last for longer than any answer may take.
    Router::new()
        .route(WS_PATH, get(ws::upgrade))
        .route(LEGACY_WS_PATH, get(ws::sensing::upgrade))
        .layer(from_fn(problem::explain))
        .fallback_service(answers.with_state(Arc::clone(&app)))
        .with_state(app)
}

/// The paths that want a token.
fn closed() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sensing::latest))
        .routes(routes!(registry::registry))
        .routes(routes!(vitals::latest))
        .routes(routes!(bfld::last_scan))
        .routes(routes!(bfld::subscribe))
        .routes(routes!(semantic_events::latest))
        .routes(routes!(pose::take))
        .routes(routes!(privacy::privacy))
        .routes(routes!(states::all))
        .routes(routes!(states::one))
        .routes(routes!(metrics::metrics))
        .routes(routes!(openapi::document))
}
