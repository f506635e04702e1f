//! The token as an HTTP header, or a proxy's word in its place.

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HeaderName};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Peer;
use super::problem::Problem;
use crate::server::App;
use crate::token::Grant;

/// What Home Assistant's ingress puts into every request that it passes on for a user who is logged in, and the Supervisor's
/// own requests lack.
const INGRESS_PATH: HeaderName = HeaderName::from_static("x-ingress-path");

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

/// What the token in the header is good for; `None` without one. What a user sends through ingress needs none, and none is
/// looked at: who could guess there is logged in already.
///
/// # Errors
/// The answer to a wrong one.
pub(crate) fn grant(app: &App, peer: &Peer, headers: &HeaderMap) -> Result<Option<Grant>, Problem> {
    if let Some(grant) = ingress(peer, headers) {
        return Ok(Some(grant));
    }
    let Some(token) = token(headers) else { return Ok(None) };
    app.identity.tokens.check(token).map(Some).ok_or_else(|| {
        app.attempts.failed(peer.address, Instant::now());
        unauthorized(app)
    })
}

/// What somebody may whom the proxy has let through.
pub(crate) fn ingress(peer: &Peer, headers: &HeaderMap) -> Option<Grant> {
    (peer.is_ingress && headers.contains_key(INGRESS_PATH)).then(Grant::of_ingress)
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
