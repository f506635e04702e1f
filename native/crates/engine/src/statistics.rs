//! What the engine has handled, for diagnostics. No CSI, no addresses.

use serde::Serialize;

use crate::store::{EventLogStatistics, StoreStatistics};

/// What the engine has handled so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Statistics {
    /// In the order of their ids.
    pub nodes: Vec<NodeStatistics>,
    /// Packets of nodes beyond the limit.
    pub dropped_too_many_nodes: u64,
    /// Packets beyond what one node or one source may send in a second.
    pub dropped_too_fast: u64,
    /// Packets of a node that another source still serves.
    pub dropped_other_source: u64,
    /// What happened to the store.
    pub store: StoreStatistics,
    /// What happened to the log of events.
    pub events: EventLogStatistics,
}

/// What one node has sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeStatistics {
    /// The node's id.
    pub id: String,
    /// Packets of any kind.
    pub frames: u64,
    /// Packets a second over the last ten, to one decimal.
    pub packet_rate_hz: f64,
    /// What presence is judged against; `None` without CSI or feedback.
    pub calibration: Option<String>,
    /// Nothing came for too long.
    pub silent: bool,
}
