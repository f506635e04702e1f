//! The program and a real mosquitto.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod broker;
#[path = "../common/mod.rs"]
mod common;
mod listener;
#[path = "../running/mod.rs"]
mod running;

mod audit;
mod discovery;
mod federation;
mod integration;
mod outage;
mod security;
mod states;

use std::path::Path;

use broker::Broker;
use common::edge;
use running::Running;
use ruview_core::{EdgeVitals, NodePacket};
use ruview_wire::esp32::build_packet;

/// A server that hears its nodes over UDP and publishes to `broker`.
fn run(data: &Path, broker: &Broker, more: &[&str]) -> Running {
    let url = broker.url();
    let arguments = ["run", "--udp-bind", "127.0.0.1:0", "--mqtt-url", &url];
    Running::start(data, &[&arguments[..], more].concat())
}

/// Lets a node say something.
fn send(server: &Running, packet: &EdgeVitals) {
    let node = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    node.send_to(&build_packet(&NodePacket::EdgeVitals(packet.clone())).unwrap(), server.address("udp")).unwrap();
}

/// The first digits of a server's id, which stand before its nodes' ids.
fn site(server: &Running) -> String {
    server.ready["server_id"].as_str().unwrap()[..8].to_owned()
}
