//! What Home Assistant is told, judged by its own schemas where they are there.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::broker::Broker;
use crate::listener::{Heard, Listener};
use crate::running::Running;
use crate::{edge, run, send, site};

pub fn simulate(data: &std::path::Path, broker: &Broker, more: &[&str]) -> Running {
    let url = broker.url();
    let arguments = ["simulate", "--speed", "60", "--nodes", "2", "--mqtt-discovery", "--mqtt-url", &url];
    Running::start(data, &[&arguments[..], more].concat())
}

/// Listens until the first room is known to be in use or not, after which everything was described.
async fn descriptions(listener: &mut Listener) -> Vec<Heard> {
    let known =
        |heard: &Heard| heard.is_state("/room_active/state", "on") || heard.is_state("/room_active/state", "off");
    listener.all_until(known).await
}

fn is_config(heard: &Heard) -> bool {
    heard.topic.starts_with("homeassistant/device/") && heard.topic.ends_with("/config")
}

/// The last description of the device whose topic has this end.
fn last_of(heard: &[Heard], end: &str) -> Value {
    heard.iter().rev().find(|h| h.topic.ends_with(end)).unwrap_or_else(|| panic!("nothing at {end}")).json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn home_assistants_schemas_take_what_is_described() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = simulate(data.path(), &broker, &["--experimental-heart-rate", "--tracking"]);
    let heard = descriptions(&mut listener).await;
    let kept = Listener::kept(broker.port).await;
    let configs: Vec<&Heard> = kept.iter().filter(|heard| is_config(heard)).collect();
    assert_eq!(configs.len(), 3, "two nodes and the server");

    let node = last_of(&kept, &format!("ruview_{}_node_1/config", site(&server)));
    assert_eq!(node["device"]["via_device"], format!("ruview_{}_server", site(&server)));
    let presence = &node["components"]["presence"];
    let id = server.ready["server_id"].as_str().unwrap();
    assert_eq!(presence["unique_id"], format!("mqtt_{id}_node_1_presence"));
    // Everything that it says is heard at the topic that it names.
    let topic = presence["state_topic"].as_str().unwrap();
    assert!(heard.iter().any(|heard| heard.topic == topic));
    judge(&configs);
}

/// Runs the judge of discovery messages, which lies beside this repository and needs an environment with Home Assistant.
#[expect(clippy::print_stdout, reason = "a skipped judgement says why")]
fn judge(configs: &[&Heard]) {
    let script =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/tools/judges/mqtt_discovery_check.py");
    let python = std::env::var_os("VENV_RUN").map(|venv| PathBuf::from(venv).join("bin/python"));
    let (true, Some(python)) = (script.is_file(), python.filter(|python| python.is_file())) else {
        println!("not judged: {} or VENV_RUN (scripts/test sets it) is not there", script.display());
        return;
    };
    let mut check = Command::new(python);
    check.arg(script).args(["--strict", "--summary"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut check = check.spawn().unwrap();
    let mut input = check.stdin.take().unwrap();
    for config in configs {
        writeln!(input, "{}", json!({"topic": config.topic, "payload": config.json()})).unwrap();
    }
    drop(input);
    let output = check.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("0 errors, 0 warnings"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_told_any_more_is_taken_back() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let mut server = simulate(data.path(), &broker, &[]);
    let config = format!("ruview_{}_node_1/config", site(&server));
    let sleeping = format!("ruview/{}_node_1/someone_sleeping/state", site(&server));
    descriptions(&mut listener).await;
    let kept = Listener::kept(broker.port).await;
    assert!(last_of(&kept, &config)["components"]["breathing_rate"]["unique_id"].is_string());
    assert!(kept.iter().any(|heard| heard.topic == sleeping));
    server.signal("-TERM");
    server.child.wait().unwrap();

    let _strict = simulate(data.path(), &broker, &["--privacy-class", "restricted"]);
    let mut listener = Listener::new(broker.port).await;
    // What the earlier run has left comes first.
    let is_new = |heard: &Heard| {
        heard.topic.ends_with(&config) && heard.json()["components"]["breathing_rate"]["unique_id"].is_null()
    };
    let (mut described, mut cleared) = (false, false);
    while !(described && cleared) {
        let heard = listener.next().await;
        described |= is_new(&heard) && heard.json()["components"]["presence"]["unique_id"].is_string();
        cleared |= heard.topic == sleeping && heard.payload.is_empty();
    }
    let kept = Listener::kept(broker.port).await;
    let components = &last_of(&kept, &config)["components"];
    for (key, platform) in
        [("breathing_rate", "sensor"), ("someone_sleeping", "binary_sensor"), ("heart_rate", "sensor")]
    {
        assert_eq!(components[key], json!({"platform": platform}), "an empty component is one that goes");
    }
    assert!(components["presence"]["unique_id"].is_string());
    assert!(!kept.iter().any(|heard| heard.topic == sleeping));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_birth_message_is_answered_with_everything() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = run(data.path(), &broker, &["--mqtt-discovery"]);
    send(&server, &edge(7, true));
    listener.until(|heard| heard.is_state("/presence/state", "on")).await;
    listener.until(|heard| is_config(heard) && heard.text().contains("presence")).await;
    listener.say("homeassistant/status", "online", false).await;
    listener.until(|heard| heard.topic == "homeassistant/status").await;
    let (mut described, mut said) = (false, false);
    while !(described && said) {
        let heard = listener.next().await;
        described |= is_config(&heard) && heard.topic.contains("node_7");
        said |= heard.is_state("/data_source/state", "live");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_announced_button_calibrates() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let url = broker.url();
    let arguments = ["simulate", "--story", "empty", "--speed", "20", "--mqtt-discovery", "--mqtt-url", &url];
    let server = Running::start(data.path(), &arguments);
    listener.until(|heard| heard.is_state("/calibration/state", "self_calibrated")).await;
    let kept = Listener::kept(broker.port).await;
    let node = last_of(&kept, &format!("ruview_{}_node_1/config", site(&server)));
    let topic = node["components"]["calibrate"]["command_topic"].as_str().unwrap();
    // What is no press, and what is for another server's node, does nothing.
    listener.say(topic, "dance", false).await;
    listener.say("ruview/00000000_node_1/calibrate/press", "PRESS", false).await;
    listener.say(topic, "PRESS", false).await;
    listener.until(|heard| heard.is_state("/calibration/state", "calibrating")).await;
    listener.until(|heard| heard.is_state("/calibration/state", "calibrated")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stricter_class_takes_effect_while_the_server_runs() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = simulate(data.path(), &broker, &[]);
    let config = format!("ruview_{}_node_1/config", site(&server));
    let node = format!("ruview/{}_node_1", site(&server));
    descriptions(&mut listener).await;
    let mut client = server.client(data.path()).await;
    let answer = client.call(1, "set_privacy_class", json!({"privacy_class": 3})).await;
    assert_eq!(answer["success"], true, "{answer}");
    let (mut described, mut cleared, mut told) = (false, false, false);
    while !(described && cleared && told) {
        let heard = listener.next().await;
        described |=
            heard.topic.ends_with(&config) && heard.json()["components"]["breathing_rate"]["unique_id"].is_null();
        cleared |= heard.topic == format!("{node}/someone_sleeping/state") && heard.payload.is_empty();
        told |= heard.topic.ends_with("/info") && heard.json()["privacy_class"] == 3;
    }
    let kept = Listener::kept(broker.port).await;
    assert!(!kept.iter().any(|heard| heard.topic.ends_with("/someone_sleeping/state")));
}
