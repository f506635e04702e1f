//! The page for people who place nodes: files that are part of the program, open to everybody because they hold nothing. What
//! the page shows it asks for as every other client does, so nothing here knows a token.
//!
//! Every address in it is relative, so that it works below any path that a proxy puts before it.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Stands in the page where the folder of its other files is named.
const FOLDER: &str = "{{folder}}";
/// Nothing from elsewhere, nothing inline; shown in a frame by Home Assistant only, whose proxy has the same origin.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'self'",
);

/// A file of the page.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    body: &'static [u8],
}

macro_rules! assets {
    ($($name:literal: $content_type:ident,)+) => {
        &[$(Asset { name: $name, content_type: $content_type, body: include_bytes!(concat!("../../page/", $name)) },)+]
    };
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

const ASSETS: &[Asset] = assets! {
    "page.css": STYLE,
    "icon.svg": PICTURE,
    "calibration.js": SCRIPT,
    "connection.js": SCRIPT,
    "curve.js": SCRIPT,
    "diagnostics.js": SCRIPT,
    "dom.js": SCRIPT,
    "heatmap.js": SCRIPT,
    "home.js": SCRIPT,
    "main.js": SCRIPT,
    "nodes.js": SCRIPT,
    "privacy.js": SCRIPT,
    "rooms.js": SCRIPT,
    "token.js": SCRIPT,
    "words.js": SCRIPT,
    "uplot/uPlot.iife.min.js": SCRIPT,
    "uplot/uPlot.min.css": STYLE,
    "uplot/LICENSE": TEXT,
};

/// Names the folder of the files by what is in them: one that has been fetched never needs to be fetched again, and another
/// version of the program has another folder.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = blake3::Hasher::new();
    for Asset { name, body, .. } in ASSETS {
        hasher.update(name.as_bytes()).update(body);
    }
    hasher.finalize().to_hex()[..16].to_owned()
});

static INDEX: LazyLock<String> =
    LazyLock::new(|| include_str!("../../page/index.html").replace(FOLDER, &format!("page/{}", *VERSION)));

/// The page at `/`, and its files.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/", get(index)).route("/page/{version}/{*name}", get(asset))
}

async fn index() -> Response {
    served("text/html; charset=utf-8", "no-cache", INDEX.as_bytes())
}

async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    let found = ASSETS.iter().find(|asset| asset.name == name).filter(|_| version == *VERSION);
    match found {
        Some(asset) => served(asset.content_type, "public, max-age=31536000, immutable", asset.body),
        None => (StatusCode::NOT_FOUND, "the page has no such file; reload it").into_response(),
    }
}

fn served(content_type: &'static str, caching: &'static str, body: &'static [u8]) -> Response {
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CACHE_CONTROL, HeaderValue::from_static(caching)),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ]);
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the page and its files name is there, below the folder and nowhere else.
    #[test]
    fn every_file_that_is_named_is_served() {
        let folder = format!("page/{}/", *VERSION);
        let named = INDEX.split(['"', '\'']).filter(|word| word.starts_with("page/"));
        let mut count = 0;
        for name in named {
            let name = name.strip_prefix(&folder).unwrap_or_else(|| panic!("{name} is not below {folder}"));
            assert!(ASSETS.iter().any(|asset| asset.name == name), "{name}");
            count += 1;
        }
        assert!(count >= 4, "the page names {count} files");
        for asset in ASSETS.iter().filter(|asset| asset.content_type == SCRIPT && !asset.name.contains('/')) {
            let text = std::str::from_utf8(asset.body).unwrap();
            for import in text.lines().filter(|line| line.starts_with("import ")) {
                let name = import.split('"').nth(1).and_then(|path| path.strip_prefix("./"));
                let name = name.unwrap_or_else(|| panic!("{}: {import}", asset.name));
                assert!(ASSETS.iter().any(|asset| asset.name == name), "{}: {import}", asset.name);
            }
        }
    }

    /// No file asks anybody else for anything, and each says what it is for.
    #[test]
    fn nothing_comes_from_elsewhere() {
        for asset in ASSETS.iter().filter(|asset| !asset.name.contains('/')) {
            let text = std::str::from_utf8(asset.body).unwrap();
            for forbidden in ["https:", "eval(", "innerHTML", "style=", "localStorage"] {
                assert!(!text.contains(forbidden), "{}: {forbidden}", asset.name);
            }
            assert!(text.starts_with("/*") || text.starts_with("//") || text.starts_with("<svg"), "{}", asset.name);
        }
        assert!(!INDEX.contains("://") && !INDEX.contains("style=") && !INDEX.contains(FOLDER));
    }

    #[test]
    fn the_page_stays_small() {
        let size = INDEX.len() + ASSETS.iter().map(|asset| asset.body.len()).sum::<usize>();
        assert!(size < 160_000, "{size} bytes");
    }
}
