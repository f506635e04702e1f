//! Every frame in `tests/golden/ws_v1`, built from or read by this crate's types.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Arc;

use homecore::{Attributes, CoreEvent, EntityId, Event, HomeCore, Snapshot, State, StateChanged, StorageStatistics};
use jiff::Timestamp;
use ruview_bfld::PrivacyClass;
use ruview_bfld::policy::Terms;
use ruview_capture::{BfiPair, BfiReport, BfiSession, CaptureEvent, Captured};
use ruview_core::{Complex32, CsiFrame, DataSource, MacAddress, NodeNumber, NodePacket, StreamTime};
use ruview_engine::services::{self, ServiceCall, ServiceError, ServiceErrorCode};
use ruview_engine::{
    Engine, EngineConfig, EventLogStatistics, NodeStatistics, Source, SourceName, StoreStatistics, StoredEvent,
    stream_clock,
};
use ruview_host::frames::{
    Answer, Auth, AuthOk, Config, DiagnosticCounters, Diagnostics, ErrorCode, EventFrame, EventView, Events,
    ServerFrame, StateView, Time,
};
use ruview_host::{Command, NAMES, PastEvents, Request, Service};
use ruview_server::CountersView;
use ruview_server::api;
use ruview_wire::cbfr::{
    Bandwidth, CbfrReport, Codebook, FeedbackType, Grouping, MimoControl, Phy, ReceivedReport, Tones, n_angles,
};
use ruview_wire::dot11::ActionHeader;
use ruview_wire::link::RadioInfo;
use serde_json::{Value, json};
use uuid::Uuid;

const SERVER_ID: &str = "4f6c1f0e-9d0e-4b52-8a53-2f6f4c9a7d11";
const VERSION: &str = "0.1.0";

fn text(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/golden/ws_v1").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn golden(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

fn assert_golden(frame: &ServerFrame<'_>, name: &str) {
    assert_eq!(frame.outgoing(Terms::default()), golden(name), "{name}");
}

/// The source of the node in the examples.
fn source(kind: DataSource) -> Source {
    Source { index: 0, kind, name: SourceName::FIRST }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn server_id() -> Uuid {
    SERVER_ID.parse().unwrap()
}

/// What the engine registers and shows after one event, as a start for the golden states.
fn snapshot_after(source: &Source, event: CaptureEvent) -> Snapshot {
    let core = Arc::new(HomeCore::default());
    let mut engine = Engine::new(EngineConfig::new(SERVER_ID, "RuView", VERSION), Arc::clone(&core), stream_clock());
    let at = StreamTime::from_micros(time("2026-11-21T10:00:00Z").as_microsecond());
    engine.handle(source, &Captured { at, event });
    // What needs a second to be asked about is there after the next tick.
    engine.handle(source, &Captured { at, event: CaptureEvent::Tick });
    core.snapshot()
}

/// After a node's first frame.
fn snapshot_of_a_node(kind: DataSource) -> Snapshot {
    let frame = CsiFrame::new(NodeNumber(1), 1, 1, vec![Complex32::new(1.0, 0.0)]).unwrap();
    snapshot_after(&source(kind), CaptureEvent::Packet(NodePacket::Csi(frame)))
}

/// A report of a station with 22 dB to an access point with two antennas.
fn feedback() -> CaptureEvent {
    let control = MimoControl {
        phy: Phy::Vht,
        nc: 1,
        nr: 2,
        bandwidth: Bandwidth::Mhz20,
        grouping: Grouping::Ng1,
        codebook: Codebook::Fine,
        feedback: FeedbackType::Su,
        remaining_segments: 0,
        first_segment: true,
        token: 0,
    };
    let tones = Tones::of(&control);
    let codes = vec![3; tones.len() * n_angles(control.nr, control.nc)];
    let report = CbfrReport { control, tones, snr_codes: vec![0], codes, delta_snr_db: None, tail_note: None };
    let [station, access_point] = [1, 2].map(|last| MacAddress::new([2, 0, 0, 0, 0, last]));
    let header = ActionHeader {
        receiver: access_point,
        transmitter: station,
        bssid: access_point,
        sequence: 0,
        fragment: 0,
        retry: false,
        no_ack: true,
        ht_control: None,
    };
    let at = StreamTime::from_micros(0);
    CaptureEvent::Bfi(Box::new(BfiReport {
        pair: BfiPair { beamformer: access_point, beamformee: station },
        session: BfiSession { number: 0, report: 0, since_previous: None, channel_changes: 0 },
        received: ReceivedReport { at, header, vendor: None, info: RadioInfo::default(), report },
    }))
}

fn state(entity_id: &str, state: &str, attributes: &Value, at: &str) -> Arc<State> {
    let core = HomeCore::default();
    let attributes: Attributes = attributes.as_object().unwrap().clone();
    let id = EntityId::new(entity_id).unwrap();
    core.states().set(&id, state, attributes, homecore::Context::new(), time(at)).unwrap();
    core.states().get(entity_id).unwrap()
}

/// Lists without order are compared without order.
fn sorted(mut list: Value, key: &str) -> Value {
    list.as_array_mut().unwrap().sort_by_key(|item| item[key].as_str().unwrap().to_owned());
    list
}

#[test]
fn handshake() {
    assert_golden(&ServerFrame::AuthRequired { version: VERSION, api: api::API }, "server_auth_required.json");
    assert_golden(
        &ServerFrame::AuthOk(AuthOk {
            server_id: server_id(),
            name: "RuView",
            version: VERSION,
            api: api::API,
            privacy_class: PrivacyClass::Anonymous.as_u8(),
            privacy_mode: false,
            capabilities: &api::CAPABILITIES,
        }),
        "server_auth_ok.json",
    );
    assert_golden(&ServerFrame::AuthInvalid { message: "the token is not valid" }, "server_auth_invalid.json");
    let auth: Auth = serde_json::from_str(&text("client_auth.json")).unwrap();
    assert_eq!(auth.token, "an-example-token");
}

#[test]
fn commands() {
    let past = PastEvents {
        after: Some(40),
        since: Some(time("2026-11-21T10:00:00Z")),
        event_type: Some("unknown_presence".into()),
        limit: Some(100),
    };
    for (name, id, command) in [
        ("client_subscribe.json", 1, Command::Subscribe),
        ("client_get_states.json", 2, Command::GetStates),
        ("client_get_config.json", 3, Command::GetConfig),
        ("client_get_diagnostics.json", 4, Command::GetDiagnostics),
        ("client_get_events.json", 12, Command::GetEvents(past)),
        ("client_ping.json", 5, Command::Ping),
        ("client_call_service.json", 7, call("calibrate", json!({"node_id": "node_1", "duration_s": 10}))),
    ] {
        assert_eq!(Request::parse(&text(name)).unwrap(), Request { id, command }, "{name}");
    }
    assert_eq!(NAMES.len(), 7);
}

#[test]
fn config_updated() {
    let terms = Terms { class: PrivacyClass::Restricted, privacy_mode: true, ..Terms::default() };
    assert_golden(&ServerFrame::Event { id: 1, event: EventFrame::from(terms) }, "server_config_updated.json");
}

fn call(service: &str, data: Value) -> Command {
    Command::CallService(Service { domain: "ruview".into(), service: service.into(), data })
}

#[test]
fn services() {
    let mut called = vec!["calibrate"];
    for (name, id) in [
        ("service_cancel_calibration.json", 15),
        ("service_reset_baseline.json", 8),
        ("service_remove_node.json", 14),
        ("service_set_privacy_class.json", 13),
        ("service_set_rooms.json", 9),
        ("service_set_context.json", 10),
        ("service_set_thresholds.json", 11),
    ] {
        let service = name.trim_start_matches("service_").trim_end_matches(".json");
        let data = golden(name)["data"].clone();
        assert_eq!(Request::parse(&text(name)).unwrap(), Request { id, command: call(service, data.clone()) });
        ServiceCall::parse("ruview", service, data).unwrap();
        called.push(service);
    }
    assert_eq!(called, services::NAMES);
    let error = ServiceError::new(ServiceErrorCode::RoomNotEmpty, "node_id", "an empty room", "motion");
    assert_golden(&ServerFrame::Result(Answer::refusal(7, error)), "server_service_error.json");
}

#[test]
fn answers() {
    assert_golden(&ServerFrame::Result(Answer::success(1, Value::Null)), "server_result.json");
    let dance = Request::parse(r#"{"id":6,"type":"dance"}"#).unwrap_err();
    assert_golden(&ServerFrame::Result(dance), "server_error.json");
    let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| serde_json::to_value(code).unwrap()).collect();
    let expected = [
        "unknown_command",
        "invalid_format",
        "already_subscribed",
        "not_permitted",
        "unknown_service",
        "invalid_data",
        "not_found",
        "not_supported",
        "node_silent",
        "room_not_empty",
        "not_stored",
        "looser_class",
        "unreadable",
        "stopping",
    ];
    assert_eq!(codes, expected);
    for code in ServiceErrorCode::ALL {
        assert_eq!(json!(code), json!(ErrorCode::from(code)), "one name in both");
    }
    let config = Config {
        server_id: server_id(),
        name: "RuView",
        version: VERSION,
        api: api::API,
        privacy_class: PrivacyClass::Anonymous.as_u8(),
        privacy_mode: false,
        source: DataSource::Replay.as_str(),
        stale_after_s: 30,
        started_at: Time(time("2026-11-21T10:00:00Z")),
    };
    assert_golden(&ServerFrame::Result(Answer::success(3, json!(config))), "server_config.json");
}

#[test]
fn diagnostics() {
    let rejected = json!({"bad_crc": 1, "not_finite": 0});
    let diagnostics = Diagnostics {
        version: VERSION,
        uptime_s: 12,
        source: DataSource::Live.as_str(),
        nodes: vec![NodeStatistics {
            id: "node_1".into(),
            frames: 240,
            packet_rate_hz: 20.0,
            calibration: Some("self-1".into()),
            silent: false,
        }],
        counters: DiagnosticCounters {
            packets_accepted: 240,
            packets_rejected: rejected.as_object().unwrap().clone(),
            packets_ignored: 0,
            kernel_drops: 0,
            interface_losses: 0,
            dropped_too_many_nodes: 0,
            dropped_too_fast: 0,
            dropped_other_source: 0,
            failed_sources: 0,
            store: StoreStatistics::default(),
            registries: StorageStatistics::default(),
            events: EventLogStatistics::default(),
            interfaces: CountersView { ws_clients: 1, ..CountersView::default() },
        },
    };
    let mut frame = ServerFrame::Result(Answer::success(4, json!(diagnostics))).outgoing(Terms::default());
    let expected = golden("server_diagnostics.json");
    // The example names some of the counters: clients ignore those that they do not know.
    let shown = expected["result"]["counters"].as_object().unwrap();
    frame["result"]["counters"].as_object_mut().unwrap().retain(|name, _| shown.contains_key(name));
    assert_eq!(frame, expected);
}

#[test]
fn snapshot() {
    let at = "2026-11-21T10:00:00Z";
    let calibration = json!({"calibration": "self-1"});
    let snapshot = Snapshot {
        states: vec![
            state("binary_sensor.node_1_presence", "off", &json!({"reason": ["quiet"], "calibration": "self-1"}), at),
            state("binary_sensor.node_1_motion", "off", &calibration, at),
            state("sensor.node_1_motion_level", "3.2", &json!({}), at),
            state("sensor.node_1_data_source", "replay", &json!({}), at),
            state("sensor.node_1_last_seen", at, &json!({}), at),
            state("event.node_1_activity", "unknown", &json!({}), at),
        ],
        ..snapshot_of_a_node(DataSource::Replay)
    };
    let mut frame = ServerFrame::Event { id: 1, event: EventFrame::from(&snapshot) }.outgoing(Terms::default());
    let mut expected = golden("server_snapshot.json");
    // The example has some of the entities; of which kinds there are, tests/golden/catalog.json tells.
    let shown = expected["event"]["entities"].clone();
    let is_shown = |entity: &Value| shown.as_array().unwrap().iter().any(|s| s["entity_id"] == entity["entity_id"]);
    frame["event"]["entities"].as_array_mut().unwrap().retain(is_shown);
    for list in ["entities", "states"] {
        for value in [&mut frame, &mut expected] {
            value["event"][list] = sorted(value["event"][list].take(), "entity_id");
        }
    }
    assert_eq!(frame, expected);
}

#[test]
fn snapshot_of_a_monitor() {
    let attic = Source { index: 0, kind: DataSource::Live, name: SourceName::new("attic").unwrap() };
    let snapshot = snapshot_after(&attic, feedback());
    let frame = ServerFrame::Event { id: 1, event: EventFrame::from(&snapshot) };
    assert_golden(&frame, "server_snapshot_monitor.json");
}

#[test]
fn the_engine_shows_what_the_snapshot_example_shows() {
    let snapshot = snapshot_of_a_node(DataSource::Replay);
    let shown = |entity_id: &str| {
        let state = snapshot.states.iter().find(|state| state.entity_id.as_str() == entity_id).unwrap();
        serde_json::to_value(StateView::from(state.as_ref())).unwrap()
    };
    let expected = golden("server_snapshot.json");
    let expected = |entity_id: &str| {
        let states = expected["event"]["states"].as_array().unwrap();
        states.iter().find(|state| state["entity_id"] == entity_id).unwrap().clone()
    };
    for entity_id in ["sensor.node_1_data_source", "sensor.node_1_last_seen", "event.node_1_activity"] {
        assert_eq!(shown(entity_id), expected(entity_id));
    }
}

#[test]
fn changes_of_states() {
    let presence = "binary_sensor.node_1_presence";
    let on = state(presence, "on", &json!({"reason": ["motion"], "calibration": "self-1"}), "2026-11-21T10:00:12.25Z");
    let mut changed = StateChanged { entity_id: EntityId::new(presence).unwrap(), old: None, new: Some(on) };
    let event = CoreEvent::StateChanged(changed.clone());
    assert_golden(&ServerFrame::Event { id: 1, event: EventFrame::from(&event) }, "server_state_changed.json");
    let source = "sensor.node_1_data_source";
    let duplicate = StateChanged {
        entity_id: EntityId::new(source).unwrap(),
        old: None,
        new: Some(state(source, "live", &json!({"duplicate_id": true}), "2026-11-21T10:00:12.25Z")),
    };
    let event = CoreEvent::StateChanged(duplicate);
    assert_golden(
        &ServerFrame::Event { id: 1, event: EventFrame::from(&event) },
        "server_state_changed_duplicate.json",
    );
    changed.new = None;
    let event = CoreEvent::StateChanged(changed);
    assert_golden(&ServerFrame::Event { id: 1, event: EventFrame::from(&event) }, "server_state_removed.json");
}

#[test]
fn changes_of_registries() {
    let core = Arc::new(HomeCore::default());
    let mut engine = Engine::new(EngineConfig::new(SERVER_ID, "RuView", VERSION), Arc::clone(&core), stream_clock());
    let (_, mut events) = core.snapshot_and_subscribe();
    let frame = CsiFrame::new(NodeNumber(1), 1, 1, vec![Complex32::new(1.0, 0.0)]).unwrap();
    let captured = Captured { at: StreamTime::from_micros(0), event: CaptureEvent::Packet(NodePacket::Csi(frame)) };
    engine.handle(&source(DataSource::Live), &captured);
    let (mut device, mut entity) = (false, false);
    while let Ok(event) = events.try_recv() {
        let frame = ServerFrame::Event { id: 1, event: EventFrame::from(&event) };
        match &event {
            CoreEvent::DeviceRegistryUpdated(_) => {
                assert_golden(&frame, "server_device_registry_updated.json");
                device = true;
            }
            CoreEvent::EntityRegistryUpdated(updated) if updated.entity_id.object_id() == "node_1_presence" => {
                assert_golden(&frame, "server_entity_registry_updated.json");
                entity = true;
            }
            _ => {}
        }
    }
    assert!(device && entity);
}

fn fired(event_type: &str, data: &Value, time_fired: &str) -> CoreEvent {
    CoreEvent::Fired(Arc::new(Event {
        event_type: event_type.into(),
        data: data.as_object().unwrap().clone(),
        context: homecore::Context::new(),
        time_fired: time(time_fired),
    }))
}

#[test]
fn events_and_resync() {
    let data = json!({
        "person_aware": false,
        "reason": ["motion"],
        "device_id": "node_1",
        "entity_id": "event.node_1_activity",
    });
    let event = fired("unknown_presence", &data, "2026-11-21T10:00:12.25Z");
    assert_golden(&ServerFrame::Event { id: 1, event: EventFrame::from(&event) }, "server_event.json");
    let data = json!({
        "outcome": "refused",
        "reason": ["motion"],
        "version": null,
        "device_id": "node_1",
        "entity_id": "sensor.node_1_calibration",
    });
    let event = fired("calibration_finished", &data, "2026-11-21T10:00:22.25Z");
    assert_golden(&ServerFrame::Event { id: 1, event: EventFrame::from(&event) }, "server_event_calibration.json");
    assert_golden(&ServerFrame::Resync { id: 1 }, "server_resync.json");
}

#[test]
fn past_events() {
    let event = StoredEvent {
        id: 41,
        event_type: "unknown_presence".into(),
        device_id: "node_1".into(),
        entity_id: "event.node_1_activity".into(),
        data: json!({"person_aware": false, "reason": ["motion"]}).as_object().unwrap().clone(),
        time_fired: time("2026-11-21T10:00:12.25Z"),
    };
    let events = Events { events: vec![EventView::from(&event)] };
    assert_golden(&ServerFrame::Result(Answer::success(12, json!(events))), "server_events.json");
}

#[test]
fn the_schema_names_the_events_that_there_are() {
    let mut found: Vec<String> =
        ["snapshot", "state_changed", "entity_registry_updated", "device_registry_updated", "event", "config_updated"]
            .iter()
            .map(|name| golden(&format!("server_{name}.json"))["event"]["type"].as_str().unwrap().to_owned())
            .collect();
    found.sort_unstable();
    let mut named = EventFrame::NAMES;
    named.sort_unstable();
    assert_eq!(found, named);
}

#[test]
fn every_golden_file_is_tested_here() {
    let this = include_str!("golden.rs");
    for entry in
        std::fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/golden/ws_v1")).unwrap()
    {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "README.md" {
            assert!(this.contains(&format!("\"{name}\"")), "{name} is not tested");
        }
    }
}
