//! From the command line to sources of frames. A new source gets a function here.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use ruview_capture::{
    AtEnd, CaptureAdapter, CaptureError, Esp32Udp, Esp32UdpConfig, FileReplay, FileReplayConfig, NexmonUdp,
    NexmonUdpConfig, Point, SimulatedNode, Simulator, SimulatorConfig,
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

pub(crate) fn simulator(args: &SimulateArgs) -> Sources {
    let config = SimulatorConfig {
        nodes: (1..=args.nodes).map(simulated_node).collect(),
        packet_rate_hz: args.packet_rate,
        seed: args.seed,
        speed: args.speed,
        ..SimulatorConfig::default()
    };
    Sources::one(SourceName::FIRST, Simulator::new(config))
}

/// Nodes stand around the middle of the room of 5 m x 4 m, the first one opposite the access point.
fn simulated_node(number: u8) -> SimulatedNode {
    /// The golden angle, by which any number of nodes spreads.
    const STEP: f64 = 2.399_963;
    let angle = 0.6 + STEP * f64::from(number - 1);
    SimulatedNode { number: NodeNumber(number), at: Point::new(2.5 + 2.2 * angle.cos(), 2.0 + 1.7 * angle.sin(), 1.0) }
}
