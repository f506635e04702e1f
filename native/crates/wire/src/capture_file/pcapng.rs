//! The newer format: blocks, each with its type and its length at both ends. A section header sets the byte order,
//! interface blocks say what the packets of an interface begin with and what their times are counted in.

use alloc::vec::Vec;

use super::buffer::Buffer;
use super::{MAX_PACKET_LEN, RecordMeta, Step};
use crate::dot11::{FCS_LEN, Fcs};
use crate::link::LinkType;
use crate::{ByteOrder, Layer, WireError, WireErrorKind};

const LAYER: Layer = Layer::Pcapng;

mod block {
    pub(super) const SECTION: u32 = 0x0A0D_0D0A;
    pub(super) const INTERFACE: u32 = 1;
    /// Obsolete, still found in old files.
    pub(super) const PACKET: u32 = 2;
    pub(super) const SIMPLE_PACKET: u32 = 3;
    pub(super) const ENHANCED_PACKET: u32 = 6;
}

mod option {
    pub(super) const END: u16 = 0;
    pub(super) const TIME_RESOLUTION: u16 = 9;
    pub(super) const FCS_LEN: u16 = 13;
    pub(super) const TIME_OFFSET: u16 = 14;
}

/// Type and length before the body, length after it.
const HEAD_LEN: usize = 8;
const TAIL_LEN: usize = 4;
/// Interface, time in two halves, captured and original length.
const PACKET_HEAD_LEN: usize = 20;
/// Link type, reserved, greatest length.
const INTERFACE_HEAD_LEN: usize = 8;
const BYTE_ORDER_MAGIC: u32 = 0x1A2B_3C4D;
/// Blocks that are read must be held in memory: a packet and a few options fit.
const MAX_READ_BLOCK_LEN: usize = MAX_PACKET_LEN as usize + 65_536;
/// Each interface that a file describes takes memory until its section ends.
const MAX_INTERFACES: usize = 4096;

/// What an interface's times are counted in: 10^-n or 2^-n seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeResolution {
    /// 10^-n s.
    Decimal(u8),
    /// 2^-n s.
    Binary(u8),
}

impl TimeResolution {
    const BINARY: u8 = 0x80;
    /// What counts when an interface does not say.
    pub const MICROS: Self = Self::Decimal(6);
    /// Nanoseconds.
    pub const NANOS: Self = Self::Decimal(9);

    const fn from_octet(octet: u8) -> Self {
        if octet & Self::BINARY == 0 { Self::Decimal(octet) } else { Self::Binary(octet & !Self::BINARY) }
    }

    const fn octet(self) -> u8 {
        match self {
            Self::Decimal(n) => n & !Self::BINARY,
            Self::Binary(n) => n | Self::BINARY,
        }
    }

    /// Units in a second; none for units so small that no clock has them.
    const fn units(self) -> Option<u128> {
        match self {
            Self::Decimal(n) => 10_u128.checked_pow(n as u32),
            Self::Binary(n) => 1_u128.checked_shl(n as u32),
        }
    }

    fn ns(self, ticks: u64) -> i128 {
        // 64 bits of units that do not fit into 128 bits a second are less than a nanosecond.
        self.units().map_or(0, |units| (u128::from(ticks) * 1_000_000_000 / units) as i128)
    }

    /// The units that [`TimeResolution::ns`] turns into just that time.
    fn ticks(self, ns: i128) -> Option<u64> {
        let units = i128::try_from(self.units()?).ok()?;
        let ticks = ns.checked_mul(units)?;
        let ticks = ticks.checked_add(999_999_999)?.div_euclid(1_000_000_000);
        u64::try_from(ticks).ok().filter(|&ticks| self.ns(ticks) == ns)
    }
}

/// What a file says of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PcapngInterface {
    /// What its packets begin with.
    pub link: LinkType,
    /// Whether its frames end with a frame check sequence.
    pub fcs: Fcs,
    /// The most octets that are kept of a packet; 0 for no limit.
    pub snap_len: u32,
    /// What its times are counted in.
    pub resolution: TimeResolution,
    /// Seconds to add to its times.
    pub offset_s: i64,
}

impl PcapngInterface {
    /// An interface with microseconds, as most files have it.
    pub const fn new(link: LinkType) -> Self {
        Self { link, fcs: Fcs::Unknown, snap_len: 0, resolution: TimeResolution::MICROS, offset_s: 0 }
    }

    fn at_ns(&self, ticks: u64) -> Option<i64> {
        let offset = i128::from(self.offset_s) * 1_000_000_000;
        i64::try_from(self.resolution.ns(ticks) + offset).ok()
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct PcapngReader {
    order: ByteOrder,
    interfaces: Vec<PcapngInterface>,
}

/// The packet in a block: where it came from and where it lies.
struct Located {
    interface: usize,
    ticks: Option<u64>,
    captured: u32,
    original_len: u32,
    /// Octets of the block before the packet.
    start: usize,
}

impl PcapngReader {
    pub(super) fn is_magic(magic: [u8; 4]) -> bool {
        // The section header's type reads the same in both byte orders.
        u32::from_le_bytes(magic) == block::SECTION
    }

    pub(super) fn step(&mut self, buffer: &mut Buffer) -> Step {
        let offset = buffer.offset();
        let Some(head) = buffer.peek(HEAD_LEN) else { return Step::Wait };
        let is_section = self.order.u32_at(head, 0) == Some(block::SECTION);
        if is_section {
            // Its length is already in its own byte order.
            let Some(head) = buffer.peek(HEAD_LEN + 4) else { return Step::Wait };
            match byte_order(head) {
                Ok(order) => self.order = order,
                Err(error) => return Step::Lost(error.after(offset)),
            }
        }
        let Some(head) = buffer.peek(HEAD_LEN) else { return Step::Wait };
        let kind = self.order.u32_at(head, 0).unwrap_or_default();
        let length = self.order.u32_at(head, 4).unwrap_or_default() as usize;
        if length < HEAD_LEN + TAIL_LEN || !length.is_multiple_of(4) {
            return Step::Lost(invalid("block length", "a multiple of 4 from 12 on", length as f64).after(offset + 4));
        }
        if !is_read(kind) {
            buffer.skip(length);
            return Step::Again;
        }
        if length > MAX_READ_BLOCK_LEN {
            buffer.skip(length);
            return Step::Bad(invalid("block length", "at most 327680 to be read", length as f64).after(offset + 4));
        }
        let Some(whole) = buffer.peek(length) else { return Step::Wait };
        let step = self.read_block(kind, whole);
        buffer.consume(length);
        match step {
            Step::Bad(error) => Step::Bad(error.after(offset)),
            step => step,
        }
    }

    fn read_block(&mut self, kind: u32, whole: &[u8]) -> Step {
        let trailer = self.order.u32_at(whole, whole.len() - TAIL_LEN).unwrap_or_default() as usize;
        if trailer != whole.len() {
            let kind = WireErrorKind::Length { expected: whole.len(), found: trailer };
            return Step::Bad(WireError { layer: LAYER, offset: whole.len() - TAIL_LEN, kind });
        }
        let body = whole.get(HEAD_LEN..whole.len() - TAIL_LEN).unwrap_or_default();
        let located = match kind {
            block::SECTION => {
                self.interfaces.clear();
                return Step::Again;
            }
            block::INTERFACE => return self.read_interface(body),
            block::SIMPLE_PACKET => self.locate_simple(body),
            _ => self.locate(kind, body),
        };
        match located.and_then(|located| self.packet(&located, body)) {
            Ok(step) => step,
            Err(error) => Step::Bad(error.after(HEAD_LEN)),
        }
    }

    /// Registers the interface whatever its options are, for packets count interfaces from the section's start.
    fn read_interface(&mut self, body: &[u8]) -> Step {
        if self.interfaces.len() == MAX_INTERFACES {
            return Step::Bad(invalid("interfaces", "at most 4096", (MAX_INTERFACES + 1) as f64));
        }
        let mut interface = PcapngInterface::new(LinkType(self.order.u16_at(body, 0).unwrap_or_default()));
        interface.snap_len = self.order.u32_at(body, 4).unwrap_or_default();
        let result = self.read_options(body, &mut interface);
        self.interfaces.push(interface);
        match result {
            Ok(()) => Step::Again,
            Err(error) => Step::Bad(error.after(HEAD_LEN)),
        }
    }

    fn read_options(&self, body: &[u8], interface: &mut PcapngInterface) -> Result<(), WireError> {
        let mut at = INTERFACE_HEAD_LEN;
        if body.len() < at {
            return Err(cut(0, at, body.len()));
        }
        while at < body.len() {
            let (Some(code), Some(length)) = (self.order.u16_at(body, at), self.order.u16_at(body, at + 2)) else {
                return Err(cut(at, at + 4, body.len()));
            };
            if code == option::END {
                break;
            }
            let (start, length) = (at + 4, usize::from(length));
            let Some(value) = body.get(start..start + length) else {
                return Err(cut(at, start + length, body.len()));
            };
            match (code, value) {
                (option::TIME_RESOLUTION, &[octet]) => interface.resolution = TimeResolution::from_octet(octet),
                (option::FCS_LEN, &[octet]) => {
                    interface.fcs = if usize::from(octet) == FCS_LEN { Fcs::Present } else { Fcs::Absent };
                }
                (option::TIME_OFFSET, value) => {
                    if let Some(&octets) = value.first_chunk() {
                        interface.offset_s = self.order.u64(octets) as i64;
                    }
                }
                _ => {}
            }
            at = start + length.next_multiple_of(4);
        }
        Ok(())
    }

    fn locate(&self, kind: u32, body: &[u8]) -> Result<Located, WireError> {
        let field = |at| self.order.u32_at(body, at).ok_or_else(|| cut(0, PACKET_HEAD_LEN, body.len()));
        let interface = if kind == block::PACKET {
            self.order.u16_at(body, 0).map(u32::from).ok_or_else(|| cut(0, PACKET_HEAD_LEN, body.len()))?
        } else {
            field(0)?
        };
        let ticks = u64::from(field(4)?) << 32 | u64::from(field(8)?);
        Ok(Located {
            interface: interface as usize,
            ticks: Some(ticks),
            captured: field(12)?,
            original_len: field(16)?,
            start: PACKET_HEAD_LEN,
        })
    }

    /// A packet of the first interface, without time; how much of it was kept follows from the interface.
    fn locate_simple(&self, body: &[u8]) -> Result<Located, WireError> {
        const START: usize = 4;
        let original_len = self.order.u32_at(body, 0).ok_or_else(|| cut(0, START, body.len()))?;
        let snap_len = self.interfaces.first().map_or(0, |interface| interface.snap_len);
        let captured = if snap_len == 0 { original_len } else { original_len.min(snap_len) };
        Ok(Located { interface: 0, ticks: None, captured, original_len, start: START })
    }

    fn packet(&self, located: &Located, body: &[u8]) -> Result<Step, WireError> {
        let Some(interface) = self.interfaces.get(located.interface) else {
            return Err(invalid("interface", "one that was described", located.interface as f64));
        };
        let end = located.start.saturating_add(located.captured as usize);
        if end > body.len() {
            return Err(cut(located.start, end, body.len()));
        }
        let meta = RecordMeta {
            link: interface.link,
            fcs: interface.fcs,
            at_ns: located.ticks.and_then(|ticks| interface.at_ns(ticks)),
            original_len: located.original_len,
        };
        Ok(Step::Packet(meta, HEAD_LEN + located.start..HEAD_LEN + end))
    }
}

const fn is_read(kind: u32) -> bool {
    matches!(kind, block::SECTION | block::INTERFACE | block::PACKET | block::SIMPLE_PACKET | block::ENHANCED_PACKET)
}

fn byte_order(head: &[u8]) -> Result<ByteOrder, WireError> {
    let orders = [ByteOrder::Little, ByteOrder::Big];
    orders.into_iter().find(|order| order.u32_at(head, HEAD_LEN) == Some(BYTE_ORDER_MAGIC)).ok_or_else(|| {
        let found = ByteOrder::Little.u32_at(head, HEAD_LEN).unwrap_or_default();
        invalid("byte order magic", "0x1A2B3C4D in either order", found.into()).after(HEAD_LEN)
    })
}

/// The block that begins a file.
pub fn pcapng_section(order: ByteOrder) -> Vec<u8> {
    let mut body = Vec::from(order.u32_octets(BYTE_ORDER_MAGIC));
    body.extend([1, 0].map(|half| order.u16_octets(half)).into_iter().flatten());
    // The section's length is not given.
    body.extend([0xFF; 8]);
    build_block(order, block::SECTION, &body)
}

/// The block that describes an interface; the first one is number 0.
pub fn pcapng_interface(order: ByteOrder, interface: &PcapngInterface) -> Vec<u8> {
    let mut body = Vec::from(order.u16_octets(interface.link.0));
    body.extend([0; 2]);
    body.extend(order.u32_octets(interface.snap_len));
    let mut option = |code: u16, value: &[u8]| {
        body.extend(order.u16_octets(code));
        body.extend(order.u16_octets(value.len() as u16));
        body.extend_from_slice(value);
        body.resize(body.len().next_multiple_of(4), 0);
    };
    option(option::TIME_RESOLUTION, &[interface.resolution.octet()]);
    option(option::TIME_OFFSET, &order.u64_octets(interface.offset_s as u64));
    match interface.fcs {
        Fcs::Unknown => {}
        Fcs::Absent => option(option::FCS_LEN, &[0]),
        Fcs::Present => option(option::FCS_LEN, &[FCS_LEN as u8]),
    }
    option(option::END, &[]);
    build_block(order, block::INTERFACE, &body)
}

/// A packet of an interface with this number.
///
/// # Errors
/// `InvalidField` for a time that the interface's clock cannot say and for more than [`MAX_PACKET_LEN`] octets.
pub fn pcapng_packet(
    order: ByteOrder,
    (number, interface): (u32, &PcapngInterface),
    at_ns: i64,
    original_len: u32,
    octets: &[u8],
) -> Result<Vec<u8>, WireError> {
    let captured = captured_len(octets)?;
    let since_offset = i128::from(at_ns) - i128::from(interface.offset_s) * 1_000_000_000;
    let Some(ticks) = interface.resolution.ticks(since_offset) else {
        return Err(invalid("time", "a time in the interface's units", at_ns as f64));
    };
    let mut body = Vec::with_capacity(PACKET_HEAD_LEN + octets.len() + 3);
    for field in [number, (ticks >> 32) as u32, ticks as u32, captured, original_len] {
        body.extend(order.u32_octets(field));
    }
    body.extend_from_slice(octets);
    Ok(build_block(order, block::ENHANCED_PACKET, &body))
}

/// A packet of interface 0 without time, kept whole.
///
/// # Errors
/// `InvalidField` for more than [`MAX_PACKET_LEN`] octets.
pub fn pcapng_simple_packet(order: ByteOrder, octets: &[u8]) -> Result<Vec<u8>, WireError> {
    let mut body = Vec::from(order.u32_octets(captured_len(octets)?));
    body.extend_from_slice(octets);
    Ok(build_block(order, block::SIMPLE_PACKET, &body))
}

/// A block of a type of one's own, such as readers skip.
pub fn pcapng_unknown_block(order: ByteOrder, kind: u32, body: &[u8]) -> Vec<u8> {
    build_block(order, kind, body)
}

fn build_block(order: ByteOrder, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let length = order.u32_octets((HEAD_LEN + padded + TAIL_LEN) as u32);
    let mut block = Vec::with_capacity(HEAD_LEN + padded + TAIL_LEN);
    block.extend(order.u32_octets(kind));
    block.extend(length);
    block.extend_from_slice(body);
    block.resize(HEAD_LEN + padded, 0);
    block.extend(length);
    block
}

fn captured_len(octets: &[u8]) -> Result<u32, WireError> {
    u32::try_from(octets.len())
        .ok()
        .filter(|&len| len <= MAX_PACKET_LEN)
        .ok_or_else(|| invalid("captured length", "at most 262144", octets.len() as f64))
}

fn invalid(field: &'static str, expected: &'static str, found: f64) -> WireError {
    WireError { layer: LAYER, offset: 0, kind: WireErrorKind::InvalidField { field, expected, found } }
}

const fn cut(offset: usize, expected: usize, found: usize) -> WireError {
    WireError { layer: LAYER, offset, kind: WireErrorKind::Length { expected, found } }
}
