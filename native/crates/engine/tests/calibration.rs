//! How a calibration ends, whatever ends it: once, and with a reason.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Bench, LIVE, edge};
use ruview_capture::{CaptureAdapter, Captured, Simulator, SimulatorConfig, Speed, StoryFile};
use ruview_core::StreamTime;
use ruview_engine::services::{DOMAIN, ServiceCall};
use serde_json::{Value, json};

const CALIBRATION: &str = "sensor.node_1_calibration";

/// The first seconds of a built-in story.
async fn first(seconds: f64, story: &str) -> Vec<Captured> {
    let story = StoryFile::find(story.as_ref()).unwrap().config;
    let mut simulator = Simulator::new(SimulatorConfig { speed: Speed::Max, start: Some(common::start()), ..story });
    let mut first = Vec::new();
    while let Some(captured) = simulator.next().await {
        if captured.at >= common::at(seconds) {
            break;
        }
        first.push(captured);
    }
    first
}

/// Plays what came in the seconds of `during`.
fn play(bench: &mut Bench, recording: &[Captured], during: std::ops::Range<f64>) {
    let seconds: std::ops::Range<StreamTime> = common::at(during.start)..common::at(during.end);
    for captured in recording.iter().filter(|captured| seconds.contains(&captured.at)) {
        bench.engine.handle(&LIVE, captured);
    }
}

fn calibrate(bench: &mut Bench, duration_s: u32) {
    let data = json!({"node_id": "node_1", "duration_s": duration_s});
    bench.engine.call(ServiceCall::parse(DOMAIN, "calibrate", data).unwrap()).unwrap();
}

fn call(bench: &mut Bench, service: &str) {
    let data = json!({"node_id": "node_1"});
    bench.engine.call(ServiceCall::parse(DOMAIN, service, data).unwrap()).unwrap();
}

/// The ends that were told since the last call.
fn ends(bench: &mut Bench) -> Vec<Value> {
    let (fired, _) = bench.drain(CALIBRATION);
    let ends = fired.into_iter().filter(|event| event.event_type == "calibration_finished");
    ends.map(|event| Value::Object(event.data)).collect()
}

fn end(outcome: &str, reason: &Value, version: &Value) -> Value {
    json!({
        "outcome": outcome, "reason": reason, "version": version, "entity_id": CALIBRATION, "device_id": "node_1",
    })
}

#[tokio::test]
async fn an_empty_room_is_learnt_and_told_once() {
    let empty = first(60.0, "empty").await;
    let mut bench = Bench::new();
    play(&mut bench, &empty, 0.0..20.0);
    calibrate(&mut bench, 10);
    assert!(ends(&mut bench).is_empty(), "it has only begun");
    play(&mut bench, &empty, 20.0..25.0);
    // Begins anew, and ends once.
    calibrate(&mut bench, 10);
    play(&mut bench, &empty, 25.0..60.0);
    let version = bench.attributes(CALIBRATION)["version"].clone();
    assert!(version.is_u64());
    assert_eq!(ends(&mut bench), [end("learnt", &Value::Null, &version)]);
}

#[tokio::test]
async fn who_comes_in_ends_it() {
    // Somebody comes after two minutes.
    let visited = first(150.0, "active").await;
    let mut bench = Bench::new();
    play(&mut bench, &visited, 0.0..110.0);
    calibrate(&mut bench, 30);
    play(&mut bench, &visited, 110.0..150.0);
    assert_eq!(ends(&mut bench), [end("refused", &json!(["motion"]), &Value::Null)]);
}

#[tokio::test]
async fn who_wants_it_no_more_ends_it_and_what_was_known_stays() {
    let empty = first(60.0, "empty").await;
    let mut bench = Bench::new();
    play(&mut bench, &empty, 0.0..40.0);
    let before = (bench.state(CALIBRATION), bench.attributes(CALIBRATION));
    calibrate(&mut bench, 10);
    play(&mut bench, &empty, 40.0..45.0);
    assert_eq!(bench.state(CALIBRATION).unwrap(), "calibrating");
    call(&mut bench, "cancel_calibration");
    assert_eq!((bench.state(CALIBRATION), bench.attributes(CALIBRATION)), before, "it is shown at once");
    call(&mut bench, "cancel_calibration");
    play(&mut bench, &empty, 45.0..60.0);
    assert_eq!(ends(&mut bench), [end("cancelled", &Value::Null, &Value::Null)]);
}

#[tokio::test]
async fn silence_and_forgetting_abort_it() {
    let empty = first(60.0, "empty").await;
    for (reason, ended) in [
        ("node_silent", (|bench| bench.silence(&LIVE, 22, 60)) as fn(&mut Bench)),
        ("node_silent", |bench| assert!(bench.engine.source_ended(&LIVE).is_some())),
        // The firmware's flags go on, its CSI does not.
        ("node_silent", |bench| {
            for second in 22..60 {
                bench.send(&LIVE, f64::from(second), edge(1, false, false));
                bench.tick(&LIVE, f64::from(second));
            }
        }),
        ("forgotten", |bench| {
            call(bench, "reset_baseline");
            bench.tick(&LIVE, 23.0);
        }),
        ("forgotten", |bench| call(bench, "remove_node")),
    ] {
        let mut bench = Bench::new();
        play(&mut bench, &empty, 0.0..20.0);
        calibrate(&mut bench, 60);
        play(&mut bench, &empty, 20.0..22.0);
        ended(&mut bench);
        assert_eq!(ends(&mut bench), [end("aborted", &json!([reason]), &Value::Null)]);
    }
}
