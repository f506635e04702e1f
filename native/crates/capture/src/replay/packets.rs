//! Capture files, pcap and pcapng, as recordings.

use std::fmt;
use std::io::BufRead;
use std::mem;
use std::path::{Path, PathBuf};

use ruview_core::StreamTime;
use ruview_wire::capture_file::CaptureReader;

use super::file::Octets;
use super::reader::{Record, Records, Step};
use crate::RejectReason;
use crate::packets::{CapturedPacket, PacketReader};
use crate::refusals::Refusals;

/// The packets of a file that say anything.
pub(super) struct PacketRecords {
    octets: Octets,
    file: CaptureReader,
    packets: PacketReader,
    place: Place,
    /// The time of the last packet that had one.
    last: StreamTime,
}

/// Where in a file a packet is.
struct Place {
    path: PathBuf,
    /// The number of the last packet, from 1.
    packet: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, packet {}", self.path.display(), self.packet)
    }
}

impl PacketRecords {
    pub(super) fn new(path: &Path, octets: Octets) -> Self {
        Self {
            octets,
            file: CaptureReader::new(),
            packets: PacketReader::default(),
            place: Place { path: path.to_owned(), packet: 0 },
            last: StreamTime::from_micros(0),
        }
    }

    /// Reads on; whether there was anything.
    fn fill(&mut self, refusals: &mut Refusals) -> bool {
        match self.octets.fill_buf() {
            Ok([]) => {
                if let Err(error) = mem::take(&mut self.file).finish() {
                    refusals.judge(&self.place, &error);
                }
                false
            }
            Ok(octets) => {
                let len = octets.len();
                self.file.push(octets);
                self.octets.consume(len);
                true
            }
            Err(error) => {
                refusals.refuse(RejectReason::Truncated, &self.place, &error);
                false
            }
        }
    }
}

impl Records for PacketRecords {
    fn step(&mut self, refusals: &mut Refusals) -> Step {
        let Some(record) = self.file.next_record() else {
            return if self.fill(refusals) { Step::Nothing } else { Step::End };
        };
        self.place.packet += 1;
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                refusals.judge(&self.place, &error);
                return if self.file.is_lost() { Step::End } else { Step::Nothing };
            }
        };
        // A format without times gives packets the time of the one before.
        self.last = record.meta.at().unwrap_or(self.last);
        let (at, link, fcs) = (self.last, record.meta.link, record.meta.fcs);
        let packet = CapturedPacket { at, link, fcs, octets: record.octets };
        match self.packets.read(packet, &self.place, refusals) {
            Some(content) => Step::Record(Record { at, content }),
            None => Step::Nothing,
        }
    }
}
