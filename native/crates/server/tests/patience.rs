//! How long the server waits for those who say nothing, or never finish. The limits are short here; their defaults are not.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Bench, PATIENCE, http};
use ruview_server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn impatient() -> Bench {
    let limits = Limits {
        head_timeout: Duration::from_millis(300),
        answer_timeout: Duration::from_millis(300),
        max_connections: 4,
        ..Limits::default()
    };
    Bench::with(limits, 64).await
}

/// Sends `text` and keeps the connection open; what comes until the server ends it.
async fn all_that_comes(bench: &Bench, text: &str) -> String {
    let mut stream = TcpStream::connect(bench.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    // How it is ended, by a FIN or a reset, is the same to who waits.
    let _ = ended.expect("the connection is still open");
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_finishes_a_head_gets_nothing_and_holds_nobody_up() {
    let bench = impatient().await;
    for head in ["", "GET", "GET /health HTTP/1.1\r\nHost:", "GET /health HTTP/1.1\r\nHost: x\r\n"] {
        let (answer, other) = tokio::join!(all_that_comes(&bench, head), http(bench.address, "/health", None));
        assert!(!answer.contains(" 200 "), "{answer}");
        assert!(other.starts_with("HTTP/1.1 200"), "others are served meanwhile: {other}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_never_ends_is_answered_503_and_the_connection_ends() {
    let bench = impatient().await;
    for (length, begun) in [("Content-Length: 1000", "{\"persons\":"), ("Transfer-Encoding: chunked", "3\r\n{\"p\r\n")]
    {
        let head = format!(
            "POST /api/v1/pose HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n{length}\r\n\r\n",
            bench.token
        );
        let answer = all_that_comes(&bench, &format!("{head}{begun}")).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(http(bench.address, "/health", None).await.starts_with("HTTP/1.1 200"), "the server lives");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_kept_open_ends_when_nothing_is_asked() {
    let bench = impatient().await;
    let request = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    // Two requests at once show that it was kept open.
    let answers = all_that_comes(&bench, &format!("{request}{request}")).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
    // None of these hold the places of others.
    for _ in 0..8 {
        all_that_comes(&bench, request).await;
    }
    assert_eq!(bench.server.counters().connections_refused.get(), 0);
}
