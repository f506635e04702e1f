//! Beamforming reports as sources hand them over: read, and placed in the series of their pair.

mod sessions;

use ruview_core::StreamTime;
use ruview_wire::cbfr::ReceivedReport;

pub(crate) use sessions::Sessions;
pub use sessions::{BfiPair, BfiSession};

/// A report that was overheard.
#[derive(Debug, Clone, PartialEq)]
pub struct BfiReport {
    /// Between whom the channel was measured.
    pub pair: BfiPair,
    /// Which report of the pair it is.
    pub session: BfiSession,
    /// The report, and what the radio said of its frame. Its time is the event's.
    pub received: ReceivedReport,
}

impl BfiReport {
    /// The report at its place, heard at `at`.
    pub(crate) fn place(received: ReceivedReport, at: StreamTime, sessions: &mut Sessions) -> Self {
        let pair = BfiPair { beamformer: received.header.receiver, beamformee: received.header.transmitter };
        let session = sessions.place(pair, at, received.info.frequency_mhz);
        Self { pair, session, received: ReceivedReport { at, ..received } }
    }
}
