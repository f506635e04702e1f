//! What is known about the surroundings of a node, and from which of its packets.

use std::time::Duration;

use ruview_core::{CsiFrame, EdgeVitals, NodePacket, StreamTime};
use ruview_signal::{Assessment, BaselineRecord, NodeDetector};

/// The firmware's flags are believed only when this long no CSI came with them: a node that sends both is judged by its CSI
/// from the start.
const EDGE_PATIENCE: Duration = Duration::from_secs(2);

/// What is known about the surroundings of a node.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sensed {
    /// No packet says anything about them.
    Nothing,
    /// The firmware's own flags.
    Edge { presence: bool, motion: bool },
    /// Our detector's judgement of the CSI.
    Csi(Assessment),
}

/// The detector of a node, and its firmware's flags for the time without CSI.
#[derive(Debug)]
pub(super) struct Senses {
    stale_after: Duration,
    since: StreamTime,
    detector: NodeDetector,
    last_csi: Option<StreamTime>,
    last_edge: Option<(StreamTime, Flags)>,
}

#[derive(Debug, Clone, Copy)]
struct Flags {
    presence: bool,
    motion: bool,
}

impl Senses {
    pub(super) fn fresh(at: StreamTime, stale_after: Duration) -> Self {
        Self { stale_after, since: at, detector: NodeDetector::new(), last_csi: None, last_edge: None }
    }

    /// Begins again after a silence: what was true is not known any more, what was learnt of the room is.
    pub(super) fn resume(&mut self, at: StreamTime) {
        self.detector.resume(at);
        (self.since, self.last_csi, self.last_edge) = (at, None, None);
    }

    pub(super) fn packet(&mut self, at: StreamTime, packet: &NodePacket) {
        match packet {
            NodePacket::Csi(frame) => self.csi(at, frame),
            NodePacket::EdgeVitals(EdgeVitals { presence, motion, .. }) => {
                self.last_edge = Some((at, Flags { presence: *presence, motion: *motion }));
            }
            // Their scores have no fixed unit and no flag, so they say nothing that could be shown as presence.
            NodePacket::FeatureVector(_) | NodePacket::FeatureState(_) => {}
        }
    }

    /// Takes in a channel measurement that can be compared with those before it.
    pub(super) fn csi(&mut self, at: StreamTime, frame: &CsiFrame) {
        if self.last_csi.is_some_and(|last| self.is_stale(last, at)) {
            self.detector.resume(at);
        }
        self.last_csi = Some(at);
        self.detector.push(at, frame);
    }

    /// What is known at `at`: CSI first, failing that the firmware's flags.
    pub(super) fn sense(&mut self, at: StreamTime) -> Sensed {
        if self.last_csi.is_some_and(|last| !self.is_stale(last, at)) {
            return Sensed::Csi(self.detector.assess(at));
        }
        match self.last_edge {
            Some((last, Flags { presence, motion }))
                if !self.is_stale(last, at) && at.since(self.since) >= EDGE_PATIENCE =>
            {
                Sensed::Edge { presence, motion }
            }
            _ => Sensed::Nothing,
        }
    }

    /// What learns and judges the room.
    pub(super) fn detector(&mut self) -> &mut NodeDetector {
        &mut self.detector
    }

    pub(super) fn baselines(&self) -> Vec<BaselineRecord> {
        self.detector.baselines()
    }

    fn is_stale(&self, last: StreamTime, at: StreamTime) -> bool {
        at.since(last) >= self.stale_after
    }
}
