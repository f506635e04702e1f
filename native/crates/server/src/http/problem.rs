//! What went wrong with a request, as RFC 9457 describes it: one form for every error of every path.

use std::time::Duration;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Where problem documents are recognised by.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");
/// The longest explanation of a library that is passed on.
const MAX_DETAIL_BYTES: usize = 512;

/// What went wrong (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: String,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What to do about it.
    detail: String,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            retry_after: None,
        }
    }

    /// There is no such thing.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// What the client sent makes no sense.
    pub(crate) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// The privacy terms do not permit it.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// Not now.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// The engine has stopped, and the server is about to.
    pub(crate) fn stopping() -> Self {
        Self::unavailable("the server stops")
    }

    /// Too much; less after this time.
    pub(crate) fn too_many(retry_after: Duration, detail: impl Into<String>) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let asks_for_token = status == StatusCode::UNAUTHORIZED;
        let retry_after = self.retry_after.map(|after| (after.as_secs_f64().ceil() as u64).max(1));
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, MEDIA_TYPE);
        if asks_for_token {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Turns every other answer with an error's status into a problem document: those of the router and of extractors.
pub(super) async fn explain(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.headers().get(CONTENT_TYPE) == Some(&MEDIA_TYPE) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let said = to_bytes(body, MAX_DETAIL_BYTES).await.unwrap_or_default();
    let detail = match std::str::from_utf8(&said) {
        Ok(text) if !text.is_empty() => text.to_owned(),
        _ => default_detail(status).to_owned(),
    };
    let (problem, body) = Problem::new(status, detail).into_response().into_parts();
    // `Allow`, `WWW-Authenticate` and their like stay.
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(problem.headers);
    Response::from_parts(parts, body)
}

fn default_detail(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "there is nothing at this path; /api/openapi.json lists what there is",
        StatusCode::METHOD_NOT_ALLOWED => "this path does not take this method; the header Allow lists those it takes",
        StatusCode::PAYLOAD_TOO_LARGE => "the body is over 64 KiB",
        StatusCode::SERVICE_UNAVAILABLE => "the server did not get to it in time",
        _ => "the request was not understood",
    }
}
