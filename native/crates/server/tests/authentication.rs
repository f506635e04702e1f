//! Who gets in.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use common::Bench;
use futures_util::SinkExt;
use ruview_server::Limits;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::{Error, Message};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_opens() {
    let bench = Bench::start().await;
    let mut client = bench.connect().await.unwrap();
    let hello = client.frame().await;
    assert_eq!(hello, json!({"type": "auth_required", "version": env!("CARGO_PKG_VERSION"), "api": 1}));
    client.send(json!({"type": "auth", "token": bench.token})).await;
    let welcome = client.frame().await;
    assert_eq!(welcome["type"], "auth_ok");
    assert_eq!(welcome["name"], "RuView");
    assert_eq!(client.command(5, "ping").await["success"], true);
    assert_eq!(bench.server.counters().ws_clients.get(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anything_else_is_refused_with_4401() {
    let bench = Bench::start().await;
    for first in [
        json!({"type": "auth", "token": "wrong"}).to_string(),
        json!({"type": "auth", "token": ""}).to_string(),
        json!({"type": "auth", "token": format!("{}x", bench.token)}).to_string(),
        json!({"type": "auth"}).to_string(),
        json!({"id": 1, "type": "get_states"}).to_string(),
        "nonsense".to_owned(),
    ] {
        let mut client = bench.connect().await.unwrap();
        client.frame().await;
        client.socket.send(Message::text(first.clone())).await.unwrap();
        let answer = client.frame().await;
        assert_eq!(answer["type"], "auth_invalid", "{first}");
        assert!(!answer["message"].as_str().unwrap().contains(&bench.token));
        assert_eq!(client.close_code().await, Some(4401), "{first}");
    }
    assert_eq!(bench.server.counters().ws_auth_failed.get(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_eleventh_attempt_is_not_even_heard() {
    let bench = Bench::start().await;
    for _ in 0..10 {
        let mut client = bench.connect().await.unwrap();
        assert_eq!(client.authenticate("wrong").await["type"], "auth_invalid");
    }
    let Err(Error::Http(response)) = bench.connect().await.map(|_| ()) else { panic!("expected an HTTP error") };
    assert_eq!(response.status(), 429);
    let retry_after: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&retry_after), "{retry_after}");
    assert!(bench.http("/health", None).await.starts_with("HTTP/1.1 200"), "health is for everybody");
    assert_eq!(bench.server.counters().ws_rate_limited.get(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_opened_beforehand_do_not_get_around_the_limit() {
    let bench = Bench::start().await;
    let mut early = Vec::new();
    for _ in 0..11 {
        early.push(bench.connect().await.unwrap());
    }
    let mut last = early.pop().unwrap();
    for client in &mut early {
        assert_eq!(client.authenticate("wrong").await["message"], "the token is not valid");
    }
    assert_eq!(last.authenticate(&bench.token).await["message"], "too many failed attempts");
    assert_eq!(last.close_code().await, Some(4401));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_is_shown_out() {
    let limits = Limits { auth_timeout: Duration::from_millis(100), ..Limits::default() };
    let bench = Bench::with(limits, 16).await;
    let mut client = bench.connect().await.unwrap();
    client.frame().await;
    assert_eq!(client.frame().await["type"], "auth_invalid");
    assert_eq!(client.close_code().await, Some(4401));
    assert_eq!(bench.server.counters().ws_auth_timeouts.get(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn binary_and_oversized_first_messages_are_refused() {
    let bench = Bench::start().await;
    let mut client = bench.connect().await.unwrap();
    client.frame().await;
    client.socket.send(Message::binary(vec![0; 8])).await.unwrap();
    assert_eq!(client.close_code().await, Some(1003));

    let mut client = bench.connect().await.unwrap();
    client.frame().await;
    // The server does not read it to the end, so that writing it may fail.
    let _ = client.socket.send(Message::text("x".repeat(2 << 20))).await;
    assert_eq!(client.close_code().await, Some(1009));
    let counters = bench.server.counters().view();
    assert_eq!((counters.ws_binary_frames, counters.ws_oversized_messages), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_needs_the_token_except_for_health_and_the_page() {
    let bench = Bench::start().await;
    let health = bench.http("/health", None).await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    let body: serde_json::Value = serde_json::from_str(health.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body, json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"), "api": 1, "uptime_s": 0}));
    for path in ["/api", "/nothing", "/health/", "/ws/v2"] {
        assert!(bench.http(path, None).await.starts_with("HTTP/1.1 401"), "{path}");
        assert!(bench.http(path, Some("wrong")).await.starts_with("HTTP/1.1 401"), "{path}");
        assert!(bench.http(path, Some(&bench.token)).await.starts_with("HTTP/1.1 404"), "{path}");
    }
    for _ in 0..10 {
        bench.http("/api", Some("wrong")).await;
    }
    let limited = bench.http("/api", Some("wrong")).await;
    assert!(limited.starts_with("HTTP/1.1 429"), "{limited}");
    assert!(limited.to_lowercase().contains("retry-after: "), "{limited}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_a_limit_to_connections() {
    let limits = Limits { max_connections: 2, ..Limits::default() };
    let bench = Bench::with(limits, 16).await;
    let (first, _second) = (bench.client().await, bench.client().await);
    assert!(bench.connect().await.is_err());
    assert_eq!(bench.server.counters().connections_refused.get(), 1);
    drop(first);
    tokio::time::timeout(common::PATIENCE, async {
        while bench.connect().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("a place is free again");
}

/// Sends `count` requests on one connection from `source`; how many were answered with each status.
async fn requests(server: SocketAddr, source: IpAddr, token: &str, count: usize) -> BTreeMap<u16, usize> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((source, 0).into()).unwrap();
    let mut stream = BufReader::new(socket.connect(server).await.unwrap());
    let mut answers = BTreeMap::new();
    for _ in 0..count {
        let request = format!("GET /nothing HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        *answers.entry(line.split(' ').nth(1).unwrap().parse().unwrap()).or_default() += 1;
        let mut length = 0;
        while !line.trim().is_empty() {
            line.clear();
            stream.read_line(&mut line).await.unwrap();
            length = line.strip_prefix("content-length: ").map_or(length, |text| text.trim().parse().unwrap());
        }
        stream.read_exact(&mut vec![0; length]).await.unwrap();
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_wrong_tokens_keep_nobody_else_out() {
    let bench = Bench::start().await;
    let (guesser, other) = ([127, 0, 0, 1].into(), [127, 0, 0, 2].into());
    let answers = requests(bench.address, guesser, "guess", 10_000).await;
    assert_eq!(answers, BTreeMap::from([(401, 10), (429, 9_990)]));
    // Even the right token is not heard from there, and nobody else notices.
    assert_eq!(requests(bench.address, guesser, &bench.token, 1).await, BTreeMap::from([(429, 1)]));
    assert_eq!(requests(bench.address, other, &bench.token, 1).await, BTreeMap::from([(404, 1)]));
}
