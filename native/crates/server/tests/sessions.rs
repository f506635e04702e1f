//! What a client sees, and what it may do wrong.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::{Bench, Client, PATIENCE};
use futures_util::{SinkExt, StreamExt};
use ruview_server::Limits;
use serde_json::{Map, Value, json};
use tokio::io::AsyncReadExt;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_and_then_what_changes() {
    let bench = Bench::start().await;
    bench.set("sensor.a", "1");
    let mut client = bench.client().await;
    let snapshot = client.subscribe(7).await;
    assert_eq!(snapshot["devices"][0]["kind"], "server");
    assert_eq!(snapshot["states"][0]["state"], "1");

    bench.set("sensor.a", "1");
    bench.set("sensor.a", "2");
    bench.core.fire("bell", Map::new(), homecore::Context::new(), jiff::Timestamp::UNIX_EPOCH);
    bench.core.remove_device(snapshot["devices"][0]["id"].as_str().unwrap());
    let changed = client.frame().await;
    assert_eq!((&changed["id"], &changed["event"]["type"]), (&json!(7), &json!("state_changed")));
    assert_eq!(changed["event"]["state"]["state"], "2");
    let fired = client.frame().await;
    assert_eq!(
        fired["event"],
        json!({
            "type": "event",
            "event_type": "bell",
            "device_id": null,
            "entity_id": null,
            "data": {},
            "time_fired": "1970-01-01T00:00:00.000000Z",
        })
    );
    let removed = client.frame().await;
    assert_eq!((&removed["event"]["action"], &removed["event"]["device"]), (&json!("remove"), &Value::Null));

    let again = client.command(8, "subscribe").await;
    assert_eq!(again["error"]["code"], "already_subscribed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_client_hears_no_old_events() {
    let bench = Bench::start().await;
    bench.core.fire("bell", Map::new(), homecore::Context::new(), jiff::Timestamp::now());
    let mut client = bench.client().await;
    client.subscribe(1).await;
    bench.set("sensor.a", "1");
    assert_eq!(client.frame().await["event"]["type"], "state_changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_are_answered() {
    let bench = Bench::start().await;
    bench.set("sensor.a", "1");
    let mut client = bench.client().await;
    let states = client.command(1, "get_states").await;
    assert_eq!(states["result"][0]["entity_id"], "sensor.a");
    let config = client.command(2, "get_config").await;
    assert_eq!((&config["result"]["source"], &config["result"]["stale_after_s"]), (&json!("live"), &json!(30)));
    let diagnostics = client.command(3, "get_diagnostics").await;
    assert_eq!(diagnostics["result"]["counters"]["ws_clients"], 1);
    assert_eq!(diagnostics["result"]["counters"]["packets_rejected"]["bad_crc"], 0);
    let text = diagnostics.to_string();
    assert!(!text.contains(&bench.token) && !text.contains("127.0.0.1"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_is_answered_and_the_stream_goes_on() {
    let bench = Bench::start().await;
    let mut client = bench.client().await;
    client.subscribe(1).await;
    for (text, id, code) in [
        ("garbage", 0, "invalid_format"),
        ("{\"id\":", 0, "invalid_format"),
        (r#"{"id":"x","type":"ping"}"#, 0, "invalid_format"),
        (r#"{"id":3}"#, 3, "invalid_format"),
        (r#"{"id":4,"type":"dance"}"#, 4, "unknown_command"),
    ] {
        client.socket.send(Message::text(text)).await.unwrap();
        let answer = client.frame().await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(id), &json!(code)), "{text}");
        assert_eq!(answer["success"], false);
    }
    bench.set("sensor.a", "1");
    assert_eq!(client.frame().await["event"]["type"], "state_changed");
    assert_eq!(bench.server.counters().ws_invalid_frames.get(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_and_depths_that_nothing_can_hold_are_answered() {
    let bench = Bench::start().await;
    let mut client = bench.client().await;
    client.subscribe(1).await;
    let deep = |inside: &str| format!("{}{inside}{}", "[".repeat(10_000), "]".repeat(10_000));
    let calibrate = |duration: &str| {
        let data = format!(r#"{{"node_id":"node_1","duration_s":{duration}}}"#);
        format!(r#"{{"id":9,"type":"call_service","domain":"ruview","service":"calibrate","data":{data}}}"#)
    };
    let cases = [
        (deep(""), 0, "invalid_format"),
        (format!(r#"{{"id":2,"type":"ping","more":{}}}"#, deep("1")), 0, "invalid_format"),
        (r#"{"id":1e400,"type":"ping"}"#.to_owned(), 0, "invalid_format"),
        // 2^70 and the first number that no id can be.
        (r#"{"id":1180591620717411303424,"type":"ping"}"#.to_owned(), 0, "invalid_format"),
        (r#"{"id":18446744073709551616,"type":"ping"}"#.to_owned(), 0, "invalid_format"),
        (calibrate("1e400"), 0, "invalid_format"),
        (calibrate("1180591620717411303424"), 9, "invalid_data"),
        (calibrate("-1"), 9, "invalid_data"),
    ];
    for (text, id, code) in cases {
        let shown: String = text.chars().take(80).collect();
        client.socket.send(Message::text(text)).await.unwrap();
        let answer = client.frame().await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(id), &json!(code)), "{shown}");
    }
    bench.set("sensor.a", "1");
    assert_eq!(client.frame().await["event"]["type"], "state_changed");
    // What a service makes of its data is the service's affair.
    assert_eq!(bench.server.counters().ws_invalid_frames.get(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_is_used_again_is_answered_again() {
    let bench = Bench::start().await;
    let mut client = bench.client().await;
    for _ in 0..2 {
        client.send(json!({"id": 5, "type": "ping"})).await;
    }
    client.send(json!({"id": 5, "type": "dance"})).await;
    for success in [true, true, false] {
        let answer = client.frame().await;
        assert_eq!((&answer["id"], &answer["success"]), (&json!(5), &json!(success)));
    }
    // Its events come under the id of the subscription, whatever else has it.
    client.subscribe(5).await;
    assert_eq!(client.command(5, "ping").await["success"], true);
    bench.set("sensor.a", "1");
    assert_eq!(client.frame().await["event"]["type"], "state_changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_that_is_not_utf_8_closes_with_1007() {
    let bench = Bench::start().await;
    let mut other = bench.client().await;
    other.subscribe(1).await;
    let garbled = b"{\"id\":1,\"type\":\"p\xffng\"}".to_vec();
    let garbled = || Message::Frame(Frame::message(garbled.clone(), OpCode::Data(Data::Text), true));
    let (mut known, mut stranger) = (bench.client().await, bench.connect().await.unwrap());
    stranger.frame().await;
    for client in [&mut known, &mut stranger] {
        client.socket.send(garbled()).await.unwrap();
        assert_eq!(client.close_code().await, Some(1007));
    }
    bench.set("sensor.a", "1");
    assert_eq!(other.frame().await["event"]["type"], "state_changed");
    assert_eq!(bench.server.counters().ws_invalid_frames.get(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_may_have_a_mebibyte_and_no_more() {
    const LIMIT: usize = 1 << 20;
    let bench = Bench::start().await;
    let sized = |length: usize| {
        let (head, tail) = (r#"{"id":3,"type":"ping","more":""#, r#""}"#);
        format!("{head}{}{tail}", "x".repeat(length - head.len() - tail.len()))
    };
    let mut client = bench.client().await;
    for length in [LIMIT - 1, LIMIT] {
        client.socket.send(Message::text(sized(length))).await.unwrap();
        let answer = client.frame().await;
        assert_eq!((&answer["id"], &answer["success"]), (&json!(3), &json!(true)), "{length} bytes");
    }
    assert_eq!(bench.server.counters().ws_oversized_messages.get(), 0);
    // The server may have gone before it has read everything.
    let _ = client.socket.send(Message::text(sized(LIMIT + 1))).await;
    assert_eq!(client.close_code().await, Some(1009));
    assert_eq!(bench.server.counters().ws_oversized_messages.get(), 1);
    assert_eq!(bench.client().await.command(1, "ping").await["success"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn binary_frames_close_with_1003() {
    let bench = Bench::start().await;
    let mut client = bench.client().await;
    client.socket.send(Message::binary(b"{\"id\":1,\"type\":\"ping\"}".to_vec())).await.unwrap();
    assert_eq!(client.close_code().await, Some(1003));
    assert_eq!(bench.server.counters().ws_binary_frames.get(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_ten_megabytes_closes_with_1009_and_harms_nobody() {
    let bench = Bench::start().await;
    let mut other = bench.client().await;
    other.subscribe(1).await;
    let Client { socket } = bench.client().await;
    let (mut sink, stream) = socket.split();
    let sending = tokio::spawn(async move { sink.send(Message::text("x".repeat(10 << 20))).await.is_ok() });
    let code = tokio::time::timeout(PATIENCE, close_code(stream)).await.unwrap();
    assert_eq!(code, Some(1009));
    let _ = sending.await;
    bench.set("sensor.a", "1");
    assert_eq!(other.frame().await["event"]["type"], "state_changed");
    assert_eq!(bench.server.counters().ws_oversized_messages.get(), 1);
}

async fn close_code<S>(mut stream: S) -> Option<u16>
where
    S: futures_util::Stream<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    while let Some(Ok(message)) = stream.next().await {
        if let Message::Close(frame) = message {
            return frame.map(|frame| frame.code.into());
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_gets_a_fresh_snapshot_and_blocks_nobody() {
    let bench = Bench::with(Limits::default(), 64).await;
    let mut slow = bench.client().await;
    let mut fast = bench.client().await;
    slow.subscribe(1).await;
    fast.subscribe(1).await;

    // More than sockets buffer, so that the slow client's stops taking frames.
    let filler: String = "x".repeat(4000);
    let started = Instant::now();
    for n in 0..5000 {
        let attributes = json!({"reason": filler}).as_object().unwrap().clone();
        bench.set_with(&format!("sensor.entity_{}", n % 10), &n.to_string(), attributes);
        if n % 50 == 49 {
            // The fast client keeps up.
            let last = json!(n.to_string());
            while fast.frame().await["event"]["state"]["state"] != last {}
        }
    }
    assert!(started.elapsed() < Duration::from_secs(20));

    let mut states: BTreeMap<String, u32> = BTreeMap::new();
    let mut resyncs = 0;
    let value = |state: &Value| state["state"].as_str().unwrap().parse::<u32>().unwrap();
    while states.values().max() != Some(&4999) {
        let frame = slow.frame().await;
        if frame["type"] == "resync" {
            assert_eq!(frame, json!({"id": 1, "type": "resync"}));
            let snapshot = slow.frame().await;
            assert_eq!(snapshot["event"]["type"], "snapshot", "a resync is followed by a snapshot");
            let fresh: BTreeMap<_, _> = snapshot["event"]["states"]
                .as_array()
                .unwrap()
                .iter()
                .map(|state| (state["entity_id"].as_str().unwrap().to_owned(), value(state)))
                .collect();
            assert!(states.iter().all(|(id, old)| fresh[id] >= *old), "a snapshot does not go back");
            states = fresh;
            resyncs += 1;
        } else {
            let event = &frame["event"];
            assert_eq!(event["type"], "state_changed");
            let id = event["entity_id"].as_str().unwrap().to_owned();
            let new = value(&event["state"]);
            if let Some(old) = states.insert(id, new) {
                assert_eq!(new, old + 10, "no gap without a resync");
            }
        }
    }
    assert!(resyncs > 0);
    assert_eq!(bench.server.counters().ws_resyncs.get(), resyncs);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_answers_no_ping_is_dropped_and_who_does_is_not() {
    let limits = Limits { heartbeat: Duration::from_millis(300), ..Limits::default() };
    let bench = Bench::with(limits, 64).await;
    let mut alive = bench.client().await;
    alive.subscribe(1).await;
    // Not read from, so that it answers no ping.
    let dead = bench.client().await;
    let deadline = Instant::now() + PATIENCE;
    while bench.server.counters().ws_ping_timeouts.get() == 0 {
        assert!(Instant::now() < deadline, "the dead client is still there");
        let _ = tokio::time::timeout(Duration::from_millis(20), alive.socket.next()).await;
    }
    bench.set("sensor.a", "1");
    assert_eq!(alive.frame().await["event"]["type"], "state_changed");
    assert_eq!(bench.server.counters().ws_ping_timeouts.get(), 1);
    drop(dead);
}

/// A peer that is switched off sends no FIN: its end of the connection stays, and nobody answers at it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_vanishes_without_a_word_is_dead_after_two_pings() {
    let limits = Limits { heartbeat: Duration::from_millis(500), ..Limits::default() };
    let bench = Bench::with(limits, 64).await;
    let MaybeTlsStream::Plain(mut vanished) = bench.client().await.socket.into_inner() else { panic!("not encrypted") };
    let mut rest = Vec::new();
    tokio::time::timeout(PATIENCE, vanished.read_to_end(&mut rest)).await.expect("it is still open").unwrap();
    let pings = rest.chunks(2).inspect(|frame| assert_eq!(*frame, [0x89, 0x00], "a ping without data")).count();
    // The first may have been read together with what was awaited before.
    assert!((1..=2).contains(&pings), "{pings}");
    assert_eq!(bench.server.counters().ws_ping_timeouts.get(), 1);
    assert_eq!(bench.client().await.command(1, "ping").await["success"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_says_1001_to_everybody_and_is_quick() {
    let bench = Bench::start().await;
    let mut subscribed = bench.client().await;
    subscribed.subscribe(1).await;
    let mut waiting = bench.connect().await.unwrap();
    waiting.frame().await;
    // One that asks for nothing, and one that reads nothing.
    let idle = tokio::net::TcpStream::connect(bench.address).await.unwrap();
    let deaf = bench.client().await;
    let started = Instant::now();
    let Bench { server, .. } = bench;
    let ((), a, b) = tokio::join!(server.stop(), subscribed.close_code(), waiting.close_code());
    assert_eq!((a, b), (Some(1001), Some(1001)));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    drop((idle, deaf));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_commands_is_answered_in_order() {
    let bench = Bench::start().await;
    let Client { socket } = bench.client().await;
    let (mut sink, mut stream) = socket.split();
    tokio::spawn(async move {
        for id in 1..=2000 {
            sink.send(Message::text(json!({"id": id, "type": "ping"}).to_string())).await.unwrap();
        }
        std::future::pending::<()>().await;
    });
    for id in 1..=2000 {
        let Some(Ok(Message::Text(text))) = stream.next().await else { panic!("an answer") };
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["id"], id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_policy_does_not_list_is_removed_from_every_frame() {
    let bench = Bench::start().await;
    let attributes = json!({"calibration": "self-1", "mood": "good", "reason": [{"rf_signature_hash": "x"}]});
    bench.set_with("sensor.one", "1", attributes.as_object().unwrap().clone());
    let mut client = bench.client().await;
    let left = json!({"calibration": "self-1", "reason": [{}]});
    assert_eq!(client.command(1, "get_states").await["result"][0]["attributes"], left);
    assert_eq!(client.subscribe(2).await["states"][0]["attributes"], left);
    bench.set_with("sensor.one", "2", attributes.as_object().unwrap().clone());
    assert_eq!(client.frame().await["event"]["state"]["attributes"], left);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stricter_class_holds_for_everybody_at_once() {
    let bench = Bench::start().await;
    let (mut owner, mut other) = (bench.client().await, bench.client().await);
    let mut subscribed = bench.client().await;
    subscribed.subscribe(7).await;
    let data = json!({"privacy_class": 3});
    assert_eq!(owner.call(1, "set_privacy_class", data).await["success"], true);
    let told = subscribed.frame().await;
    let config = json!({"type": "config_updated", "privacy_class": 3, "privacy_mode": true});
    assert_eq!((&told["id"], &told["event"]), (&json!(7), &config));
    let config = other.command(1, "get_config").await["result"].clone();
    assert_eq!((&config["privacy_class"], &config["privacy_mode"]), (&json!(3), &json!(true)));
    let mut later = bench.connect().await.unwrap();
    assert_eq!(later.authenticate(&bench.token).await["privacy_class"], 3);
}
