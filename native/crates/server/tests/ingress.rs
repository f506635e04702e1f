//! Requests through Home Assistant's ingress: the Supervisor vouches for its users, and nobody else does.

#![allow(clippy::unwrap_used)]

mod common;
mod running;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use common::{Bench, Client, PATIENCE};
use running::Running;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const US: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ANOTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(172, 30, 32, 2));
const THROUGH_INGRESS: &str = "X-Ingress-Path: /api/hassio_ingress/abc\r\n";

/// The status and the body of an answer.
async fn ask(address: SocketAddr, path: &str, headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn socket(bench: &Bench, path: &str, through_ingress: bool) -> Client {
    let mut request = format!("ws://{}{path}", bench.address).into_client_request().unwrap();
    if through_ingress {
        request.headers_mut().insert("x-ingress-path", "/api/hassio_ingress/abc".parse().unwrap());
    }
    Client { socket: connect_async(request).await.unwrap().0 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_proxy_vouches_for_what_it_passes_on() {
    let bench = Bench::behind(US).await;
    for path in ["/api/v1/states", "/api/v1/privacy", "/metrics"] {
        assert_eq!(ask(bench.address, path, THROUGH_INGRESS).await.0, 200, "{path}");
        assert_eq!(ask(bench.address, path, "").await.0, 401, "{path}: the proxy itself is nobody");
    }
    // A header that a page left over from elsewhere sends is no attempt.
    for _ in 0..12 {
        let headers = format!("Authorization: Bearer wrong\r\n{THROUGH_INGRESS}");
        assert_eq!(ask(bench.address, "/api/v1/states", &headers).await.0, 200);
    }
    let with_token = format!("Authorization: Bearer {}\r\n", bench.token);
    assert_eq!(ask(bench.address, "/api/v1/states", &with_token).await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_can_say_so() {
    for bench in [Bench::start().await, Bench::behind(ANOTHER).await] {
        assert_eq!(ask(bench.address, "/api/v1/states", THROUGH_INGRESS).await.0, 401);
        for path in ["/ws/v1", "/ws/sensing"] {
            let mut client = socket(&bench, path, true).await;
            assert_eq!(client.frame().await["type"], "auth_required", "{path}");
        }
        let claims = format!(
            "X-Forwarded-For: {ANOTHER}\r\nX-Real-IP: {ANOTHER}\r\nX-Hass-Source: core.ingress\r\n{THROUGH_INGRESS}"
        );
        assert_eq!(ask(bench.address, "/api/v1/states", &claims).await.0, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_welcome_at_once() {
    let bench = Bench::behind(US).await;
    let mut client = socket(&bench, "/ws/v1", true).await;
    let welcome = client.frame().await;
    assert_eq!((&welcome["type"], &welcome["privacy_class"]), (&json!("auth_ok"), &json!(2)));
    client.subscribe(1).await;
    let refused = client.call(2, "calibrate", json!({"node_id": "node_7"})).await;
    assert_eq!(refused["error"]["code"], "not_found", "it may control, and there is no such node: {refused}");
    // No token stands behind it, so none that is revoked ends it: watching takes half a second.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(client.command(3, "ping").await["success"], true);

    let mut legacy = socket(&bench, "/ws/sensing", true).await;
    assert_eq!(legacy.frame().await["type"], "sensing_update");
    let mut asked = socket(&bench, "/ws/v1", false).await;
    assert_eq!(asked.frame().await["type"], "auth_required");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csi_does_not_leave_through_it() {
    let data = tempfile::tempdir().unwrap();
    let research = ["simulate", "--privacy-class", "1", "--research-mode", "--ingress-from", "127.0.0.1"];
    let server = Running::start(data.path(), &research);
    let address = server.address("http");
    let token = std::fs::read_to_string(data.path().join("token")).unwrap();
    let header = format!("Authorization: Bearer {}\r\n", token.trim());
    let path = "/api/v1/sensing/latest";
    let served = async {
        while ask(address, path, &header).await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, served).await.expect("a program on this host gets it");
    for headers in [THROUGH_INGRESS.to_owned(), format!("{header}{THROUGH_INGRESS}")] {
        let (status, body) = ask(address, path, &headers).await;
        assert_eq!(status, 403, "{body}");
        assert!(body.contains("CSI never leaves the host"), "{body}");
    }
}
