//! Recordings of one JSON object a line.

use std::io::BufRead;

use ruview_capture::{Line, Lines, PacketKind, RejectReason};
use ruview_wire::jsonl::parse_line;
use ruview_wire::{Layer, WireErrorKind};

use super::survey::Survey;

/// Returns whether the file is such a recording: a line of it is a JSON object.
pub(super) fn read(octets: impl BufRead, survey: &mut Survey<'_>) -> bool {
    let mut lines = Lines::new(octets);
    let mut is_recording = false;
    loop {
        match lines.next() {
            Ok(None) => return is_recording,
            Ok(Some(line)) => is_recording |= note(&line, survey),
            Err(error) => {
                survey.cut(&error);
                return is_recording;
            }
        }
    }
}

/// Returns whether the line is a JSON object, as far as it goes.
fn note(line: &Line<'_>, survey: &mut Survey<'_>) -> bool {
    let (text, ended) = match line {
        Line::Whole(text) => (text.trim_ascii(), true),
        Line::Unended(text) => (text.trim_ascii(), false),
        Line::TooLong => {
            survey.begin();
            survey.fault(&Layer::RecordingLine, RejectReason::MalformedLine, &"expected a line that fits a packet");
            return false;
        }
    };
    if text.is_empty() {
        return false;
    }
    survey.begin();
    match parse_line(text) {
        Ok(record) => {
            survey.note_time(record.at);
            survey.note_node(record.packet.node());
            survey.note(PacketKind::of_packet(&record.packet), text.len());
        }
        // The recorder was stopped while it wrote.
        Err(error) if !ended && matches!(error.kind, WireErrorKind::NotARecord { .. }) => survey.cut(&error),
        Err(error) => survey.refuse(&error),
    }
    text.starts_with(b"{")
}
