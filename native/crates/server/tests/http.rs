//! The HTTP interface: what it answers, and how it refuses.

#![allow(clippy::unwrap_used)]

mod common;
mod running;

use std::net::SocketAddr;

use common::{Bench, PATIENCE};
use running::Running;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer, taken apart.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

async fn ask(address: SocketAddr, token: Option<&str>, method: &str, path: &str, more: &str, body: &[u8]) -> Answer {
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\n{bearer}{more}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server may have answered and gone before it has read everything.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the server is silent");
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

async fn get(address: SocketAddr, token: &str, path: &str) -> Answer {
    ask(address, Some(token), "GET", path, "", b"").await
}

/// A server on the simulator, once its first node knows its room.
async fn simulated(data: &std::path::Path, more: &[&str]) -> (Running, String) {
    let server = Running::start(data, &[&["simulate", "--nodes", "2", "--speed", "20"], more].concat());
    let token = std::fs::read_to_string(data.join("token")).unwrap().trim().to_owned();
    let known = async {
        loop {
            let vitals = get(server.address("http"), &token, "/api/v1/vitals/default/latest").await;
            if vitals.status == 200 && vitals.json()["n_persons"].is_u64() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(3 * PATIENCE, known).await.expect("the room is learnt");
    (server, token)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_error_is_a_problem_document() {
    let bench = Bench::start().await;
    let token = Some(bench.token.as_str());
    let long = "[".repeat(70 << 10);
    let subscribe = "/api/v1/bfld/default/subscribe";
    for (token, method, path, status, header) in [
        (None, "GET", "/api/v1/states", 401, "www-authenticate: bearer"),
        (None, "GET", "/nothing", 401, "www-authenticate: bearer"),
        (Some("wrong"), "GET", "/metrics", 401, "www-authenticate: bearer"),
        (token, "GET", "/nothing", 404, ""),
        (token, "GET", "/api/v1/states/sensor.nothing", 404, ""),
        (token, "GET", "/api/v1/vitals/default/latest", 404, ""),
        (token, "GET", "/api/v1/vitals/%00%ff/latest", 400, ""),
        (token, "GET", "/api/v1/bfld/node_1/last_scan", 404, ""),
        (token, "GET", "/api/v1/semantic-events/node_1/latest", 404, ""),
        (token, "GET", "/api/v1/sensing/latest", 403, ""),
        (token, "GET", subscribe, 400, ""),
        (token, "GET", &format!("{subscribe}?duration_s=nonsense"), 400, ""),
        (token, "GET", &format!("{subscribe}?duration_s=0"), 422, ""),
        (token, "POST", &format!("{subscribe}?duration_s=1e999"), 422, ""),
        (token, "POST", &format!("{subscribe}?duration_s=NaN"), 422, ""),
        (token, "POST", &format!("{subscribe}?duration_s=9"), 404, ""),
        (token, "DELETE", "/api/v1/states", 405, "allow: get"),
        (None, "POST", "/health", 405, "allow: get"),
    ] {
        let answer = ask(bench.address, token, method, path, "", b"").await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert!(answer.head.contains("content-type: application/problem+json"), "{method} {path}: {}", answer.head);
        assert!(answer.head.contains(header), "{method} {path}: {}", answer.head);
        let problem = answer.json();
        assert_eq!((&problem["type"], &problem["status"]), (&json!("about:blank"), &json!(status)), "{path}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{path}");
    }
    // Nobody has to read what nobody asked for.
    assert_eq!(ask(bench.address, token, "GET", "/health", "", long.as_bytes()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_find_what_they_ask_for() {
    let data = tempfile::tempdir().unwrap();
    let (server, token) = simulated(data.path(), &[]).await;
    let address = server.address("http");
    let json = async |path: &str| {
        let answer = get(address, &token, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    };

    let vitals = json("/api/v1/vitals/default/latest").await;
    assert_eq!((&vitals["node_id"], &vitals["source"]), (&json!("node_1"), &json!("simulated")));
    assert!(vitals["presence"].is_boolean() && vitals["motion"].is_number() && vitals["confidence"].is_number());
    assert!(vitals["timestamp_ms"].is_i64() && vitals.get("breathing_rate_bpm").is_some());
    assert_eq!(vitals["heartrate_bpm"], Value::Null, "nothing estimates it, so there is no number");
    assert_eq!(json("/api/v1/vitals/node_2/latest").await["node_id"], "node_2");

    let scan = json("/api/v1/bfld/default/last_scan").await;
    assert!(scan["timestamp_ns"].is_i64() && scan["person_count"].is_u64());
    assert_eq!((&scan["privacy_class"], &scan["identity_risk_score"]), (&json!(2), &Value::Null));
    let redacted = json!(["identity_risk_score", "soul_match_probability", "rf_signature_hash"]);
    assert_eq!(scan["redacted_fields"], redacted);

    let subscription = json("/api/v1/bfld/node_2/subscribe?duration_s=60").await;
    assert_eq!(subscription["topic"], "ruview/node_2/bfld/+/state");
    assert_eq!(subscription["redacted_fields"], redacted);
    let posted = ask(address, Some(&token), "POST", "/api/v1/bfld/node_2/subscribe?duration_s=0.5", "", b"").await;
    assert_ne!(posted.json()["subscription_id"], subscription["subscription_id"]);

    let events = json("/api/v1/semantic-events/default/latest").await;
    assert_eq!(events["events"]["unrecognized_activity_pattern"]["anomaly_score"], Value::Null);
    assert!(events["events"]["unknown_presence"]["active"].is_boolean());

    assert_eq!(json("/api/v1/edge/registry?refresh=1").await["registry"], json!({"cogs": []}));

    let states = json("/api/v1/states").await;
    let presence = json("/api/v1/states/binary_sensor.node_1_presence").await;
    assert!(states.as_array().unwrap().iter().any(|state| state["entity_id"] == presence["entity_id"]));

    let metrics = get(address, &token, "/metrics").await;
    assert!(metrics.head.contains("content-type: application/openmetrics-text"));
    for line in ["ruview_frames_total{node=\"node_1\"} ", "ruview_frame_latency_seconds_bucket{le=\"0.001\"} "] {
        assert!(metrics.body.contains(line), "{line}: {}", metrics.body);
    }
    assert!(metrics.body.ends_with("# EOF\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csi_is_served_in_research_mode_only() {
    let data = tempfile::tempdir().unwrap();
    let (server, token) = simulated(data.path(), &["--privacy-class", "1", "--research-mode"]).await;
    let latest = get(server.address("http"), &token, "/api/v1/sensing/latest").await;
    let found = latest.json();
    assert_eq!((&found["schema_version"], &found["window"]["n_paths"]), (&json!(2), &json!(1)), "{}", latest.body);
    let rows = found["window"]["amplitudes"].as_array().unwrap();
    assert_eq!(rows.len(), 56);
    for row in rows {
        let row = row.as_array().unwrap();
        assert!(row.len() == 20 && row.iter().all(|amplitude| amplitude.as_f64().is_some_and(|a| a >= 0.0)));
    }
    for key in ["phases", "node_mac"] {
        assert!(found["window"].get(key).is_none(), "{key}");
    }
    assert_eq!(ask(server.address("http"), None, "GET", "/api/v1/sensing/latest", "", b"").await.status, 401);

    for class in ["2", "3"] {
        let data = tempfile::tempdir().unwrap();
        let (server, token) = simulated(data.path(), &["--privacy-class", class, "--research-mode"]).await;
        let refused = get(server.address("http"), &token, "/api/v1/sensing/latest").await;
        assert_eq!(refused.status, 403);
        assert!(refused.json()["detail"].as_str().unwrap().contains(&format!("class {class}")), "{}", refused.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restricted_answers_have_empty_slots() {
    let data = tempfile::tempdir().unwrap();
    let (server, token) = simulated(data.path(), &["--privacy-class", "3"]).await;
    let vitals = get(server.address("http"), &token, "/api/v1/vitals/default/latest").await.json();
    for slot in ["breathing_rate_bpm", "heartrate_bpm"] {
        assert_eq!(vitals.get(slot), Some(&Value::Null), "{slot}");
    }
    assert!(vitals.get("breathing_confidence").is_none());
    let events = get(server.address("http"), &token, "/api/v1/semantic-events/default/latest").await.json();
    assert_eq!(events["events"]["unrecognized_activity_pattern"].get("anomaly_score"), Some(&Value::Null));
    assert!(events["redacted_fields"].as_array().unwrap().contains(&json!("anomaly_score")));
}

/// One person, sure of every point.
fn pose() -> Value {
    json!({"persons": [{"track_id": 7, "keypoints": vec![[0.5, 0.25, 0.9]; 17], "position": [1.0, 2.0, 0.0]}]})
}

async fn post(address: SocketAddr, token: &str, body: &str) -> Answer {
    ask(address, Some(token), "POST", "/api/v1/pose", "Content-Type: application/json\r\n", body.as_bytes()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poses_drive_entities_while_they_come() {
    let data = tempfile::tempdir().unwrap();
    let (server, token) = simulated(data.path(), &["--tracking"]).await;
    let address = server.address("http");
    let (counted, tracked) =
        ("/api/v1/states/sensor.node_1_pose", "/api/v1/states/binary_sensor.node_1_person_1_tracked_person");
    for path in [counted, tracked] {
        assert_eq!(get(address, &token, path).await.status, 404, "without poses there is no such entity");
    }
    let taken = post(address, &token, &pose().to_string()).await;
    assert_eq!((taken.status, &taken.json()["person_count"]), (200, &json!(1)), "{}", taken.body);
    let shown = get(address, &token, counted).await.json();
    assert_eq!(shown["state"], "1");
    assert_eq!(shown["attributes"]["persons"][0]["keypoints"].as_array().unwrap().len(), 17);
    assert_eq!(get(address, &token, tracked).await.json()["state"], "on");
    let gone = async {
        while get(address, &token, counted).await.status == 200 || get(address, &token, tracked).await.status == 200 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("an estimator that stops is forgotten");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poses_are_refused_where_nobody_asked_for_them() {
    for terms in [&[][..], &["--tracking", "--privacy-mode"], &["--tracking", "--privacy-class", "3"]] {
        let data = tempfile::tempdir().unwrap();
        let (server, token) = simulated(data.path(), terms).await;
        let refused = post(server.address("http"), &token, &pose().to_string()).await;
        assert_eq!(refused.status, 403, "{terms:?}");
        assert!(refused.json()["detail"].as_str().unwrap().contains("--tracking"));
        assert!(!get(server.address("http"), &token, "/api/v1/states").await.body.contains("pose"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_body_is_told_what_is_wrong_with_it() {
    let data = tempfile::tempdir().unwrap();
    let (server, token) = simulated(data.path(), &["--tracking"]).await;
    let address = server.address("http");
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut pose = pose();
        change(&mut pose);
        pose.to_string()
    };
    let twice = changed(&|pose| {
        let person = pose["persons"][0].clone();
        pose["persons"].as_array_mut().unwrap().push(person);
    });
    for (body, status, said) in [
        ("", 400, "EOF"),
        ("{", 400, "EOF"),
        ("[]", 422, "expected struct"),
        ("{}", 422, "persons"),
        (&"[".repeat(60_000), 422, "invalid type"),
        (&changed(&|pose| pose["persons"] = json!({})), 422, "persons"),
        (&changed(&|pose| pose["mood"] = json!("good")), 422, "mood"),
        (&changed(&|pose| pose["persons"][0]["track_id"] = json!(-1)), 422, "track_id"),
        (&changed(&|pose| pose["persons"][0]["track_id"] = json!(1e300)), 422, "track_id"),
        (&changed(&|pose| pose["persons"][0]["keypoints"] = json!([[0, 0, 0]])), 422, "17 points"),
        (&changed(&|pose| pose["persons"][0]["keypoints"][3][0] = json!(1e7)), 422, "keypoints[3][0]"),
        (&changed(&|pose| pose["persons"][0]["keypoints"][3][0] = json!(1e300)), 400, "out of range"),
        (&changed(&|pose| pose["persons"][0]["keypoints"][3][2] = json!(2)), 422, "0 to 1"),
        (&changed(&|pose| pose["persons"][0]["position"] = json!([0, 0, 1e30])), 422, "1000 m"),
        (&changed(&|pose| pose["node_id"] = json!("kitchen")), 404, "no node"),
        (&changed(&|pose| pose["persons"] = json!([])).replace("[]", "[1e999]"), 400, ""),
        (&twice, 422, "no other person"),
        (&" ".repeat(70 << 10), 413, ""),
    ] {
        let answer = post(address, &token, body).await;
        let start: String = body.chars().take(60).collect();
        assert_eq!(answer.status, status, "{start}: {}", answer.body);
        assert!(answer.head.contains("application/problem+json"), "{start}: {}", answer.head);
        assert!(answer.json()["detail"].as_str().unwrap().contains(said), "{start}: {}", answer.body);
    }
    let text = ask(address, Some(&token), "POST", "/api/v1/pose", "Content-Type: text/plain\r\n", b"{}").await;
    assert_eq!(text.status, 415, "{}", text.body);
    assert_eq!(ask(address, Some(&token), "GET", "/api/v1/pose", "", b"").await.status, 405);
    assert_eq!(get(address, &token, "/api/v1/states/sensor.node_1_pose").await.status, 404, "nothing was taken in");
}

/// What is documented is what is there, and what is there is documented.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_description_names_every_path_of_the_documentation() {
    let bench = Bench::start().await;
    let document = get(bench.address, &bench.token, "/api/openapi.json").await.json();
    let documentation = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/http-api.md");
    let documentation = std::fs::read_to_string(documentation).unwrap();
    let mut ids = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let named = format!("`{} {path}", method.to_uppercase());
            assert!(documentation.contains(&named), "docs/http-api.md does not name {named}`");
            assert_eq!(
                operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"],
                "#/components/schemas/Problem"
            );
            ids.push(operation["operationId"].clone());
        }
    }
    for line in documentation.lines().filter(|line| line.starts_with("| `")) {
        let named = line.split('`').nth(1).unwrap();
        let Some((method, path)) = named.split_once(' ') else { continue };
        let path = path.split('?').next().unwrap();
        assert!(document["paths"][path].get(method.to_lowercase()).is_some(), "{named} is not there");
    }
    let count = ids.len();
    ids.sort_by_key(ToString::to_string);
    ids.dedup();
    assert_eq!(ids.len(), count, "operation ids are unique");
}
