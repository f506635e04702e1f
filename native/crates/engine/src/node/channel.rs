//! What a node shows that measures the channel itself, or whose firmware does.

use std::time::Duration;

use ruview_core::{NexmonFrame, NodePacket, StreamTime};

use super::activity::Activity;
use super::gauge::Gauge;
use super::link::{Followed, LinkChoice, masked};
use super::reading::{self, OFF, ON, UNKNOWN};
use super::senses::{Sensed, Senses};
use crate::catalog::{MOTION, MOTION_LEVEL, PRESENCE};
use crate::identity::NodeId;
use crate::publisher::{Entity, Moment, Publisher};

/// The detector of a node and what it drives.
pub(super) struct Channel {
    stale_after: Duration,
    senses: Senses,
    link: LinkChoice,
    calibration: Option<String>,
    // These exist from the first packet on that can drive them.
    sensing: Option<Sensing>,
    motion_level: Option<Gauge>,
}

/// The entities that any sensing drives.
pub(super) struct Sensing {
    presence: Entity,
    /// The state of `presence`.
    presence_state: String,
    motion: Entity,
    activity: Activity,
}

impl Channel {
    pub(super) fn new(at: StreamTime, stale_after: Duration) -> Self {
        Self {
            stale_after,
            senses: Senses::fresh(at, stale_after),
            link: LinkChoice::default(),
            calibration: None,
            sensing: None,
            motion_level: None,
        }
    }

    pub(super) fn packet(&mut self, at: StreamTime, packet: &NodePacket) {
        self.senses.packet(at, packet);
    }

    /// Takes in a measurement if it is of the link that is followed.
    pub(super) fn nexmon(&mut self, at: StreamTime, frame: &NexmonFrame) {
        match self.link.follow(at, frame) {
            Followed::No => return,
            Followed::Yes => {}
            // What was learnt of one link says nothing about another.
            Followed::FromNowOn => self.senses = Senses::fresh(at, self.stale_after),
        }
        if let Some(csi) = masked(frame) {
            self.senses.csi(at, &csi);
        }
    }

    /// Forgets what was known before a silence.
    pub(super) fn start_anew(&mut self, at: StreamTime, stale_after: Duration) {
        self.senses = Senses::fresh(at, stale_after);
        self.link = LinkChoice::default();
    }

    pub(super) fn publish(&mut self, publisher: &Publisher, moment: &Moment, node: &NodeId) {
        let sensed = self.senses.sense(moment.at);
        if sensed != Sensed::Nothing && self.sensing.is_none() {
            self.sensing = Some(Sensing::register(publisher, node));
        }
        if matches!(sensed, Sensed::Csi(_)) && self.motion_level.is_none() {
            self.motion_level = Some(Gauge::register(publisher, node, &MOTION_LEVEL));
        }
        self.show(publisher, moment, &sensed);
    }

    pub(super) fn fall_silent(&mut self, publisher: &Publisher, moment: &Moment) {
        self.show(publisher, moment, &Sensed::Nothing);
    }

    /// What presence is judged against; `None` without CSI.
    pub(super) fn calibration(&self) -> Option<String> {
        self.calibration.clone()
    }

    fn show(&mut self, publisher: &Publisher, moment: &Moment, sensed: &Sensed) {
        self.calibration = match sensed {
            Sensed::Csi(seen) => Some(reading::calibration(seen)),
            Sensed::Nothing | Sensed::Edge { .. } => None,
        };
        if let Some(sensing) = &mut self.sensing {
            sensing.show(publisher, moment, sensed);
        }
        if let Some(level) = &mut self.motion_level {
            level.show(publisher, moment, reading::motion_level(sensed));
        }
    }
}

impl Sensing {
    pub(super) fn register(publisher: &Publisher, node: &NodeId) -> Self {
        Self {
            presence: publisher.register_entity(node, &PRESENCE),
            presence_state: UNKNOWN.to_owned(),
            motion: publisher.register_entity(node, &MOTION),
            activity: Activity::register(publisher, node),
        }
    }

    pub(super) fn show(&mut self, publisher: &Publisher, moment: &Moment, sensed: &Sensed) {
        let presence = reading::presence(sensed);
        let motion = reading::motion(sensed);
        // Only from a known empty room: after learning or silence nobody can say that somebody just came.
        let rose = self.presence_state == OFF && presence.state == ON;
        let reason = presence.attributes.get("reason").cloned().unwrap_or_default();
        self.presence_state.clone_from(&presence.state);
        publisher.show(moment, &mut self.presence, &presence.state, presence.attributes);
        publisher.show(moment, &mut self.motion, &motion.state, motion.attributes);
        if rose {
            self.activity.unknown_presence(publisher, moment, &reason);
        }
        self.activity.show(publisher, moment, *sensed != Sensed::Nothing);
    }
}
