//! An audit from outside: of a real broker, and of what was recorded.

use std::path::Path;
use std::process::{Output, Stdio};

use ruview_bfld::signed::{EventKey, sign};
use ruview_core::EdgeVitals;
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;

use crate::broker::Broker;
use crate::listener::{Heard, Listener};
use crate::running::program;
use crate::{edge, run, send, site};

async fn audit(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = program();
    command.arg("audit").args(arguments).stdin(Stdio::null());
    let Output { status, stdout, stderr } = spawn_blocking(move || command.output().unwrap()).await.unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// Audits a recording of these messages.
async fn audit_of(dir: &Path, lines: &[Value], more: &[&str]) -> (Option<i32>, String) {
    let path = dir.join("log");
    std::fs::write(&path, lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")).unwrap();
    audit(&[&["--log", path.to_str().unwrap()], more].concat()).await
}

/// As `mosquitto_sub -F %j` writes it.
fn line(heard: &Heard) -> Value {
    json!({"topic": heard.topic, "retain": u8::from(heard.retained), "payload": heard.text()})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_published_passes_and_what_is_injected_does_not() {
    let (broker, data, dir) = (Broker::start().await, tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let url = broker.url();
    let server = run(data.path(), &broker, &["--mqtt-discovery"]);
    send(&server, &edge(7, false));
    let mut heard = listener.all_until(|heard| heard.is_state("/presence/state", "off")).await;
    let live = async |time: &str| audit(&["--mqtt", &url, "--for", time]).await;
    // It hears what is kept, and what happens meanwhile.
    let falls = async {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        send(&server, &EdgeVitals { fall: true, ..edge(7, true) });
    };
    let ((code, said), ()) = tokio::join!(live("6s"), falls);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 of them events, signed by 1 keys: nothing was published that must not be"), "{said}");

    // The same, from a recording.
    heard.extend(listener.all_until(|heard| heard.topic.ends_with("/events/fall_detected")).await);
    let lines: Vec<_> = heard.iter().map(line).collect();
    let (code, said) = audit_of(dir.path(), &lines, &[]).await;
    assert_eq!(code, Some(0), "{said}");

    let node = format!("ruview/{}_node_7", site(&server));
    let event = heard.last().unwrap().json();
    let unsigned = |event: &Value| {
        let mut event = event.as_object().unwrap().clone();
        event.remove("sig");
        Value::Object(event)
    };
    let forged = |event: &Value| {
        let mut event: Map<String, Value> = event.as_object().unwrap().clone();
        event.insert("id".into(), "another".into());
        sign(&mut event, &EventKey::random().unwrap());
        Value::Object(event)
    };
    let presence = |attributes: Value| json!({"state": "on", "attributes": attributes});
    let leaks = [
        (format!("{node}/raw/csi"), json!([1, 2]), "raw"),
        (format!("{node}/research/angles"), json!([1, 2]), "research"),
        (
            format!("{node}/presence/state"),
            presence(json!({"deep": [{"compressed_angle_matrix": [1]}]})),
            "attributes.deep",
        ),
        (
            format!("{node}/presence/state"),
            presence(json!({"options": [{"rf_signature_hash": 1}]})),
            "attributes.options.rf_signature_hash",
        ),
        (format!("{node}/iq/state"), presence(json!({})), "no such entity"),
        (format!("{node}/events/fall_detected"), unsigned(&event), "not signed"),
        (format!("{node}/events/fall_detected"), forged(&event), "pinned"),
        (format!("{node}/events/fall_detected"), event.clone(), "repetition"),
    ];
    for (topic, payload, expected) in leaks {
        let mut lines = lines.clone();
        lines.push(json!({"topic": topic, "payload": payload}));
        let (code, said) = audit_of(dir.path(), &lines, &[]).await;
        assert_eq!(code, Some(1), "{topic} {payload}");
        assert!(said.contains(&topic) && said.contains(expected) && said.contains("1 findings"), "{said}");
    }

    // And from the broker.
    listener.say(&format!("{node}/presence/state"), &presence(json!({"raw_bfi": "00"})).to_string(), true).await;
    let (code, said) = live("2s").await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("{node}/presence/state: attributes.raw_bfi")), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_class_decides_and_changes_are_judged_too() {
    let dir = tempfile::tempdir().unwrap();
    let breath = json!({"topic": "ruview/a_node_1/breathing_rate/state", "payload": {"state": 14}});
    let (code, said) = audit_of(dir.path(), std::slice::from_ref(&breath), &[]).await;
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = audit_of(dir.path(), std::slice::from_ref(&breath), &["--privacy-class", "3"]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("ruview/a_node_1/breathing_rate/state: breathing_rate"), "{said}");
    // What a server says of itself counts.
    let info = json!({"topic": "ruview/aaaaaaaa-1/info", "payload": {"server_id": "aaaaaaaa-1", "privacy_class": 3}});
    let theirs = json!({"topic": "ruview/aaaaaaaa_node_1/breathing_rate/state", "payload": {"state": 14}});
    assert_eq!(audit_of(dir.path(), &[info, theirs], &[]).await.0, Some(1));

    let line = |entity: &str, attributes: Value| json!({"at": "1970-01-01T00:00:00Z", "type": "state_changed", "entity_id": entity, "state": "on", "attributes": attributes});
    let good = line("binary_sensor.node_1_presence", json!({"confidence": 0.9}));
    assert_eq!(audit_of(dir.path(), std::slice::from_ref(&good), &[]).await.0, Some(0));
    for (bad, expected) in [
        (
            line("binary_sensor.node_1_presence", json!({"soul_match_probability": 1})),
            "binary_sensor.node_1_presence: soul_match_probability",
        ),
        (line("sensor.node_1_rf_signature_hash", json!({})), "no such entity"),
    ] {
        let (code, said) = audit_of(dir.path(), &[good.clone(), bad], &[]).await;
        assert_eq!(code, Some(1));
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_of_nothing_proves_nothing() {
    let (broker, dir) = (Broker::start().await, tempfile::tempdir().unwrap());
    let (code, said) = audit(&["--mqtt", &broker.url(), "--for", "1s"]).await;
    assert!(code == Some(1) && said.contains("nothing is proven"), "{said}");
    let (code, said) = audit_of(dir.path(), &[json!([1])], &[]).await;
    assert!(code == Some(1) && said.contains("line 1"), "{said}");
    let (code, said) = audit(&["--log", "/nowhere"]).await;
    assert!(code == Some(1) && said.contains("--log"), "{said}");
    assert_ne!(audit(&[]).await.0, Some(0));
}
