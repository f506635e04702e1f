//! What a node's CSI says of the people there: how fast somebody breathes, how many they are, whether somebody fell.
//!
//! Asked once a second, and only while the channel is measured: each of these looks back over many seconds.

use ruview_core::{CsiFrame, StreamTime};
use ruview_signal::{Assessment, FallAssessment, FallDetector, PersonCount, PersonCounter};
use ruview_vitals::{HeartRate, Stillness, VitalEstimate, VitalStatus, VitalsMonitor};

use super::hints::Hints;

/// The estimators of a node.
pub(super) struct People {
    vitals: VitalsMonitor,
    counter: PersonCounter,
    falls: FallDetector,
}

/// What they said last.
#[derive(Debug, Clone)]
pub(super) struct PeopleSeen {
    pub(super) breathing: VitalEstimate,
    pub(super) heart_rate: VitalEstimate,
    pub(super) persons: Option<PersonCount>,
    pub(super) falls: FallAssessment,
}

impl People {
    pub(super) fn new(heart_rate: HeartRate) -> Self {
        Self {
            vitals: VitalsMonitor::with_heart_rate(heart_rate),
            counter: PersonCounter::new(),
            falls: FallDetector::new(),
        }
    }

    pub(super) fn push(&mut self, at: StreamTime, frame: &CsiFrame) {
        self.vitals.push(at, frame);
        self.counter.push(at, frame);
        self.falls.push(at, frame);
    }

    /// What is known at `at`, given what the detector says and what the firmware believes.
    pub(super) fn second(&mut self, at: StreamTime, room: &Assessment, hints: &Hints) -> PeopleSeen {
        let persons = self.counter.count(at, room.presence, room.motion);
        let persons = persons.map(|count| hints.weigh(at, count));
        let still = Stillness { motion: room.motion, persons: persons.map(|found| found.count) };
        let reading = self.vitals.reading(at, still);
        PeopleSeen {
            breathing: reading.breathing,
            heart_rate: surer(reading.heart_rate, hints.heart_rate(at)),
            persons,
            falls: self.falls.assess(at),
        }
    }
}

impl PeopleSeen {
    /// Somebody breathes: there is a rate that may be shown.
    pub(super) fn breathes(&self) -> bool {
        self.breathing.status.is_published()
    }

    /// Somebody may breathe: something periodic is there that no rate can be told of.
    pub(super) fn may_breathe(&self) -> bool {
        self.breathing.status == VitalStatus::Unreliable
    }
}

/// Ours, unless it may not be shown and the firmware's may.
fn surer(ours: VitalEstimate, hint: Option<VitalEstimate>) -> VitalEstimate {
    if ours.status.is_published() { ours } else { hint.unwrap_or(ours) }
}

/// A rate that may be shown, with how sure it is.
pub(super) fn published(estimate: VitalEstimate) -> Option<(f32, f32)> {
    estimate.rate_bpm.filter(|_| estimate.status.is_published()).map(|rate| (rate, estimate.confidence))
}
