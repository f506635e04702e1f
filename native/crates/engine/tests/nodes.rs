//! What a node shows, from its first packet to its silence and back.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Bench, LIVE, REPLAY, at, config, csi, edge, feature_state, feature_vector};
use ruview_capture::{CaptureEvent, Captured};
use ruview_core::{EdgeVitals, NodeNumber};
use ruview_engine::{EngineConfig, PacketLimits, published_at};
use serde_json::json;

const PRESENCE: &str = "binary_sensor.node_1_presence";
const MOTION: &str = "binary_sensor.node_1_motion";
const MOTION_LEVEL: &str = "sensor.node_1_motion_level";
const DATA_SOURCE: &str = "sensor.node_1_data_source";
const LAST_SEEN: &str = "sensor.node_1_last_seen";
const ACTIVITY: &str = "event.node_1_activity";

#[test]
fn the_server_is_there_before_any_node() {
    let bench = Bench::new();
    let snapshot = bench.core.snapshot();
    assert_eq!(snapshot.devices.len(), 1);
    assert_eq!((snapshot.devices[0].id.as_str(), snapshot.devices[0].kind.as_str()), ("server", "server"));
    assert!(snapshot.entities.is_empty() && snapshot.states.is_empty());
}

#[test]
fn a_node_exists_from_its_first_packet_with_what_that_can_drive() {
    let mut bench = Bench::new();
    bench.send(&LIVE, 0.0, feature_state(1));
    bench.send(&LIVE, 0.5, feature_vector(1));
    bench.silence(&LIVE, 0, 5);
    assert_eq!(bench.entities(), [DATA_SOURCE, LAST_SEEN]);
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "live");
    let device = bench.core.devices().get("node_1").unwrap();
    assert_eq!((device.name.as_str(), device.via_device_id.as_deref()), ("Node 1", Some("server")));

    bench.send(&LIVE, 5.5, edge(1, false, false));
    bench.tick(&LIVE, 6.0);
    let of_flags = [MOTION, PRESENCE, ACTIVITY, "event.node_1_fall", DATA_SOURCE, LAST_SEEN];
    assert_eq!(bench.entities(), of_flags);

    bench.send(&LIVE, 6.1, csi(1));
    bench.tick(&LIVE, 7.0);
    let of_csi = [
        "binary_sensor.node_1_elderly_inactivity_anomaly",
        "binary_sensor.node_1_meeting_in_progress",
        "binary_sensor.node_1_no_movement",
        "binary_sensor.node_1_room_active",
        "binary_sensor.node_1_someone_sleeping",
        "sensor.node_1_breathing_rate",
        "sensor.node_1_calibration",
        "sensor.node_1_fall_risk_elevated",
        "sensor.node_1_motion_energy",
        MOTION_LEVEL,
        "sensor.node_1_person_count",
        "sensor.node_1_presence_score",
    ];
    let mut all = [&of_flags[..], &of_csi].concat();
    all.sort_unstable();
    assert_eq!(bench.entities(), all, "no heart rate, no bathroom, no bed, no signal strength: nothing drives them");
    let entry = bench.core.entities().get(PRESENCE).unwrap();
    assert_eq!(entry.unique_id, "server_node_1_presence");
    assert_eq!(entry.device_class.as_deref(), Some("occupancy"));
}

#[test]
fn a_learning_detector_says_unknown() {
    let mut bench = Bench::new();
    bench.send(&LIVE, 0.0, csi(1));
    assert_eq!(bench.state(PRESENCE).unwrap(), "unknown");
    assert_eq!(bench.attributes(PRESENCE), json!({"reason": ["learning"], "calibration": "learning"}));
    assert_eq!(bench.state(MOTION).unwrap(), "unknown");
    assert_eq!(bench.state(MOTION_LEVEL).unwrap(), "unknown");
    bench.tick(&LIVE, 1.0);
    assert_eq!(bench.state(ACTIVITY).unwrap(), "unknown");
    assert_eq!(bench.engine.statistics().nodes[0].calibration.as_deref(), Some("learning"));
}

#[test]
fn without_csi_the_firmwares_flags_count_and_say_so() {
    let mut bench = Bench::new();
    bench.send(&LIVE, 0.0, edge(1, true, true));
    assert_eq!(bench.state(PRESENCE), None, "CSI may still come");
    bench.tick(&LIVE, 1.0);
    bench.tick(&LIVE, 2.0);
    assert_eq!(bench.state(PRESENCE).unwrap(), "on");
    assert_eq!(bench.attributes(PRESENCE), json!({"reason": ["edge_flag"]}));
    assert_eq!(bench.state(MOTION).unwrap(), "on");
    bench.send(&LIVE, 3.0, edge(1, true, false));
    assert_eq!((bench.state(PRESENCE).unwrap().as_str(), bench.state(MOTION).unwrap().as_str()), ("on", "off"));
}

#[test]
fn csi_outranks_the_flags_until_it_is_stale() {
    let mut bench = Bench::new();
    bench.send(&LIVE, 0.0, edge(1, true, true));
    bench.send(&LIVE, 0.1, csi(1));
    bench.silence(&LIVE, 0, 29);
    bench.send(&LIVE, 29.5, edge(1, true, true));
    assert_eq!(bench.state(PRESENCE).unwrap(), "unknown");
    bench.tick(&LIVE, 30.0);
    bench.tick(&LIVE, 31.0);
    assert_eq!(bench.state(PRESENCE).unwrap(), "on");
    assert_eq!(bench.attributes(PRESENCE)["reason"], json!(["edge_flag"]));
    assert_eq!(bench.state(MOTION_LEVEL).unwrap(), "unavailable");
}

#[test]
fn a_silent_node_keeps_nothing_but_when_it_was_seen() {
    let mut bench = Bench::new();
    bench.send(&LIVE, 0.0, csi(1));
    bench.silence(&LIVE, 0, 29);
    assert_eq!(bench.state(PRESENCE).unwrap(), "unknown");
    assert!(!bench.engine.statistics().nodes[0].silent);
    let seen = bench.state(LAST_SEEN);

    bench.silence(&LIVE, 29, 60);
    for entity in [PRESENCE, MOTION, MOTION_LEVEL, ACTIVITY] {
        assert_eq!(bench.state(entity).unwrap(), "unavailable", "{entity}");
        assert_eq!(bench.attributes(entity), json!({}), "{entity}");
        assert_eq!(bench.core.states().get(entity).unwrap().last_changed, published_at(at(30.0)));
    }
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "none");
    assert_eq!(bench.state(LAST_SEEN), seen);
    assert!(bench.engine.statistics().nodes[0].silent);

    bench.send(&LIVE, 61.0, csi(1));
    assert_eq!(bench.state(PRESENCE).unwrap(), "unknown");
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "live");
    bench.tick(&LIVE, 62.0);
    assert_eq!(bench.state(ACTIVITY).unwrap(), "unknown");
    assert_ne!(bench.state(LAST_SEEN), seen);
}

#[test]
fn an_on_does_not_survive_silence_even_if_only_other_packets_come_back() {
    let mut bench = Bench::new();
    bench.send(&LIVE, 0.0, edge(1, true, true));
    bench.silence(&LIVE, 0, 3);
    assert_eq!(bench.state(PRESENCE).unwrap(), "on");
    bench.silence(&LIVE, 3, 40);
    assert_eq!(bench.state(PRESENCE).unwrap(), "unavailable");
    bench.send(&LIVE, 41.0, feature_state(1));
    bench.silence(&LIVE, 41, 50);
    assert_eq!(bench.state(PRESENCE).unwrap(), "unavailable");
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "live");
}

#[test]
fn flags_that_stop_are_forgotten_while_the_node_still_talks() {
    let mut bench = Bench::new();
    bench.send(&LIVE, 0.0, edge(1, true, true));
    for second in 1..=31 {
        bench.send(&LIVE, f64::from(second), feature_state(1));
    }
    assert_eq!(bench.state(PRESENCE).unwrap(), "unavailable");
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "live");
}

#[test]
fn stale_after_is_configurable() {
    let mut bench = Bench::with(EngineConfig { stale_after: std::time::Duration::from_secs(5), ..config() });
    bench.send(&LIVE, 0.0, csi(1));
    bench.silence(&LIVE, 0, 5);
    assert_eq!(bench.state(PRESENCE).unwrap(), "unavailable");
}

/// The firmware's flags, once a second with a tick after each.
fn flags(bench: &mut Bench, seconds: std::ops::Range<u32>, presence: bool) {
    for second in seconds {
        bench.send(&LIVE, f64::from(second), edge(1, presence, presence));
        bench.tick(&LIVE, f64::from(second) + 0.5);
    }
}

#[test]
fn only_a_rise_from_off_is_an_unknown_presence() {
    let mut bench = Bench::new();
    flags(&mut bench, 0..70, true);
    assert_eq!(bench.state(PRESENCE).unwrap(), "on");
    assert!(bench.drain(ACTIVITY).0.is_empty(), "on from the first moment");

    flags(&mut bench, 70..80, false);
    flags(&mut bench, 80..82, true);
    let (fired, states) = bench.drain(ACTIVITY);
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].event_type, "unknown_presence");
    assert_eq!(fired[0].time_fired, published_at(at(80.5)));
    assert_eq!((&fired[0].data["entity_id"], &fired[0].data["device_id"]), (&json!(ACTIVITY), &json!("node_1")));
    assert_eq!(fired[0].data["person_aware"], false);
    assert!(fired[0].data["reason"].is_array() && fired[0].data["confidence"].is_number());
    let fired_at = format!("{:.3}", published_at(at(80.5)));
    assert_eq!(states, std::slice::from_ref(&fired_at));
    let shown = bench.attributes(ACTIVITY);
    assert_eq!((&shown["event_type"], &shown["person_aware"]), (&json!("unknown_presence"), &json!(false)));

    bench.silence(&LIVE, 82, 120);
    assert_eq!(bench.state(ACTIVITY).unwrap(), "unavailable");
    flags(&mut bench, 121..125, true);
    assert_eq!(bench.state(PRESENCE).unwrap(), "on");
    assert!(bench.drain(ACTIVITY).0.is_empty(), "back from silence is not a rise");
    assert_eq!(bench.state(ACTIVITY).unwrap(), fired_at, "the last event is shown again, not repeated");
}

#[test]
fn a_fall_flag_is_a_fall_only_where_nothing_is_measured() {
    const FALL: &str = "event.node_1_fall";
    let flag = |fall| match edge(1, true, false) {
        ruview_core::NodePacket::EdgeVitals(flags) => ruview_core::NodePacket::EdgeVitals(EdgeVitals { fall, ..flags }),
        other => other,
    };
    let fall = |measured: bool| {
        let mut bench = Bench::new();
        for second in 0..30 {
            let at = f64::from(second);
            if measured {
                bench.send(&LIVE, at, csi(1));
            }
            bench.send(&LIVE, at, flag((10..20).contains(&second)));
            bench.tick(&LIVE, at + 0.5);
        }
        let fired = bench.drain(FALL).0;
        fired.into_iter().filter(|event| event.event_type == "fall_detected").collect::<Vec<_>>()
    };
    let fired = fall(false);
    assert_eq!(fired.len(), 1);
    assert_eq!((&fired[0].data["entity_id"], &fired[0].data["reason"]), (&json!(FALL), &json!(["edge_flag"])));
    assert_eq!(fired[0].data.get("confidence"), None, "the firmware does not say how sure it is");
    assert_eq!(fall(true), []);
}

#[test]
fn signal_strength_is_a_mean_that_moves_every_ten_seconds() {
    const RSSI: &str = "sensor.node_1_rssi";
    let mut bench = Bench::new();
    for second in 0..=20_i8 {
        let at = f64::from(second);
        if let ruview_core::NodePacket::Csi(mut frame) = csi(1) {
            frame.rssi_dbm = Some(-60 - second);
            bench.send(&LIVE, at, ruview_core::NodePacket::Csi(frame));
        }
        bench.tick(&LIVE, at + 0.5);
    }
    assert_eq!(bench.core.entities().get(RSSI).unwrap().unit.as_deref(), Some("dBm"));
    bench.silence(&LIVE, 21, 60);
    assert_eq!(bench.drain(RSSI).1, ["-60", "-66", "-76", "unavailable"]);
}

#[test]
fn a_silence_without_ticks_is_a_silence() {
    let mut bench = Bench::new();
    bench.send(&LIVE, 0.0, edge(1, false, false));
    bench.silence(&LIVE, 0, 3);
    assert_eq!(bench.state(PRESENCE).unwrap(), "off");
    bench.send(&LIVE, 3600.0, edge(1, true, true));
    assert_eq!(bench.state(PRESENCE).unwrap(), "unavailable");
    bench.silence(&LIVE, 3600, 3603);
    assert_eq!(bench.state(PRESENCE).unwrap(), "on");
    assert!(bench.drain(ACTIVITY).0.is_empty());
}

#[test]
fn last_seen_moves_every_ten_seconds() {
    let mut bench = Bench::new();
    for tenth in 0..350 {
        bench.send(&LIVE, f64::from(tenth) / 10.0, csi(1));
    }
    let (_, seen) = bench.drain(LAST_SEEN);
    let expected: Vec<_> = [0.0, 10.0, 20.0, 30.0].map(|s| format!("{:.0}", published_at(at(s)))).into();
    assert_eq!(seen, expected);
}

#[test]
fn states_are_written_on_change_only() {
    let mut bench = Bench::new();
    for tenth in 0..100 {
        bench.send(&LIVE, f64::from(tenth) / 10.0, csi(1));
    }
    let reported = bench.core.states().get(PRESENCE).unwrap().last_reported;
    assert_eq!(reported, published_at(at(0.0)));
}

#[test]
fn nodes_beyond_the_limit_are_counted_and_dropped() {
    let mut bench = Bench::with(EngineConfig { max_nodes: 2, ..config() });
    for node in 1..=4 {
        bench.send(&LIVE, 0.0, csi(node));
    }
    bench.send(&LIVE, 0.1, csi(2));
    assert_eq!(bench.core.devices().all().len(), 3);
    let statistics = bench.engine.statistics();
    assert_eq!(statistics.dropped_too_many_nodes, 2);
    assert_eq!(statistics.nodes.iter().map(|n| n.frames).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn packets_beyond_the_limits_are_counted_and_dropped() {
    let packets = PacketLimits { of_a_node: 3, of_a_source: 5 };
    let mut bench = Bench::with(EngineConfig { packets, ..config() });
    for _ in 0..4 {
        bench.send(&LIVE, 0.0, csi(1));
        bench.send(&LIVE, 0.0, csi(2));
    }
    let statistics = bench.engine.statistics();
    assert_eq!(statistics.dropped_too_fast, 3);
    assert_eq!(statistics.nodes.iter().map(|n| n.frames).collect::<Vec<_>>(), [3, 2]);
}

#[test]
fn ticks_of_one_source_do_not_age_the_nodes_of_another() {
    let mut bench = Bench::new();
    bench.send(&LIVE, 0.0, csi(1));
    bench.send(&REPLAY, 1000.0, csi(2));
    bench.tick(&REPLAY, 1001.0);
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "live");
    bench.silence(&LIVE, 0, 30);
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "none");
    assert_eq!(bench.state("sensor.node_2_data_source").unwrap(), "replay");
}

#[test]
fn a_second_source_of_a_node_waits_until_the_first_is_silent() {
    let mut bench = Bench::new();
    bench.send(&LIVE, 1000.0, csi(1));
    bench.send(&REPLAY, 0.0, csi(1));
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "live");
    assert_eq!(bench.engine.statistics().dropped_other_source, 1);
    assert_eq!(bench.engine.source_ended(&LIVE), Some(at(1000.0)));
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "none");
    bench.send(&REPLAY, 0.1, csi(1));
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "replay");
    assert_eq!(bench.engine.statistics().dropped_other_source, 1);
}

#[test]
fn a_second_node_with_one_id_is_told_while_the_first_goes_on() {
    let mut bench = Bench::new();
    let twin = |bench: &mut Bench, second: u32| {
        let event = CaptureEvent::Duplicate(NodeNumber(1));
        bench.engine.handle(&LIVE, &Captured { at: at(f64::from(second)), event });
    };
    twin(&mut bench, 0);
    assert_eq!(bench.state(DATA_SOURCE), None);
    for second in 0..30 {
        bench.send(&LIVE, f64::from(second), csi(1));
        twin(&mut bench, second);
        assert_eq!(bench.attributes(DATA_SOURCE), if second > 20 { json!({"duplicate_id": true}) } else { json!({}) });
    }
    bench.silence(&LIVE, 30, 90);
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "none");
    assert_eq!(bench.attributes(DATA_SOURCE), json!({"duplicate_id": true}));
    bench.silence(&LIVE, 90, 400);
    bench.send(&LIVE, 400.5, csi(1));
    assert_eq!(bench.attributes(DATA_SOURCE), json!({}));
}

#[test]
fn the_end_of_a_source_silences_its_nodes() {
    let mut bench = Bench::new();
    bench.send(&LIVE, 0.0, csi(1));
    bench.send(&REPLAY, 0.0, csi(2));
    bench.engine.source_ended(&REPLAY);
    assert_eq!(bench.state("sensor.node_2_data_source").unwrap(), "none");
    assert_eq!(bench.state("binary_sensor.node_2_presence").unwrap(), "unavailable");
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "live");
    assert_eq!(bench.engine.source_ended(&REPLAY), None);
}

#[test]
fn a_removed_node_is_gone_and_comes_back_as_a_new_one() {
    let mut bench = Bench::new();
    let remove = |bench: &mut Bench| {
        let data = serde_json::json!({"node_id": "node_1"});
        let call = ruview_engine::services::ServiceCall::parse("ruview", "remove_node", data).unwrap();
        bench.engine.call(call)
    };
    assert!(remove(&mut bench).is_err(), "it was never heard");
    bench.send(&LIVE, 0.0, edge(1, true, true));
    bench.send(&LIVE, 0.0, edge(2, true, true));
    bench.tick(&LIVE, 1.0);
    assert!(bench.entities().iter().any(|entity| entity == "sensor.node_1_last_seen"));
    remove(&mut bench).unwrap();
    bench.tick(&LIVE, 2.0);
    assert!(bench.core.devices().get("node_1").is_none());
    assert!(bench.core.states().all().iter().all(|state| !state.entity_id.as_str().contains("node_1_")));
    assert!(bench.entities().iter().all(|entity| !entity.contains("node_1_")));
    assert_eq!(bench.engine.statistics().nodes.len(), 1);
    bench.send(&LIVE, 3.0, edge(1, true, true));
    bench.tick(&LIVE, 3.5);
    assert!(bench.entities().iter().any(|entity| entity == "sensor.node_1_last_seen"));
}

#[test]
fn a_flood_is_dropped_and_counted() {
    let mut bench = Bench::new();
    for packet in 0..3_000_u32 {
        bench.send(&LIVE, f64::from(packet) / 4_000.0, edge(1, true, true));
    }
    assert_eq!(bench.engine.statistics().dropped_too_fast, 1_000);
    assert_eq!(bench.engine.statistics().nodes[0].frames, 2_000);
}
