//! What recordings of real radios hold and what the program sends of it: every octet that leaves is searched for hardware
//! addresses, angles, CSI and everything that the privacy policy withholds.
//!
//! The recordings are not part of this repository; without them the tests say so and pass.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

mod asker;
#[path = "../mqtt/broker.rs"]
mod broker;
#[path = "../common/mod.rs"]
mod common;
#[path = "../mqtt/listener.rs"]
mod listener;
#[path = "../running/mod.rs"]
mod running;
mod secrets;
mod tap;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use asker::Asker;
use broker::Broker;
use common::Client;
use listener::Listener;
use running::Running;
use ruview_bfld::PrivacyClass;
use ruview_bfld::policy::{self, Field, Outlet, STRUCTURE, Terms};
use secrets::Secrets;
use serde_json::{Value, json};
use tap::Tap;
use tokio::time::timeout;

const FEEDBACK: &str = "cbfr/11ac_SU_3x1_40.pcapng";
const NEXMON: &str = "nexmon/example_43455c0.pcap";

/// More than passes between two frames of a run.
const PATIENCE: Duration = Duration::from_mins(1);

/// A recording of others; `None`, and a line that says so, without it.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn recording(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data").join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("skipped: the recording {} is not there", path.display());
    None
}

/// Everything that left one run.
struct Sent {
    /// The frames of the WebSocket API and what was published over MQTT, read.
    frames: Vec<Value>,
    /// The answers of the HTTP API and the frames of the legacy stream, read.
    answers: Vec<Value>,
    /// The octets of all connections, of the logs and of the file of changes.
    octets: Vec<u8>,
}

impl Sent {
    /// The octets as text, without the places that say that something is withheld: they have its name and no value.
    fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.octets).into_owned();
        for slot in ["breathing_rate_bpm", "heartrate_bpm", "identity_risk_score", "anomaly_score"] {
            text = text.replace(&format!("\"{slot}\":null"), "");
        }
        let mut rest = text.as_str();
        let mut without = String::new();
        while let Some((before, after)) = rest.split_once("\"redacted_fields\":[") {
            without.push_str(before);
            rest = after.split_once(']').map_or("", |(_, after)| after);
        }
        without + rest
    }
}

/// Plays a recording to clients that ask for everything there is, until its node has fallen silent: slowly enough that they
/// find it live.
async fn play(recording: &Path, class: PrivacyClass) -> Sent {
    let dir = tempfile::tempdir().unwrap();
    let changes = dir.path().join("changes");
    let arguments = ["replay", recording.to_str().unwrap(), "--speed", "10", "--stale-after", "5"];
    let more = ["--privacy-class", class.as_str(), "--changes", changes.to_str().unwrap()];
    let mut sent = listen(dir.path(), &[&arguments[..], &more[..]].concat(), is_silent).await;
    sent.octets.extend(std::fs::read(changes).unwrap());
    sent
}

/// Runs the program with clients that ask for everything there is on every interface, until a frame is the `last`.
async fn listen(dir: &Path, arguments: &[&str], last: impl Fn(&Value) -> bool) -> Sent {
    let (data, logs) = (dir.join("data"), dir.join("log"));
    let log = File::create(&logs).unwrap();
    let broker = Broker::start().await;
    let mut listener = Listener::new(broker.port).await;
    let more = ["--log-level", "debug", "--mqtt-url", &broker.url()];
    let server = Running::start_with_logs(&data, &[arguments, &more].concat(), log.into());

    let tap = Tap::before(server.address("http")).await;
    let mut client = Client::connect(&format!("ws://{}/ws/v1", tap.address)).await.unwrap();
    let token = std::fs::read_to_string(data.join("token")).unwrap();
    let asker = Asker::start(server.address("http"), tap.address, token.trim()).await;
    let mut frames = vec![client.authenticate(token.trim()).await];
    client.send(json!({"id": 1, "type": "subscribe"})).await;
    while !last(frames.last().unwrap()) {
        frames.push(timeout(PATIENCE, client.frame()).await.expect("the server is silent before it was to be"));
    }
    for (id, command) in [(2, "get_states"), (3, "get_config"), (4, "get_diagnostics"), (5, "dance")] {
        client.send(json!({"id": id, "type": command})).await;
        while frames.last().unwrap()["id"] != id {
            frames.push(client.frame().await);
        }
    }
    let answers = asker.stop();
    let mut octets = tap.octets();
    server.signal("-TERM");
    let status = format!("ruview/{}/status", server.ready["server_id"].as_str().unwrap());
    let published = listener.all_until(|heard| heard.is(&status, "offline")).await;
    assert!(published.iter().any(|heard| heard.topic.ends_with("/data_source/state")), "MQTT is a part of it");
    // A topic without contents is one that is taken back.
    for heard in published.iter().filter(|heard| !heard.payload.is_empty()) {
        octets.extend([heard.topic.as_bytes(), b" ", &heard.payload[..], b"\n"].concat());
        frames.extend(heard.text().starts_with('{').then(|| heard.json()));
    }
    octets.extend(std::fs::read(logs).unwrap());
    Sent { frames, answers, octets }
}

/// Whether a frame says that the recording's node is silent.
fn is_silent(frame: &Value) -> bool {
    let event = &frame["event"];
    event["entity_id"].as_str().is_some_and(|id| id.ends_with("_data_source")) && event["state"]["state"] == "none"
}

fn terms(class: PrivacyClass, outlet: Outlet) -> Terms {
    Terms { class, outlet, privacy_mode: class == PrivacyClass::Restricted, ..Terms::default() }
}

/// Every key of every object.
fn keys<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            // A place without a value says only that something is withheld, or not known.
            for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
                found.push(key);
                keys(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

fn assert_permitted_keys_only(sent: &Sent, class: PrivacyClass) {
    let mut found = Vec::new();
    sent.frames.iter().chain(&sent.answers).for_each(|frame| keys(frame, &mut found));
    assert!(found.len() > 100, "there is something to look at");
    for key in found {
        let permitted = policy::field_of(key).is_some_and(|field| terms(class, Outlet::Public).permit(field));
        assert!(permitted || STRUCTURE.contains(&key), "{key}");
    }
    for kind in ["edge_vitals", "sensing_update"] {
        assert!(sent.answers.iter().any(|answer| answer["type"] == kind), "{kind} was heard");
    }
    assert!(sent.answers.iter().any(|answer| answer["timestamp_ns"].is_i64()), "nodes were asked about");
}

/// No field that the policy withholds is named anywhere, as a key or as an entity.
fn assert_no_withheld_field(sent: &Sent, class: PrivacyClass) {
    let withheld = Field::ALL.iter().filter(|field| !terms(class, Outlet::Diagnostic).permit(**field));
    let text = sent.text();
    for key in withheld.map(|field| field.row().key) {
        assert!(!text.contains(key), "{key} at class {class}");
    }
}

async fn assert_keeps_secrets(name: &str, node: &str) {
    let Some(recording) = recording(name) else { return };
    let secrets = Secrets::of(&recording).await;
    for class in [PrivacyClass::Anonymous, PrivacyClass::Restricted] {
        let sent = play(&recording, class).await;
        assert_eq!(sent.frames[0]["privacy_class"], class.as_u8());
        let text = sent.text();
        assert!(text.contains(node), "the run said something of the recording");
        assert_eq!(text.contains("identity_risk"), class == PrivacyClass::Anonymous && node.starts_with("monitor"));
        assert_permitted_keys_only(&sent, class);
        assert_no_withheld_field(&sent, class);
        assert_eq!(secrets.found_in(&sent.octets), Vec::<String>::new(), "class {class}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feedback_stays_in_the_program() {
    assert_keeps_secrets(FEEDBACK, "monitor_recording_bfld_presence").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csi_stays_in_the_program() {
    assert_keeps_secrets(NEXMON, "nexmon_recording_presence").await;
}

/// Everything that the engine can make of people: two nodes in a bedroom with a bed and a bath, hearts and tracks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_bodies_leaves_where_it_must_not() {
    let dir = tempfile::tempdir().unwrap();
    let rooms = dir.path().join("rooms.yaml");
    let description = "rooms: [{id: a, name: A, tags: [bedroom, bathroom], nodes: [node_1, node_2], adjacent: [b]}, \
                       {id: b, name: B, nodes: [node_3], adjacent: [a]}]";
    std::fs::write(&rooms, description).unwrap();
    let what = ["simulate", "--nodes", "3", "--speed", "60", "--experimental-heart-rate", "--tracking", "--rooms"];
    let run = async |terms: &[&str]| {
        let arguments = [&what[..], &[rooms.to_str().unwrap()], terms].concat();
        // Once a room is known to be in use or not, its warm-up is over and everything was said at least once.
        let known = |frame: &Value| {
            let event = &frame["event"];
            let state = event["state"]["state"].as_str();
            event["entity_id"] == "binary_sensor.room_a_room_active" && matches!(state, Some("on" | "off"))
        };
        listen(tempfile::tempdir().unwrap().path(), &arguments, known).await
    };
    let of_bodies = ["breathing_rate", "heart_rate", "someone_sleeping", "possible_distress", "multi_room_transition"];
    for strict in [&["--privacy-class", "3"][..], &["--privacy-mode"]] {
        let sent = run(strict).await;
        let text = sent.text();
        for word in of_bodies.iter().chain(&["br=", "hr=", "breath"]) {
            assert!(!text.contains(word), "{word} with {strict:?}");
        }
        assert!(text.contains("bed_exit") && text.contains("person_count"), "the rest is there");
    }
    let sent = run(&[]).await;
    let text = sent.text();
    for word in of_bodies {
        assert!(text.contains(word), "{word} is there where it may be");
    }
}

/// A search that finds nothing proves something only if it would find.
#[tokio::test]
async fn what_is_there_is_found() {
    for name in [FEEDBACK, NEXMON] {
        let Some(recording) = recording(name) else { return };
        let secrets = Secrets::of(&recording).await;
        assert!(secrets.found_in(b"{\"state\":\"on\"}").is_empty());
        for leak in secrets.examples() {
            let mut sent = b"{\"state\":\"".to_vec();
            sent.extend(&leak);
            sent.extend(b"\"}");
            assert!(!secrets.found_in(&sent).is_empty(), "{}", String::from_utf8_lossy(&leak));
        }
    }
}
