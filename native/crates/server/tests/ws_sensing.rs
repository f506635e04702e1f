//! The legacy stream: its frames, who may listen, and what becomes of those who do not read.

#![allow(clippy::unwrap_used)]

mod common;
mod running;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::{Bench, Client, PATIENCE};
use futures_util::{SinkExt, StreamExt};
use running::Running;
use ruview_bfld::PrivacyClass;
use ruview_bfld::policy::Terms;
use ruview_server::Limits;
use ruview_server::ws::sensing::frames::{
    Classification, EdgeVitals, Features, LegacyFrame, NodeUpdate, PoseData, SensingUpdate, VitalSigns, ZoneUpdate,
};
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{client_async, connect_async};

fn golden(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/golden/ws_sensing").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn assert_golden(frame: &LegacyFrame, terms: Terms, name: &str) {
    let frame: Value = serde_json::from_str(&frame.to_text(terms).unwrap()).unwrap();
    assert_eq!(frame, golden(name), "{name}");
}

#[test]
fn frames_look_like_the_examples() {
    let edge = LegacyFrame::EdgeVitals(EdgeVitals {
        node_id: "node_1".into(),
        presence: Some(true),
        fall_detected: false,
        motion: Some(false),
        breathing_rate_bpm: Some(14.0),
        heartrate_bpm: None,
        n_persons: Some(1),
        motion_energy: Some(0.0021),
        presence_score: Some(0.93),
        rssi: Some(-52.0),
    });
    let restricted = Terms { class: PrivacyClass::Restricted, ..Terms::default() };
    assert_golden(&edge, Terms::default(), "edge_vitals.json");
    assert_golden(&edge, restricted, "edge_vitals_restricted.json");
    assert_golden(&edge, Terms { privacy_mode: true, ..Terms::default() }, "edge_vitals_restricted.json");
    let update = LegacyFrame::SensingUpdate(SensingUpdate {
        timestamp: 1_795_600_812.25,
        source: "live",
        tick: 7,
        nodes: vec![NodeUpdate { node_id: "node_1".into(), rssi: Some(-52.0) }],
        features: Features { motion_level: Some(3.2), motion_energy: Some(0.0021) },
        classification: Classification {
            presence: Some(true),
            motion_level: Some("present_still"),
            confidence: Some(0.93),
        },
        vital_signs: Some(VitalSigns {
            breathing_rate_bpm: Some(14.0),
            breathing_confidence: Some(0.85),
            heartrate_bpm: None,
            heartrate_confidence: None,
        }),
        zones: vec![ZoneUpdate { zone: "zone_bedroom_bed".into(), zone_occupancy: Some(true) }],
    });
    assert_golden(&update, Terms::default(), "sensing_update.json");
    let person = json!({"track_id": 7, "keypoints": vec![[0.5, 0.25, 0.9]; 17], "position": [1.0, 2.0, 0.0]});
    let pose = PoseData { node_id: "node_1".into(), timestamp: 1_795_600_812.25, persons: json!([person]) };
    let pose = LegacyFrame::PoseData(pose);
    assert_golden(&pose, Terms { tracking_opt_in: true, ..Terms::default() }, "pose_data.json");
    assert!(!pose.to_text(Terms::default()).unwrap().contains("persons"), "nobody asked for it");
}

fn request(bench: &Bench, token: Option<&str>) -> Request<()> {
    let mut request = format!("ws://{}/ws/sensing", bench.address).into_client_request().unwrap();
    if let Some(token) = token {
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

fn quick() -> Limits {
    Limits { legacy_period: Duration::from_millis(2), ..Limits::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_is_in_the_header_or_in_the_first_message() {
    let bench = Bench::with(quick(), 64).await;
    let (socket, _) = connect_async(request(&bench, Some(&bench.token))).await.unwrap();
    let mut client = Client { socket };
    assert_eq!(client.frame().await["type"], "sensing_update");

    let mut client = Client::connect(&format!("ws://{}/ws/sensing", bench.address)).await.unwrap();
    assert_eq!(client.authenticate(&bench.token).await["type"], "auth_ok");
    // Older clients greet; nobody answers, and nobody minds.
    client.send(json!({"type": "subscribe"})).await;
    client.socket.send(Message::text("[".repeat(10_000))).await.unwrap();
    assert_eq!(client.frame().await["type"], "sensing_update");
    assert_eq!(client.frame().await["type"], "sensing_update");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_listens_without_a_token() {
    let bench = Bench::with(quick(), 64).await;
    let Err(Error::Http(refusal)) = connect_async(request(&bench, Some("wrong"))).await else { panic!("refused") };
    assert_eq!(refusal.status(), 401);
    let mut client = Client::connect(&format!("ws://{}/ws/sensing", bench.address)).await.unwrap();
    assert_eq!(client.authenticate("wrong").await["type"], "auth_invalid");
    assert_eq!(client.close_code().await, Some(4401));
    let in_address = format!("ws://{}/ws/sensing?token={}", bench.address, bench.token);
    let mut client = Client::connect(&in_address).await.unwrap();
    assert_eq!(client.frame().await["type"], "auth_required", "addresses stand in the logs of proxies");
    let plain = bench.http("/ws/sensing", Some(&bench.token)).await;
    assert!(plain.contains("application/problem+json"), "{plain}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn binary_and_oversized_messages_end_it() {
    let bench = Bench::with(quick(), 64).await;
    for (message, code) in [(Message::binary(vec![1]), 1003), (Message::text("x".repeat(2 << 20)), 1009)] {
        let (socket, _) = connect_async(request(&bench, Some(&bench.token))).await.unwrap();
        let (mut sink, stream) = socket.split();
        // The server closes before it has read everything.
        tokio::spawn(async move { sink.send(message).await });
        let closed = stream.filter_map(async |message| match message {
            Ok(Message::Close(frame)) => Some(frame.map(|frame| u16::from(frame.code))),
            _ => None,
        });
        let code_of = tokio::time::timeout(PATIENCE, std::pin::pin!(closed).next()).await.unwrap();
        assert_eq!(code_of, Some(Some(code)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_goes_on_with_the_latest_and_holds_up_nobody() {
    let bench = Bench::with(quick(), 64).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(bench.address).await.unwrap();
    let (mut slow, _) = client_async(request(&bench, Some(&bench.token)), stream).await.unwrap();
    let (fast, _) = connect_async(request(&bench, Some(&bench.token))).await.unwrap();
    let mut fast = Client { socket: fast };

    let deadline = Instant::now() + 3 * PATIENCE;
    while bench.server.counters().ws_sensing_skipped.get() == 0 {
        // Reading the slow client's stream only now and then lets the server get on with it.
        for _ in 0..500 {
            fast.frame().await;
        }
        let _ = tokio::time::timeout(Duration::from_millis(1), slow.next()).await;
        assert!(Instant::now() < deadline, "nothing was skipped");
    }
    let mut ticks = Vec::new();
    let counted = bench.server.counters().ws_sensing_skipped.get();
    while !ticks.windows(2).any(|pair: &[u64]| pair[1] > pair[0] + 1) {
        let Some(Ok(message)) = slow.next().await else { panic!("the stream goes on") };
        let Message::Text(text) = message else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap();
        ticks.push(frame["tick"].as_u64().unwrap());
    }
    assert!(ticks.is_sorted(), "{ticks:?}");
    assert!(counted > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_open_client_is_dropped() {
    let limits = Limits { heartbeat: Duration::from_millis(200), ..quick() };
    let bench = Bench::with(limits, 64).await;
    // Connected, and then silent: it answers no ping.
    let half_open = connect_async(request(&bench, Some(&bench.token))).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while bench.server.counters().ws_ping_timeouts.get() == 0 {
        assert!(Instant::now() < deadline, "the half-open client is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bench.server.counters().ws_sensing_clients.get(), 0);
    drop(half_open);
}

/// The real program on the simulator.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_node_is_told_of_within_seconds() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::start(data.path(), &["simulate", "--speed", "10"]);
    let mut client = Client::connect(&format!("ws://{}/ws/sensing", server.address("http"))).await.unwrap();
    let token = std::fs::read_to_string(data.path().join("token")).unwrap();
    client.authenticate(token.trim()).await;
    let seen = async {
        loop {
            let frame = client.frame().await;
            if frame["type"] == "edge_vitals" {
                return frame;
            }
        }
    };
    let edge = tokio::time::timeout(PATIENCE, seen).await.unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&edge), keys(&golden("edge_vitals.json")));
    assert_eq!((&edge["node_id"], &edge["heartrate_bpm"]), (&json!("node_1"), &Value::Null));
    assert_eq!(client.frame().await["source"], "simulated");
}
