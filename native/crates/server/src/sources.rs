//! From the command line to sources of frames. A new source gets a function here.

use std::net::SocketAddr;

use ruview_capture::{
    AtEnd, CaptureAdapter, CaptureError, Esp32Udp, Esp32UdpConfig, FileReplay, FileReplayConfig, Point, SimulatedNode,
    Simulator, SimulatorConfig,
};
use ruview_core::{DataSource, NodeNumber};

use crate::cli::{ReplayArgs, RunArgs, SimulateArgs};

/// What feeds a server.
pub(crate) struct Sources {
    pub(crate) kind: DataSource,
    pub(crate) adapters: Vec<Box<dyn CaptureAdapter>>,
    /// Where packets are received.
    pub(crate) udp: Option<SocketAddr>,
}

impl Sources {
    fn one(adapter: impl CaptureAdapter + 'static) -> Self {
        Self { kind: adapter.source(), adapters: vec![Box::new(adapter)], udp: None }
    }
}

pub(crate) fn live(args: &RunArgs) -> Result<Sources, CaptureError> {
    let adapter = Esp32Udp::bind(Esp32UdpConfig { bind: args.udp_bind, allow: args.udp_allow.clone() })?;
    let udp = Some(adapter.local_addr());
    Ok(Sources { udp, ..Sources::one(adapter) })
}

pub(crate) async fn replay(args: &ReplayArgs) -> Result<Sources, CaptureError> {
    let at_end = match (args.once, args.repeat) {
        (true, _) => AtEnd::Stop,
        (false, true) => AtEnd::Loop,
        // Whoever is connected sees the nodes fall silent, as they would in life.
        (false, false) => AtEnd::KeepTicking,
    };
    let config = FileReplayConfig { files: args.files.clone(), speed: args.speed, at_end };
    Ok(Sources::one(FileReplay::open(config).await?))
}

pub(crate) fn simulator(args: &SimulateArgs) -> Sources {
    let config = SimulatorConfig {
        nodes: (1..=args.nodes).map(simulated_node).collect(),
        packet_rate_hz: args.packet_rate,
        seed: args.seed,
        speed: args.speed,
        ..SimulatorConfig::default()
    };
    Sources::one(Simulator::new(config))
}

/// Nodes stand around the middle of the room of 5 m x 4 m, the first one opposite the access point.
fn simulated_node(number: u8) -> SimulatedNode {
    /// The golden angle, by which any number of nodes spreads.
    const STEP: f64 = 2.399_963;
    let angle = 0.6 + STEP * f64::from(number - 1);
    SimulatedNode { number: NodeNumber(number), at: Point::new(2.5 + 2.2 * angle.cos(), 2.0 + 1.7 * angle.sin(), 1.0) }
}
