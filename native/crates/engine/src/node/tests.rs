//! What entities make of judgements that no detector has to be led to.

use std::sync::Arc;

use homecore::{CoreEvent, HomeCore, Receiver};
use ruview_bfld::policy::Terms;
use ruview_core::NodeNumber;
use ruview_signal::{Assessment, Calibration, PresenceReason};

use super::senses::Sensed;
use super::*;
use crate::catalog::{BFLD_IDENTITY_RISK, MOTION_LEVEL};
use crate::clock::stream_clock;
use crate::show::Gauge;

const NODE: NodeId = NodeId::Esp32(NodeNumber(1));
const DEVICE: &str = "node_1";

fn at(seconds: f64) -> StreamTime {
    StreamTime::from_micros((seconds * 1e6) as i64)
}

fn publisher() -> (Publisher, Receiver<CoreEvent>) {
    let core = Arc::new(HomeCore::default());
    let publisher = Publisher::new(Arc::clone(&core), "server".into(), stream_clock(), Terms::default());
    publisher.register_server("RuView", "0.1.0");
    publisher.register_node(&NODE, ruview_core::DataSource::Live);
    (publisher, core.snapshot_and_subscribe().1)
}

fn csi(presence: Option<bool>, level: Option<f32>) -> Sensed {
    Sensed::Csi(Assessment {
        motion: presence,
        motion_level_percent: level,
        presence,
        presence_score: None,
        motion_energy: None,
        reason: PresenceReason::Motion,
        calibration: match presence {
            Some(_) => Calibration::SelfCalibrated { version: 1 },
            None => Calibration::Learning { progress: 0.5 },
        },
        job: None,
    })
}

#[test]
fn motion_level_changes_at_most_once_a_second_but_goes_at_once() {
    let (publisher, mut events) = publisher();
    let mut level = Gauge::register(&publisher, DEVICE, &MOTION_LEVEL);
    let mut show = |seconds: f64, sensed: Sensed| {
        level.show(&publisher, &publisher.moment(at(seconds)), reading::motion_level(&sensed));
        std::iter::from_fn(|| events.try_recv().ok())
            .filter_map(|event| match event {
                CoreEvent::StateChanged(changed) => changed.new.map(|new| new.state.clone()),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(show(0.0, csi(Some(true), Some(1.0))), ["1.0"]);
    assert!(show(0.5, csi(Some(true), Some(2.0))).is_empty());
    assert_eq!(show(1.0, csi(Some(true), Some(3.0))), ["3.0"]);
    assert!(show(5.0, csi(Some(true), Some(3.01))).is_empty(), "the same to one decimal");
    assert_eq!(show(5.1, csi(Some(true), Some(4.0))), ["4.0"]);
    assert_eq!(show(5.2, Sensed::Nothing), ["unavailable"]);
    assert!(show(5.3, csi(Some(true), Some(5.0))).is_empty());
    assert_eq!(show(6.2, csi(Some(true), Some(5.0))), ["5.0"]);
    assert_eq!(show(0.1, csi(Some(true), Some(6.0))), ["6.0"], "another clock");
}

#[test]
fn attributes_that_the_policy_does_not_list_stay_inside() {
    let (publisher, mut events) = publisher();
    let mut entity = publisher.register_entity(DEVICE, &MOTION_LEVEL);
    let sent = serde_json::json!({"calibration": "self-1", "mood": "good", "reason": [{"raw_bfi": [1]}]});
    let moment = publisher.moment(at(0.0));
    publisher.show(&moment, &mut entity, "1.0", sent.as_object().unwrap().clone());
    publisher.fire(&moment, &entity, "unknown_presence", sent.as_object().unwrap().clone());
    let left = serde_json::json!({"calibration": "self-1", "reason": [{}]});
    let mut seen = 0;
    while let Ok(event) = events.try_recv() {
        let attributes = match event {
            CoreEvent::StateChanged(changed) => (*changed.new.unwrap().attributes).clone(),
            CoreEvent::Fired(event) => {
                event.data.clone().into_iter().filter(|(key, _)| !key.ends_with("_id")).collect()
            }
            _ => continue,
        };
        assert_eq!(serde_json::Value::Object(attributes), left);
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn what_the_policy_withholds_does_not_exist() {
    let core = Arc::new(HomeCore::default());
    let terms = Terms { class: ruview_bfld::PrivacyClass::Restricted, ..Terms::default() };
    let publisher = Publisher::new(Arc::clone(&core), "server".into(), stream_clock(), terms);
    publisher.register_server("RuView", "0.1.0");
    publisher.register_node(&NODE, ruview_core::DataSource::Live);
    let mut entity = publisher.register_entity(DEVICE, &BFLD_IDENTITY_RISK);
    let moment = publisher.moment(at(0.0));
    publisher.show(&moment, &mut entity, "0.5", Attributes::new());
    publisher.fire(&moment, &entity, "unknown_presence", Attributes::new());
    let snapshot = core.snapshot();
    assert!(snapshot.entities.is_empty() && snapshot.states.is_empty());
}
