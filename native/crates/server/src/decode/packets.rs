//! Capture files, packet by packet.

use std::io::BufRead;

use ruview_capture::PacketKind;
use ruview_core::StreamTime;
use ruview_wire::capture_file::{CaptureReader, Record};
use ruview_wire::cbfr::{CbfrReader, Reading};
use ruview_wire::link::LinkType;
use ruview_wire::{Layer, WireError, nexmon};

use super::survey::Survey;

/// The kind of a file that begins so, if it is a capture file.
pub(super) fn container(magic: &[u8]) -> Option<&'static str> {
    let mut reader = CaptureReader::new();
    reader.push(magic);
    // It finds no record in so little, but it looks.
    let _ = reader.next_record();
    match reader.layer() {
        Layer::Pcap => Some("pcap"),
        Layer::Pcapng => Some("pcapng"),
        _ => None,
    }
}

pub(super) fn read(mut octets: impl BufRead, survey: &mut Survey<'_>) {
    let mut file = CaptureReader::new();
    let mut packets = Packets::default();
    loop {
        let len = match octets.fill_buf() {
            Ok([]) => break,
            Ok(octets) => {
                file.push(octets);
                octets.len()
            }
            Err(error) => {
                survey.cut(&error);
                break;
            }
        };
        octets.consume(len);
        while let Some(record) = file.next_record() {
            survey.begin();
            match record {
                Ok(record) => packets.note(&record, survey),
                Err(error) => survey.refuse(&error),
            }
        }
        if file.is_lost() {
            break;
        }
    }
    if let Err(error) = file.finish() {
        survey.cut(&error);
    }
    packets.finish(survey);
}

#[derive(Default)]
struct Packets {
    reports: CbfrReader,
    /// The time of the last packet that had one.
    last: Option<StreamTime>,
}

impl Packets {
    fn note(&mut self, record: &Record<'_>, survey: &mut Survey<'_>) {
        survey.note_link(record.meta.link);
        if let Some(at) = record.meta.at() {
            self.last = Some(at);
            survey.note_time(at);
        }
        let kind = match record.meta.link {
            LinkType::ETHERNET => read_nexmon(record.octets, survey),
            _ => self.read_report(record, survey),
        };
        match kind.or_else(|error| PacketKind::of_other_traffic(&error).ok_or(error)) {
            Ok(kind) => survey.note(kind, record.octets.len()),
            Err(error) => survey.refuse(&error),
        }
    }

    fn read_report(&mut self, record: &Record<'_>, survey: &mut Survey<'_>) -> Result<PacketKind, WireError> {
        let at = self.last.unwrap_or(StreamTime::from_micros(0));
        Ok(match self.reports.read(at, record.meta.link, record.meta.fcs, record.octets)? {
            Reading::Report(received) => {
                survey.note_transmitter(received.header.transmitter);
                PacketKind::of_report(&received.report)
            }
            Reading::Segment => PacketKind::ReportSegment,
            Reading::Cqi => PacketKind::ChannelQuality,
            Reading::Null => PacketKind::NothingToReport,
        })
    }

    fn finish(mut self, survey: &mut Survey<'_>) {
        self.reports.expire(StreamTime::from_micros(i64::MAX));
        let segments = self.reports.counts().segments;
        survey.note_incomplete_reports(segments.timed_out + segments.replaced);
    }
}

fn read_nexmon(frame: &[u8], survey: &mut Survey<'_>) -> Result<PacketKind, WireError> {
    let measured = nexmon::NexmonView::parse(nexmon::udp_payload(frame)?)?;
    survey.note_transmitter(measured.transmitter);
    Ok(PacketKind::of_nexmon(measured.chip, measured.channel))
}
