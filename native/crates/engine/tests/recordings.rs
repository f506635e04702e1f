//! Recordings of real radios, from the capture file to what Home Assistant would see. They are not part of this
//! repository; without them the tests say so and pass.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use common::{Bench, REPLAY, config};
use ruview_bfld::PrivacyClass;
use ruview_bfld::policy::Terms;
use ruview_capture::{AtEnd, CaptureAdapter, CaptureEvent, Captured, FileReplay, FileReplayConfig, Speed};
use ruview_core::MacAddress;
use ruview_engine::EngineConfig;
use serde_json::json;

const FEEDBACK: &str = "cbfr/11ac_SU_3x1_40.pcapng";
const NEXMON: &str = "nexmon/example_43455c0.pcap";

const PRESENCE: &str = "binary_sensor.monitor_recording_bfld_presence";
const MOTION: &str = "binary_sensor.monitor_recording_bfld_motion";
const CONFIDENCE: &str = "sensor.monitor_recording_bfld_confidence";
const IDENTITY_RISK: &str = "sensor.monitor_recording_bfld_identity_risk";
const DATA_SOURCE: &str = "sensor.monitor_recording_data_source";
const LAST_SEEN: &str = "sensor.monitor_recording_last_seen";

/// Everything in a recording; `None`, and why, where it is missing.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn captured(name: &str) -> Option<Vec<Captured>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data").join(name);
    if !path.is_file() {
        println!("skipped: the recording {} is not there", path.display());
        return None;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    Some(runtime.block_on(async {
        let config = FileReplayConfig { files: vec![path], speed: Speed::Max, at_end: AtEnd::Stop };
        let mut replay = FileReplay::open(config).await.unwrap();
        let mut all = Vec::new();
        while let Some(captured) = replay.next().await {
            all.push(captured);
        }
        all
    }))
}

fn play(bench: &mut Bench, recording: &[Captured]) {
    for captured in recording {
        bench.engine.handle(&REPLAY, captured);
    }
}

fn bench_at(class: PrivacyClass) -> Bench {
    Bench::with(EngineConfig { privacy: Terms { class, ..Terms::default() }, ..config() })
}

/// Whether anything that homecore holds names a device of the recording.
fn assert_no_address(bench: &Bench, recording: &[Captured]) {
    let mut addresses = BTreeSet::<MacAddress>::new();
    for captured in recording {
        match &captured.event {
            CaptureEvent::Bfi(report) => addresses.extend([report.pair.beamformee, report.pair.beamformer]),
            CaptureEvent::Nexmon(frame) => addresses.extend([frame.transmitter]),
            CaptureEvent::Packet(_) | CaptureEvent::Duplicate(_) | CaptureEvent::Tick => {}
        }
    }
    assert!(!addresses.is_empty());
    let held = format!("{:?} {:?}", bench.core.snapshot(), bench.engine.statistics()).to_lowercase();
    for address in addresses {
        let text = address.in_full().to_string();
        for form in [text.clone(), text.replace(':', "-"), text.replace(':', "_"), text.replace(':', "")] {
            assert!(!held.contains(&form), "{form}");
        }
    }
}

#[test]
fn feedback_becomes_a_node() {
    let Some(recording) = captured(FEEDBACK) else { return };
    let mut bench = Bench::new();
    play(&mut bench, &recording[..1]);
    assert_eq!(bench.entities(), [MOTION, PRESENCE, CONFIDENCE, IDENTITY_RISK, DATA_SOURCE, LAST_SEEN]);
    let device = bench.core.devices().get("monitor_recording").unwrap();
    assert_eq!(
        (device.name.as_str(), device.model.as_str(), device.via_device_id.as_deref()),
        ("Monitor recording", "Beamforming feedback monitor", Some("server"))
    );
    assert_eq!(bench.state(PRESENCE).unwrap(), "unknown");
    assert_eq!(bench.attributes(PRESENCE), json!({"reason": ["learning"], "calibration": "learning"}));
    assert_eq!(bench.state(IDENTITY_RISK).unwrap(), "unknown");
    assert_eq!(bench.attributes(IDENTITY_RISK), json!({"calibrated": false}));
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "replay");

    play(&mut bench, &recording[1..]);
    let (_, states) = bench.drain(PRESENCE);
    assert!(["on", "off"].iter().all(|known| states.iter().any(|state| state == known)), "{states:?}");
    let confidence: f32 = bench.state(CONFIDENCE).unwrap().parse().unwrap();
    assert!((0.0..=100.0).contains(&confidence));
    let risk: f32 = bench.state(IDENTITY_RISK).unwrap().parse().unwrap();
    assert!((0.0..=1.0).contains(&risk));
    assert_no_address(&bench, &recording);

    bench.engine.source_ended(&REPLAY);
    for entity in [PRESENCE, MOTION, CONFIDENCE, IDENTITY_RISK] {
        assert_eq!(bench.state(entity).unwrap(), "unavailable", "{entity}");
        assert_eq!(bench.attributes(entity), json!({}), "{entity}");
    }
    assert_eq!(bench.state(DATA_SOURCE).unwrap(), "none");
}

#[test]
fn the_strictest_class_has_no_identity_risk() {
    let Some(recording) = captured(FEEDBACK) else { return };
    let mut bench = bench_at(PrivacyClass::Restricted);
    play(&mut bench, &recording[..100]);
    assert_eq!(bench.entities(), [MOTION, PRESENCE, CONFIDENCE, DATA_SOURCE, LAST_SEEN]);
    assert_eq!(bench.state(IDENTITY_RISK), None);
}

#[test]
fn feedback_that_stops_is_unknown_and_then_unavailable() {
    let Some(recording) = captured(FEEDBACK) else { return };
    let mut bench = Bench::new();
    let known = recording.iter().position(|captured| {
        bench.engine.handle(&REPLAY, captured);
        bench.state(MOTION).is_some_and(|motion| motion != "unknown")
    });
    let last = recording[known.expect("its quietest stretch is found")].at;
    for second in 1..=30 {
        let at = last + Duration::from_secs(second);
        bench.engine.handle(&REPLAY, &Captured { at, event: CaptureEvent::Tick });
        if second == 20 {
            assert_eq!(bench.state(MOTION).unwrap(), "unknown");
        }
    }
    assert_eq!(bench.state(MOTION).unwrap(), "unavailable");
    assert_eq!(bench.state(PRESENCE).unwrap(), "unavailable");
}

#[test]
fn nexmon_csi_becomes_a_node() {
    let Some(recording) = captured(NEXMON) else { return };
    let mut bench = Bench::new();
    play(&mut bench, &recording);
    let node = "nexmon_recording";
    let device = bench.core.devices().get(node).unwrap();
    assert_eq!((device.name.as_str(), device.model.as_str()), ("Nexmon recording", "Nexmon CSI radio"));
    for entity in ["binary_sensor.nexmon_recording_presence", "sensor.nexmon_recording_motion_level"] {
        assert!(bench.entities().iter().any(|id| id == entity), "{entity}");
        assert_eq!(bench.state(entity).unwrap(), "unknown", "the recording is too short to know its room");
    }
    let statistics = bench.engine.statistics();
    let frames = recording.iter().filter(|captured| captured.event != CaptureEvent::Tick).count();
    assert_eq!((statistics.nodes[0].id.as_str(), statistics.nodes[0].frames), (node, frames as u64));
    assert_no_address(&bench, &recording);
}
