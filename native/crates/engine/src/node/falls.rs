//! The event entity of falls.

use homecore::Attributes;
use ruview_signal::FallAssessment;
use serde_json::json;

use super::hints::Hints;
use crate::catalog::{FALL, FALL_DETECTED};
use crate::publisher::{Moment, Publisher};
use crate::show::{Occurrences, confidence};

/// Why a fall was told: the channel shows a burst and then stillness.
const BURST_THEN_STILL: &str = "burst_then_still";
/// Why a fall was told: the node's firmware says so.
const EDGE_FLAG: &str = "edge_flag";

/// Tells falls.
pub(super) struct Falls(Occurrences);

impl Falls {
    pub(super) fn register(publisher: &Publisher, device: &str) -> Self {
        Self(Occurrences::register(publisher, device, &FALL))
    }

    /// Tells the falls of this second, and how many they are. The firmware's flag alone makes no fall where the channel is
    /// measured: false alarms matter more.
    pub(super) fn measured(
        &mut self,
        publisher: &Publisher,
        moment: &Moment,
        found: &FallAssessment,
        hints: &mut Hints,
    ) -> u32 {
        hints.unread_fall();
        for fall in &found.falls {
            let (sure, agrees) = hints.support(*fall);
            let reason = if agrees { vec![BURST_THEN_STILL, EDGE_FLAG] } else { vec![BURST_THEN_STILL] };
            let mut data = Attributes::new();
            data.insert("confidence".into(), confidence(sure));
            data.insert("reason".into(), json!(reason));
            self.0.fire(publisher, moment, FALL_DETECTED, data);
        }
        u32::try_from(found.falls.len()).unwrap_or(u32::MAX)
    }

    /// Tells the fall that the firmware of a node saw whose channel is not measured. How sure it is, it does not say.
    pub(super) fn flagged(&mut self, publisher: &Publisher, moment: &Moment, hints: &mut Hints) -> u32 {
        if !hints.unread_fall() {
            return 0;
        }
        let mut data = Attributes::new();
        data.insert("reason".into(), json!([EDGE_FLAG]));
        self.0.fire(publisher, moment, FALL_DETECTED, data);
        1
    }

    pub(super) fn show(&mut self, publisher: &Publisher, moment: &Moment, available: bool) {
        self.0.show(publisher, moment, available);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use homecore::{CoreEvent, HomeCore};
    use ruview_bfld::policy::Terms;
    use ruview_core::{DataSource, NodeNumber, StreamTime};
    use ruview_signal::Fall;

    use super::*;
    use crate::clock::stream_clock;
    use crate::identity::NodeId;

    #[test]
    fn a_measured_fall_is_told_with_how_sure_it_is() {
        let core = Arc::new(HomeCore::default());
        let publisher = Publisher::new(Arc::clone(&core), "server".into(), stream_clock(), Terms::default());
        publisher.register_server("RuView", "0.1.0");
        publisher.register_node(&NodeId::Esp32(NodeNumber(1)), DataSource::Live);
        let mut falls = Falls::register(&publisher, "node_1");
        let mut events = core.snapshot_and_subscribe().1;
        let at = StreamTime::from_micros(5_000_000);
        let found = FallAssessment { falls: vec![Fall { at, confidence: 0.7 }], ..FallAssessment::default() };
        let moment = publisher.moment(at);
        assert_eq!(falls.measured(&publisher, &moment, &found, &mut Hints::default()), 1);
        assert_eq!(falls.measured(&publisher, &moment, &FallAssessment::default(), &mut Hints::default()), 0);
        falls.show(&publisher, &moment, true);
        let Ok(CoreEvent::Fired(event)) = events.try_recv() else { panic!("nothing was told") };
        let data = json!({
            "confidence": 0.7, "reason": ["burst_then_still"], "entity_id": "event.node_1_fall", "device_id": "node_1",
        });
        assert_eq!((event.event_type.as_str(), json!(event.data)), ("fall_detected", data));
        let shown = core.states().get("event.node_1_fall").unwrap();
        assert_eq!(
            (shown.state.as_str(), &shown.attributes["event_type"]),
            ("1970-01-01T00:00:05.000Z", &json!("fall_detected"))
        );
    }
}
