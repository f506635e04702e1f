//! One report of beamforming feedback, as whoever decoded it gives it.

use core::fmt;

use ruview_core::{Complex32, MacAddress, StreamTime};
use ruview_wire::cbfr::ReceivedReport;

/// Who measured for whom. The radio path between the two is what is sensed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BfiPair {
    /// Who sent the sounding and gets the report: the access point.
    pub beamformer: MacAddress,
    /// Who measured and sent the report: the station.
    pub beamformee: MacAddress,
}

/// A decoded compressed beamforming report (IEEE 802.11-2020, 9.4.1.51; 802.11ax-2021, 9.4.1.65).
#[derive(Clone, Copy)]
pub struct BfiReport<'a> {
    /// When it was captured.
    pub at: StreamTime,
    /// Between whom.
    pub pair: BfiPair,
    /// Antennas of the beamformer: rows of V, 2 to 8.
    pub n_tx: u8,
    /// Streams: columns of V, 1 to `n_tx`.
    pub n_streams: u8,
    /// The feedback matrices, `[tones x n_tx x n_streams]`, row-major. Their columns have length 1.
    pub v: &'a [Complex32],
    /// Signal to noise ratio of each stream in dB, `[n_streams]`; empty where the report has none.
    pub snr_db: &'a [f32],
}

/// Feedback must not get into a log.
impl fmt::Debug for BfiReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, pair, n_tx, n_streams, .. } = self;
        let mut shown = f.debug_struct("BfiReport");
        shown.field("at", at).field("pair", pair).field("n_tx", n_tx).field("n_streams", n_streams);
        shown.finish_non_exhaustive()
    }
}

/// A report from which nothing can be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// A number of antennas or streams that no report has.
    #[error("expected 2 to 8 antennas and 1 to as many streams, found {n_tx} and {n_streams}")]
    Dimensions {
        /// Rows.
        n_tx: u8,
        /// Columns.
        n_streams: u8,
    },
    /// The matrices do not fill whole tones.
    #[error("expected a multiple of {expected} numbers, and some, found {found}")]
    Length {
        /// Numbers of one tone.
        expected: usize,
        /// Numbers that there are.
        found: usize,
    },
    /// A column without a direction: zero, NaN or infinite.
    #[error("expected columns of length 1, found one without a direction at tone {tone}")]
    NoDirection {
        /// The tone, counted from the first.
        tone: usize,
    },
}

impl<'a> BfiReport<'a> {
    /// A received report, with its matrices ([`CbfrReport::v`](ruview_wire::cbfr::CbfrReport::v)) and signal to noise ratios
    /// ([`average_db`](ruview_wire::cbfr::snr::average_db)), which the caller keeps.
    pub const fn of_received(received: &ReceivedReport, v: &'a [Complex32], snr_db: &'a [f32]) -> Self {
        let ReceivedReport { at, header, report, .. } = received;
        // The station that sent the report is the one that measured.
        let pair = BfiPair { beamformer: header.receiver, beamformee: header.transmitter };
        Self { at: *at, pair, n_tx: report.control.nr, n_streams: report.control.nc, v, snr_db }
    }

    /// Tones.
    ///
    /// # Errors
    /// `Dimensions` and `Length`.
    pub(crate) fn n_tones(&self) -> Result<usize, ReportError> {
        const ANTENNAS: core::ops::RangeInclusive<u8> = 2..=8;
        let Self { n_tx, n_streams, .. } = *self;
        if !ANTENNAS.contains(&n_tx) || !(1..=n_tx).contains(&n_streams) {
            return Err(ReportError::Dimensions { n_tx, n_streams });
        }
        let expected = usize::from(n_tx) * usize::from(n_streams);
        if self.v.is_empty() || !self.v.len().is_multiple_of(expected) {
            return Err(ReportError::Length { expected, found: self.v.len() });
        }
        Ok(self.v.len() / expected)
    }
}
