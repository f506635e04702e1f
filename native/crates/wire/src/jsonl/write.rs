//! A record to a line.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use ruview_core::{CsiFrame, EdgeVitals, FeatureState, FeatureVector, NodePacket};
use serde::Serialize;

use super::fault::{LAYER, not_a_record};
use super::shape::{self, Head, RecordType};
use super::{Record, time};
use crate::error::finite;
use crate::esp32::{
    self, EDGE_VITALS_LEN, FEATURE_STATE_LEN, FEATURE_VECTOR_LEN, SAMPLE_LEN, levels, raw_csi_len, samples,
};
use crate::{WireError, WireErrorKind};

/// The line, without its end, that [`parse_line`](super::parse_line) reads as `record`.
///
/// # Errors
/// - `InvalidField` for a time out of range, for a level or a shape that no node sends, and for samples that are no whole
///   numbers from -128 to 127;
/// - `NotFinite` for a number that is NaN or infinite, which JSON cannot say.
pub fn build_line(record: &Record) -> Result<String, WireError> {
    match &record.packet {
        NodePacket::Csi(frame) => raw_csi(record, frame),
        NodePacket::EdgeVitals(packet) => {
            let rssi = Some(levels::sent(LAYER, 0, "rssi", packet.rssi_dbm)?);
            line(record, RecordType::Vitals, EDGE_VITALS_LEN, rssi, &vitals(packet)?)
        }
        NodePacket::FeatureVector(packet) => {
            line(record, RecordType::Feature, FEATURE_VECTOR_LEN, None, &feature(packet)?)
        }
        NodePacket::FeatureState(packet) => {
            line(record, RecordType::FeatureState, FEATURE_STATE_LEN, None, &feature_state(packet)?)
        }
    }
}

#[derive(Serialize)]
struct Line<'a, T> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    body: &'a T,
}

fn line<T: Serialize>(
    record: &Record,
    kind: RecordType,
    size: usize,
    rssi: Option<i8>,
    body: &T,
) -> Result<String, WireError> {
    let timestamp = time::to_seconds(record.at)
        .map_err(|found| refused(WireErrorKind::InvalidField { field: time::FIELD, expected: time::RANGE, found }))?;
    let head = Head {
        timestamp,
        node_id: record.packet.node().0,
        magic: Some(&format!("{:#010X}", kind.magic())),
        size: Some(size),
        rssi,
        kind: Some(kind.as_str()),
    };
    serde_json::to_string(&Line { head, body }).map_err(|error| not_a_record(&error))
}

fn raw_csi(record: &Record, frame: &CsiFrame) -> Result<String, WireError> {
    let (antennas, subcarriers) = (frame.n_antennas(), frame.n_subcarriers());
    samples::check_subcarriers(subcarriers).map_err(refused)?;
    let mut octets = Vec::with_capacity(SAMPLE_LEN * frame.iq().len());
    samples::append(LAYER, frame, &mut octets)?;
    let noise_floor_dbm = frame.noise_floor_dbm.map(|dbm| levels::sent(LAYER, 0, "noise_floor_dbm", Some(dbm)));
    let body = shape::RawCsi {
        iq_hex: &hex::encode(octets),
        subcarriers,
        antennas,
        noise_floor_dbm: noise_floor_dbm.transpose()?,
        frequency_mhz: frame.frequency_mhz,
        seq: frame.seq,
    };
    let rssi = Some(levels::sent(LAYER, 0, "rssi", frame.rssi_dbm)?);
    line(record, RecordType::RawCsi, raw_csi_len(antennas, subcarriers), rssi, &body)
}

fn vitals(packet: &EdgeVitals) -> Result<shape::Vitals, WireError> {
    Ok(shape::Vitals {
        flags: esp32::flags_octet(packet),
        breathing_bpm: finite(LAYER, 0, "breathing_bpm", packet.breathing_rate_bpm)?,
        heartrate_bpm: finite(LAYER, 0, "heartrate_bpm", packet.heart_rate_bpm)?,
        n_persons: packet.n_persons,
        motion_energy: finite(LAYER, 0, "motion_energy", packet.motion_energy)?,
        presence_score: finite(LAYER, 0, "presence_score", packet.presence_score)?,
        uptime_ms: packet.uptime_ms,
    })
}

fn feature(packet: &FeatureVector) -> Result<shape::Feature, WireError> {
    for feature in packet.features {
        finite(LAYER, 0, "features", feature)?;
    }
    Ok(shape::Feature { features: packet.features, seq: packet.seq })
}

fn feature_state(packet: &FeatureState) -> Result<shape::FeatureState, WireError> {
    let finite = |name, value| finite(LAYER, 0, name, value);
    Ok(shape::FeatureState {
        mode: packet.mode,
        seq: packet.seq,
        node_ts_us: packet.node_ts_us,
        motion_score: finite("motion_score", packet.motion_score)?,
        presence_score: finite("presence_score", packet.presence_score)?,
        respiration_bpm: finite("respiration_bpm", packet.respiration_bpm)?,
        respiration_conf: finite("respiration_conf", packet.respiration_conf)?,
        heartbeat_bpm: finite("heartbeat_bpm", packet.heartbeat_bpm)?,
        heartbeat_conf: finite("heartbeat_conf", packet.heartbeat_conf)?,
        anomaly_score: finite("anomaly_score", packet.anomaly_score)?,
        env_shift_score: finite("env_shift_score", packet.env_shift_score)?,
        node_coherence: finite("node_coherence", packet.node_coherence)?,
        quality_flags: packet.quality_flags,
    })
}

/// A line that is not there yet has no offsets.
const fn refused(kind: WireErrorKind) -> WireError {
    WireError { layer: LAYER, offset: 0, kind }
}

#[cfg(test)]
mod tests {
    use ruview_core::{Complex32, NodeNumber, StreamTime};

    use super::*;

    #[test]
    fn lines_look_as_recorders_write_them() {
        let iq = alloc::vec![Complex32::new(2.0, 1.0), Complex32::new(-128.0, -1.0)];
        let frame = CsiFrame::new(NodeNumber(2), 1, 2, iq).unwrap();
        let record =
            Record { at: StreamTime::from_micros(1_775_182_186_957_776), packet: NodePacket::Csi(frame.clone()) };
        assert_eq!(
            build_line(&record).unwrap(),
            r#"{"timestamp":1775182186.957776,"node_id":2,"magic":"0xC5110001","size":24,"rssi":1,"type":"raw_csi","iq_hex":"0102ff80","subcarriers":2}"#
        );
    }

    #[test]
    fn only_what_json_can_say_is_built() {
        let vector =
            |feature| NodePacket::FeatureVector(FeatureVector { node: NodeNumber(1), seq: 0, features: [feature; 8] });
        let never = Record { at: StreamTime::from_micros(i64::MAX), packet: vector(0.0) };
        assert!(matches!(build_line(&never).unwrap_err().kind, WireErrorKind::InvalidField { field: "timestamp", .. }));
        let nan = Record { at: StreamTime::from_micros(0), packet: vector(f32::NAN) };
        assert!(matches!(build_line(&nan).unwrap_err().kind, WireErrorKind::NotFinite { field: "features", .. }));
    }
}
