//! Reports out of a stream of captured packets: whatever comes is read, refused with an error, or waits for its other
//! segments, and every packet is counted.

use alloc::boxed::Box;
use core::time::Duration;

use ruview_core::StreamTime;

use super::frame::{Feedback, parse_frame};
use super::report::{CbfrReport, CbfrView};
use super::segments::{SegmentCounts, SegmentJoiner, SegmentKey};
use crate::dot11::{ActionHeader, Fcs, Vendor};
use crate::link::{LinkType, RadioInfo, open_with};
use crate::{WireError, WireErrorKind};

/// A report, and how it came.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedReport {
    /// When its last frame came.
    pub at: StreamTime,
    /// Who sent it to whom.
    pub header: ActionHeader,
    /// Who made the sender's radio, if its address tells.
    pub vendor: Option<Vendor>,
    /// What the receiving radio said.
    pub info: RadioInfo,
    /// The report.
    pub report: CbfrReport,
}

/// What a packet brought.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// A report.
    Report(Box<ReceivedReport>),
    /// A segment whose report is not whole yet.
    Segment,
    /// Channel quality, which is not read.
    Cqi,
    /// A frame of a station that had nothing to report.
    Null,
}

/// What became of the packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReaderCounts {
    /// Packets in all.
    pub packets: u64,
    /// Reports.
    pub reports: u64,
    /// Reports of which the octets after the angles were odd.
    pub odd_tails: u64,
    /// Channel quality.
    pub cqi: u64,
    /// Frames without a report.
    pub null: u64,
    /// Frames of another kind: beacons, data, other actions.
    pub other_frames: u64,
    /// Encrypted frames.
    pub protected: u64,
    /// Damaged frames.
    pub bad_fcs: u64,
    /// Link types and reports that are not read.
    pub unsupported: u64,
    /// Packets that contradict themselves, cut ones among them.
    pub malformed: u64,
    /// Segments.
    pub segments: SegmentCounts,
}

/// Reads packets one after the other.
#[derive(Debug, Clone, Default)]
pub struct CbfrReader {
    joiner: SegmentJoiner,
    counts: ReaderCounts,
}

impl CbfrReader {
    /// A reader that gives segmented reports up `time_limit` after their first segment.
    pub fn with_time_limit(time_limit: Duration) -> Self {
        Self { joiner: SegmentJoiner::new(time_limit), counts: ReaderCounts::default() }
    }

    /// Reads a packet; `fcs` is what its file says of frame check sequences.
    ///
    /// # Errors
    /// Those of [`open_with`](crate::link::open_with) and [`parse_frame`]. Beacons are errors too, and no reason to stop.
    pub fn read(&mut self, at: StreamTime, link: LinkType, fcs: Fcs, packet: &[u8]) -> Result<Reading, WireError> {
        self.counts.packets += 1;
        let reading = self.read_uncounted(at, link, fcs, packet);
        match &reading {
            Ok(Reading::Report(received)) => {
                self.counts.reports += 1;
                self.counts.odd_tails += u64::from(received.report.tail_note.is_some());
            }
            Ok(Reading::Cqi) => self.counts.cqi += 1,
            Ok(Reading::Null) => self.counts.null += 1,
            Ok(Reading::Segment) => {}
            Err(error) => *self.count_of(&error.kind) += 1,
        }
        reading
    }

    /// Gives up the reports whose segments will not come any more at this time.
    pub fn expire(&mut self, now: StreamTime) {
        self.joiner.expire(now);
    }

    /// What became of the packets.
    pub fn counts(&self) -> ReaderCounts {
        ReaderCounts { segments: self.joiner.counts(), ..self.counts }
    }

    fn read_uncounted(
        &mut self,
        at: StreamTime,
        link: LinkType,
        fcs: Fcs,
        packet: &[u8],
    ) -> Result<Reading, WireError> {
        self.joiner.expire(at);
        let frame = open_with(link, fcs, packet)?;
        let (action, feedback) = parse_frame(&frame)?;
        let report = match feedback {
            Feedback::Report(view) => view.to_report(),
            Feedback::Cqi { .. } => return Ok(Reading::Cqi),
            Feedback::Null => return Ok(Reading::Null),
            Feedback::Segment { control, octets } => {
                let (transmitter, receiver) = (action.header.transmitter, action.header.receiver);
                let key = SegmentKey { transmitter, receiver, token: control.token };
                let Some((control, octets)) = self.joiner.push(at, key, control, octets) else {
                    return Ok(Reading::Segment);
                };
                CbfrView::parse(control, &octets)?.to_report()
            }
        };
        let vendor = Vendor::of(action.header.transmitter);
        Ok(Reading::Report(Box::new(ReceivedReport { at, header: action.header, vendor, info: frame.info, report })))
    }

    fn count_of(&mut self, kind: &WireErrorKind) -> &mut u64 {
        match kind {
            WireErrorKind::NotAnAction { .. } | WireErrorKind::NotAReport { .. } => &mut self.counts.other_frames,
            WireErrorKind::Protected => &mut self.counts.protected,
            WireErrorKind::Checksum { .. } | WireErrorKind::MarkedBad => &mut self.counts.bad_fcs,
            WireErrorKind::UnsupportedReport(_) | WireErrorKind::UnsupportedLinkType { .. } => {
                &mut self.counts.unsupported
            }
            _ => &mut self.counts.malformed,
        }
    }
}
