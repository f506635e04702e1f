//! Encryption, as a real client sees it.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use common::Bench;
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use ruview_server::{Limits, Tls};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message;

/// Makes a certificate for localhost and its key; where they are.
fn certificate(dir: &Path) -> (PathBuf, PathBuf) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert_file, key_file) = (dir.join("cert.pem"), dir.join("key.pem"));
    std::fs::write(&cert_file, cert.pem()).unwrap();
    std::fs::write(&key_file, signing_key.serialize_pem()).unwrap();
    (cert_file, key_file)
}

/// A connection of a client that trusts this certificate and no other.
async fn connect(bench: &Bench, trusted: &Path) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trusted).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(bench.address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

async fn encrypted(dir: &Path) -> (Bench, PathBuf, Arc<Tls>) {
    let (cert, key) = certificate(dir);
    let tls = Arc::new(Tls::open(&cert, &key).unwrap());
    (Bench::over(Limits::default(), 16, Some(Arc::clone(&tls))).await, cert, tls)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_served_encrypted_and_nothing_in_plain_text() {
    let dir = tempfile::tempdir().unwrap();
    let (bench, cert, _tls) = encrypted(dir.path()).await;
    let mut stream = connect(&bench, &cert).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let stream = connect(&bench, &cert).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("wss://localhost/ws/v1", stream).await.unwrap();
    let hello: Value = serde_json::from_str(socket.next().await.unwrap().unwrap().to_text().unwrap()).unwrap();
    assert_eq!(hello["type"], "auth_required");
    let auth = json!({"type": "auth", "token": bench.token}).to_string();
    socket.send(Message::text(auth)).await.unwrap();
    let welcome: Value = serde_json::from_str(socket.next().await.unwrap().unwrap().to_text().unwrap()).unwrap();
    assert_eq!(welcome["type"], "auth_ok");

    assert!(!http_in_plain_text(&bench).await.contains("200 OK"));
    assert_eq!(bench.server.counters().tls_failed.get(), 1);
}

/// What somebody gets who does not know that the server encrypts.
async fn http_in_plain_text(bench: &Bench) -> String {
    let mut stream = TcpStream::connect(bench.address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // The connection may be reset before anything is read.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_certificate_is_shown_after_a_reload_and_a_broken_one_never() {
    let dir = tempfile::tempdir().unwrap();
    let (bench, cert, tls) = encrypted(dir.path()).await;
    let first = dir.path().join("first.pem");
    std::fs::copy(&cert, &first).unwrap();
    certificate(dir.path());
    connect(&bench, &first).await.unwrap();
    tls.reload().unwrap();
    assert!(connect(&bench, &first).await.is_err());
    connect(&bench, &cert).await.unwrap();
    let second = dir.path().join("second.pem");
    std::fs::copy(&cert, &second).unwrap();
    std::fs::write(&cert, "nonsense").unwrap();
    tls.reload().unwrap_err();
    connect(&bench, &second).await.unwrap();
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (cert, key) = certificate(dir.path());
    let (_, other_key) = certificate(other.path());
    let missing = dir.path().join("missing.pem");
    for (cert, key, wanted) in [
        (&missing, &key, "missing.pem for --tls-cert"),
        (&cert, &missing, "missing.pem for --tls-key"),
        (&key, &key, "expected a certificate in PEM"),
        (&cert, &cert, "cert.pem for --tls-key"),
        (&cert, &other_key, "cannot be used together"),
    ] {
        let said = Tls::open(cert, key).unwrap_err().to_string();
        assert!(said.contains(wanted), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_says_hello_keeps_nobody_out() {
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = certificate(dir.path());
    let tls = Some(Arc::new(Tls::open(&cert, &key).unwrap()));
    let limits = Limits { max_connections: 3, ..Limits::default() };
    let bench = Bench::over(limits, 16, tls).await;
    let silent = [TcpStream::connect(bench.address).await.unwrap(), TcpStream::connect(bench.address).await.unwrap()];
    connect(&bench, &cert).await.unwrap();
    drop(silent);
    let freed = async {
        while bench.server.counters().tls_failed.get() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(common::PATIENCE, freed).await.unwrap();
    bench.server.stop().await;
}
