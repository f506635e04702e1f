//! What entities make of judgements that no detector has to be led to.

use std::sync::Arc;

use homecore::{CoreEvent, HomeCore, Receiver};
use ruview_signal::{Assessment, Calibration, PresenceReason};

use super::*;
use crate::clock::stream_clock;

fn at(seconds: f64) -> StreamTime {
    StreamTime::from_micros((seconds * 1e6) as i64)
}

fn publisher() -> (Publisher, Receiver<CoreEvent>) {
    let core = Arc::new(HomeCore::default());
    let publisher = Publisher::new(Arc::clone(&core), "server".into(), stream_clock());
    publisher.register_server("RuView", "0.1.0");
    publisher.register_node(NodeNumber(1), ruview_core::DataSource::Live);
    (publisher, core.snapshot_and_subscribe().1)
}

fn csi(presence: Option<bool>, level: Option<f32>) -> Sensed {
    Sensed::Csi(Assessment {
        motion: presence,
        motion_level_percent: level,
        presence,
        reason: PresenceReason::Motion,
        calibration: match presence {
            Some(_) => Calibration::SelfCalibrated { version: 1 },
            None => Calibration::Learning { progress: 0.5 },
        },
    })
}

fn count_fired(events: &mut Receiver<CoreEvent>) -> usize {
    std::iter::from_fn(|| events.try_recv().ok()).filter(|event| matches!(event, CoreEvent::Fired(_))).count()
}

#[test]
fn who_was_there_before_anyone_could_know_is_no_news() {
    let (publisher, mut events) = publisher();
    let mut sensing = Sensing::register(&publisher, NodeNumber(1));
    let mut show = |seconds: f64, sensed: Sensed| {
        sensing.show(&publisher, &publisher.moment(at(seconds)), &sensed);
        count_fired(&mut events)
    };
    assert_eq!(show(0.0, csi(None, None)), 0);
    assert_eq!(show(1.0, csi(Some(true), None)), 0, "unknown to on");
    assert_eq!(show(2.0, csi(Some(false), None)), 0);
    assert_eq!(show(3.0, csi(Some(true), None)), 1, "off to on");
    assert_eq!(show(4.0, csi(Some(true), None)), 0, "still on");
    assert_eq!(show(5.0, csi(Some(false), None)), 0);
    assert_eq!(show(6.0, csi(None, None)), 0);
    assert_eq!(show(7.0, csi(Some(true), None)), 0, "unknown between");
    assert_eq!(show(8.0, csi(Some(false), None)), 0);
    assert_eq!(show(9.0, Sensed::Nothing), 0);
    assert_eq!(show(10.0, csi(Some(true), None)), 0, "unavailable between");
}

#[test]
fn motion_level_changes_at_most_once_a_second_but_goes_at_once() {
    let (publisher, mut events) = publisher();
    let mut level = MotionLevel::register(&publisher, NodeNumber(1));
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
