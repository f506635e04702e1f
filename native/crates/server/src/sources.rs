//! From the command line to sources of frames. A new source gets a function here.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use ruview_capture::{
    AtEnd, BUILT_IN_STORIES, BuiltInStory, CaptureAdapter, CaptureError, Esp32Udp, Esp32UdpConfig, FileReplay,
    FileReplayConfig, NexmonUdp, NexmonUdpConfig, Point, Room, SimulatedNode, Simulator, SimulatorConfig, StoryError,
    StoryFile,
};
use ruview_core::{DataSource, NodeNumber};
use ruview_engine::{NamedAdapter, SourceName};

use crate::cli::{ReplayArgs, RunArgs, SimulateArgs};
use crate::error::StartError;
use crate::monitor;

/// Nexmon measurements carry no number; their node is known by its source's name.
const NUMBERLESS: NodeNumber = NodeNumber(0);

/// What feeds a server.
pub(crate) struct Sources {
    pub(crate) kind: DataSource,
    pub(crate) adapters: Vec<NamedAdapter>,
    /// Where packets of ESP32 nodes are received.
    pub(crate) udp: Option<SocketAddr>,
}

impl Sources {
    fn one(name: SourceName, adapter: impl CaptureAdapter + 'static) -> Self {
        Self { kind: adapter.source(), adapters: vec![named(name, adapter)], udp: None }
    }
}

fn named(name: SourceName, adapter: impl CaptureAdapter + 'static) -> NamedAdapter {
    NamedAdapter { name, adapter: Box::new(adapter) }
}

/// Opens everything that `run` is told to listen to.
pub(crate) fn live(args: &RunArgs) -> Result<Sources, StartError> {
    check_names(args.nexmon_udp.iter().map(|radio| &radio.name), "--nexmon-udp", "0.0.0.0:5500")?;
    check_names(args.monitor.iter().map(|card| &card.name), "--monitor", "wlan1")?;
    let mut sources = Sources { kind: DataSource::Live, adapters: Vec::new(), udp: None };
    if !args.no_esp32 {
        let adapter = Esp32Udp::bind(Esp32UdpConfig { bind: args.udp_bind, allow: args.udp_allow.clone() })?;
        sources.udp = Some(adapter.local_addr());
        sources.adapters.push(named(SourceName::FIRST, adapter));
    }
    for radio in &args.nexmon_udp {
        let config = NexmonUdpConfig { bind: radio.bind, allow: args.nexmon_allow.clone(), node: NUMBERLESS };
        let adapter = NexmonUdp::bind(config)?;
        tracing::info!(radio = %radio.name, udp = %adapter.local_addr(), "listening for CSI of a Nexmon radio");
        sources.adapters.push(named(radio.name.clone(), adapter));
    }
    for card in &args.monitor {
        sources.adapters.push(NamedAdapter { name: card.name.clone(), adapter: monitor::open(args, card)? });
    }
    if sources.adapters.is_empty() {
        return Err(StartError::NoSource);
    }
    Ok(sources)
}

/// Two sources of one name would take turns at being one node.
fn check_names<'a>(
    names: impl Iterator<Item = &'a SourceName>,
    option: &'static str,
    example: &'static str,
) -> Result<(), StartError> {
    let mut taken = BTreeSet::new();
    for name in names {
        if !taken.insert(name) {
            return Err(StartError::SameName { name: name.clone(), option, example });
        }
    }
    Ok(())
}

pub(crate) async fn replay(args: &ReplayArgs) -> Result<Sources, CaptureError> {
    let at_end = match (args.once, args.repeat) {
        (true, _) => AtEnd::Stop,
        (false, true) => AtEnd::Loop,
        // Whoever is connected sees the nodes fall silent, as they would in life.
        (false, false) => AtEnd::KeepTicking,
    };
    let config = FileReplayConfig { files: args.files.clone(), speed: args.speed, at_end };
    Ok(Sources::one(SourceName::RECORDING, FileReplay::open(config).await?))
}

/// A line for each built-in story.
pub(crate) fn stories() -> Result<String, StoryError> {
    let line = |story: &BuiltInStory| Ok(format!("{:<14} {}", story.name, StoryFile::parse(story.text)?.about));
    Ok(BUILT_IN_STORIES.iter().map(line).collect::<Result<Vec<_>, _>>()?.join("\n"))
}

pub(crate) fn simulator(args: &SimulateArgs) -> Result<Sources, StoryError> {
    let story = args.story.as_deref().map(StoryFile::find).transpose()?;
    let config = story.map_or_else(demonstration, |story| story.config);
    let room = config.story.rooms.first().cloned().unwrap_or_default();
    let nodes = args.nodes.map(|nodes| (1..=nodes).map(|number| simulated_node(number, &room)).collect());
    let config = SimulatorConfig {
        nodes: nodes.unwrap_or(config.nodes),
        packet_rate_hz: args.packet_rate.unwrap_or(config.packet_rate_hz),
        seed: args.seed.unwrap_or(config.seed),
        start: args.start.or(config.start),
        speed: args.speed,
        ..config
    };
    Ok(Sources::one(SourceName::FIRST, Simulator::new(config)))
}

/// What is played when no story is named.
fn demonstration() -> SimulatorConfig {
    SimulatorConfig { nodes: vec![simulated_node(1, &Room::default())], ..SimulatorConfig::default() }
}

/// Nodes stand around the middle of the room, the first one opposite the access point.
fn simulated_node(number: u8, room: &Room) -> SimulatedNode {
    /// The golden angle, by which any number of nodes spreads.
    const STEP: f64 = 2.399_963;
    /// Half axes of the ellipse, shares of the room.
    const ALONG: f64 = 0.44;
    const ACROSS: f64 = 0.425;
    let angle = 0.6 + STEP * f64::from(number - 1);
    let (along, across) = (0.5 + ALONG * angle.cos(), 0.5 + ACROSS * angle.sin());
    let at = room.corner + Point::new(room.size.x * along, room.size.y * across, 1.0);
    SimulatedNode { number: NodeNumber(number), at }
}
