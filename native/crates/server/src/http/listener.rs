//! Accepts connections: as many as are allowed, none that takes for ever to say what it wants.

use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::Peer;
use crate::counters::Counters;
use crate::server::Listener;

const AFTER_A_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// Serves `router` until `stop` becomes true. Connections that are open then end on their own.
pub(crate) async fn serve(
    Listener { tcp, tls, ingress }: Listener,
    router: Router,
    head_timeout: Duration,
    connections: Arc<Semaphore>,
    counters: Arc<Counters>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|&stop| stop) => return,
            accepted = tcp.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: trying again at once would only burn the processor.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_A_FAILED_ACCEPT).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&connections).try_acquire_owned() else {
            counters.connections_refused.add();
            continue;
        };
        let is_ingress = ingress.is_some_and(|proxy| proxy.to_canonical() == address.ip().to_canonical());
        let peer = Peer { address: address.ip(), is_ingress, _permit: Arc::new(permit) };
        // Small frames must not wait for each other; a socket that refuses is merely slower.
        let _ = stream.set_nodelay(true);
        let (router, stop) = (router.clone().layer(Extension(peer)), stop.clone());
        match &tls {
            None => drop(tokio::spawn(connection(stream, router, head_timeout, stop))),
            Some(tls) => {
                let counters = Arc::clone(&counters);
                drop(tokio::spawn(encrypted(stream, tls.acceptor(), router, head_timeout, stop, counters)));
            }
        }
    }
}

/// As [`connection`], once the client has agreed on encryption, for which it has as long as for its headers.
async fn encrypted(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    router: Router,
    head_timeout: Duration,
    stop: watch::Receiver<bool>,
    counters: Arc<Counters>,
) {
    match tokio::time::timeout(head_timeout, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => connection(stream, router, head_timeout, stop).await,
        failed => {
            counters.tls_failed.add();
            let why = failed.map_or_else(
                |_| "it took too long".to_owned(),
                |stream| stream.err().map_or_else(String::new, |error| error.to_string()),
            );
            tracing::debug!(why, "a connection was not encrypted");
        }
    }
}

async fn connection<S>(stream: S, router: Router, head_timeout: Duration, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => Some(ended),
        _ = stop.wait_for(|&stop| stop) => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        connection.as_mut().graceful_shutdown();
        connection.await
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}
