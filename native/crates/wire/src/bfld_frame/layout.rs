//! Every number of the format, so that parser, builder and tests agree. Offsets count octets from the start of the frame.

/// The first four octets.
pub const MAGIC: u32 = 0xBF1D_0001;
/// The version that is read and written.
pub const VERSION: u16 = 1;
/// Octets of a frame before its payload.
pub const HEADER_LEN: usize = 86;

pub(super) const VERSION_AT: usize = 4;
pub(super) const FLAGS: usize = 6;
pub(super) const TIMESTAMP_NS: usize = 8;
pub(super) const AP_HASH: usize = 16;
pub(super) const STA_HASH: usize = 32;
pub(super) const SESSION_ID: usize = 48;
pub(super) const CHANNEL: usize = 64;
pub(super) const BANDWIDTH_MHZ: usize = 66;
pub(super) const RSSI_DBM: usize = 68;
pub(super) const NOISE_FLOOR_DBM: usize = 70;
pub(super) const N_SUBCARRIERS: usize = 72;
pub(super) const N_TX: usize = 74;
pub(super) const N_RX: usize = 75;
pub(super) const QUANTIZATION: usize = 76;
pub(super) const PRIVACY_CLASS: usize = 77;
pub(super) const PAYLOAD_LEN: usize = 78;
pub(super) const PAYLOAD_CRC32: usize = 82;

// An earlier text of the format says 40: its own fields add up to 86.
const _: () = assert!(PAYLOAD_CRC32 + size_of::<u32>() == HEADER_LEN);

pub(super) mod flag {
    pub(crate) const HAS_CSI_DELTA: u16 = 1 << 0;
    pub(crate) const PRIVACY_MODE: u16 = 1 << 1;
    pub(crate) const SELF_ONLY: u16 = 1 << 3;
    pub(crate) const ALL: u16 = HAS_CSI_DELTA | PRIVACY_MODE | SELF_ONLY;
}

/// Octets before each section: its length.
pub(super) const SECTION_PREFIX_LEN: usize = 4;
