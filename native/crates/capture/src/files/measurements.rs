//! What was measured in a capture file: beamforming reports and Nexmon CSI.

use std::ops::ControlFlow;
use std::path::Path;

use ruview_core::StreamTime;
use ruview_wire::WireError;
use ruview_wire::cbfr::{CbfrReader, Reading, ReceivedReport};
use ruview_wire::link::LinkType;
use ruview_wire::nexmon::{NexmonView, udp_payload};

use super::counts::FileCounts;
use super::packets::{FileFault, Packet, PacketFile, Progress};
use crate::{CaptureError, PacketKind};

/// What a packet brought.
#[derive(Debug)]
pub enum Measurement<'a> {
    /// A report.
    Report {
        /// When its last frame came, nanoseconds since the Unix epoch; `None` where the file does not say.
        at_ns: Option<i64>,
        /// The report.
        received: Box<ReceivedReport>,
    },
    /// CSI of a Nexmon radio.
    Nexmon {
        /// When it came, nanoseconds since the Unix epoch; `None` where the file does not say.
        at_ns: Option<i64>,
        /// The CSI.
        view: NexmonView<'a>,
    },
}

/// A capture file that is read for what was measured. Every packet is counted.
pub struct MeasurementFile {
    file: PacketFile,
    reports: CbfrReader,
    counts: FileCounts,
}

impl MeasurementFile {
    /// Opens a pcap or pcapng file, plain or gzip.
    ///
    /// # Errors
    /// Those of [`open_recording`](crate::open_recording); [`CaptureError::NotACapture`] for a file of another kind.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        Ok(Self { file: PacketFile::open(path)?, reports: CbfrReader::default(), counts: FileCounts::default() })
    }

    /// How far the file has been read.
    pub const fn progress(&self) -> &Progress {
        self.file.progress()
    }

    /// What became of the packets that were read.
    pub const fn counts(&self) -> &FileCounts {
        &self.counts
    }

    /// Gives measurements to `take` until it breaks, `packets` packets were read or the file ends: then this gives
    /// `Continue`, and will again.
    ///
    /// # Errors
    /// [`FileFault`] once, where the file cannot be read to its end.
    pub fn read(
        &mut self,
        packets: u64,
        mut take: impl FnMut(Measurement<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, FileFault> {
        let Self { file, reports, counts } = self;
        let last = counts.packets.saturating_add(packets);
        let flow = file.read(|packet| {
            counts.packets += 1;
            if let Ok(packet) = &packet
                && let Some(at_ns) = packet.record.meta.at_ns
            {
                counts.note_time(at_ns);
            }
            let flow = match packet.and_then(|packet| measured(reports, packet)) {
                Ok((kind, measurement)) => {
                    counts.note(kind);
                    measurement.map_or(ControlFlow::Continue(()), &mut take)
                }
                Err(error) => {
                    counts.judge(&error);
                    ControlFlow::Continue(())
                }
            };
            if counts.packets == last { ControlFlow::Break(()) } else { flow }
        });
        if !matches!(flow, Ok(ControlFlow::Break(()))) {
            // What is missing where a file ends will not come.
            self.reports.expire(StreamTime::from_micros(i64::MAX));
        }
        let segments = self.reports.counts().segments;
        self.counts.incomplete_reports = segments.timed_out + segments.replaced;
        flow
    }
}

fn measured<'a>(
    reports: &mut CbfrReader,
    Packet { at, record }: Packet<'a>,
) -> Result<(PacketKind, Option<Measurement<'a>>), WireError> {
    let (meta, octets) = (record.meta, record.octets);
    let at_ns = meta.at_ns;
    if meta.link == LinkType::ETHERNET {
        let view = NexmonView::parse(udp_payload(octets)?)?;
        return Ok((PacketKind::of_nexmon(view.chip, view.channel), Some(Measurement::Nexmon { at_ns, view })));
    }
    Ok(match reports.read(at, meta.link, meta.fcs, octets)? {
        Reading::Report(received) => {
            (PacketKind::of_report(&received.report), Some(Measurement::Report { at_ns, received }))
        }
        Reading::Segment => (PacketKind::ReportSegment, None),
        Reading::Cqi => (PacketKind::ChannelQuality, None),
        Reading::Null => (PacketKind::NothingToReport, None),
    })
}
