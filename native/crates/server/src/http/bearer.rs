//! The token as an HTTP header.

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Peer;
use super::problem::Problem;
use crate::server::App;
#[cfg(doc)]
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
    let token = token(request.headers());
    if let Some(grant) = token.and_then(|token| app.identity.tokens.check(token)) {
        if !request.method().is_safe() && !grant.may_control() {
            return Problem::forbidden("this token is for reading only").into_response();
        }
        request.extensions_mut().insert(grant);
        return next.run(request).await;
    }
    if token.is_some() {
        app.attempts.failed(peer.address, Instant::now());
    }
    app.counters.http_unauthorized.add();
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "expected the header 'Authorization: Bearer TOKEN'");
    ([(WWW_AUTHENTICATE, "Bearer")], problem).into_response()
}

/// The answer to an address that guesses.
pub(crate) fn too_many_attempts(retry_after: std::time::Duration) -> Response {
    Problem::too_many(retry_after, "too many wrong tokens from this address").into_response()
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
