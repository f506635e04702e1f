//! One node: when it is there, when it is silent, and what it sends to the part of it that makes sense of that.

mod activity;
mod channel;
mod feedback;
mod gauge;
mod link;
mod rate;
mod reading;
mod risk;
mod senses;
#[cfg(test)]
mod tests;

use std::time::Duration;

use homecore::Attributes;
use jiff::Timestamp;
use ruview_capture::BfiReport;
use ruview_core::{NexmonFrame, NodePacket, StreamTime};

use crate::catalog::{DATA_SOURCE, LAST_SEEN, NO_SOURCE};
use crate::engine::Source;
use crate::identity::NodeId;
use crate::publisher::{Entity, Limit, Moment, Publisher};
use crate::statistics::NodeStatistics;
use channel::Channel;
use feedback::Feedback;
use rate::PacketRate;

const LAST_SEEN_EVERY: Duration = Duration::from_secs(10);

/// What a node can send.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Heard<'a> {
    /// A packet of an ESP32 node.
    Packet(&'a NodePacket),
    /// A measurement of a Nexmon radio.
    Nexmon(&'a NexmonFrame),
    /// A report that a card in monitor mode overheard.
    Feedback(&'a BfiReport),
}

impl Heard<'_> {
    /// The node that it is of.
    pub(crate) fn node(self, source: &Source) -> NodeId {
        match self {
            Self::Packet(packet) => NodeId::Esp32(packet.node()),
            Self::Nexmon(_) => NodeId::Nexmon(source.name.clone()),
            Self::Feedback(_) => NodeId::Monitor(source.name.clone()),
        }
    }
}

/// One node and its entities.
pub(crate) struct Node {
    id: NodeId,
    source: Source,
    stale_after: Duration,
    sense: Sense,
    rate: PacketRate,
    silent: bool,
    last_packet: StreamTime,
    data_source: Entity,
    last_seen: LastSeen,
}

/// From what a node knows its surroundings.
enum Sense {
    Channel(Box<Channel>),
    Feedback(Box<Feedback>),
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
        id: NodeId,
        source: &Source,
        at: StreamTime,
        stale_after: Duration,
    ) -> Self {
        tracing::info!(node = %id, source = source.kind.as_str(), "a new node");
        publisher.register_node(&id, source.kind);
        Self {
            source: source.clone(),
            stale_after,
            rate: PacketRate::starting(at),
            silent: false,
            last_packet: at,
            data_source: publisher.register_entity(&id, &DATA_SOURCE),
            last_seen: LastSeen {
                entity: publisher.register_entity(&id, &LAST_SEEN),
                limit: Limit::new(LAST_SEEN_EVERY),
                at: publisher.moment(at).now,
            },
            sense: Sense::of(publisher, &id, at, stale_after),
            id,
        }
    }

    /// The source that serves it.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Nothing came for too long.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Takes in what this node sent.
    pub(crate) fn hear(&mut self, publisher: &Publisher, source: &Source, at: StreamTime, heard: Heard<'_>) {
        if *source == self.source {
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
        self.sense.hear(at, heard);
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
        self.sense.fall_silent(publisher, &moment);
    }

    pub(crate) fn statistics(&self) -> NodeStatistics {
        NodeStatistics {
            id: self.id.to_string(),
            frames: self.rate.total(),
            packet_rate_hz: self.rate.per_second(),
            calibration: self.sense.calibration(),
            silent: self.silent,
        }
    }

    fn heed_silence(&mut self, publisher: &Publisher, at: StreamTime) {
        let silence = at.since(self.last_packet);
        if !self.silent && silence >= self.stale_after {
            tracing::warn!(node = %self.id, silent_s = silence.as_secs(), "a node is silent");
            self.fall_silent(publisher, at);
        }
    }

    /// Starts anew with the packet that ends a silence: nothing that was known before it counts, and its source may be
    /// another one with another clock.
    fn come_back(&mut self, publisher: &Publisher, source: &Source, at: StreamTime) {
        tracing::info!(node = %self.id, source = source.kind.as_str(), "a node is back");
        if source.kind != self.source.kind {
            publisher.register_node(&self.id, source.kind);
        }
        self.source = source.clone();
        self.silent = false;
        self.sense.start_anew(at, self.stale_after);
        self.rate.restart(at);
    }

    fn publish(&mut self, publisher: &Publisher, moment: &Moment) {
        publisher.show(moment, &mut self.data_source, self.source.kind.as_str(), Attributes::new());
        self.last_seen.show(publisher, moment);
        self.sense.publish(publisher, moment, &self.id);
    }
}

impl Sense {
    fn of(publisher: &Publisher, id: &NodeId, at: StreamTime, stale_after: Duration) -> Self {
        match id {
            NodeId::Esp32(_) | NodeId::Nexmon(_) => Self::Channel(Box::new(Channel::new(at, stale_after))),
            NodeId::Monitor(_) => Self::Feedback(Box::new(Feedback::register(publisher, id))),
        }
    }

    fn hear(&mut self, at: StreamTime, heard: Heard<'_>) {
        match (self, heard) {
            (Self::Channel(channel), Heard::Packet(packet)) => channel.packet(at, packet),
            (Self::Channel(channel), Heard::Nexmon(frame)) => channel.nexmon(at, frame),
            (Self::Feedback(feedback), Heard::Feedback(report)) => feedback.report(at, report),
            // What is heard decides which node it is of, and that decides the sense.
            (Self::Channel(_), Heard::Feedback(_)) | (Self::Feedback(_), Heard::Packet(_) | Heard::Nexmon(_)) => {}
        }
    }

    fn start_anew(&mut self, at: StreamTime, stale_after: Duration) {
        match self {
            Self::Channel(channel) => channel.start_anew(at, stale_after),
            Self::Feedback(feedback) => feedback.start_anew(),
        }
    }

    fn publish(&mut self, publisher: &Publisher, moment: &Moment, id: &NodeId) {
        match self {
            Self::Channel(channel) => channel.publish(publisher, moment, id),
            Self::Feedback(feedback) => feedback.publish(publisher, moment),
        }
    }

    fn fall_silent(&mut self, publisher: &Publisher, moment: &Moment) {
        match self {
            Self::Channel(channel) => channel.fall_silent(publisher, moment),
            Self::Feedback(feedback) => feedback.fall_silent(publisher, moment),
        }
    }

    fn calibration(&self) -> Option<String> {
        match self {
            Self::Channel(channel) => channel.calibration(),
            Self::Feedback(feedback) => feedback.calibration(),
        }
    }
}

impl LastSeen {
    /// Shows when the node was last heard, to the second, as seldom as is useful.
    fn show(&mut self, publisher: &Publisher, moment: &Moment) {
        if self.limit.passes(moment.at) {
            publisher.show(moment, &mut self.entity, &format!("{:.0}", self.at), Attributes::new());
        }
    }
}
