//! CSI of a Broadcom radio with Nexmon firmware, which its driver hands over as UDP broadcasts.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ipnet::IpNet;
use ruview_core::{DataSource, NodeNumber};
use ruview_wire::WireError;
use ruview_wire::nexmon::parse_payload;

use crate::udp::{DatagramParser, UdpReceiver};
use crate::{Capabilities, CaptureAdapter, CaptureCounters, CaptureError, CaptureEvent, Captured, HostKind};

/// Where to receive, from whom, and as which node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NexmonUdpConfig {
    /// The address and port to receive on; with port 0 the system chooses one. The firmware sends to the broadcast address,
    /// port [`PORT`](ruview_wire::nexmon::PORT), which only a socket on the unspecified address hears.
    pub bind: SocketAddr,
    /// The subnets whose packets are read; empty for all. The firmware gives itself the address 10.10.10.10.
    pub allow: Vec<IpNet>,
    /// The number of this radio among the nodes: its measurements carry none.
    pub node: NodeNumber,
}

/// A [`CaptureAdapter`] for Nexmon CSI. Frames carry the time at which they were received.
#[derive(Debug)]
pub struct NexmonUdp {
    receiver: UdpReceiver<Measurements>,
}

#[derive(Debug)]
struct Measurements {
    node: NodeNumber,
}

impl NexmonUdp {
    /// Starts to receive. Needs a Tokio runtime with I/O and time.
    ///
    /// # Errors
    /// [`CaptureError::Bind`] where the address is taken, not this machine's, or not ours to use.
    pub fn bind(config: NexmonUdpConfig) -> Result<Self, CaptureError> {
        let NexmonUdpConfig { bind, allow, node } = config;
        Ok(Self { receiver: UdpReceiver::bind(bind, allow, Measurements { node })? })
    }

    /// The address on which it receives, with the port that the system chose.
    pub const fn local_addr(&self) -> SocketAddr {
        self.receiver.local_addr()
    }
}

impl DatagramParser for Measurements {
    fn parse(&mut self, datagram: &[u8]) -> Result<Option<CaptureEvent>, WireError> {
        parse_payload(self.node, datagram).map(|frame| Some(CaptureEvent::Nexmon(frame)))
    }
}

impl CaptureAdapter for NexmonUdp {
    fn source(&self) -> DataSource {
        DataSource::Live
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { he: false, width_160: false, max_rx: 4, host: HostKind::Nexmon }
    }

    fn counters(&self) -> Arc<CaptureCounters> {
        self.receiver.counters()
    }

    fn next(&mut self) -> BoxFuture<'_, Option<Captured>> {
        self.receiver.receive().map(Some).boxed()
    }
}
