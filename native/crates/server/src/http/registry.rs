//! Which modules extend this server. None can yet: the list is empty, and says so itself rather than by an error.

use std::sync::Arc;

use axum::extract::{Query, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;
use super::release::{Released, release};
use crate::server::App;

/// What is installed. Nothing is fetched from anywhere: the list is always this moment's.
#[derive(Debug, Serialize, ToSchema)]
struct EdgeRegistry {
    /// When this was true, seconds since the Unix epoch.
    fetched_at: i64,
    /// For how long it may be kept, seconds.
    ttl_seconds: u32,
    /// It is older than that.
    stale: bool,
    /// Always null: no catalog is fetched.
    upstream_url: Option<String>,
    /// Always null: no catalog is fetched.
    upstream_sha256: Option<String>,
    /// The list.
    registry: Registry,
}

#[derive(Debug, Serialize, ToSchema)]
struct Registry {
    /// Installed modules.
    cogs: Vec<Cog>,
}

/// A module.
#[derive(Debug, Serialize, ToSchema)]
struct Cog {
    /// Names it.
    id: String,
    /// What people call it.
    name: String,
    /// What it is for.
    category: String,
}

/// How to ask.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wish {
    /// Not an older answer. There is none, so it changes nothing.
    #[param(example = "1")]
    #[expect(dead_code, reason = "published clients send it")]
    refresh: Option<String>,
}

/// Which modules extend this server.
#[utoipa::path(get, path = "/api/v1/edge/registry", params(Wish), responses((status = 200, body = EdgeRegistry)))]
pub(super) async fn registry(State(app): State<Arc<App>>, Query(_): Query<Wish>) -> Result<Released, Problem> {
    let answer = EdgeRegistry {
        fetched_at: Timestamp::now().as_second(),
        ttl_seconds: 0,
        stale: false,
        upstream_url: None,
        upstream_sha256: None,
        registry: Registry { cogs: Vec::new() },
    };
    release(&answer, app.terms(), &[])
}
