//! Many WebSocket subscribers that read as fast as they can, for `scripts/bench server`: `subscribers ADDRESS TOKEN COUNT SECONDS`.
//! Prints `ready` when all have their snapshot, and after so many seconds what they received, as JSON.

use std::error::Error;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Failure = Box<dyn Error + Send + Sync>;
type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What one subscriber received.
#[derive(Default)]
struct Received {
    /// From the server's write of a state to here, in microseconds.
    latencies: Vec<i64>,
    resyncs: u64,
}

async fn subscribed(address: &str, token: &str) -> Result<Socket, Failure> {
    let (mut socket, _) = connect_async(format!("ws://{address}/ws/v1")).await?;
    for message in [json!({"type": "auth", "token": token}), json!({"id": 1, "type": "subscribe"})] {
        socket.send(Message::text(message.to_string())).await?;
    }
    while let Some(message) = socket.next().await {
        if message?.to_text()?.contains(r#""type":"snapshot""#) {
            return Ok(socket);
        }
    }
    Err("closed before the snapshot".into())
}

async fn read(mut socket: Socket, until: Instant) -> Result<Received, Failure> {
    let mut received = Received::default();
    while let Ok(Some(message)) = timeout_at(until, socket.next()).await {
        let message = message?;
        let text = message.to_text()?;
        if text.contains(r#""type":"resync""#) {
            received.resyncs += 1;
        } else if text.contains(r#""type":"state_changed""#)
            && let Some(at) = last_updated(text)
        {
            received.latencies.push(Timestamp::now().as_microsecond() - at.as_microsecond());
        }
    }
    Ok(received)
}

/// Without parsing the rest: the server is measured, not its clients.
fn last_updated(text: &str) -> Option<Timestamp> {
    let (_, rest) = text.split_once(r#""last_updated":""#)?;
    rest.split_once('"')?.0.parse().ok()
}

#[allow(clippy::print_stdout, reason = "its output is what it is for")]
#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, token, count, seconds] = arguments.as_slice() else {
        return Err("usage: subscribers ADDRESS TOKEN COUNT SECONDS".into());
    };
    let (count, seconds): (usize, f64) = (count.parse()?, seconds.parse()?);
    let mut sockets = Vec::new();
    for _ in 0..count {
        sockets.push(subscribed(address, token).await?);
    }
    println!("ready");
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    let readers: Vec<_> = sockets.into_iter().map(|socket| tokio::spawn(read(socket, until))).collect();
    let (mut latencies, mut resyncs) = (Vec::new(), 0);
    for reader in readers {
        let received = reader.await??;
        latencies.extend(received.latencies);
        resyncs += received.resyncs;
    }
    latencies.sort_unstable();
    let quantile =
        |share: f64| latencies.get(((latencies.len() as f64 - 1.0) * share) as usize).map(|&us| us as f64 / 1e3);
    let figures = json!({
        "changes": latencies.len(), "resyncs": resyncs,
        "p50_ms": quantile(0.5), "p95_ms": quantile(0.95), "p99_ms": quantile(0.99),
    });
    println!("{figures}");
    Ok(())
}
