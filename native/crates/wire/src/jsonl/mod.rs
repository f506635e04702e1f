//! Recordings: one JSON object a line, `{"timestamp": s, "node_id": n, "type": "raw_csi", "rssi": dBm, "iq_hex": "…",
//! "subcarriers": n}`, and likewise `vitals`, `feature` and `feature_state`.
//!
//! Recordings of other people hold no more than that. Those written here add what a packet knows beyond it (`antennas`
//! where there are several, `noise_floor_dbm`, `frequency_mhz`, `seq`, `uptime_ms`), which other readers pass over.

mod fault;
mod lines;
mod read;
mod shape;
mod time;
mod write;

use ruview_core::{NodePacket, StreamTime};

pub use lines::{LineReader, MAX_LINE_LEN, Numbered};
pub use read::parse_line;
pub use write::build_line;

/// One line of a recording: a packet and the time at which it was received.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// When it was received.
    pub at: StreamTime,
    /// What was received.
    pub packet: NodePacket,
}
