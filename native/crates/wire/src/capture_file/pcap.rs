//! The older format: one header for the file, which says byte order, precision and link type, then records of a header of
//! 16 octets and a packet.

use alloc::vec::Vec;

use super::buffer::Buffer;
use super::{MAX_PACKET_LEN, RecordMeta, Step};
use crate::dot11::{FCS_LEN, Fcs};
use crate::link::LinkType;
use crate::{ByteOrder, Layer, WireError, WireErrorKind};

const LAYER: Layer = Layer::Pcap;

const FILE_HEADER_LEN: usize = 24;
const RECORD_HEADER_LEN: usize = 16;
const MAGIC_MICROS: u32 = 0xA1B2_C3D4;
const MAGIC_NANOS: u32 = 0xA1B2_3C4D;
const VERSION: [u16; 2] = [2, 4];

mod at {
    pub(super) const LINK: usize = 20;
    pub(super) const SECONDS: usize = 0;
    pub(super) const FRACTION: usize = 4;
    pub(super) const CAPTURED_LEN: usize = 8;
    pub(super) const ORIGINAL_LEN: usize = 12;
}

/// The field of the link type: 16 bits of it, a bit that says whether the length of the frame check sequence is given,
/// and that length in units of two octets.
mod link_field {
    pub(super) const TYPE_MASK: u32 = 0xFFFF;
    pub(super) const HAS_FCS_LEN: u32 = 1 << 26;
    pub(super) const FCS_LEN_SHIFT: u32 = 28;
    pub(super) const FCS_LEN_UNIT: usize = 2;
}

/// What a file's times are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PcapPrecision {
    /// Microseconds.
    #[default]
    Micros,
    /// Nanoseconds.
    Nanos,
}

impl PcapPrecision {
    const fn ns(self) -> u32 {
        match self {
            Self::Micros => 1000,
            Self::Nanos => 1,
        }
    }
}

/// What a file's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PcapFormat {
    /// The byte order.
    pub order: ByteOrder,
    /// The precision of times.
    pub precision: PcapPrecision,
    /// What packets begin with.
    pub link: LinkType,
    /// Whether frames end with a frame check sequence.
    pub fcs: Fcs,
}

#[derive(Debug, Clone)]
pub(super) struct PcapReader {
    order: ByteOrder,
    precision: PcapPrecision,
    /// What the header said, once it was read.
    link: Option<(LinkType, Fcs)>,
}

impl PcapReader {
    pub(super) fn for_magic(magic: [u8; 4]) -> Option<Self> {
        [ByteOrder::Little, ByteOrder::Big].into_iter().find_map(|order| {
            let precision = match order.u32(magic) {
                MAGIC_MICROS => PcapPrecision::Micros,
                MAGIC_NANOS => PcapPrecision::Nanos,
                _ => return None,
            };
            Some(Self { order, precision, link: None })
        })
    }

    pub(super) fn step(&mut self, buffer: &mut Buffer) -> Step {
        let Some((link, fcs)) = self.link else { return self.read_file_header(buffer) };
        let offset = buffer.offset();
        let Some(header) = buffer.peek(RECORD_HEADER_LEN) else { return Step::Wait };
        let field = |at| self.order.u32_at(header, at).unwrap_or_default();
        let (seconds, fraction) = (field(at::SECONDS), field(at::FRACTION));
        let (captured, original_len) = (field(at::CAPTURED_LEN), field(at::ORIGINAL_LEN));
        if captured > MAX_PACKET_LEN {
            let (field, expected, found) = ("captured length", "at most 262144", captured.into());
            let kind = WireErrorKind::InvalidField { field, expected, found };
            return Step::Lost(WireError { layer: LAYER, offset: offset + at::CAPTURED_LEN, kind });
        }
        let length = RECORD_HEADER_LEN + captured as usize;
        if buffer.peek(length).is_none() {
            return Step::Wait;
        }
        buffer.consume(length);
        let at_ns = i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * i64::from(self.precision.ns());
        Step::Packet(RecordMeta { link, fcs, at_ns: Some(at_ns), original_len }, RECORD_HEADER_LEN..length)
    }

    fn read_file_header(&mut self, buffer: &mut Buffer) -> Step {
        let Some(header) = buffer.peek(FILE_HEADER_LEN) else { return Step::Wait };
        let field = self.order.u32_at(header, at::LINK).unwrap_or_default();
        let fcs_len = (field >> link_field::FCS_LEN_SHIFT) as usize * link_field::FCS_LEN_UNIT;
        let fcs = match (field & link_field::HAS_FCS_LEN, fcs_len) {
            (0, _) => Fcs::Unknown,
            (_, FCS_LEN) => Fcs::Present,
            (_, 0) => Fcs::Absent,
            _ => Fcs::Unknown,
        };
        self.link = Some((LinkType((field & link_field::TYPE_MASK) as u16), fcs));
        buffer.consume(FILE_HEADER_LEN);
        Step::Again
    }
}

/// The header of a file.
pub fn pcap_header(format: &PcapFormat) -> Vec<u8> {
    let order = format.order;
    let magic = match format.precision {
        PcapPrecision::Micros => MAGIC_MICROS,
        PcapPrecision::Nanos => MAGIC_NANOS,
    };
    let fcs_len = match format.fcs {
        Fcs::Unknown => 0,
        Fcs::Absent => link_field::HAS_FCS_LEN,
        Fcs::Present => {
            link_field::HAS_FCS_LEN | ((FCS_LEN / link_field::FCS_LEN_UNIT) as u32) << link_field::FCS_LEN_SHIFT
        }
    };
    let mut header = Vec::with_capacity(FILE_HEADER_LEN);
    header.extend(order.u32_octets(magic));
    header.extend(VERSION.map(|half| order.u16_octets(half)).into_iter().flatten());
    // Time zone and accuracy, which nobody uses.
    header.extend([0; 8]);
    header.extend(order.u32_octets(MAX_PACKET_LEN));
    header.extend(order.u32_octets(u32::from(format.link.0) | fcs_len));
    header
}

/// A record of a file with such a header.
///
/// # Errors
/// `Missing` without a time; `InvalidField` for a time that 32 bits of seconds and the precision cannot say, and for more
/// than [`MAX_PACKET_LEN`] octets.
pub fn pcap_record(
    format: &PcapFormat,
    at_ns: Option<i64>,
    original_len: u32,
    octets: &[u8],
) -> Result<Vec<u8>, WireError> {
    let refused = |offset, kind| WireError { layer: LAYER, offset, kind };
    let Some(at_ns) = at_ns else { return Err(refused(at::SECONDS, WireErrorKind::Missing { field: "time" })) };
    let (seconds, ns) = (at_ns.div_euclid(1_000_000_000), at_ns.rem_euclid(1_000_000_000) as u32);
    let unit = format.precision.ns();
    let Some(seconds) = u32::try_from(seconds).ok().filter(|_| ns.is_multiple_of(unit)) else {
        let (field, expected) = ("time", "1970 to 2106, in whole units");
        return Err(refused(at::SECONDS, WireErrorKind::InvalidField { field, expected, found: at_ns as f64 }));
    };
    let Some(captured) = u32::try_from(octets.len()).ok().filter(|&len| len <= MAX_PACKET_LEN) else {
        let (field, expected) = ("captured length", "at most 262144");
        let kind = WireErrorKind::InvalidField { field, expected, found: octets.len() as f64 };
        return Err(refused(at::CAPTURED_LEN, kind));
    };
    let mut record = Vec::with_capacity(RECORD_HEADER_LEN + octets.len());
    for field in [seconds, ns / unit, captured, original_len] {
        record.extend(format.order.u32_octets(field));
    }
    record.extend_from_slice(octets);
    Ok(record)
}
