//! From captured packets, off an interface or out of a file, to what they say; and what becomes of all the others.

use std::fmt::Display;

use ruview_core::{NexmonFrame, NodeNumber, NodePacket, StreamTime};
use ruview_wire::cbfr::{CbfrReader, Reading, ReceivedReport};
use ruview_wire::dot11::Fcs;
use ruview_wire::link::LinkType;
use ruview_wire::{WireError, nexmon};

use crate::bfi::Sessions;
use crate::refusals::Refusals;
use crate::{BfiReport, CaptureEvent, RejectReason};

/// A Nexmon measurement in a capture file carries no number of its node.
const NEXMON_NODE: NodeNumber = NodeNumber(0);

/// A packet as it was captured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CapturedPacket<'a> {
    pub(crate) at: StreamTime,
    pub(crate) link: LinkType,
    /// What its container says of frame check sequences.
    pub(crate) fcs: Fcs,
    pub(crate) octets: &'a [u8],
}

/// What was read, before it has its place in the stream.
#[derive(Debug)]
pub(crate) enum Content {
    Node(NodePacket),
    Nexmon(NexmonFrame),
    Report(Box<ReceivedReport>),
}

impl Content {
    pub(crate) fn into_event(self, at: StreamTime, sessions: &mut Sessions) -> CaptureEvent {
        match self {
            Self::Node(packet) => CaptureEvent::Packet(packet),
            Self::Nexmon(frame) => CaptureEvent::Nexmon(frame),
            Self::Report(received) => CaptureEvent::Bfi(Box::new(BfiReport::place(*received, at, sessions))),
        }
    }
}

/// Reads packets of one source, whose times go on.
#[derive(Debug, Default)]
pub(crate) struct PacketReader {
    reports: CbfrReader,
    /// Reports of which a part did not arrive, as far as they are counted.
    incomplete: u64,
}

impl PacketReader {
    /// What a packet says; `None` for one that is ignored, refused, or waits for the rest of its report.
    pub(crate) fn read(
        &mut self,
        packet: CapturedPacket<'_>,
        source: &dyn Display,
        refusals: &mut Refusals,
    ) -> Option<Content> {
        let read = match packet.link {
            LinkType::ETHERNET => read_nexmon(packet.octets).map(|frame| Some(Content::Nexmon(frame))),
            _ => self.read_report(packet, refusals),
        };
        self.refuse_incomplete(source, refusals);
        read.unwrap_or_else(|error| {
            refusals.judge(source, &error);
            None
        })
    }

    fn read_report(
        &mut self,
        CapturedPacket { at, link, fcs, octets }: CapturedPacket<'_>,
        refusals: &mut Refusals,
    ) -> Result<Option<Content>, WireError> {
        match self.reports.read(at, link, fcs, octets)? {
            Reading::Report(received) => return Ok(Some(Content::Report(received))),
            Reading::Segment => {}
            Reading::Cqi | Reading::Null => refusals.ignore(),
        }
        Ok(None)
    }

    fn refuse_incomplete(&mut self, source: &dyn Display, refusals: &mut Refusals) {
        let segments = self.reports.counts().segments;
        let incomplete = segments.timed_out + segments.replaced;
        for _ in self.incomplete..incomplete {
            refusals.refuse(RejectReason::IncompleteReport, source, &"a part of a report did not arrive");
        }
        self.incomplete = incomplete;
    }
}

fn read_nexmon(frame: &[u8]) -> Result<NexmonFrame, WireError> {
    nexmon::parse_payload(NEXMON_NODE, nexmon::udp_payload(frame)?)
}
