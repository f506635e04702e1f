//! Capture files, pcap and pcapng, read and written piece by piece: octets go in as they come, records come out as soon as
//! they are whole, and no length that a file claims is ever allocated for.
//!
//! Sources: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. The well-kept crate for this, `pcap-parser`, streams from
//! `std::io::Read` only and does not get past a block that is longer than its buffer.

mod buffer;
mod pcap;
mod pcapng;

use core::ops::Range;

use ruview_core::StreamTime;

pub use pcap::{PcapFormat, PcapPrecision, pcap_header, pcap_record};
pub use pcapng::{
    PcapngInterface, TimeResolution, pcapng_interface, pcapng_packet, pcapng_section, pcapng_simple_packet,
    pcapng_unknown_block,
};

use crate::dot11::Fcs;
use crate::link::LinkType;
use crate::{Layer, WireError, WireErrorKind};
use buffer::Buffer;
use pcap::PcapReader;
use pcapng::PcapngReader;

/// The most octets that a packet may have; libpcap's own limit.
pub const MAX_PACKET_LEN: u32 = 262_144;

/// A captured packet, borrowed from the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// When it was captured, and of what kind it is.
    pub meta: RecordMeta,
    /// What was captured of it.
    pub octets: &'a [u8],
}

/// What a file says of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordMeta {
    /// What the packet begins with.
    pub link: LinkType,
    /// Whether frames end with a frame check sequence, where the file says so.
    pub fcs: Fcs,
    /// When: nanoseconds since the Unix epoch, UTC; `None` where the file does not say.
    pub at_ns: Option<i64>,
    /// Octets of the packet on the air.
    pub original_len: u32,
}

impl RecordMeta {
    /// When, to the microsecond.
    pub fn at(&self) -> Option<StreamTime> {
        self.at_ns.map(|ns| StreamTime::from_micros(ns.div_euclid(1000)))
    }
}

/// Reads a capture file of either kind.
///
/// Memory: the record under way and what was pushed since the last call, so pull all records after each push.
#[derive(Debug, Clone, Default)]
pub struct CaptureReader {
    buffer: Buffer,
    format: Format,
}

#[derive(Debug, Clone, Default)]
enum Format {
    #[default]
    Unknown,
    Pcap(PcapReader),
    Pcapng(PcapngReader),
    /// Nothing after a fault that hides where the next record begins can be trusted.
    Lost,
}

/// What a format's reader does with the octets that there are.
enum Step {
    /// Not enough for a record.
    Wait,
    /// Something other than a packet was read.
    Again,
    /// A packet, in these of the octets that were consumed last.
    Packet(RecordMeta, Range<usize>),
    /// A fault of one record.
    Bad(WireError),
    /// A fault after which nothing can be found.
    Lost(WireError),
}

impl CaptureReader {
    /// A reader at the start of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next octets of the file, any number of them.
    pub fn push(&mut self, octets: &[u8]) {
        if !self.is_lost() {
            self.buffer.push(octets);
        }
    }

    /// The next packet; `None` until more octets come.
    ///
    /// # Errors
    /// Offsets count from the start of the file.
    /// - `WrongFileMagic` for what is no capture file;
    /// - `Length` for a packet that does not fit into its block, `InvalidField` for an interface that was not described, a
    ///   packet of more than [`MAX_PACKET_LEN`] octets and other lies. The next call goes on behind the record, unless
    ///   [`CaptureReader::is_lost`].
    pub fn next_record(&mut self) -> Option<Result<Record<'_>, WireError>> {
        loop {
            let step = match &mut self.format {
                Format::Unknown => self.detect(),
                Format::Pcap(reader) => reader.step(&mut self.buffer),
                Format::Pcapng(reader) => reader.step(&mut self.buffer),
                Format::Lost => Step::Wait,
            };
            match step {
                Step::Again => {}
                Step::Wait => return None,
                Step::Packet(meta, range) => {
                    return Some(Ok(Record { meta, octets: self.buffer.last_consumed(range) }));
                }
                Step::Bad(error) => return Some(Err(error)),
                Step::Lost(error) => {
                    self.format = Format::Lost;
                    self.buffer = Buffer::default();
                    return Some(Err(error));
                }
            }
        }
    }

    /// To be called where the file ends, after the last record.
    ///
    /// # Errors
    /// `CutRecord` where it ends inside a record: a warning, for all that came before is whole.
    pub fn finish(self) -> Result<(), WireError> {
        if self.is_lost() {
            return Ok(());
        }
        let Some((expected, found)) = self.buffer.unfinished() else { return Ok(()) };
        Err(WireError {
            layer: self.layer(),
            offset: self.buffer.offset(),
            kind: WireErrorKind::CutRecord { expected, found },
        })
    }

    /// Which of the two kinds the file is; [`Layer::CaptureFile`] before that is known, and once the reader is lost.
    pub const fn layer(&self) -> Layer {
        match &self.format {
            Format::Unknown | Format::Lost => Layer::CaptureFile,
            Format::Pcap(_) => Layer::Pcap,
            Format::Pcapng(_) => Layer::Pcapng,
        }
    }

    /// Whether a fault ended the reading: nothing more will come.
    pub const fn is_lost(&self) -> bool {
        matches!(self.format, Format::Lost)
    }

    fn detect(&mut self) -> Step {
        const MAGIC_LEN: usize = 4;
        let Some(magic) = self.buffer.peek(MAGIC_LEN).and_then(<[u8]>::first_chunk) else { return Step::Wait };
        self.format = if let Some(reader) = PcapReader::for_magic(*magic) {
            Format::Pcap(reader)
        } else if PcapngReader::is_magic(*magic) {
            Format::Pcapng(PcapngReader::default())
        } else {
            let kind = WireErrorKind::WrongFileMagic { found: u32::from_be_bytes(*magic) };
            return Step::Lost(WireError { layer: Layer::CaptureFile, offset: 0, kind });
        };
        Step::Again
    }
}
