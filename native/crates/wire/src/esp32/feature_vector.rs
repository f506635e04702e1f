//! 0xC5110003, feature vector: undocumented by its senders and read leniently, for diagnostics only.

use ruview_core::{FeatureVector, NodeNumber};

use super::layout::feature_vector::{FEATURES, SEQ};
use super::layout::{FEATURE_VECTOR_LEN, MAGIC, MAGIC_FEATURE_VECTOR, NODE_ID};
use crate::fields::{f32_at, put, put_f32, u16_at};
use crate::{Layer, WireError, WireErrorKind};

const LAYER: Layer = Layer::Esp32FeatureVector;
const FIELD: &str = "features";

/// Octets after the known part are a newer firmware's, and passed over.
pub(super) fn parse(datagram: &[u8]) -> Result<FeatureVector, WireError> {
    let Some(packet) = datagram.first_chunk::<FEATURE_VECTOR_LEN>() else {
        let kind = WireErrorKind::TooShort { expected: FEATURE_VECTOR_LEN, found: datagram.len() };
        return Err(WireError { layer: LAYER, offset: 0, kind });
    };
    let mut features = [0.0; 8];
    for (i, feature) in features.iter_mut().enumerate() {
        *feature = f32_at(LAYER, packet, FEATURES + i * size_of::<f32>(), FIELD)?;
    }
    Ok(FeatureVector { node: NodeNumber(packet[NODE_ID]), seq: u16_at(packet, SEQ), features })
}

/// A feature vector packet; the node's own clock, which readers pass over, is 0.
///
/// # Errors
/// `NotFinite` for a feature that is NaN or infinite.
pub fn build_feature_vector(vector: &FeatureVector) -> Result<[u8; FEATURE_VECTOR_LEN], WireError> {
    let mut packet = [0; FEATURE_VECTOR_LEN];
    put(&mut packet, MAGIC, MAGIC_FEATURE_VECTOR.to_le_bytes());
    packet[NODE_ID] = vector.node.0;
    put(&mut packet, SEQ, vector.seq.to_le_bytes());
    for (i, feature) in vector.features.iter().enumerate() {
        put_f32(LAYER, &mut packet, FEATURES + i * size_of::<f32>(), FIELD, *feature)?;
    }
    Ok(packet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_knows_of_a_longer_packet() {
        let vector =
            FeatureVector { node: NodeNumber(3), seq: 5337, features: [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, -1.0] };
        let packet = build_feature_vector(&vector).unwrap();
        assert_eq!(packet[..8], [0x03, 0x00, 0x11, 0xC5, 3, 0, 0xD9, 0x14]);
        assert_eq!(packet[20..24], 0.5_f32.to_le_bytes());
        assert_eq!(parse(&[&packet[..], &[1, 2, 3]].concat()).unwrap(), vector);

        let kind = WireErrorKind::TooShort { expected: FEATURE_VECTOR_LEN, found: 47 };
        assert_eq!(parse(&packet[..47]).unwrap_err().kind, kind);
    }

    #[test]
    fn features_must_be_finite() {
        let mut vector = FeatureVector { node: NodeNumber(3), seq: 0, features: [0.0; 8] };
        let mut packet = build_feature_vector(&vector).unwrap();
        put(&mut packet, 44, f32::INFINITY.to_le_bytes());
        let kind = WireErrorKind::NotFinite { field: FIELD, found: "inf" };
        assert_eq!(parse(&packet).unwrap_err(), WireError { layer: LAYER, offset: 44, kind: kind.clone() });

        vector.features[7] = f32::INFINITY;
        assert_eq!(build_feature_vector(&vector).unwrap_err(), WireError { layer: LAYER, offset: 44, kind });
    }
}
