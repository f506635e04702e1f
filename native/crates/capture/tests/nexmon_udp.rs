//! Nexmon measurements over the loopback interface.

mod common;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use common::air::measurement;
use common::refused;
use ruview_capture::{CaptureAdapter, CaptureError, CaptureEvent, HostKind, NexmonUdp, NexmonUdpConfig, RejectReason};
use ruview_core::{DataSource, NexmonFrame, NodeNumber};
use ruview_wire::nexmon::build_payload;

const NODE: NodeNumber = NodeNumber(9);
const PATIENCE: Duration = Duration::from_secs(10);

fn config(allow: &str) -> NexmonUdpConfig {
    let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    NexmonUdpConfig { bind, allow: vec![allow.parse().expect("a subnet")], node: NODE }
}

async fn next_frame(adapter: &mut NexmonUdp) -> NexmonFrame {
    let wait = async {
        loop {
            if let CaptureEvent::Nexmon(frame) = adapter.next().await.expect("sockets do not end").event {
                return frame;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("a measurement")
}

#[tokio::test]
async fn measurements_arrive_and_others_count_for_what_they_are() {
    let mut adapter = NexmonUdp::bind(config("127.0.0.0/8")).expect("a free port");
    assert_eq!((adapter.source(), adapter.capabilities().host), (DataSource::Live, HostKind::Nexmon));
    let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let frame = measurement(NODE, 1);
    let payload = build_payload(&frame).expect("a measurement");
    for datagram in [&b"GET / HTTP/1.1\r\n\r\n"[..], &payload[..payload.len() - 1], &[], &payload] {
        sender.send_to(datagram, adapter.local_addr()).expect("sent");
    }
    assert_eq!(next_frame(&mut adapter).await, frame);
    assert_eq!(refused(&adapter.counters()), [(RejectReason::WrongLength, 2), (RejectReason::InvalidField, 1)]);
    assert_eq!(adapter.counters().accepted(), 1);
}

#[tokio::test]
async fn only_allowed_subnets_are_heard() {
    let mut adapter = NexmonUdp::bind(config("127.0.0.2/32")).expect("a free port");
    for (last, sequence) in [(1, 1), (2, 2)] {
        let sender = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, last), 0)).expect("a free port");
        let payload = build_payload(&measurement(NODE, sequence)).expect("a measurement");
        sender.send_to(&payload, adapter.local_addr()).expect("sent");
    }
    assert_eq!(next_frame(&mut adapter).await, measurement(NODE, 2));
    assert_eq!(refused(&adapter.counters()), [(RejectReason::ForeignSource, 1)]);
}

#[tokio::test]
async fn an_address_in_use_is_an_error_that_names_it() {
    let first = NexmonUdp::bind(config("127.0.0.0/8")).expect("a free port");
    let bind = first.local_addr();
    let error = NexmonUdp::bind(NexmonUdpConfig { bind, ..config("127.0.0.0/8") }).unwrap_err();
    assert!(matches!(error, CaptureError::Bind { address, .. } if address == bind));
}
