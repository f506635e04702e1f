//! The description of all paths, made of the code that serves them.

use std::sync::Arc;

use axum::Json;
use axum::extract::Extension;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::problem::Problem;

/// What all paths have in common.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "ruview-server",
        description = "Presence, motion and vitals from WiFi. Every answer passes the privacy policy; every error is a problem document (RFC 9457)."
    ),
    components(schemas(Problem)),
    security(("token" = [])),
    modifiers(&Token)
)]
pub(super) struct Common;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.security_schemes.insert("token".to_owned(), bearer.into());
    }
}

/// Adds what every path can answer besides what it says itself.
pub(super) fn with_problems(mut document: Document) -> Document {
    let problem: RefOr<Response> = ResponseBuilder::new()
        .description("a problem document: the request could not be served")
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
        )
        .build()
        .into();
    for (path, item) in &mut document.paths.paths {
        let operations = [("get", &mut item.get), ("post", &mut item.post)];
        for (method, operation) in operations.into_iter().filter_map(|(name, found)| Some((name, found.as_mut()?))) {
            operation.operation_id = Some(operation_id(method, path));
            let responses = &mut operation.responses.responses;
            for (status, response) in responses.iter_mut() {
                if let RefOr::T(response) = response
                    && status.starts_with(['4', '5'])
                    && let Some(content) = response.content.shift_remove("application/json")
                {
                    response.content.insert("application/problem+json".to_owned(), content);
                }
            }
            responses.insert("default".to_owned(), problem.clone());
        }
    }
    document
}

/// Handlers of different files have the same names; a method and a path name one operation.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    [method].into_iter().chain(words).collect::<Vec<_>>().join("_")
}

/// The document, as it is served.
#[derive(Clone)]
pub(super) struct Served(pub(super) Arc<Document>);

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn document(Extension(Served(document)): Extension<Served>) -> Json<Document> {
    Json((*document).clone())
}
