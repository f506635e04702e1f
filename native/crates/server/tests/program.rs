//! The program as its users run it.

#![allow(clippy::unwrap_used)]

mod common;
mod running;

use std::io::{Read, Write};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{Client, PATIENCE, edge, http};
use running::{Running, program};
use ruview_core::{
    ChannelSpec, Complex32, CsiFrame, MacAddress, NexmonChip, NexmonFrame, NodeNumber, NodePacket, StreamTime,
};
use ruview_wire::esp32::build_packet;
use ruview_wire::jsonl::{Record, build_line};
use ruview_wire::nexmon::build_payload;
use serde_json::{Value, json};

fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// Runs what must fail; what it says.
fn failure(command: &mut Command) -> String {
    let output = output(command);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty());
    assert!(!said.contains("panicked") && !said.contains("stack backtrace"), "{said}");
    said
}

/// What a Nexmon radio sends for one frame of a station.
fn measurement() -> NexmonFrame {
    let channel = ChannelSpec(0x1006);
    let mut csi = CsiFrame::new(NodeNumber(0), 1, 64, vec![Complex32::new(100.0, 50.0); 64]).unwrap();
    csi.rssi_dbm = Some(-50);
    csi.frequency_mhz = channel.frequency_mhz();
    NexmonFrame {
        chip: NexmonChip::Bcm43455c0,
        channel,
        transmitter: MacAddress::new([2, 0, 0, 0, 0, 1]),
        frame_control: Some(0x88),
        sequence_control: 0,
        core: 0,
        stream: 0,
        csi,
    }
}

/// A minute in which somebody comes in the middle.
fn recording(dir: &Path) -> PathBuf {
    let path = dir.join("visit.jsonl");
    let mut file = std::fs::File::create(&path).unwrap();
    for second in 0..120_i64 {
        let at = StreamTime::from_micros((1_800_000_000 + second) * 1_000_000);
        writeln!(
            file,
            "{}",
            build_line(&Record { at, packet: NodePacket::EdgeVitals(edge(1, second >= 90)) }).unwrap()
        )
        .unwrap();
    }
    path
}

/// Reads events until `wanted` says yes.
async fn until(client: &mut Client, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        let frame = client.frame().await;
        if wanted(&frame["event"]) {
            return frame["event"].clone();
        }
    }
}

fn is_state(entity_id: &str, state: &str) -> impl Fn(&Value) -> bool {
    move |event| event["type"] == "state_changed" && event["entity_id"] == entity_id && event["state"]["state"] == state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_turns_packets_into_states() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::start(
        data.path(),
        &["run", "--udp-bind", "127.0.0.1:0", "--udp-allow", "127.0.0.0/8", "--name", "Attic", "--stale-after", "2"],
    );
    assert_eq!((&server.ready["event"], &server.ready["api"]), (&json!("ready"), &json!(1)));
    assert!(http(server.address("http"), "/health", None).await.contains("\"ok\""));

    let mut client = server.client(data.path()).await;
    let snapshot = client.subscribe(1).await;
    assert_eq!(snapshot["devices"][0]["id"], server.ready["server_id"]);
    assert_eq!(snapshot["devices"][0]["name"], "Attic");

    let node = UdpSocket::bind("127.0.0.1:0").unwrap();
    node.send_to(&build_packet(&NodePacket::EdgeVitals(edge(7, true))).unwrap(), server.address("udp")).unwrap();
    node.send_to(b"not a packet", server.address("udp")).unwrap();
    until(&mut client, is_state("sensor.node_7_data_source", "live")).await;
    until(&mut client, is_state("sensor.node_7_data_source", "none")).await;

    let diagnostics = client.command(2, "get_diagnostics").await;
    let counters = &diagnostics["result"]["counters"];
    assert_eq!((&counters["packets_accepted"], &counters["packets_rejected"]["wrong_magic"]), (&json!(1), &json!(1)));
    assert_eq!(diagnostics["result"]["nodes"][0]["id"], "node_7");
    assert_eq!(diagnostics["result"]["nodes"][0]["silent"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_listens_to_nexmon_radios_without_esp32_nodes() {
    let data = tempfile::tempdir().unwrap();
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let radio = format!("kitchen={port}");
    let strict = ["--privacy-class", "3", "--name", "Attic"];
    let server = Running::start(data.path(), &[&["run", "--no-esp32", "--nexmon-udp", &radio], &strict[..]].concat());
    assert!(server.ready["udp"].is_null());

    let mut client = server.client(data.path()).await;
    client.subscribe(1).await;
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.send_to(&build_payload(&measurement()).unwrap(), port).unwrap();
    until(&mut client, is_state("sensor.nexmon_kitchen_data_source", "live")).await;
    until(&mut client, is_state("binary_sensor.nexmon_kitchen_presence", "unknown")).await;

    client.send(json!({"id": 2, "type": "get_config"})).await;
    loop {
        let frame = client.frame().await;
        if frame["type"] == "result" {
            let config = &frame["result"];
            assert_eq!((&config["privacy_class"], &config["privacy_mode"]), (&json!(3), &json!(true)));
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_end_it_politely() {
    for signal in ["-TERM", "-INT"] {
        let data = tempfile::tempdir().unwrap();
        let mut server = Running::start(data.path(), &["run", "--udp-bind", "127.0.0.1:0"]);
        let mut client = server.client(data.path()).await;
        client.subscribe(1).await;
        server.signal(signal);
        assert_eq!(client.close_code().await, Some(1001));
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        server.stdout.read_to_string(&mut rest).unwrap();
        assert!(rest.is_empty(), "stdout has the ready line only: {rest}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_comes_back_as_itself() {
    let data = tempfile::tempdir().unwrap();
    let mut first = Running::start(data.path(), &["simulate"]);
    let token = std::fs::read_to_string(data.path().join("token")).unwrap();
    first.signal("-KILL");
    first.child.wait().unwrap();
    let second = Running::start(data.path(), &["simulate"]);
    assert_eq!(first.ready["server_id"], second.ready["server_id"]);
    assert_eq!(token, std::fs::read_to_string(data.path().join("token")).unwrap());
    assert!(second.ready["udp"].is_null());
    let mut client = second.client(data.path()).await;
    let snapshot = client.subscribe(1).await;
    let is_there = |state: &Value| state["entity_id"] == "sensor.node_1_data_source";
    if !snapshot["states"].as_array().unwrap().iter().any(is_there) {
        until(&mut client, is_there).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_are_done_or_say_why_not_and_rooms_survive_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["simulate", "--story", "empty", "--nodes", "2", "--speed", "20", "--persist"];
    let mut server = Running::start(data.path(), &arguments);
    let mut client = server.client(data.path()).await;
    let snapshot = client.subscribe(1).await;
    let learnt = is_state("sensor.node_1_calibration", "self_calibrated");
    let known =
        |state: &Value| state["entity_id"] == "sensor.node_1_calibration" && state["state"] == "self_calibrated";
    if !snapshot["states"].as_array().unwrap().iter().any(known) {
        until(&mut client, learnt).await;
    }

    let error = client.call(2, "calibrate", json!({"node_id": "node_9"})).await["error"].clone();
    assert_eq!(
        (&error["code"], &error["field"], &error["found"]),
        (&json!("not_found"), &json!("node_id"), &json!("node_9"))
    );
    let error = client.call(3, "dance", json!({})).await["error"].clone();
    assert_eq!((&error["code"], &error["field"]), (&json!("unknown_service"), &json!("service")));

    assert_eq!(client.call(4, "calibrate", json!({"node_id": "node_1", "duration_s": 10})).await["success"], true);
    let running = until(&mut client, is_state("sensor.node_1_calibration", "calibrating")).await;
    assert!(running["state"]["attributes"]["progress"].is_number(), "{running}");
    let done = until(&mut client, is_state("sensor.node_1_calibration", "calibrated")).await;
    assert!(done["state"]["attributes"]["version"].is_number(), "{done}");

    let rooms = json!({"rooms": [{"id": "hall", "name": "Hall", "nodes": ["node_1", "node_2"]}]});
    assert_eq!(client.call(5, "set_rooms", rooms).await["success"], true);
    until(&mut client, |event| event["entity_id"] == "binary_sensor.room_hall_presence").await;
    // Ten seconds of the nodes' time later it is kept.
    tokio::time::sleep(Duration::from_secs(10)).await;
    server.signal("-KILL");
    server.child.wait().unwrap();

    let again = Running::start(data.path(), &arguments);
    let mut client = again.client(data.path()).await;
    let snapshot = client.subscribe(1).await;
    let room = |state: &Value| state["entity_id"] == "binary_sensor.room_hall_presence";
    if !snapshot["states"].as_array().unwrap().iter().any(room) {
        until(&mut client, room).await;
    }
    let counters = client.command(2, "get_diagnostics").await["result"]["counters"].clone();
    for counter in ["store_set_aside", "store_failures", "registries_set_aside", "registry_writes_failed"] {
        assert_eq!(counters[counter], json!(0), "{counter}");
    }
    let registries = data.path().join(".storage/core.entity_registry");
    assert!(std::fs::read_to_string(registries).unwrap().contains("binary_sensor.room_hall_presence"));
}

#[test]
fn rooms_can_come_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let (file, rooms) = (recording(dir.path()), dir.path().join("rooms.yaml"));
    std::fs::write(&rooms, "rooms:\n  - id: bath\n    name: Bath\n    tags: [bathroom]\n    nodes: [node_1]\n")
        .unwrap();
    let once = || {
        let mut command = program();
        command.arg("replay").arg(&file).args(["--speed", "max", "--once", "--timezone", "Europe/Berlin"]);
        command.args(["--changes", "-", "--rooms"]).arg(&rooms);
        command
    };
    let changes = String::from_utf8(output(&mut once()).stdout).unwrap();
    assert!(changes.contains("binary_sensor.node_1_bathroom_occupied"), "{changes}");

    for (text, wrong) in
        [("rooms: 1", "rooms: expected a sequence"), ("rooms: [{id: a}]", "rooms[0].name"), ("{", "rooms.yaml")]
    {
        std::fs::write(&rooms, text).unwrap();
        let said = failure(&mut once());
        assert!(said.contains("--rooms") && said.contains(wrong), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_configures_it_and_variables_and_options_win() {
    let dir = tempfile::tempdir().unwrap();
    let (file, data) = (dir.path().join("ruview.yaml"), dir.path().join("data"));
    let text = "name: Attic\nstale_after: 77\nudp_bind: 127.0.0.1:0\nprivacy_class: restricted\n\
                rooms:\n- {id: hall, name: Hall, nodes: [node_1, node_2]}\n";
    std::fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    let server = Running::start(&data, &["run", "--config", path, "--stale-after", "9"]);
    let mut client = server.client(&data).await;
    let config = client.command(1, "get_config").await["result"].clone();
    assert_eq!((&config["name"], &config["stale_after_s"]), (&json!("Attic"), &json!(9)));
    assert_eq!(config["privacy_class"], 3);

    let checked = output(program().args(["config", "check", path]));
    assert_eq!(String::from_utf8(checked.stdout).unwrap(), format!("{path}: 5 settings, all in order\n"));
    assert!(String::from_utf8(output(program().args(["config", "example"])).stdout).unwrap().contains("#udp_bind: "));

    // A variable wins over the file, and the file tells `token` where the token is.
    std::fs::write(&file, format!("data_dir: {}\nname: Attic\n", data.display())).unwrap();
    let token = output(program().args(["token", "show", "--config", path]));
    let kept = std::fs::read_to_string(data.join("token")).unwrap();
    assert_eq!(String::from_utf8(token.stdout).unwrap(), kept);
    let other = dir.path().join("other");
    let token = output(program().args(["token", "show", "--config", path]).env("RUVIEW_DATA_DIR", &other));
    assert_ne!(String::from_utf8(token.stdout).unwrap(), kept);

    std::fs::write(&file, "nmae: Attic\nstale_after: never\n").unwrap();
    for arguments in [&["run", "--config", path][..], &["config", "check", path]] {
        let said = failure(program().args(arguments));
        assert!(said.contains("ruview.yaml:1:1: there is no setting 'nmae'; did you mean 'name'?"), "{said}");
        assert!(said.contains("ruview.yaml:2:14: stale_after: expected a whole number, found 'never'"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hang_up_reads_everything_again() {
    let dir = tempfile::tempdir().unwrap();
    let (file, data) = (dir.path().join("ruview.yaml"), dir.path().join("data"));
    let room = |id: &str| format!("- {{id: {id}, name: Room, nodes: [node_1]}}\n");
    std::fs::write(&file, format!("rooms:\n{}", room("hall"))).unwrap();
    let logs = std::fs::File::create(dir.path().join("logs")).unwrap();
    let arguments = ["simulate", "--config", file.to_str().unwrap()];
    let server = Running::start_with_logs(&data, &arguments, logs.into());
    let logged = |wanted: &str| {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !std::fs::read_to_string(dir.path().join("logs")).unwrap().contains(wanted) {
            assert!(Instant::now() < deadline, "{wanted}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let mut client = server.client(&data).await;
    let set = |room: &str| json!({"room_id": room, "hold_s": 60});
    assert_eq!(client.call(1, "set_thresholds", set("hall")).await["success"], true);

    std::fs::write(&file, "rooms: [{}]\n").unwrap();
    server.signal("-HUP");
    logged("every setting stays as it was");
    assert_eq!(client.call(2, "set_thresholds", set("hall")).await["success"], true);

    std::fs::write(&file, format!("name: Attic\nlog_level: debug\nrooms:\n{}", room("bath"))).unwrap();
    server.signal("-HUP");
    logged("these settings have changed and need a restart settings=\"name\"");
    assert_eq!(client.call(3, "set_thresholds", set("hall")).await["error"]["code"], "not_found");
    assert_eq!(client.call(4, "set_thresholds", set("bath")).await["success"], true);
    server.client(&data).await.subscribe(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_directory_has_one_server_and_commands_work_beside_it() {
    let data = tempfile::tempdir().unwrap();
    let beside = |arguments: &[&str]| output(program().args(arguments).arg("--data-dir").arg(data.path()));
    let server = Running::start(data.path(), &["simulate", "--persist"]);
    let second = beside(&["simulate", "--listen", "127.0.0.1:0"]);
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && second.stdout.is_empty(), "{told}");
    let holder = format!("(process {})", server.child.id());
    assert!(told.contains(&holder) && told.contains(&data.path().display().to_string()), "{told}");
    for arguments in [&["token", "list"][..], &["token", "create", "more"], &["events"]] {
        let done = beside(arguments);
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    // It is not disturbed, and whoever kills it can start another at once.
    let mut client = server.client(data.path()).await;
    assert_eq!(client.command(1, "ping").await["success"], true);
    drop(server);
    drop(Running::start(data.path(), &["simulate", "--persist"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_of_nodes_and_packets_are_settings() {
    let data = tempfile::tempdir().unwrap();
    let limits = ["--max-nodes", "1", "--max-packets-per-node", "2", "--max-packets", "50"];
    let server = Running::start(data.path(), &[&["simulate", "--nodes", "2"][..], &limits].concat());
    let mut client = server.client(data.path()).await;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let counters = client.command(1, "get_diagnostics").await["result"]["counters"].clone();
        if ["dropped_too_many_nodes", "dropped_too_fast"].iter().all(|name| counters[*name].as_u64() > Some(0)) {
            break;
        }
        assert!(Instant::now() < deadline, "{counters}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_made_limited_and_revoked_while_it_runs() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::start(data.path(), &["simulate"]);
    let token = |arguments: &[&str]| {
        let output = output(program().arg("token").args(arguments).arg("--data-dir").arg(data.path()));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let reader = token(&["create", "kitchen display", "--scope", "read"]);
    let mut client = loop {
        match server.client_with(&reader).await {
            (client, answer) if answer["type"] == "auth_ok" => break client,
            _ => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    };
    let mut owner = server.client(data.path()).await;
    assert_eq!(client.command(1, "get_states").await["success"], true);
    let refused = client.call(2, "set_rooms", json!({"rooms": []})).await;
    assert_eq!(refused["error"]["code"], "not_permitted");
    assert_eq!(owner.call(1, "set_rooms", json!({"rooms": []})).await["success"], true);

    let listed = token(&["list"]);
    assert!(listed.contains("kitchen display") && listed.contains("default"), "{listed}");
    assert!(!listed.contains(&reader));
    assert!(token(&["revoke", "kitchen display"]).starts_with("revoked kitchen display ("));
    assert_eq!(client.close_code().await, Some(4401));
    assert_eq!(server.client_with(&reader).await.1["type"], "auth_invalid");
    assert_eq!(owner.command(2, "ping").await["success"], true);
    token(&["revoke", "default"]);
    assert_eq!(owner.close_code().await, Some(4401));

    let said = failure(program().args(["token", "revoke", "nobody", "--data-dir"]).arg(data.path()));
    assert!(said.contains("no token 'nobody'"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulation_says_what_it_is() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::start(data.path(), &["simulate", "--speed", "20", "--nodes", "2", "--packet-rate", "20"]);
    let mut client = server.client(data.path()).await;
    let snapshot = client.subscribe(1).await;
    let known = snapshot["states"].as_array().unwrap().iter();
    if !known.clone().any(|state| state["entity_id"] == "sensor.node_2_data_source" && state["state"] == "simulated") {
        until(&mut client, is_state("sensor.node_2_data_source", "simulated")).await;
    }
    until(&mut client, |event| event["entity_id"] == "binary_sensor.node_1_presence").await;
    client.send(json!({"id": 3, "type": "get_config"})).await;
    loop {
        let frame = client.frame().await;
        if frame["type"] == "result" {
            assert_eq!(frame["result"]["source"], "simulated");
            return;
        }
    }
}

#[test]
fn a_replay_that_runs_once_is_repeatable_and_needs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = recording(dir.path());
    let once = |home: &Path| {
        let mut command = program();
        command.arg("replay").arg(&file).args(["--speed", "max", "--once", "--changes", "-"]).env("HOME", home);
        let output = output(&mut command);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let home = dir.path().join("home");
    let changes = once(&home);
    assert_eq!(changes, once(&home));
    assert!(!home.exists(), "no identity is made");

    let lines: Vec<Value> = changes.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<_> = lines.iter().filter(|line| line["type"] == "event").collect();
    assert_eq!(events.len(), 1);
    let (at, data) = (events[0]["at"].as_str().unwrap(), &events[0]["data"]);
    // The packet of second 90 says so, and the tick after it asks.
    assert!(("2027-01-15T08:01:30"..="2027-01-15T08:01:31.5").contains(&at), "{at}");
    assert_eq!(events[0]["event_type"], "unknown_presence");
    assert_eq!((&data["entity_id"], &data["device_id"]), (&json!("event.node_1_activity"), &json!("node_1")));
    assert_eq!(data["person_aware"], false);
    let presence: Vec<_> = lines
        .iter()
        .filter(|line| line["entity_id"] == "binary_sensor.node_1_presence")
        .map(|line| line["state"].as_str().unwrap())
        .collect();
    assert_eq!(presence, ["off", "on", "unavailable"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_serves_and_its_nodes_fall_silent_at_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let (file, changes) = (recording(dir.path()), dir.path().join("changes.jsonl"));
    let arguments = ["replay", file.to_str().unwrap(), "--speed", "30", "--stale-after", "3", "--changes"];
    let data = dir.path().join("data");
    let server = Running::start(&data, &[&arguments[..], &[changes.to_str().unwrap()]].concat());
    let mut client = server.client(&data).await;
    client.subscribe(1).await;
    let fired = until(&mut client, |event| event["type"] == "event").await;
    assert_eq!((&fired["event_type"], &fired["device_id"]), (&json!("unknown_presence"), &json!("node_1")));
    until(&mut client, is_state("sensor.node_1_data_source", "none")).await;
    until(&mut client, is_state("binary_sensor.node_1_presence", "unavailable")).await;
    let changes = std::fs::read_to_string(changes).unwrap();
    assert!(changes.contains(r#""type":"event","event_type":"unknown_presence""#), "{changes}");
}

#[test]
fn errors_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let said = failure(
        program().args(["simulate", "--listen", &taken.local_addr().unwrap().to_string(), "--data-dir"]).arg(&data),
    );
    assert!(said.contains("--listen"), "{said}");

    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let said = failure(
        program()
            .args(["run", "--listen", "127.0.0.1:0", "--udp-bind", &taken.local_addr().unwrap().to_string()])
            .arg("--data-dir")
            .arg(&data),
    );
    assert!(said.contains("UDP"), "{said}");

    let said = failure(program().args(["run", "--udp-allow", "192.168.1.0/33"]));
    assert!(said.contains("192.168.1.0/33") && said.contains("such as 192.168.1.0/24"), "{said}");
    let said = failure(program().args(["run", "--listen", "somewhere"]));
    assert!(said.contains("such as 127.0.0.1:3000"), "{said}");

    let said = failure(program().args(["run", "--no-esp32", "--listen", "127.0.0.1:0"]));
    assert!(said.contains("--nexmon-udp or --monitor"), "{said}");
    let twice = ["--nexmon-udp", "127.0.0.1:5500", "--nexmon-udp", "127.0.0.1:5501"];
    let said = failure(program().args(["run", "--no-esp32", "--listen", "127.0.0.1:0"]).args(twice));
    assert!(said.contains("called '1'") && said.contains("--nexmon-udp attic="), "{said}");
    let said = failure(program().args(["run", "--monitor", "wlx00c0caad12ef"]));
    assert!(said.contains("--monitor attic="), "{said}");
    let said = failure(program().args(["run", "--privacy-class", "1"]));
    assert!(said.contains("--research-mode"), "{said}");

    let said = failure(program().args(["simulate", "--tls-cert", "cert.pem"]));
    assert!(said.contains("--tls-key"), "{said}");
    let certificate = ["simulate", "--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem", "--listen", "127.0.0.1:0"];
    let said = failure(program().args(certificate).arg("--data-dir").arg(&data));
    assert!(said.contains("nowhere.pem for --tls-cert"), "{said}");

    let missing = dir.path().join("missing.jsonl");
    for mode in [&["--once"][..], &["--listen", "127.0.0.1:0"]] {
        let said = failure(program().arg("replay").arg(&missing).args(mode));
        assert!(said.contains("missing.jsonl"), "{said}");
    }

    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let said = failure(program().args(["simulate", "--listen", "127.0.0.1:0", "--data-dir"]).arg(file.join("below")));
    assert!(said.contains("--data-dir"), "{said}");
    let said = failure(program().args(["token", "show"]).env_remove("HOME").env_remove("XDG_DATA_HOME"));
    assert!(said.contains("--data-dir"), "{said}");

    let said =
        failure(program().arg("replay").arg(recording(dir.path())).arg("--once").arg("--changes").arg(dir.path()));
    assert!(said.contains("--changes"), "{said}");
}

/// Without privileges the system says nothing else, so that is what this sees then; which one depends on who runs the tests.
#[test]
#[cfg(target_os = "linux")]
fn a_monitor_that_cannot_be_used_says_what_to_do() {
    let run = ["run", "--no-esp32", "--listen", "127.0.0.1:0"];
    let said = failure(program().args(run).args(["--monitor", "nowhere0"]));
    assert!(said.contains("`ip link`") || said.contains("sudo setcap cap_net_raw,cap_net_admin+ep /"), "{said}");
    let said = failure(program().args(run).args(["--monitor", "lo", "--monitor-radio", "nexmon"]));
    assert!(said.contains("type monitor") || said.contains("sudo setcap cap_net_raw,cap_net_admin+ep /"), "{said}");
}

#[test]
fn small_commands() {
    let dir = tempfile::tempdir().unwrap();
    let show = || output(program().args(["token", "show"]).env("RUVIEW_DATA_DIR", dir.path()));
    let token = String::from_utf8(show().stdout).unwrap();
    assert_eq!(token.trim().len(), 43);
    assert_eq!(token, String::from_utf8(show().stdout).unwrap());
    assert_eq!(token, std::fs::read_to_string(dir.path().join("token")).unwrap());

    let home = dir.path().join("home");
    assert!(output(program().args(["token", "show"]).env("HOME", &home).env_remove("XDG_DATA_HOME")).status.success());
    assert!(home.join(".local/share/ruview/token").exists());

    let schema: Value = serde_json::from_slice(&output(program().arg("schema")).stdout).unwrap();
    assert_eq!(schema["catalog"].as_array().unwrap().len(), ruview_engine::catalog::CATALOG.len());
    assert_eq!(schema["services"], json!(ruview_engine::services::NAMES));
    assert_eq!(schema["catalog"][0]["key"], "presence");
    let codes = schema["error_codes"].as_array().unwrap();
    assert!(codes.contains(&json!("already_subscribed")) && codes.contains(&json!("room_not_empty")), "{codes:?}");

    let version = String::from_utf8(output(program().arg("version")).stdout).unwrap();
    assert_eq!(version.trim(), format!("ruview-server {} (API 1)", env!("CARGO_PKG_VERSION")));
}

#[test]
fn logs_can_be_json() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = program();
    command.arg("replay").arg(recording(dir.path())).args(["--once", "--speed", "max", "--log-format", "json"]);
    let logs = String::from_utf8(output(&mut command).stderr).unwrap();
    assert!(logs.lines().count() >= 2);
    for line in logs.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["level"], "INFO", "{line}");
    }
}
