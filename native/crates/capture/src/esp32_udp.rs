//! ESP32 nodes on the local network.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ipnet::IpNet;
use ruview_core::{DataSource, NodeNumber};
use ruview_wire::WireError;
use ruview_wire::esp32::{Decompressor, claimed_node};

use crate::udp::{DatagramParser, UdpReceiver};
use crate::{Capabilities, CaptureAdapter, CaptureCounters, CaptureError, CaptureEvent, Captured, HostKind};

/// Where to receive, and from whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Esp32UdpConfig {
    /// The address and port to receive on; with port 0 the system chooses one.
    pub bind: SocketAddr,
    /// The subnets whose packets are read; empty for all.
    pub allow: Vec<IpNet>,
}

/// A [`CaptureAdapter`] for the packets of ESP32 nodes. Frames carry the time at which they were received.
#[derive(Debug)]
pub struct Esp32Udp {
    receiver: UdpReceiver<Decompressor>,
}

impl Esp32Udp {
    /// Starts to receive. Needs a Tokio runtime with I/O and time.
    ///
    /// # Errors
    /// [`CaptureError::Bind`] where the address is taken, not this machine's, or not ours to use.
    pub fn bind(config: Esp32UdpConfig) -> Result<Self, CaptureError> {
        let Esp32UdpConfig { bind, allow } = config;
        Ok(Self { receiver: UdpReceiver::bind(bind, allow, Decompressor::new())? })
    }

    /// The address on which it receives, with the port that the system chose.
    pub const fn local_addr(&self) -> SocketAddr {
        self.receiver.local_addr()
    }
}

impl DatagramParser for Decompressor {
    fn parse(&mut self, datagram: &[u8]) -> Result<Option<CaptureEvent>, WireError> {
        Ok(self.parse_packet(datagram)?.map(CaptureEvent::Packet))
    }

    fn claimed_node(&self, datagram: &[u8]) -> Option<NodeNumber> {
        claimed_node(datagram)
    }
}

impl CaptureAdapter for Esp32Udp {
    fn source(&self) -> DataSource {
        DataSource::Live
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { he: false, width_160: false, max_rx: 1, host: HostKind::Esp32 }
    }

    fn counters(&self) -> Arc<CaptureCounters> {
        self.receiver.counters()
    }

    fn next(&mut self) -> BoxFuture<'_, Option<Captured>> {
        self.receiver.receive().map(Some).boxed()
    }
}
