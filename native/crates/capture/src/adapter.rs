//! The one trait behind which every source of frames stands.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use ruview_core::{DataSource, NexmonFrame, NodeNumber, NodePacket, StreamTime};

use crate::{BfiReport, Capabilities, CaptureCounters};

/// One thing that came from a source, with the time at which it came on that source's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Captured {
    /// Never earlier than the previous one of the same adapter.
    pub at: StreamTime,
    /// What came.
    pub event: CaptureEvent,
}

/// What a source can hand over.
#[derive(Debug, Clone, PartialEq)]
pub enum CaptureEvent {
    /// A packet of a node.
    Packet(NodePacket),
    /// A channel measurement of a Nexmon radio, which says whose frame was measured.
    Nexmon(NexmonFrame),
    /// A beamforming report that was overheard.
    Bfi(Box<BfiReport>),
    /// Another node than the one that is followed claims its number; told now and then while it does.
    Duplicate(NodeNumber),
    /// A second passed on the source's clock. Silence is judged by these, so they come whether packets do or not.
    Tick,
}

/// A source of frames: sockets, monitor interfaces, files, the simulator.
pub trait CaptureAdapter: Send {
    /// Where its frames originate.
    fn source(&self) -> DataSource;

    /// What it can deliver at best.
    fn capabilities(&self) -> Capabilities;

    /// What it accepted and refused so far.
    fn counters(&self) -> Arc<CaptureCounters>;

    /// The next packet or tick; `None` once the source has ended. Bad input is counted and passed over, never returned.
    /// Safe to cancel: dropping the future loses nothing.
    fn next(&mut self) -> BoxFuture<'_, Option<Captured>>;
}
