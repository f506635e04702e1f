//! 0xC5110006, feature state: what a node sends unless it is told to send CSI; the only packet with a checksum.

use ruview_core::{FeatureState, NodeNumber};

use super::layout::feature_state::{
    ANOMALY_SCORE, CRC32, ENV_SHIFT_SCORE, HEARTBEAT_BPM, HEARTBEAT_CONF, MODE, MOTION_SCORE, NODE_COHERENCE,
    NODE_TS_US, PRESENCE_SCORE, QUALITY_FLAGS, RESPIRATION_BPM, RESPIRATION_CONF, SEQ,
};
use super::layout::{FEATURE_STATE_LEN, MAGIC, MAGIC_FEATURE_STATE, NODE_ID};
use crate::fields::{exactly, f32_at, put, put_f32, u16_at, u32_at, u64_at};
use crate::{Layer, WireError, WireErrorKind};

const LAYER: Layer = Layer::Esp32FeatureState;

pub(super) fn parse(datagram: &[u8]) -> Result<FeatureState, WireError> {
    let packet = exactly::<FEATURE_STATE_LEN>(LAYER, datagram)?;
    let (expected, found) = (crc32fast::hash(&packet[..CRC32]), u32_at(packet, CRC32));
    if expected != found {
        let kind = WireErrorKind::Checksum { expected, found };
        return Err(WireError { layer: LAYER, offset: CRC32, kind });
    }
    let float = |at, field| f32_at(LAYER, packet, at, field);
    Ok(FeatureState {
        node: NodeNumber(packet[NODE_ID]),
        mode: packet[MODE],
        seq: u16_at(packet, SEQ),
        node_ts_us: u64_at(packet, NODE_TS_US),
        motion_score: float(MOTION_SCORE, "motion_score")?,
        presence_score: float(PRESENCE_SCORE, "presence_score")?,
        respiration_bpm: float(RESPIRATION_BPM, "respiration_bpm")?,
        respiration_conf: float(RESPIRATION_CONF, "respiration_conf")?,
        heartbeat_bpm: float(HEARTBEAT_BPM, "heartbeat_bpm")?,
        heartbeat_conf: float(HEARTBEAT_CONF, "heartbeat_conf")?,
        anomaly_score: float(ANOMALY_SCORE, "anomaly_score")?,
        env_shift_score: float(ENV_SHIFT_SCORE, "env_shift_score")?,
        node_coherence: float(NODE_COHERENCE, "node_coherence")?,
        quality_flags: u16_at(packet, QUALITY_FLAGS),
    })
}

/// A feature state packet with its checksum.
///
/// # Errors
/// `NotFinite`, with the field's name, for a number that is NaN or infinite.
pub fn build_feature_state(state: &FeatureState) -> Result<[u8; FEATURE_STATE_LEN], WireError> {
    let mut packet = [0; FEATURE_STATE_LEN];
    put(&mut packet, MAGIC, MAGIC_FEATURE_STATE.to_le_bytes());
    packet[NODE_ID] = state.node.0;
    packet[MODE] = state.mode;
    put(&mut packet, SEQ, state.seq.to_le_bytes());
    put(&mut packet, NODE_TS_US, state.node_ts_us.to_le_bytes());
    for (at, field, value) in [
        (MOTION_SCORE, "motion_score", state.motion_score),
        (PRESENCE_SCORE, "presence_score", state.presence_score),
        (RESPIRATION_BPM, "respiration_bpm", state.respiration_bpm),
        (RESPIRATION_CONF, "respiration_conf", state.respiration_conf),
        (HEARTBEAT_BPM, "heartbeat_bpm", state.heartbeat_bpm),
        (HEARTBEAT_CONF, "heartbeat_conf", state.heartbeat_conf),
        (ANOMALY_SCORE, "anomaly_score", state.anomaly_score),
        (ENV_SHIFT_SCORE, "env_shift_score", state.env_shift_score),
        (NODE_COHERENCE, "node_coherence", state.node_coherence),
    ] {
        put_f32(LAYER, &mut packet, at, field, value)?;
    }
    put(&mut packet, QUALITY_FLAGS, state.quality_flags.to_le_bytes());
    let crc = crc32fast::hash(&packet[..CRC32]);
    put(&mut packet, CRC32, crc.to_le_bytes());
    Ok(packet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> FeatureState {
        FeatureState {
            node: NodeNumber(9),
            mode: 2,
            seq: 0x0102,
            node_ts_us: 0x0102_0304_0506_0708,
            motion_score: 0.5,
            presence_score: 1.0,
            respiration_bpm: 14.5,
            respiration_conf: 0.25,
            heartbeat_bpm: 62.0,
            heartbeat_conf: 0.125,
            anomaly_score: -1.0,
            env_shift_score: 0.0,
            node_coherence: 0.75,
            quality_flags: 0x8001,
        }
    }

    #[test]
    fn every_field_is_in_its_place() {
        let mut octets = alloc::vec![0x06, 0x00, 0x11, 0xC5, 9, 2, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1];
        for value in [0.5_f32, 1.0, 14.5, 0.25, 62.0, 0.125, -1.0, 0.0, 0.75] {
            octets.extend(value.to_le_bytes());
        }
        octets.extend([0x01, 0x80, 0, 0]);
        octets.extend(crc32fast::hash(&octets).to_le_bytes());
        assert_eq!(build_feature_state(&state()).unwrap()[..], octets);
        assert_eq!(parse(&octets).unwrap(), state());
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let packet = build_feature_state(&state()).unwrap();
        for at in NODE_ID..FEATURE_STATE_LEN {
            let mut broken = packet;
            broken[at] ^= 0x10;
            let error = parse(&broken).unwrap_err();
            assert!(matches!(error.kind, WireErrorKind::Checksum { .. }), "octet {at}: {error}");
            assert_eq!(error.offset, CRC32);
        }
    }

    #[test]
    fn numbers_must_be_finite_even_under_a_good_checksum() {
        let mut packet = build_feature_state(&state()).unwrap();
        put(&mut packet, NODE_COHERENCE, f32::NAN.to_le_bytes());
        let crc = crc32fast::hash(&packet[..CRC32]);
        put(&mut packet, CRC32, crc.to_le_bytes());
        let kind = WireErrorKind::NotFinite { field: "node_coherence", found: "NaN" };
        assert_eq!(parse(&packet).unwrap_err(), WireError { layer: LAYER, offset: NODE_COHERENCE, kind });
    }

    #[test]
    fn length_is_fixed() {
        let packet = build_feature_state(&state()).unwrap();
        let kind = WireErrorKind::Length { expected: 60, found: 59 };
        assert_eq!(parse(&packet[..59]).unwrap_err().kind, kind);
    }
}
