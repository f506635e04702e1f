//! Every magic, size and offset of the node packets, so that parsers, builders and tests agree. Offsets count octets from
//! the start of the datagram.

/// The UDP port to which nodes send unless they are configured otherwise.
pub const DEFAULT_PORT: u16 = 5005;

/// Raw CSI.
pub const MAGIC_RAW_CSI: u32 = 0xC511_0001;
/// The firmware's own vitals.
pub const MAGIC_EDGE_VITALS: u32 = 0xC511_0002;
/// The firmware's feature vector.
pub const MAGIC_FEATURE_VECTOR: u32 = 0xC511_0003;
/// Run-length coded difference to the last raw frame.
pub const MAGIC_COMPRESSED_CSI: u32 = 0xC511_0005;
/// The firmware's fused state.
pub const MAGIC_FEATURE_STATE: u32 = 0xC511_0006;

const MAGIC_FAMILY: u32 = 0xC511_0000;
const MAGIC_FAMILY_MASK: u32 = 0xFFFF_0000;

/// Whether a packet that begins with `magic` is a node's, read by this version or not.
pub const fn is_node_magic(magic: u32) -> bool {
    magic & MAGIC_FAMILY_MASK == MAGIC_FAMILY
}

/// Octets of a raw CSI packet before its samples.
pub const RAW_CSI_HEADER_LEN: usize = 20;
/// Octets of a compressed CSI packet before its runs.
pub const COMPRESSED_CSI_HEADER_LEN: usize = 10;
/// The most octets of samples that a node compresses: the firmware's buffer.
pub const MAX_COMPRESSED_SAMPLES_LEN: usize = 1024;
/// Octets of one sample: imaginary, then real.
pub const SAMPLE_LEN: usize = 2;
/// The most subcarriers that a packet may announce.
pub const MAX_SUBCARRIERS: u16 = 512;
/// Octets of an edge vitals packet.
pub const EDGE_VITALS_LEN: usize = 32;
/// Octets of a feature vector packet.
pub const FEATURE_VECTOR_LEN: usize = 48;
/// Octets of a feature state packet.
pub const FEATURE_STATE_LEN: usize = 60;

/// Octets of a raw CSI packet of this shape.
pub const fn raw_csi_len(n_antennas: u8, n_subcarriers: u16) -> usize {
    RAW_CSI_HEADER_LEN + SAMPLE_LEN * n_antennas as usize * n_subcarriers as usize
}

/// The same in every packet.
pub(super) const MAGIC: usize = 0;
pub(super) const NODE_ID: usize = 4;

pub(super) mod raw_csi {
    pub(crate) const N_ANTENNAS: usize = 5;
    pub(crate) const N_SUBCARRIERS: usize = 6;
    pub(crate) const FREQUENCY_MHZ: usize = 8;
    pub(crate) const SEQ: usize = 12;
    pub(crate) const RSSI_DBM: usize = 16;
    pub(crate) const NOISE_FLOOR_DBM: usize = 17;
}

pub(super) mod edge_vitals {
    pub(crate) const FLAGS: usize = 5;
    pub(crate) const BREATHING_RATE: usize = 6;
    pub(crate) const HEART_RATE: usize = 8;
    pub(crate) const RSSI_DBM: usize = 12;
    pub(crate) const N_PERSONS: usize = 13;
    pub(crate) const MOTION_ENERGY: usize = 16;
    pub(crate) const PRESENCE_SCORE: usize = 20;
    pub(crate) const UPTIME_MS: usize = 24;

    /// Steps of the fixed-point rates in one beat or breath a minute.
    pub(crate) const BREATHING_STEPS_PER_BPM: f64 = 100.0;
    pub(crate) const HEART_STEPS_PER_BPM: f64 = 10_000.0;
}

pub(super) mod feature_vector {
    pub(crate) const SEQ: usize = 6;
    pub(crate) const FEATURES: usize = 16;
}

pub(super) mod feature_state {
    pub(crate) const MODE: usize = 5;
    pub(crate) const SEQ: usize = 6;
    pub(crate) const NODE_TS_US: usize = 8;
    pub(crate) const MOTION_SCORE: usize = 16;
    pub(crate) const PRESENCE_SCORE: usize = 20;
    pub(crate) const RESPIRATION_BPM: usize = 24;
    pub(crate) const RESPIRATION_CONF: usize = 28;
    pub(crate) const HEARTBEAT_BPM: usize = 32;
    pub(crate) const HEARTBEAT_CONF: usize = 36;
    pub(crate) const ANOMALY_SCORE: usize = 40;
    pub(crate) const ENV_SHIFT_SCORE: usize = 44;
    pub(crate) const NODE_COHERENCE: usize = 48;
    pub(crate) const QUALITY_FLAGS: usize = 52;
    pub(crate) const CRC32: usize = 56;
}

pub(super) mod compressed_csi {
    pub(crate) const CHANNEL: usize = 5;
    pub(crate) const ORIGINAL_LEN: usize = 6;
    pub(crate) const COMPRESSED_LEN: usize = 8;
    /// Octets of one run: a value, then how often it stands in a row.
    pub(crate) const RUN_LEN: usize = 2;
}
