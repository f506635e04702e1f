//! One node: when it is there, when it is silent, and what it sends to the part of it that makes sense of that.

mod calibration;
mod channel;
mod entities;
mod falls;
mod feedback;
mod hints;
mod link;
mod people;
mod rate;
mod reading;
mod risk;
mod senses;
mod strength;
#[cfg(test)]
mod tests;
mod twin;
mod window;

use std::time::Duration;

use homecore::Attributes;
use jiff::Timestamp;
use ruview_capture::BfiReport;
use ruview_core::{NexmonFrame, NodePacket, StreamTime};
use ruview_signal::BaselineRecord;

use crate::catalog::{DATA_SOURCE, LAST_SEEN, NO_SOURCE};
use crate::engine::Source;
use crate::identity::NodeId;
use crate::look::NodeKind;
use crate::observation::Observation;
use crate::publisher::{Entity, Limit, Moment, Publisher};
use crate::room::{Seat, Tuning};
use crate::services::{ServiceError, ServiceErrorCode};
use crate::statistics::NodeStatistics;
use calibration::{Ending, FORGOTTEN};
use channel::Channel;
pub(crate) use channel::ChannelConfig;
use feedback::Feedback;
use rate::PacketRate;
use twin::Twin;
pub(crate) use window::Frames;

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
    device: String,
    source: Source,
    config: ChannelConfig,
    sense: Sense,
    rate: PacketRate,
    silent: bool,
    last_packet: StreamTime,
    twin: Twin,
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
        config: ChannelConfig,
    ) -> Self {
        let device = id.to_string();
        tracing::info!(node = %id, source = source.kind.as_str(), "a new node");
        publisher.register_node(&id, source.kind);
        Self {
            source: source.clone(),
            config,
            rate: PacketRate::starting(at),
            silent: false,
            last_packet: at,
            twin: Twin::default(),
            data_source: publisher.register_entity(&device, &DATA_SOURCE),
            last_seen: LastSeen {
                entity: publisher.register_entity(&device, &LAST_SEEN),
                limit: Limit::new(LAST_SEEN_EVERY),
                at: publisher.moment(at).now,
            },
            sense: Sense::of(publisher, &id, &device, at, config),
            id,
            device,
        }
    }

    /// What rooms are told of it.
    pub(crate) fn seat(&self) -> Seat<'_> {
        Seat { node: &self.device, source: self.source.index, seen: self.sense.observation() }
    }

    /// Names it, and its device.
    pub(crate) fn device(&self) -> &str {
        &self.device
    }

    /// Judges its room so from now on.
    pub(crate) fn tune(&mut self, tuning: &Tuning) {
        if let Sense::Channel(channel) = &mut self.sense {
            channel.tune(tuning.sensitivity, tuning.hold_s.map(|seconds| Duration::from_secs(seconds.into())));
        }
    }

    /// What it has learnt of its room, to be saved.
    pub(crate) fn baselines(&self) -> Vec<BaselineRecord> {
        match (&self.id, &self.sense) {
            // Which transmitter a radio follows is not saved, and another one's baseline is of no use.
            (NodeId::Esp32(_), Sense::Channel(channel)) => channel.baselines(),
            _ => Vec::new(),
        }
    }

    /// Counts what it has learnt of its room.
    pub(crate) fn baseline_version(&self) -> u32 {
        match &self.sense {
            Sense::Channel(channel) => channel.baseline_version(),
            Sense::Feedback(_) => 0,
        }
    }

    /// Takes back what it had learnt before a restart.
    pub(crate) fn restore(&mut self, baselines: Vec<BaselineRecord>) {
        if let Sense::Channel(channel) = &mut self.sense {
            for baseline in baselines {
                if let Err(error) = channel.detector().restore(baseline) {
                    tracing::warn!(%error, node = %self.id, "a stored baseline cannot be used any more");
                }
            }
        }
    }

    /// When it was last heard.
    pub(crate) fn last_packet(&self) -> StreamTime {
        self.last_packet
    }

    /// Begins to measure the empty room.
    pub(crate) fn calibrate(&mut self, at: StreamTime, duration: Duration) -> Result<(), ServiceError> {
        let device = self.device.clone();
        self.channel()?.calibrate(at, duration, &device)
    }

    /// Measures the empty room no longer, if it does.
    pub(crate) fn cancel_calibration(&mut self, publisher: &Publisher, at: StreamTime) -> Result<(), ServiceError> {
        self.channel()?.end_calibration(publisher, &publisher.moment(at), Ending::Cancelled);
        Ok(())
    }

    /// It is about to be forgotten: what it has begun, it tells to have ended.
    pub(crate) fn leave(&mut self, publisher: &Publisher, at: StreamTime) {
        if let Sense::Channel(channel) = &mut self.sense {
            channel.end_calibration(publisher, &publisher.moment(at), Ending::Aborted(FORGOTTEN));
        }
    }

    /// Forgets what it has learnt of the room.
    pub(crate) fn reset_baseline(&mut self) -> Result<(), ServiceError> {
        self.channel()?.reset_baseline();
        Ok(())
    }

    fn channel(&mut self) -> Result<&mut Channel, ServiceError> {
        match &mut self.sense {
            Sense::Channel(channel) => Ok(channel),
            Sense::Feedback(_) => Err(ServiceError::new(
                ServiceErrorCode::NotSupported,
                "node_id",
                "a node that measures the channel",
                &self.device,
            )),
        }
    }

    /// When it was last heard, as others see it.
    pub(crate) fn last_heard(&self) -> Timestamp {
        self.last_seen.at
    }

    /// The last frames of its channel; `None` while there are too few, or where none are kept.
    pub(crate) fn window(&self) -> Option<Frames> {
        match &self.sense {
            Sense::Channel(channel) if !self.silent => channel.window(),
            Sense::Channel(_) | Sense::Feedback(_) => None,
        }
    }

    /// From what it knows its surroundings.
    pub(crate) fn kind(&self) -> NodeKind {
        match self.sense {
            Sense::Channel(_) => NodeKind::Csi,
            Sense::Feedback(_) => NodeKind::Bfi,
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

    /// Another node claims its id.
    pub(crate) fn hear_twin(&mut self, at: StreamTime) {
        self.twin.hear(at);
    }

    /// A second of its source has passed.
    pub(crate) fn tick(&mut self, publisher: &Publisher, at: StreamTime) {
        self.rate.tick(at);
        self.twin.second(at);
        self.heed_silence(publisher, at);
        if !self.silent {
            let moment = publisher.moment(at);
            self.sense.second(publisher, &moment, &self.device, self.rate.per_second());
            self.publish(publisher, &moment);
        }
    }

    /// Nothing is known any more, whatever was known before.
    pub(crate) fn fall_silent(&mut self, publisher: &Publisher, at: StreamTime) {
        if self.silent {
            return;
        }
        self.silent = true;
        let moment = publisher.moment(at);
        publisher.show(&moment, &mut self.data_source, NO_SOURCE, self.twin.attributes());
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
        if !self.silent && silence >= self.config.stale_after {
            tracing::warn!(node = %self.id, silent_s = silence.as_secs(), "a node is silent");
            self.fall_silent(publisher, at);
        }
    }

    /// Begins again with the packet that ends a silence: nothing that was known before it counts. What was learnt of the
    /// room does, unless another source serves the node now, with another clock.
    fn come_back(&mut self, publisher: &Publisher, source: &Source, at: StreamTime) {
        tracing::info!(node = %self.id, source = source.kind.as_str(), "a node is back");
        if source.kind != self.source.kind {
            publisher.register_node(&self.id, source.kind);
        }
        self.sense.come_back(at, *source == self.source);
        self.source = source.clone();
        self.silent = false;
        self.rate.restart(at);
    }

    fn publish(&mut self, publisher: &Publisher, moment: &Moment) {
        publisher.show(moment, &mut self.data_source, self.source.kind.as_str(), self.twin.attributes());
        self.last_seen.show(publisher, moment);
        self.sense.publish(publisher, moment, &self.device);
    }
}

impl Sense {
    fn of(publisher: &Publisher, id: &NodeId, device: &str, at: StreamTime, config: ChannelConfig) -> Self {
        match id {
            NodeId::Esp32(_) | NodeId::Nexmon(_) => Self::Channel(Box::new(Channel::new(at, config))),
            NodeId::Monitor(_) => Self::Feedback(Box::new(Feedback::register(publisher, device))),
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

    fn come_back(&mut self, at: StreamTime, same_source: bool) {
        match self {
            Self::Channel(channel) if same_source => channel.resume(at),
            Self::Channel(channel) => channel.forget(at),
            Self::Feedback(feedback) => feedback.start_anew(),
        }
    }

    fn second(&mut self, publisher: &Publisher, moment: &Moment, device: &str, rate_hz: f64) {
        match self {
            Self::Channel(channel) => channel.second(publisher, moment, device, rate_hz),
            Self::Feedback(_) => {}
        }
    }

    fn publish(&mut self, publisher: &Publisher, moment: &Moment, device: &str) {
        match self {
            Self::Channel(channel) => channel.publish(publisher, moment, device),
            Self::Feedback(feedback) => feedback.publish(publisher, moment),
        }
    }

    fn observation(&self) -> Option<&Observation> {
        match self {
            Self::Channel(channel) => channel.observation(),
            Self::Feedback(_) => None,
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
