//! What the integration of Home Assistant needs: who the server is, what it has, how to begin, and commands where they are
//! wanted.

use serde_json::{Value, json};

use crate::broker::Broker;
use crate::discovery::simulate;
use crate::listener::{Heard, Listener};
use crate::running::Running;
use crate::{edge, run, send, site};

fn id(server: &Running) -> String {
    server.ready["server_id"].as_str().unwrap().to_owned()
}

fn keys(registry: &Heard) -> Vec<String> {
    let registry = registry.json();
    let entities = registry["entities"].as_array().unwrap();
    entities.iter().map(|entity| entity["key"].as_str().unwrap().to_owned()).collect()
}

/// Sends a command and returns what became of it.
async fn command(listener: &mut Listener, server: &Running, command: &Value) -> Value {
    let id = id(server);
    listener.say(&format!("ruview/{id}/command"), &command.to_string(), false).await;
    let answer = listener.until(|heard| heard.topic == format!("ruview/{id}/result")).await;
    assert!(!answer.retained && answer.expiry_s == Some(60));
    answer.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_registry_is_kept_and_follows_the_house() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = run(data.path(), &broker, &[]);
    let topic = format!("ruview/{}/registry", id(&server));
    let empty = listener.until(|heard| heard.topic == topic).await;
    assert!(empty.retained && empty.expiry_s.is_none());
    assert_eq!(empty.json()["devices"][0]["kind"], "server");
    send(&server, &edge(7, true));
    let is_complete = |heard: &Heard| heard.topic == topic && keys(heard).contains(&"rssi".to_owned());
    let registry = listener.until(is_complete).await;
    let has_node = |device: &Value| device["id"] == "node_7" && device["kind"] == "node";
    assert!(registry.json()["devices"].as_array().unwrap().iter().any(has_node));

    // It says what the WebSocket API says, and where the states stand.
    let info = Listener::kept(broker.port).await;
    let info = info.iter().find(|heard| heard.topic.ends_with("/info")).unwrap().json();
    assert_eq!(info["topic"], format!("ruview/{}", site(&server)));
    let capabilities = info["capabilities"].as_array().unwrap();
    assert!(capabilities.contains(&"presence".into()) && !capabilities.contains(&"commands".into()));
    let mut client = server.client(data.path()).await;
    let snapshot = client.subscribe(1).await;
    assert_eq!(registry.json()["devices"], snapshot["devices"]);
    let announced = registry.json()["entities"].clone();
    for entity in announced.as_array().unwrap() {
        assert!(snapshot["entities"].as_array().unwrap().contains(entity), "{entity}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_hears_everything() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = run(data.path(), &broker, &[]);
    send(&server, &edge(7, true));
    let node = format!("ruview/{}_node_7", site(&server));
    // What only happens is announced last.
    listener.until(|heard| heard.is_state(&format!("{node}/fall/state"), "unknown")).await;
    // Signal strength is not kept, and is said again in a minute only.
    let mut late = Listener::new(broker.port).await;
    late.say(&format!("ruview/{}/ask", id(&server)), "", false).await;
    let heard = late.all_until(|heard| heard.topic == format!("{node}/rssi/state")).await;
    assert!(heard.iter().any(|heard| heard.topic.ends_with("/registry")));
    // What only happens has a state too: whether its node is heard.
    assert!(heard.iter().any(|heard| heard.is_state(&format!("{node}/fall/state"), "unknown")));

    // Many who ask at once are one.
    for _ in 0..20 {
        late.say(&format!("ruview/{}/ask", id(&server)), "", false).await;
    }
    late.until(|heard| heard.topic == format!("{node}/rssi/state")).await;
    late.say("end/of/asking", "", false).await;
    let more = late.all_until(|heard| heard.topic == "end/of/asking").await;
    assert!(more.iter().filter(|heard| heard.topic == format!("{node}/rssi/state")).count() < 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stricter_class_leaves_the_registry_at_once() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = simulate(data.path(), &broker, &[]);
    let topic = format!("ruview/{}/registry", id(&server));
    let has_vitals = |heard: &Heard| keys(heard).iter().any(|key| key == "breathing_rate");
    listener.until(|heard| heard.topic == topic && has_vitals(heard)).await;
    let mut client = server.client(data.path()).await;
    assert_eq!(client.call(1, "set_privacy_class", json!({"privacy_class": 3})).await["success"], true);
    let now = std::time::Instant::now();
    listener.until(|heard| heard.topic == topic && !has_vitals(heard)).await;
    assert!(now.elapsed() < std::time::Duration::from_secs(1), "{:?}", now.elapsed());
    let info = Listener::kept(broker.port).await;
    let info = info.iter().find(|heard| heard.topic.ends_with("/info")).unwrap().json();
    assert_eq!(info["privacy_class"], 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_are_taken_where_they_are_wanted() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = run(data.path(), &broker, &["--mqtt-commands"]);
    let info = listener.until(|heard| heard.topic.ends_with("/info")).await.json();
    assert!(info["capabilities"].as_array().unwrap().contains(&"commands".into()));
    let class = |class: u8| json!({"id": "a", "service": "set_privacy_class", "data": {"privacy_class": class}});
    let done = command(&mut listener, &server, &class(3)).await;
    assert_eq!(done, json!({"id": "a", "success": true, "result": null}));
    listener.until(|heard| heard.topic.ends_with("/info") && heard.json()["privacy_class"] == 3).await;
    for (asked, code) in [
        (json!({"id": "b", "service": "dance"}), "unknown_service"),
        (json!({"id": "b", "service": "calibrate", "data": {"node_id": "node_1"}}), "not_found"),
        (json!({"id": "b", "service": "calibrate", "data": []}), "invalid_data"),
    ] {
        let answer = command(&mut listener, &server, &asked).await;
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&"b".into(), &code.into()), "{answer}");
    }

    // What is no command, or one of another time, is not answered.
    let topic = format!("ruview/{}/command", id(&server));
    for nonsense in ["", "[]", "{}", r#"{"id": 7, "service": "calibrate"}"#] {
        listener.say(&topic, nonsense, false).await;
    }
    listener.say(&topic, &json!({"id": "x".repeat(65), "service": "calibrate"}).to_string(), false).await;
    listener.say(&topic, &json!({"id": "kept", "service": "dance"}).to_string(), true).await;
    let last = command(&mut listener, &server, &json!({"id": "last", "service": "dance"})).await;
    // It was no old one to a server that heard it at once.
    let last =
        if last["id"] == "kept" { listener.until(|heard| heard.topic.ends_with("/result")).await.json() } else { last };
    assert_eq!(last["id"], "last");
    let mut client = server.client(data.path()).await;
    let counters = client.command(1, "get_diagnostics").await["result"]["counters"].clone();
    assert_eq!(counters["mqtt_commands_dropped"], 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_command_is_not_done_by_a_server_that_comes_later() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let first = run(data.path(), &broker, &["--mqtt-commands"]);
    let id = id(&first);
    listener.until(|heard| heard.is(&format!("ruview/{id}/status"), "online")).await;
    drop(first);
    listener.until(|heard| heard.is(&format!("ruview/{id}/status"), "offline")).await;
    let kept = json!({"id": "kept", "service": "dance"}).to_string();
    let commands = format!("ruview/{id}/command");
    listener.say(&commands, &kept, true).await;
    // The broker has it.
    listener.until(|heard| heard.is(&commands, &kept)).await;
    let server = run(data.path(), &broker, &["--mqtt-commands"]);
    listener.until(|heard| heard.is(&format!("ruview/{id}/status"), "online")).await;
    let answer = command(&mut listener, &server, &json!({"id": "new", "service": "dance"})).await;
    assert_eq!(answer["id"], "new");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_option_nobody_commands() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = run(data.path(), &broker, &[]);
    let status = format!("ruview/{}/status", id(&server));
    listener.until(|heard| heard.is(&status, "online")).await;
    let class = json!({"id": "a", "service": "set_privacy_class", "data": {"privacy_class": 3}});
    listener.say(&format!("ruview/{}/command", id(&server)), &class.to_string(), false).await;
    send(&server, &edge(7, true));
    let heard = listener.all_until(|heard| heard.is_state("/presence/state", "on")).await;
    assert!(!heard.iter().any(|heard| heard.topic.ends_with("/result")));
    let mut client = server.client(data.path()).await;
    assert_eq!(client.command(1, "get_config").await["result"]["privacy_class"], 2);
}
