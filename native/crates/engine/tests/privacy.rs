//! The privacy class while the engine runs: what it withholds is gone at once, and is nowhere afterwards.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Bench, LIVE, config, csi};
use ruview_bfld::PrivacyClass;
use ruview_bfld::policy::Terms;
use ruview_engine::services::{DOMAIN, ServiceCall, ServiceError};
use ruview_engine::{EngineConfig, Store};
use serde_json::json;

/// What homes of class 3 have not.
const BIOMETRIC: [&str; 2] = ["sensor.node_1_breathing_rate", "binary_sensor.node_1_someone_sleeping"];

fn set(bench: &mut Bench, class: u8, privacy_mode: bool) -> Result<(), ServiceError> {
    let data = json!({"privacy_class": class, "privacy_mode": privacy_mode});
    bench.engine.call(ServiceCall::parse(DOMAIN, "set_privacy_class", data).unwrap())
}

fn hear(bench: &mut Bench, node: u8, from: u32) {
    for second in from..from + 5 {
        for packet in 0..20_u8 {
            bench.send(&LIVE, f64::from(second) + f64::from(packet) / 20.0, csi(node));
        }
        bench.tick(&LIVE, f64::from(second) + 0.99);
    }
}

fn has(bench: &Bench, entity: &str) -> (bool, bool) {
    (bench.entities().iter().any(|known| known == entity), bench.state(entity).is_some())
}

#[test]
fn what_a_stricter_class_withholds_is_gone_when_the_call_returns() {
    let mut bench = Bench::new();
    hear(&mut bench, 1, 0);
    for entity in BIOMETRIC {
        assert_eq!(has(&bench, entity), (true, true), "{entity}");
    }
    set(&mut bench, 3, false).unwrap();
    assert!(bench.engine.terms().borrow().privacy_mode, "as always at class 3");
    for entity in BIOMETRIC {
        assert_eq!(has(&bench, entity), (false, false), "{entity}");
    }
    hear(&mut bench, 1, 10);
    hear(&mut bench, 2, 10);
    let left: Vec<_> = bench
        .entities()
        .into_iter()
        .filter(|entity| entity.contains("breathing") || entity.contains("sleeping"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "neither of nodes that were there nor of new ones");
    assert!(bench.core.states().all().iter().all(|state| !state.entity_id.as_str().contains("breathing")));
    assert!(has(&bench, "binary_sensor.node_1_presence").1);

    set(&mut bench, 2, false).unwrap();
    let back = ["sensor.node_1_breathing_rate", "sensor.node_2_breathing_rate"];
    assert!(back.iter().all(|entity| has(&bench, entity).0));
    bench.silence(&LIVE, 20, 60);
    // A state comes with its next change: here the nodes fall silent.
    assert!(back.iter().all(|entity| bench.state(entity).as_deref() == Some("unavailable")));
    set(&mut bench, 2, true).unwrap();
    assert_eq!(has(&bench, BIOMETRIC[0]), (false, false), "privacy mode withholds it at class 2 too");
}

#[test]
fn nothing_is_looser_than_the_configuration() {
    let terms = Terms { class: PrivacyClass::Restricted, privacy_mode: true, ..Terms::default() };
    let mut bench = Bench::with(EngineConfig { privacy: terms, ..config() });
    let error = set(&mut bench, 2, false).unwrap_err();
    assert_eq!((error.field.as_str(), error.expected.as_str()), ("privacy_class", "at least 3, which is configured"));
    hear(&mut bench, 1, 0);
    assert_eq!(has(&bench, BIOMETRIC[0]), (false, false));
    for class in [0, 4, 200] {
        ServiceCall::parse(DOMAIN, "set_privacy_class", json!({"privacy_class": class})).unwrap_err();
    }
    let mut bench = Bench::new();
    set(&mut bench, 1, false).unwrap_err();
}

#[test]
fn a_restart_remembers_it() {
    let dir = tempfile::tempdir().unwrap();
    let start = |terms: Terms| {
        let mut bench = Bench::with(EngineConfig { privacy: terms, ..config() });
        bench.engine.remember(Store::open(dir.path()));
        bench
    };
    let mut first = start(Terms::default());
    set(&mut first, 3, false).unwrap();
    drop(first);
    let mut second = start(Terms::default());
    assert_eq!(second.engine.terms().borrow().class, PrivacyClass::Restricted);
    hear(&mut second, 1, 0);
    assert_eq!(has(&second, BIOMETRIC[0]), (false, false));
    set(&mut second, 2, false).unwrap();
    drop(second);
    assert_eq!(*start(Terms::default()).engine.terms().borrow(), Terms::default());
}
