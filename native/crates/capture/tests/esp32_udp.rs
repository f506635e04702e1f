//! Datagrams over the loopback interface: good ones arrive, bad ones are counted for what they are.

mod common;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{csi, edge_vitals, feature_state, refused};
use ruview_capture::{CaptureAdapter, CaptureError, CaptureEvent, Esp32Udp, Esp32UdpConfig, RejectReason};
use ruview_core::{Complex32, CsiFrame, DataSource, NodeNumber, NodePacket, StreamTime};
use ruview_wire::esp32::{build_compressed_csi, build_packet};

/// Well beyond what the loopback interface takes, so that a lost packet fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(10);

const fn loopback(last: u8, port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), port)
}

fn adapter(allow: &[&str]) -> Esp32Udp {
    let allow = allow.iter().map(|net| net.parse().expect("a subnet")).collect();
    Esp32Udp::bind(Esp32UdpConfig { bind: loopback(1, 0), allow }).expect("a free port")
}

fn sender(last: u8) -> UdpSocket {
    UdpSocket::bind(loopback(last, 0)).expect("a free port")
}

fn datagram(packet: &NodePacket) -> Vec<u8> {
    build_packet(packet).expect("a packet that nodes can send")
}

/// The next packet and its time, whatever ticks come before.
async fn next_captured(adapter: &mut Esp32Udp) -> (StreamTime, NodePacket) {
    let wait = async {
        loop {
            let captured = adapter.next().await.expect("sockets do not end");
            if let CaptureEvent::Packet(packet) = captured.event {
                return (captured.at, packet);
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("a packet")
}

async fn next_packet(adapter: &mut Esp32Udp) -> NodePacket {
    next_captured(adapter).await.1
}

#[tokio::test]
async fn packets_arrive_with_the_time_of_reception() {
    let now = || StreamTime::from_micros(0) + SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut adapter = adapter(&[]);
    assert_eq!(adapter.source(), DataSource::Live);
    let sender = sender(1);
    for packet in [csi(7), edge_vitals(), feature_state()] {
        let before = now();
        sender.send_to(&datagram(&packet), adapter.local_addr()).unwrap();
        let (at, received) = next_captured(&mut adapter).await;
        assert_eq!(received, packet);
        assert!((before..=now()).contains(&at), "{before} <= {at}");
    }
    assert_eq!(adapter.counters().accepted(), 3);
}

#[tokio::test]
async fn bad_datagrams_count_for_what_they_are_and_the_next_good_one_arrives() {
    let csi_octets = datagram(&csi(0));
    let mut not_finite = datagram(&edge_vitals());
    not_finite[20..24].copy_from_slice(&f32::NAN.to_le_bytes());
    let mut bad_crc = datagram(&feature_state());
    bad_crc[16] ^= 1;
    let mut no_antennas = csi_octets.clone();
    no_antennas[5] = 0;

    let cases = [
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), RejectReason::WrongMagic),
        (vec![0xAA; 65_507], RejectReason::WrongMagic),
        (vec![0xFF, 0xFF, 0x11, 0xC5, 1, 6, 0, 0, 0, 0], RejectReason::UnsupportedPacket),
        (vec![5, 0, 0x11, 0xC5, 1, 6, 0, 0, 0, 0], RejectReason::MissingKeyframe),
        (vec![], RejectReason::WrongLength),
        (csi_octets[..100].to_vec(), RejectReason::WrongLength),
        ([&csi_octets[..], &[0]].concat(), RejectReason::WrongLength),
        (no_antennas, RejectReason::InvalidField),
        (bad_crc, RejectReason::BadCrc),
        (not_finite, RejectReason::NotFinite),
    ];
    for (bad, reason) in cases {
        let mut adapter = adapter(&["127.0.0.0/8"]);
        let sender = sender(1);
        sender.send_to(&bad, adapter.local_addr()).unwrap();
        sender.send_to(&csi_octets, adapter.local_addr()).unwrap();
        assert_eq!(next_packet(&mut adapter).await, csi(0));
        assert_eq!(refused(&adapter.counters()), [(reason, 1)]);
        assert_eq!(adapter.counters().accepted(), 1);
    }
}

#[tokio::test]
async fn only_allowed_subnets_are_heard() {
    let mut adapter = adapter(&["127.0.0.2/32"]);
    sender(1).send_to(&datagram(&csi(1)), adapter.local_addr()).unwrap();
    sender(2).send_to(&datagram(&csi(2)), adapter.local_addr()).unwrap();
    assert_eq!(next_packet(&mut adapter).await, csi(2));
    assert_eq!(refused(&adapter.counters()), [(RejectReason::ForeignSource, 1)]);
}

#[tokio::test]
async fn a_second_node_with_one_number_is_refused_and_told() {
    let mut adapter = adapter(&[]);
    let (first, second) = (sender(1), sender(2));
    first.send_to(&datagram(&csi(1)), adapter.local_addr()).unwrap();
    assert_eq!(next_packet(&mut adapter).await, csi(1));
    for _ in 0..3 {
        second.send_to(&datagram(&csi(2)), adapter.local_addr()).unwrap();
    }
    first.send_to(&datagram(&csi(3)), adapter.local_addr()).unwrap();
    let mut told = 0;
    let received = loop {
        match tokio::time::timeout(PATIENCE, adapter.next()).await.unwrap().unwrap().event {
            CaptureEvent::Duplicate(node) => {
                assert_eq!(node, csi(1).node());
                told += 1;
            }
            CaptureEvent::Packet(packet) => break packet,
            _ => {}
        }
    };
    assert_eq!(received, csi(3));
    assert_eq!(told, 1);
    assert_eq!(refused(&adapter.counters()), [(RejectReason::DuplicateNode, 3)]);
}

#[tokio::test(start_paused = true)]
async fn ticks_come_every_second_without_packets() {
    let mut adapter = adapter(&[]);
    let start = tokio::time::Instant::now();
    let mut last = StreamTime::from_micros(0);
    for second in 1..=3 {
        let captured = adapter.next().await.unwrap();
        assert_eq!(captured.event, CaptureEvent::Tick);
        assert!(captured.at >= last);
        last = captured.at;
        assert_eq!(start.elapsed().as_secs(), second);
    }
}

#[tokio::test]
async fn a_dropped_future_loses_nothing() {
    let mut adapter = adapter(&[]);
    let sender = sender(1);
    for seq in 0..20 {
        tokio::select! {
            biased;
            early = adapter.next() => panic!("nothing was sent yet: {early:?}"),
            () = tokio::task::yield_now() => {}
        }
        sender.send_to(&datagram(&csi(seq)), adapter.local_addr()).unwrap();
        assert_eq!(next_packet(&mut adapter).await, csi(seq));
    }
}

#[tokio::test]
async fn an_address_in_use_is_an_error_that_names_it() {
    let first = adapter(&[]);
    let bind = first.local_addr();
    let error = Esp32Udp::bind(Esp32UdpConfig { bind, allow: vec![] }).unwrap_err();
    assert!(matches!(error, CaptureError::Bind { address, .. } if address == bind));
    assert!(error.to_string().starts_with(&format!("cannot receive on UDP {bind}: ")), "{error}");
}

#[tokio::test]
async fn compressed_frames_follow_the_raw_one_of_their_node() {
    let frame = |node: u8, step: u8| {
        let iq = (0..64).map(|bin| Complex32::new(f32::from(bin + step), f32::from(node))).collect();
        let mut frame = CsiFrame::new(NodeNumber(node), 1, 64, iq).expect("64 samples");
        (frame.seq, frame.rssi_dbm, frame.noise_floor_dbm) = (Some(0), Some(-40), Some(-95));
        frame
    };
    let compressed = |node, step| build_compressed_csi(&frame(node, step - 1), &frame(node, step), 6).unwrap();
    let raw = |node| datagram(&NodePacket::Csi(frame(node, 0)));
    let mut adapter = adapter(&[]);
    let sender = sender(1);
    // Two nodes at once; the first compressed frame of node 2 comes before anything that it could be the difference to.
    for datagram in [raw(1), compressed(2, 1), compressed(1, 1), raw(2), compressed(2, 1), compressed(1, 2)] {
        sender.send_to(&datagram, adapter.local_addr()).unwrap();
    }
    for (node, step) in [(1, 0), (1, 1), (2, 0), (2, 1), (1, 2)] {
        let NodePacket::Csi(received) = next_packet(&mut adapter).await else { panic!("CSI was sent") };
        assert_eq!((received.node, received.iq()), (NodeNumber(node), frame(node, step).iq()));
    }
    assert_eq!(refused(&adapter.counters()), [(RejectReason::MissingKeyframe, 1)]);
}
