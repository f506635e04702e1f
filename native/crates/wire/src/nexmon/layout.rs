//! Every number of the format, so that parsers, builders and tests agree. Offsets count octets from the start of the
//! payload, or of the header that the module is named after. The payload is little-endian, the headers are big-endian.

/// The UDP port to which the firmware sends.
pub const PORT: u16 = 5500;
/// Octets of a payload before its samples.
pub const HEADER_LEN: usize = 18;
/// Octets of one sample.
pub const SAMPLE_LEN: usize = 4;

/// The first two octets of a payload; the old format repeats them where the new one has RSSI and frame control.
pub(super) const MAGIC: [u8; 2] = [0x11, 0x11];

pub(super) const RSSI_DBM: usize = 2;
pub(super) const FRAME_CONTROL: usize = 3;
pub(super) const TRANSMITTER: usize = 4;
pub(super) const SEQUENCE_CONTROL: usize = 10;
pub(super) const CORE_AND_STREAM: usize = 12;
pub(super) const CHANNEL_SPEC: usize = 14;
pub(super) const CHIP: usize = 16;

/// Core and stream: three bits each.
pub(super) const INDEX_MASK: u16 = 0b111;
pub(super) const STREAM_SHIFT: u16 = 3;

/// IEEE 802.3.
pub(super) mod ethernet {
    pub(crate) const LEN: usize = 14;
    pub(crate) const ETHERTYPE: usize = 12;
    pub(crate) const IPV4: [u8; 2] = [0x08, 0x00];
    /// The firmware's own: broadcast, from the address "NEXMON".
    pub(crate) const HEADER: [u8; LEN] = *b"\xFF\xFF\xFF\xFF\xFF\xFFNEXMON\x08\x00";
}

/// RFC 791, section 3.1.
pub(super) mod ipv4 {
    pub(crate) const MIN_LEN: usize = 20;
    pub(crate) const VERSION_AND_LEN: usize = 0;
    pub(crate) const TOTAL_LEN: usize = 2;
    pub(crate) const FRAGMENT: usize = 6;
    pub(crate) const TTL: usize = 8;
    pub(crate) const PROTOCOL: usize = 9;
    pub(crate) const CHECKSUM: usize = 10;
    pub(crate) const SOURCE: usize = 12;
    pub(crate) const DESTINATION: usize = 16;
    pub(crate) const VERSION: u8 = 4;
    pub(crate) const UDP: u8 = 17;
    /// More fragments, and the offset of this one.
    pub(crate) const FRAGMENT_MASK: u16 = 0x3FFF;
}

/// RFC 768.
pub(super) mod udp {
    pub(crate) const LEN: usize = 8;
    pub(crate) const SOURCE_PORT: usize = 0;
    pub(crate) const DESTINATION_PORT: usize = 2;
    pub(crate) const DATAGRAM_LEN: usize = 4;
}
