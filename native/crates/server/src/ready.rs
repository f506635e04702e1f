//! One line on stdout that says that the server is there and where: for scripts and supervisors that start it.

use std::io::{self, Write};
use std::net::SocketAddr;

use serde::Serialize;
use uuid::Uuid;

use crate::api::API;

#[derive(Serialize)]
#[serde(tag = "event", rename = "ready")]
struct Ready {
    http: SocketAddr,
    udp: Option<SocketAddr>,
    server_id: Uuid,
    api: u32,
}

/// Says that the server is there.
pub(crate) fn announce(http: SocketAddr, udp: Option<SocketAddr>, server_id: Uuid) -> io::Result<()> {
    let line = serde_json::to_string(&Ready { http, udp, server_id, api: API })?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
