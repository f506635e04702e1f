//! One node: what it said, what it shows, and when it is silent.

mod activity;
mod rate;
mod reading;
mod senses;
#[cfg(test)]
mod tests;

use std::time::Duration;

use homecore::Attributes;
use jiff::Timestamp;
use ruview_core::{NodeNumber, NodePacket, StreamTime};

use crate::catalog::{DATA_SOURCE, LAST_SEEN, MOTION, MOTION_LEVEL, NO_SOURCE, PRESENCE};
use crate::engine::Source;
use crate::publisher::{Entity, Limit, Moment, Publisher, node_id};
use crate::statistics::NodeStatistics;
use activity::Activity;
use rate::PacketRate;
use reading::{OFF, ON, Reading, UNAVAILABLE, UNKNOWN};
use senses::{Sensed, Senses};

const MOTION_LEVEL_EVERY: Duration = Duration::from_secs(1);
const LAST_SEEN_EVERY: Duration = Duration::from_secs(10);

/// One node and its entities.
pub(crate) struct Node {
    number: NodeNumber,
    source: Source,
    stale_after: Duration,
    senses: Senses,
    rate: PacketRate,
    silent: bool,
    last_packet: StreamTime,
    calibration: Option<String>,
    data_source: Entity,
    last_seen: LastSeen,
    // These exist from the first packet on that can drive them.
    sensing: Option<Sensing>,
    motion_level: Option<MotionLevel>,
}

/// The entities that any sensing drives.
struct Sensing {
    presence: Entity,
    /// The state of `presence`.
    presence_state: String,
    motion: Entity,
    activity: Activity,
}

struct MotionLevel {
    entity: Entity,
    limit: Limit,
    state: String,
}

struct LastSeen {
    entity: Entity,
    limit: Limit,
    at: Timestamp,
}

impl Node {
    /// Registers a node that was heard for the first time.
    pub(crate) fn new(
        publisher: &Publisher,
        number: NodeNumber,
        source: Source,
        at: StreamTime,
        stale_after: Duration,
    ) -> Self {
        tracing::info!(node = node_id(number), source = source.kind.as_str(), "a new node");
        publisher.register_node(number, source.kind);
        Self {
            number,
            source,
            stale_after,
            senses: Senses::fresh(at, stale_after),
            rate: PacketRate::starting(at),
            silent: false,
            last_packet: at,
            calibration: None,
            data_source: publisher.register_entity(number, &DATA_SOURCE),
            last_seen: LastSeen {
                entity: publisher.register_entity(number, &LAST_SEEN),
                limit: Limit::new(LAST_SEEN_EVERY),
                at: publisher.moment(at).now,
            },
            sensing: None,
            motion_level: None,
        }
    }

    /// The source that serves it.
    pub(crate) fn source(&self) -> Source {
        self.source
    }

    /// Nothing came for too long.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Takes in a packet of this node.
    pub(crate) fn packet(&mut self, publisher: &Publisher, source: Source, at: StreamTime, packet: &NodePacket) {
        if source == self.source {
            // Ticks can be missing: this machine may have slept.
            self.heed_silence(publisher, at);
        }
        if self.silent {
            self.come_back(publisher, source, at);
        }
        let moment = publisher.moment(at);
        self.rate.packet();
        self.last_packet = at;
        self.last_seen.at = moment.now;
        self.senses.packet(at, packet);
        self.publish(publisher, &moment);
    }

    /// A second of its source has passed.
    pub(crate) fn tick(&mut self, publisher: &Publisher, at: StreamTime) {
        self.rate.tick(at);
        self.heed_silence(publisher, at);
        if !self.silent {
            self.publish(publisher, &publisher.moment(at));
        }
    }

    /// Nothing is known any more, whatever was known before.
    pub(crate) fn fall_silent(&mut self, publisher: &Publisher, at: StreamTime) {
        if self.silent {
            return;
        }
        self.silent = true;
        let moment = publisher.moment(at);
        publisher.show(&moment, &mut self.data_source, NO_SOURCE, Attributes::new());
        self.show_sensed(publisher, &moment, &Sensed::Nothing);
    }

    pub(crate) fn statistics(&self) -> NodeStatistics {
        NodeStatistics {
            id: node_id(self.number),
            frames: self.rate.total(),
            packet_rate_hz: self.rate.per_second(),
            calibration: self.calibration.clone(),
            silent: self.silent,
        }
    }

    fn heed_silence(&mut self, publisher: &Publisher, at: StreamTime) {
        let silence = at.since(self.last_packet);
        if !self.silent && silence >= self.stale_after {
            tracing::warn!(node = node_id(self.number), silent_s = silence.as_secs(), "a node is silent");
            self.fall_silent(publisher, at);
        }
    }

    /// Starts anew with the packet that ends a silence: nothing that was known before it counts, and its source may be
    /// another one with another clock.
    fn come_back(&mut self, publisher: &Publisher, source: Source, at: StreamTime) {
        tracing::info!(node = node_id(self.number), source = source.kind.as_str(), "a node is back");
        if source.kind != self.source.kind {
            publisher.register_node(self.number, source.kind);
        }
        self.source = source;
        self.silent = false;
        self.senses = Senses::fresh(at, self.stale_after);
        self.rate.restart(at);
    }

    fn publish(&mut self, publisher: &Publisher, moment: &Moment) {
        let sensed = self.senses.sense(moment.at);
        publisher.show(moment, &mut self.data_source, self.source.kind.as_str(), Attributes::new());
        self.last_seen.show(publisher, moment);
        if sensed != Sensed::Nothing && self.sensing.is_none() {
            self.sensing = Some(Sensing::register(publisher, self.number));
        }
        if matches!(sensed, Sensed::Csi(_)) && self.motion_level.is_none() {
            self.motion_level = Some(MotionLevel::register(publisher, self.number));
        }
        self.show_sensed(publisher, moment, &sensed);
    }

    fn show_sensed(&mut self, publisher: &Publisher, moment: &Moment, sensed: &Sensed) {
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
    fn register(publisher: &Publisher, node: NodeNumber) -> Self {
        Self {
            presence: publisher.register_entity(node, &PRESENCE),
            presence_state: UNKNOWN.to_owned(),
            motion: publisher.register_entity(node, &MOTION),
            activity: Activity::register(publisher, node),
        }
    }

    fn show(&mut self, publisher: &Publisher, moment: &Moment, sensed: &Sensed) {
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

impl MotionLevel {
    fn register(publisher: &Publisher, node: NodeNumber) -> Self {
        Self {
            entity: publisher.register_entity(node, &MOTION_LEVEL),
            limit: Limit::new(MOTION_LEVEL_EVERY),
            state: String::new(),
        }
    }

    fn show(&mut self, publisher: &Publisher, moment: &Moment, reading: Reading) {
        // A number must not outlive what it was made of; everything else can wait.
        let goes = is_number(&self.state) && !is_number(&reading.state);
        if reading.state != self.state && (goes || self.limit.passes(moment.at)) {
            publisher.show(moment, &mut self.entity, &reading.state, reading.attributes);
            self.state = reading.state;
        }
    }
}

fn is_number(state: &str) -> bool {
    !matches!(state, "" | UNKNOWN | UNAVAILABLE)
}

impl LastSeen {
    /// Shows when the node was last heard, to the second, as seldom as is useful.
    fn show(&mut self, publisher: &Publisher, moment: &Moment) {
        if self.limit.passes(moment.at) {
            publisher.show(moment, &mut self.entity, &format!("{:.0}", self.at), Attributes::new());
        }
    }
}
