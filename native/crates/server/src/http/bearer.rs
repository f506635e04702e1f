//! The token as an HTTP header.

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Peer;
use super::problem::Problem;
use crate::server::App;
use crate::token::Grant;

/// Lets a request pass that carries a token that is good for it; what follows finds the [`Grant`] among the extensions. Wrong
/// tokens count as failed attempts, missing ones do not: they guess nothing.
pub(super) async fn require(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(retry_after) = app.attempts.check(peer.address, Instant::now()) {
        return too_many_attempts(retry_after);
    }
    let grant = match grant(&app, &peer, request.headers()) {
        Ok(Some(grant)) => grant,
        Ok(None) => return unauthorized(&app).into_response(),
        Err(refusal) => return refusal.into_response(),
    };
    if !request.method().is_safe() && !grant.may_control() {
        return Problem::forbidden("this token is for reading only").into_response();
    }
    request.extensions_mut().insert(grant);
    next.run(request).await
}

/// What the token in the header is good for; `None` without one.
///
/// # Errors
/// The answer to a wrong one.
pub(crate) fn grant(app: &App, peer: &Peer, headers: &HeaderMap) -> Result<Option<Grant>, Problem> {
    let Some(token) = token(headers) else { return Ok(None) };
    app.identity.tokens.check(token).map(Some).ok_or_else(|| {
        app.attempts.failed(peer.address, Instant::now());
        unauthorized(app)
    })
}

fn unauthorized(app: &App) -> Problem {
    app.counters.http_unauthorized.add();
    Problem::new(StatusCode::UNAUTHORIZED, "expected the header 'Authorization: Bearer TOKEN'")
}

/// The answer to an address that guesses.
pub(crate) fn too_many_attempts(retry_after: std::time::Duration) -> Response {
    Problem::too_many(retry_after, "too many wrong tokens from this address").into_response()
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
