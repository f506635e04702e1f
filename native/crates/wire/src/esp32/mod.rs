//! The packets of ESP32 nodes: one UDP datagram each, little-endian, the first four octets say which kind.
//!
//! Source: the node firmware's own structures and Espressif's CSI buffer (ESP-IDF, `wifi_csi_info_t`).

mod compressed_csi;
mod decompressor;
mod edge_vitals;
mod feature_state;
mod feature_vector;
mod layout;
pub(crate) mod levels;
mod raw_csi;
pub(crate) mod samples;

use alloc::vec::Vec;

use ruview_core::{NodeNumber, NodePacket};

pub use compressed_csi::build_compressed_csi;
pub use decompressor::Decompressor;
pub use edge_vitals::build_edge_vitals;
pub(crate) use edge_vitals::{flags, flags_octet};
pub use feature_state::build_feature_state;
pub use feature_vector::build_feature_vector;
pub use layout::{
    COMPRESSED_CSI_HEADER_LEN, DEFAULT_PORT, EDGE_VITALS_LEN, FEATURE_STATE_LEN, FEATURE_VECTOR_LEN,
    MAGIC_COMPRESSED_CSI, MAGIC_EDGE_VITALS, MAGIC_FEATURE_STATE, MAGIC_FEATURE_VECTOR, MAGIC_RAW_CSI,
    MAX_COMPRESSED_SAMPLES_LEN, MAX_SUBCARRIERS, RAW_CSI_HEADER_LEN, SAMPLE_LEN, is_node_magic, raw_csi_len,
};
pub use raw_csi::build_raw_csi;

use crate::{Layer, WireError, WireErrorKind};

/// Reads one datagram.
///
/// # Errors
/// - `WrongMagic` for what is no node packet, `Unsupported` for a node packet of a kind that is not read
///   (compressed CSI among them, which needs a [`Decompressor`]);
/// - `TooShort` and `Length` where the octets do not fill the packet, or are more than it;
/// - `InvalidField` for a shape of no antennas, no subcarriers or more than [`MAX_SUBCARRIERS`];
/// - `Checksum`, and `NotFinite` for NaN and infinities, with the field's name.
pub fn parse_packet(datagram: &[u8]) -> Result<NodePacket, WireError> {
    let refuse = |kind| Err(WireError { layer: Layer::Esp32Packet, offset: 0, kind });
    let Some(magic) = datagram.first_chunk() else {
        return refuse(WireErrorKind::TooShort { expected: size_of::<u32>(), found: datagram.len() });
    };
    match u32::from_le_bytes(*magic) {
        MAGIC_RAW_CSI => raw_csi::parse(datagram).map(NodePacket::Csi),
        MAGIC_EDGE_VITALS => edge_vitals::parse(datagram).map(NodePacket::EdgeVitals),
        MAGIC_FEATURE_VECTOR => feature_vector::parse(datagram).map(NodePacket::FeatureVector),
        MAGIC_FEATURE_STATE => feature_state::parse(datagram).map(NodePacket::FeatureState),
        magic if is_node_magic(magic) => refuse(WireErrorKind::Unsupported { magic }),
        found => refuse(WireErrorKind::WrongMagic { found }),
    }
}

/// The node that a datagram says it is of; `None` of one that is no node's.
pub fn claimed_node(datagram: &[u8]) -> Option<NodeNumber> {
    let magic = u32::from_le_bytes(*datagram.first_chunk()?);
    is_node_magic(magic).then(|| datagram.get(layout::NODE_ID).copied().map(NodeNumber))?
}

/// The datagram that [`parse_packet`] reads as `packet`.
///
/// # Errors
/// As the `build_` function of the packet's kind.
pub fn build_packet(packet: &NodePacket) -> Result<Vec<u8>, WireError> {
    match packet {
        NodePacket::Csi(frame) => build_raw_csi(frame),
        NodePacket::EdgeVitals(vitals) => build_edge_vitals(vitals).map(Vec::from),
        NodePacket::FeatureVector(vector) => build_feature_vector(vector).map(Vec::from),
        NodePacket::FeatureState(state) => build_feature_state(state).map(Vec::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(datagram: &[u8]) -> WireErrorKind {
        parse_packet(datagram).unwrap_err().kind
    }

    #[test]
    fn every_packet_names_its_node_in_the_same_place() {
        assert_eq!(claimed_node(&[5, 0, 0x11, 0xC5, 9, 6]), Some(NodeNumber(9)));
        assert_eq!(claimed_node(&[1, 0, 0x11, 0xC5]), None);
        assert_eq!(claimed_node(&[1, 0]), None);
        assert_eq!(claimed_node(b"GET / HTTP/1.1"), None);
    }

    #[test]
    fn first_four_octets_decide() {
        assert_eq!(kind(&[]), WireErrorKind::TooShort { expected: 4, found: 0 });
        assert_eq!(kind(&[1, 0, 0x11]), WireErrorKind::TooShort { expected: 4, found: 3 });
        assert_eq!(kind(b"GET / HTTP/1.1"), WireErrorKind::WrongMagic { found: 0x2054_4547 });
        assert_eq!(kind(&[5, 0, 0x11, 0xC5, 1, 6]), WireErrorKind::Unsupported { magic: MAGIC_COMPRESSED_CSI });
        assert_eq!(kind(&[0xFF, 0xFF, 0x11, 0xC5]), WireErrorKind::Unsupported { magic: 0xC511_FFFF });
    }
}
