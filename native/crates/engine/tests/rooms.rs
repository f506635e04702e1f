//! Rooms of one node and of several, their zones, and what a household says of them.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Bench, LIVE, edge};
use ruview_engine::services::{DOMAIN, ServiceCall, ServiceError, ServiceErrorCode};
use serde_json::{Value, json};

fn call(bench: &mut Bench, service: &str, data: Value) -> Result<(), ServiceError> {
    bench.engine.call(ServiceCall::parse(DOMAIN, service, data)?)
}

fn set_rooms(bench: &mut Bench, rooms: &Value) {
    call(bench, "set_rooms", json!({ "rooms": rooms })).unwrap();
}

fn bedroom() -> Value {
    json!([{"id": "bedroom", "name": "Bedroom", "tags": ["bedroom"], "nodes": ["node_1", "node_2"],
            "zones": [{"id": "bed", "name": "Bed", "tags": ["bed"], "nodes": ["node_2"]}]}])
}

/// The firmware's flags of nodes 1 and 2, once a second with a tick after each.
fn seconds(bench: &mut Bench, seconds: std::ops::Range<u32>, presence: [bool; 2]) {
    for second in seconds {
        for (node, presence) in [1, 2].into_iter().zip(presence) {
            bench.send(&LIVE, f64::from(second), edge(node, presence, presence));
        }
        bench.tick(&LIVE, f64::from(second) + 0.5);
    }
}

fn enabled(bench: &Bench, entity_id: &str) -> bool {
    bench.core.entities().get(entity_id).unwrap_or_else(|| panic!("{entity_id}")).enabled_default
}

#[test]
fn a_room_of_several_nodes_has_a_device_and_its_nodes_step_back() {
    let mut bench = Bench::new();
    seconds(&mut bench, 0..5, [false, false]);
    assert!(enabled(&bench, "binary_sensor.node_1_presence"));

    set_rooms(&mut bench, &bedroom());
    assert!(bench.core.devices().get("room_bedroom").is_none(), "nothing is known of it yet");
    assert!(!enabled(&bench, "binary_sensor.node_1_presence") && !enabled(&bench, "event.node_2_activity"));
    assert!(enabled(&bench, "sensor.node_1_data_source") && enabled(&bench, "event.node_1_fall"));

    seconds(&mut bench, 5..8, [true, true]);
    let room = bench.core.devices().get("room_bedroom").unwrap();
    assert_eq!(
        (room.kind.as_str(), room.name.as_str(), room.via_device_id.as_deref()),
        ("room", "Bedroom", Some("server"))
    );
    assert_eq!(bench.state("binary_sensor.room_bedroom_presence").unwrap(), "on");
    assert_eq!(bench.state("binary_sensor.room_bedroom_motion").unwrap(), "on");
    assert!(enabled(&bench, "binary_sensor.room_bedroom_presence") && enabled(&bench, "event.room_bedroom_activity"));
    let zone = bench.core.devices().get("zone_bedroom_bed").unwrap();
    assert_eq!(
        (zone.kind.as_str(), zone.name.as_str(), zone.via_device_id.as_deref()),
        ("zone", "Bed", Some("room_bedroom"))
    );
    assert_eq!(bench.state("binary_sensor.zone_bedroom_bed_zone_occupancy").unwrap(), "on");

    seconds(&mut bench, 8..12, [true, false]);
    assert_eq!(bench.state("binary_sensor.zone_bedroom_bed_zone_occupancy").unwrap(), "off");

    bench.silence(&LIVE, 12, 50);
    for entity in
        ["binary_sensor.room_bedroom_presence", "binary_sensor.room_bedroom_motion", "event.room_bedroom_activity"]
    {
        assert_eq!(bench.state(entity).unwrap(), "unavailable", "{entity}");
    }
    assert_eq!(bench.state("binary_sensor.zone_bedroom_bed_zone_occupancy").unwrap(), "unavailable");

    set_rooms(&mut bench, &json!([]));
    assert!(
        bench.core.devices().get("room_bedroom").is_none() && bench.core.devices().get("zone_bedroom_bed").is_none()
    );
    assert_eq!(bench.state("binary_sensor.room_bedroom_presence"), None);
    assert!(enabled(&bench, "binary_sensor.node_1_presence"));
}

#[test]
fn a_room_of_one_node_adds_nothing() {
    let mut bench = Bench::new();
    seconds(&mut bench, 0..3, [false, false]);
    let before = bench.entities();
    set_rooms(&mut bench, &json!([{"id": "hall", "name": "Hall", "nodes": ["node_1", "monitor_attic"]}]));
    seconds(&mut bench, 3..6, [false, false]);
    assert_eq!(bench.entities(), before);
    assert!(bench.core.devices().get("room_hall").is_none());
}

#[test]
fn a_tag_brings_an_entity_and_takes_it_again() {
    const BATHROOM: &str = "binary_sensor.node_1_bathroom_occupied";
    let mut bench = Bench::new();
    seconds(&mut bench, 0..3, [false, false]);
    assert!(!bench.entities().contains(&BATHROOM.to_owned()));
    set_rooms(&mut bench, &json!([{"id": "bath", "name": "Bath", "tags": ["bathroom"], "nodes": ["node_1"]}]));
    seconds(&mut bench, 3..5, [false, false]);
    assert!(bench.entities().contains(&BATHROOM.to_owned()));
    set_rooms(&mut bench, &json!([{"id": "bath", "name": "Bath", "nodes": ["node_1"]}]));
    seconds(&mut bench, 5..7, [false, false]);
    assert!(!bench.entities().contains(&BATHROOM.to_owned()));
}

#[test]
fn one_arrival_in_a_room_is_one_event() {
    let mut bench = Bench::new();
    set_rooms(&mut bench, &bedroom());
    seconds(&mut bench, 0..70, [false, false]);
    seconds(&mut bench, 70..75, [true, true]);
    let (fired, _) = bench.drain("");
    let places: Vec<_> = fired.iter().map(|event| (event.event_type.as_str(), &event.data["entity_id"])).collect();
    assert_eq!(places, [("unknown_presence", &json!("event.room_bedroom_activity"))]);
}

#[test]
fn who_lives_here_is_not_unknown_for_as_long_as_the_household_says_so() {
    let mut bench = Bench::new();
    let mut at = 0;
    let mut arrivals = |bench: &mut Bench, said: Option<Value>, wait: u32| {
        if let Some(said) = said {
            call(bench, "set_context", said).unwrap();
        }
        seconds(bench, at..at + wait, [false, false]);
        seconds(bench, at + wait..at + wait + 20, [true, false]);
        seconds(bench, at + wait + 20..at + wait + 30, [false, false]);
        at += wait + 30;
        let (fired, _) = bench.drain("");
        fired.iter().map(|event| event.data["person_aware"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(arrivals(&mut bench, None, 70), [json!(false)]);
    let home = |known| json!({"room_id": "node_1", "known_home": known});
    assert!(arrivals(&mut bench, Some(home(true)), 10).is_empty());
    assert_eq!(arrivals(&mut bench, Some(home(false)), 10), [json!(true)]);
    assert!(arrivals(&mut bench, Some(home(true)), 10).is_empty());
    assert_eq!(arrivals(&mut bench, None, 900), [json!(false)], "nobody has said it again for a quarter of an hour");
}

#[test]
fn rooms_can_be_checked_without_being_set() {
    let mut bench = Bench::new();
    seconds(&mut bench, 0..3, [false, false]);
    call(&mut bench, "set_rooms", json!({"rooms": bedroom(), "check": true})).unwrap();
    assert!(enabled(&bench, "binary_sensor.node_1_presence"), "nothing has changed");
    let twice = json!([bedroom()[0], {"id": "study", "name": "Study", "nodes": ["node_1"]}]);
    let error = call(&mut bench, "set_rooms", json!({"rooms": twice, "check": true})).unwrap_err();
    assert_eq!((error.code, error.field.as_str()), (ServiceErrorCode::InvalidData, "rooms[1].nodes"));
}

#[test]
fn errors_name_what_is_wrong() {
    let mut bench = Bench::new();
    seconds(&mut bench, 0..3, [false, false]);
    for (service, data, code, field) in [
        ("calibrate", json!({"node_id": "node_9"}), ServiceErrorCode::NotFound, "node_id"),
        ("calibrate", json!({"node_id": "node_1"}), ServiceErrorCode::NodeSilent, "node_id"),
        ("reset_baseline", json!({"node_id": "node_9"}), ServiceErrorCode::NotFound, "node_id"),
        ("set_context", json!({"room_id": "attic"}), ServiceErrorCode::NotFound, "room_id"),
        ("set_thresholds", json!({"room_id": "attic"}), ServiceErrorCode::NotFound, "room_id"),
        ("set_thresholds", json!({"room_id": "node_1", "hold_s": 1}), ServiceErrorCode::InvalidData, "hold_s"),
        (
            "set_thresholds",
            json!({"room_id": "node_1", "sensitivity": "huge"}),
            ServiceErrorCode::InvalidData,
            "sensitivity",
        ),
        (
            "set_thresholds",
            json!({"room_id": "node_1", "thresholds": {"dance": {}}}),
            ServiceErrorCode::InvalidData,
            "thresholds.dance",
        ),
    ] {
        let error = call(&mut bench, service, data).unwrap_err();
        assert_eq!((error.code, error.field.as_str()), (code, field), "{error}");
    }
    call(&mut bench, "set_thresholds", json!({"room_id": "node_1", "sensitivity": "high", "hold_s": 60})).unwrap();
    call(&mut bench, "reset_baseline", json!({"node_id": "node_1"})).unwrap();
}

#[test]
fn who_goes_from_room_to_room_is_told_where_somebody_asked_for_it() {
    const ENTITY: &str = "event.ruview_multi_room_transition";
    let rooms = json!([{"id": "hall", "name": "Hall", "nodes": ["node_1"], "adjacent": ["bath"]},
                       {"id": "bath", "name": "Bath", "nodes": ["node_2"]}]);
    let walk = |tracking_opt_in| {
        let privacy = ruview_bfld::policy::Terms { tracking_opt_in, ..Default::default() };
        let mut bench = Bench::with(ruview_engine::EngineConfig { privacy, ..common::config() });
        set_rooms(&mut bench, &rooms);
        seconds(&mut bench, 0..70, [true, false]);
        seconds(&mut bench, 70..72, [true, true]);
        seconds(&mut bench, 72..80, [false, true]);
        bench
    };
    let mut bench = walk(true);
    let device = bench.core.entities().get(ENTITY).unwrap();
    assert_eq!(
        (device.device_id.as_deref(), device.unique_id.as_str()),
        (Some("server"), "server_multi_room_transition")
    );
    let shown = bench.attributes(ENTITY);
    assert_eq!(
        (&shown["event_type"], &shown["from"], &shown["to"]),
        (&json!("transition"), &json!("hall"), &json!("bath"))
    );
    let fired = bench.drain(ENTITY).0;
    assert_eq!(fired.iter().filter(|event| event.event_type == "transition").count(), 1);

    set_rooms(&mut bench, &json!([]));
    assert!(bench.core.entities().get(ENTITY).is_none());

    let mut silent = walk(false);
    assert!(silent.core.entities().get(ENTITY).is_none());
    assert!(silent.drain(ENTITY).0.iter().all(|event| event.event_type != "transition"));
}
