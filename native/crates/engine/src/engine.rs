//! Many nodes, one order of events.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use homecore::HomeCore;
use jiff::tz::TimeZone;
use ruview_bfld::policy::{Field, Outlet, Terms};
use ruview_capture::{CaptureEvent, Captured};
use ruview_core::{DataSource, StreamTime};
use ruview_vitals::HeartRate;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::flood::{Flood, PacketLimits};
use crate::identity::{NodeId, SourceName};
use crate::memory::Memory;
use crate::node::{ChannelConfig, Heard, Node};
use crate::pose::Poses;
use crate::publisher::Publisher;
use crate::room::Rooms;
use crate::statistics::Statistics;

/// What an engine is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// Names this server for ever; part of every unique id.
    pub server_id: String,
    /// What users call it.
    pub name: String,
    /// The version that is shown for the server.
    pub version: String,
    /// Silence after which nothing is known any more.
    pub stale_after: Duration,
    /// Nodes beyond this number are not let in.
    pub max_nodes: usize,
    /// Packets beyond these numbers are dropped.
    pub packets: PacketLimits,
    /// What may be shown of people.
    pub privacy: Terms,
    /// Show a heart rate that is not better than guessing on recordings by others. For research.
    pub experimental_heart_rate: bool,
    /// Believe the person counts and heart rates of the nodes' own firmware. Real ones count four persons in empty rooms.
    pub trust_firmware: bool,
    /// Where the rooms are: some meanings depend on the time of day.
    pub timezone: TimeZone,
}

impl EngineConfig {
    /// As many nodes as a house has, and as many again.
    pub const MAX_NODES: u16 = 64;

    /// The defaults of a server called `name`.
    pub fn new(server_id: impl Into<String>, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            server_id: server_id.into(),
            name: name.into(),
            version: version.into(),
            stale_after: Duration::from_secs(30),
            max_nodes: Self::MAX_NODES.into(),
            packets: PacketLimits::DEFAULT,
            privacy: Terms::default(),
            experimental_heart_rate: false,
            trust_firmware: false,
            timezone: TimeZone::UTC,
        }
    }
}

/// One of the sources that feed the engine. Each has a clock of its own, so a tick of one says nothing about the nodes of
/// another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Tells it from the others.
    pub index: usize,
    /// Where its frames originate.
    pub kind: DataSource,
    /// Names the nodes that have no number of their own.
    pub name: SourceName,
}

/// Turns packets and ticks into states and events.
pub struct Engine {
    channel: ChannelConfig,
    max_nodes: usize,
    pub(crate) publisher: Publisher,
    pub(crate) nodes: BTreeMap<NodeId, Node>,
    pub(crate) rooms: Rooms,
    /// How far the clock of each source has come.
    pub(crate) times: BTreeMap<usize, StreamTime>,
    pub(crate) memory: Memory,
    flood: Flood,
    pub(crate) poses: Poses,
    dropped_too_many_nodes: u64,
    dropped_too_fast: u64,
    dropped_other_source: u64,
    /// Tells everybody under which terms everything leaves.
    pub(crate) terms: watch::Sender<Terms>,
}

impl Engine {
    /// An engine without nodes, whose server device is registered.
    pub fn new(config: EngineConfig, core: Arc<HomeCore>, clock: Clock) -> Self {
        let publisher = Publisher::new(core, config.server_id, clock, config.privacy);
        publisher.register_server(&config.name, &config.version);
        let heart_rate = if config.experimental_heart_rate { HeartRate::Experimental } else { HeartRate::Unavailable };
        let research = Terms { outlet: Outlet::Research, ..config.privacy };
        let channel = ChannelConfig {
            stale_after: config.stale_after,
            heart_rate,
            trust_firmware: config.trust_firmware,
            keeps_window: research.permit(Field::Amplitudes),
        };
        Self {
            channel,
            max_nodes: config.max_nodes,
            publisher,
            nodes: BTreeMap::new(),
            rooms: Rooms::new(config.timezone, channel.feels_hearts()),
            times: BTreeMap::new(),
            memory: Memory::default(),
            flood: Flood::new(config.packets),
            poses: Poses::default(),
            dropped_too_many_nodes: 0,
            dropped_too_fast: 0,
            dropped_other_source: 0,
            terms: watch::Sender::new(config.privacy),
        }
    }

    /// Takes in what came from `source`.
    pub fn handle(&mut self, source: &Source, captured: &Captured) {
        self.times.insert(source.index, captured.at);
        match &captured.event {
            CaptureEvent::Packet(packet) => self.hear(source, captured.at, Heard::Packet(packet)),
            CaptureEvent::Nexmon(frame) => self.hear(source, captured.at, Heard::Nexmon(frame)),
            CaptureEvent::Bfi(report) => self.hear(source, captured.at, Heard::Feedback(report)),
            CaptureEvent::Duplicate(number) => {
                let node = self.nodes.get_mut(&NodeId::Esp32(*number));
                if let Some(node) = node.filter(|node| node.source() == source) {
                    node.hear_twin(captured.at);
                }
            }
            CaptureEvent::Tick => {
                for node in self.nodes.values_mut().filter(|node| node.source() == source) {
                    node.tick(&self.publisher, captured.at);
                }
                self.poses.second(&self.publisher, source.index, captured.at);
                self.second_in_rooms(source, captured.at);
                self.remember_now_and_then(captured.at);
            }
        }
    }

    /// No packets or ticks will come from `source` any more: its nodes are silent at once. Returns how far its clock had
    /// come, `None` when nothing ever came.
    pub fn source_ended(&mut self, source: &Source) -> Option<StreamTime> {
        let at = self.times.remove(&source.index)?;
        for node in self.nodes.values_mut().filter(|node| node.source() == source) {
            node.fall_silent(&self.publisher, at);
        }
        self.poses.source_ended(&self.publisher, source.index);
        self.second_in_rooms(source, at);
        Some(at)
    }

    /// What was handled so far.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            nodes: self.nodes.values().map(Node::statistics).collect(),
            dropped_too_many_nodes: self.dropped_too_many_nodes,
            dropped_too_fast: self.dropped_too_fast,
            dropped_other_source: self.dropped_other_source,
            store: self.memory.statistics(),
            events: self.publisher.event_statistics(),
        }
    }

    fn second_in_rooms(&mut self, source: &Source, at: StreamTime) {
        let seats: Vec<_> = self.nodes.values().map(Node::seat).collect();
        self.rooms.second(&self.publisher, at, source.index, &seats);
    }

    fn hear(&mut self, source: &Source, at: StreamTime, heard: Heard<'_>) {
        let id = heard.node(source);
        if !self.flood.passes(source.index, &id, at) {
            self.dropped_too_fast += 1;
            if self.dropped_too_fast == 1 {
                tracing::warn!(node = %id, "too many packets a second; further ones are dropped and counted");
            }
            return;
        }
        if !self.nodes.contains_key(&id) {
            if self.nodes.len() >= self.max_nodes {
                self.refuse(&id);
                return;
            }
            let mut node = Node::new(&self.publisher, id.clone(), source, at, self.channel);
            node.tune(&self.rooms.tuning_on(node.device()));
            node.restore(self.memory.baselines(node.device()));
            self.nodes.insert(id.clone(), node);
        }
        let Some(node) = self.nodes.get_mut(&id) else { return };
        if node.source() != source && !node.is_silent() {
            // Two clocks in one detector would be noise. The source that is there stays until it has nothing to say.
            self.dropped_other_source += 1;
            if self.dropped_other_source == 1 {
                tracing::warn!(node = %id, "two sources have this node; the packets of the second are dropped");
            }
            return;
        }
        node.hear(&self.publisher, source, at, heard);
    }

    fn refuse(&mut self, id: &NodeId) {
        self.dropped_too_many_nodes += 1;
        if self.dropped_too_many_nodes == 1 {
            tracing::warn!(
                node = %id,
                max_nodes = self.max_nodes,
                "too many nodes; packets of further ones are dropped and counted"
            );
        }
    }
}
