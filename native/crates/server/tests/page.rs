//! The page: what is served, with which headers, and that nothing else is open because of it.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Bench, http};

fn head_and_body(answer: &str) -> (String, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_and_its_files_are_open() {
    let bench = Bench::start().await;
    let page = bench.http("/", None).await;
    let (head, body) = head_and_body(&page);
    assert!(head.starts_with("http/1.1 200"), "{head}");
    for header in [
        "content-type: text/html; charset=utf-8",
        "cache-control: no-cache",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src \
         'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    ] {
        assert!(head.contains(header), "{header}: {head}");
    }
    let mut files = 0;
    for name in body.split('"').filter(|word| word.starts_with("page/")) {
        let file = bench.http(&format!("/{name}"), None).await;
        let (head, _) = head_and_body(&file);
        assert!(head.starts_with("http/1.1 200"), "{name}: {head}");
        assert!(head.contains("cache-control: public, max-age=31536000, immutable"), "{name}: {head}");
        assert!(head.contains("content-security-policy: default-src 'none'"), "{name}: {head}");
        let expected = match name.rsplit_once('.').unwrap().1 {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert!(head.contains(&format!("content-type: {expected}")), "{name}: {head}");
        files += 1;
    }
    assert!(files >= 5, "the page names {files} files");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_else_is_open_because_of_it() {
    let bench = Bench::start().await;
    for path in ["/api/v1/privacy", "/api/v1/states", "/api/v1/edge/registry", "/page", "/index.html"] {
        let answer = bench.http(path, None).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{path}: {answer}");
    }
    for path in ["/page/0/main.js", "/page/0/../../Cargo.toml", "/page/0/%2e%2e/%2e%2e/token"] {
        let answer = bench.http(path, None).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert!(answer.contains("application/problem+json"), "{path}: {answer}");
    }
    // Nothing that an address can say is said back by it.
    let answer = http(bench.address, "/page/<script>/x", None).await;
    assert!(!answer.contains("<script>"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_withheld_has_a_list() {
    let bench = Bench::start().await;
    let answer = bench.http("/api/v1/privacy", Some(&bench.token)).await;
    let (head, body) = head_and_body(&answer);
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let answer: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((&answer["privacy_class"], &answer["privacy_mode"]), (&2.into(), &false.into()));
    let withheld = answer["redacted_fields"].as_array().unwrap();
    assert!(withheld.contains(&"amplitudes".into()) && !withheld.contains(&"breathing_rate".into()), "{withheld:?}");
}
