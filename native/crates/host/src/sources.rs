//! What feeds an engine. A new source gets a function here.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use ruview_capture::{
    CaptureAdapter, CaptureError, Esp32Udp, Esp32UdpConfig, FileReplay, FileReplayConfig, NexmonUdp, NexmonUdpConfig,
    Point, Room, SimulatedNode, Simulator, SimulatorConfig, Speed, StoryError, StoryFile,
};
use ruview_core::{DataSource, NodeNumber, StreamTime};
use ruview_engine::{NamedAdapter, SourceName};

/// Nexmon measurements carry no number; their node is known by its source's name.
const NUMBERLESS: NodeNumber = NodeNumber(0);

/// What feeds an engine.
pub struct Sources {
    /// Where the data originates.
    pub kind: DataSource,
    /// The sources.
    pub adapters: Vec<NamedAdapter>,
    /// Where packets of ESP32 nodes are received.
    pub udp: Option<SocketAddr>,
    /// Where CSI of each Nexmon radio is received.
    pub radios: Vec<(SourceName, SocketAddr)>,
}

impl Sources {
    /// Nothing yet that is live. The functions that open sockets need a Tokio runtime with I/O and time.
    pub const fn live() -> Self {
        Self { kind: DataSource::Live, adapters: Vec::new(), udp: None, radios: Vec::new() }
    }

    /// Listens to ESP32 nodes.
    ///
    /// # Errors
    /// [`CaptureError::Bind`].
    pub fn hear_nodes(&mut self, config: Esp32UdpConfig) -> Result<(), CaptureError> {
        let adapter = Esp32Udp::bind(config)?;
        self.udp = Some(adapter.local_addr());
        self.add(SourceName::FIRST, Box::new(adapter));
        Ok(())
    }

    /// Listens to a Nexmon radio, whose node is called `name`.
    ///
    /// # Errors
    /// [`CaptureError::Bind`].
    pub fn hear_radio(&mut self, name: SourceName, bind: SocketAddr, allow: Vec<IpNet>) -> Result<(), CaptureError> {
        let adapter = NexmonUdp::bind(NexmonUdpConfig { bind, allow, node: NUMBERLESS })?;
        tracing::info!(radio = %name, udp = %adapter.local_addr(), "listening for CSI of a Nexmon radio");
        self.radios.push((name.clone(), adapter.local_addr()));
        self.add(name, Box::new(adapter));
        Ok(())
    }

    /// Adds another one.
    pub fn add(&mut self, name: SourceName, adapter: Box<dyn CaptureAdapter>) {
        self.adapters.push(NamedAdapter { name, adapter });
    }

    /// Plays recordings.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub async fn replay(config: FileReplayConfig) -> Result<Self, CaptureError> {
        Ok(Self::one(SourceName::RECORDING, FileReplay::open(config).await?))
    }

    /// Plays a computed house.
    pub fn simulator(config: SimulatorConfig) -> Self {
        Self::one(SourceName::FIRST, Simulator::new(config))
    }

    fn one(name: SourceName, adapter: impl CaptureAdapter + 'static) -> Self {
        let mut sources = Self { kind: adapter.source(), ..Self::live() };
        sources.add(name, Box::new(adapter));
        sources
    }
}

/// What is simulated. What is not said is the story's own, or the demonstration's where no story is named.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Simulation {
    /// A built-in story, or a TOML file.
    pub story: Option<PathBuf>,
    /// Nodes, spread over the story's first room.
    pub nodes: Option<u8>,
    /// Packets a second that each node hears.
    pub packet_rate_hz: Option<f64>,
    /// The same seed gives the same packets.
    pub seed: Option<u64>,
    /// When it happens.
    pub start: Option<StreamTime>,
    /// The pace.
    pub speed: Speed,
}

impl Simulation {
    /// Everything that the simulator must know.
    ///
    /// # Errors
    /// What is wrong with the story.
    pub fn config(&self) -> Result<SimulatorConfig, StoryError> {
        let story = self.story.as_deref().map(StoryFile::find).transpose()?;
        let config = story.map_or_else(demonstration, |story| story.config);
        let room = config.story.rooms.first().cloned().unwrap_or_default();
        let nodes = self.nodes.map(|nodes| (1..=nodes).map(|number| simulated_node(number, &room)).collect());
        Ok(SimulatorConfig {
            nodes: nodes.unwrap_or(config.nodes),
            packet_rate_hz: self.packet_rate_hz.unwrap_or(config.packet_rate_hz),
            seed: self.seed.unwrap_or(config.seed),
            start: self.start.or(config.start),
            speed: self.speed,
            ..config
        })
    }
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
