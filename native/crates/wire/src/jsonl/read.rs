//! A line to a record.

use alloc::string::String;
use alloc::vec::Vec;

use ruview_core::{Complex32, CsiFrame, EdgeVitals, FeatureState, FeatureVector, NodeNumber, NodePacket};
use serde::Deserialize;

use super::fault::{LAYER, at_field, not_a_record, offset_of_text};
use super::shape::{self, Head, RecordType};
use super::{Record, time};
use crate::esp32::{self, SAMPLE_LEN, is_node_magic, levels, samples};
use crate::{WireError, WireErrorKind};

/// The most of an unknown type's name that an error repeats.
const MAX_NAME_CHARS: usize = 32;
const HEX_DIGITS_PER_SAMPLE: usize = 2 * SAMPLE_LEN;

/// Reads one line, with or without its line end.
///
/// # Errors
/// - `NotARecord` for what is no JSON object with the fields of its type;
/// - `UnsupportedType` for another type; for a line without one, `Unsupported` if it names a magic of the node family
///   (recorders leave such lines where they could not take a packet apart), else `Missing`;
/// - `InvalidField` for a time or a shape out of range, `Length` and `NotHex` for samples that do not fill their shape.
pub fn parse_line(line: &[u8]) -> Result<Record, WireError> {
    let head: Head<'_> = json(line)?;
    let at = time::from_seconds(head.timestamp).ok_or_else(|| {
        let kind = WireErrorKind::InvalidField { field: time::FIELD, expected: time::RANGE, found: head.timestamp };
        at_field(line, time::FIELD, kind)
    })?;
    let packet = match record_type(line, &head)? {
        RecordType::RawCsi => NodePacket::Csi(frame(line, &head)?),
        RecordType::Vitals => NodePacket::EdgeVitals(vitals(line, &head)?),
        RecordType::Feature => NodePacket::FeatureVector(feature_vector(line, &head)?),
        RecordType::FeatureState => NodePacket::FeatureState(feature_state(line, &head)?),
    };
    Ok(Record { at, packet })
}

fn json<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, WireError> {
    serde_json::from_slice(line).map_err(|error| not_a_record(&error))
}

fn record_type(line: &[u8], head: &Head<'_>) -> Result<RecordType, WireError> {
    if let Some(name) = head.kind {
        return RecordType::named(name).ok_or_else(|| {
            let found: String = name.chars().take(MAX_NAME_CHARS).collect();
            at_field(line, "type", WireErrorKind::UnsupportedType { found })
        });
    }
    let magic = head.magic.and_then(|text| u32::from_str_radix(text.strip_prefix("0x")?, 16).ok());
    Err(match magic {
        Some(magic) if is_node_magic(magic) => at_field(line, "magic", WireErrorKind::Unsupported { magic }),
        _ => at_field(line, "type", WireErrorKind::Missing { field: "type" }),
    })
}

fn frame(line: &[u8], head: &Head<'_>) -> Result<CsiFrame, WireError> {
    let raw: shape::RawCsi<'_> = json(line)?;
    samples::check_antennas(raw.antennas).map_err(|kind| at_field(line, "antennas", kind))?;
    samples::check_subcarriers(raw.subcarriers).map_err(|kind| at_field(line, "subcarriers", kind))?;
    let node = NodeNumber(head.node_id);
    let mut frame =
        CsiFrame::new(node, raw.antennas, raw.subcarriers, iq(line, &raw)?).map_err(|_| wrong_length(line, &raw))?;
    frame.rssi_dbm = head.rssi.and_then(levels::known);
    frame.noise_floor_dbm = raw.noise_floor_dbm.and_then(levels::known);
    frame.frequency_mhz = raw.frequency_mhz.filter(|&mhz| mhz != 0);
    frame.seq = raw.seq;
    Ok(frame)
}

/// The samples, decoded in place: the hexadecimal text is as long as it should be before anything is allocated.
fn iq(line: &[u8], raw: &shape::RawCsi<'_>) -> Result<Vec<Complex32>, WireError> {
    let (digits, rest) = raw.iq_hex.as_bytes().as_chunks::<HEX_DIGITS_PER_SAMPLE>();
    if digits.len() != n_samples(raw) || !rest.is_empty() {
        return Err(wrong_length(line, raw));
    }
    let mut iq = Vec::with_capacity(digits.len());
    for (i, digits) in digits.iter().enumerate() {
        let mut octets = [0; SAMPLE_LEN];
        hex::decode_to_slice(digits, &mut octets).map_err(|_| not_hex(line, raw.iq_hex, i * HEX_DIGITS_PER_SAMPLE))?;
        iq.push(samples::from_octets(octets));
    }
    Ok(iq)
}

fn n_samples(raw: &shape::RawCsi<'_>) -> usize {
    usize::from(raw.antennas) * usize::from(raw.subcarriers)
}

fn wrong_length(line: &[u8], raw: &shape::RawCsi<'_>) -> WireError {
    let kind = WireErrorKind::Length { expected: n_samples(raw) * SAMPLE_LEN, found: raw.iq_hex.len() / 2 };
    at_field(line, "iq_hex", kind)
}

/// Points at the first character from `start` on that is no hexadecimal digit.
fn not_hex(line: &[u8], text: &str, start: usize) -> WireError {
    let bad = text.char_indices().find(|&(at, c)| at >= start && !c.is_ascii_hexdigit());
    let (at, found) = bad.unwrap_or((start, char::REPLACEMENT_CHARACTER));
    let offset = offset_of_text(line, "iq_hex").unwrap_or(0) + at;
    WireError { layer: LAYER, offset, kind: WireErrorKind::NotHex { field: "iq_hex", found } }
}

fn vitals(line: &[u8], head: &Head<'_>) -> Result<EdgeVitals, WireError> {
    let vitals: shape::Vitals = json(line)?;
    let [presence, fall, motion] = esp32::flags(vitals.flags);
    Ok(EdgeVitals {
        node: NodeNumber(head.node_id),
        presence,
        fall,
        motion,
        breathing_rate_bpm: vitals.breathing_bpm,
        heart_rate_bpm: vitals.heartrate_bpm,
        rssi_dbm: head.rssi.and_then(levels::known),
        n_persons: vitals.n_persons,
        motion_energy: vitals.motion_energy,
        presence_score: vitals.presence_score,
        uptime_ms: vitals.uptime_ms,
    })
}

fn feature_vector(line: &[u8], head: &Head<'_>) -> Result<FeatureVector, WireError> {
    let shape::Feature { features, seq } = json(line)?;
    Ok(FeatureVector { node: NodeNumber(head.node_id), seq, features })
}

fn feature_state(line: &[u8], head: &Head<'_>) -> Result<FeatureState, WireError> {
    let state: shape::FeatureState = json(line)?;
    Ok(FeatureState {
        node: NodeNumber(head.node_id),
        mode: state.mode,
        seq: state.seq,
        node_ts_us: state.node_ts_us,
        motion_score: state.motion_score,
        presence_score: state.presence_score,
        respiration_bpm: state.respiration_bpm,
        respiration_conf: state.respiration_conf,
        heartbeat_bpm: state.heartbeat_bpm,
        heartbeat_conf: state.heartbeat_conf,
        anomaly_score: state.anomaly_score,
        env_shift_score: state.env_shift_score,
        node_coherence: state.node_coherence,
        quality_flags: state.quality_flags,
    })
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use ruview_core::StreamTime;

    use super::*;

    const LINE: &str = concat!(
        r#"{"timestamp": 1775182186.9577758, "node_id": 2, "magic": "0xC5110001", "size": 24, "rssi": 1, "#,
        r#""type": "raw_csi", "iq_hex": "0102ff80", "subcarriers": 2}"#
    );

    fn error(line: &str) -> WireError {
        parse_line(line.as_bytes()).unwrap_err()
    }

    #[test]
    fn reads_a_line_as_recorders_write_it() {
        let Record { at, packet: NodePacket::Csi(frame) } = parse_line(LINE.as_bytes()).unwrap() else {
            panic!("another packet");
        };
        assert_eq!(at, StreamTime::from_micros(1_775_182_186_957_776));
        assert_eq!(frame.iq(), [Complex32::new(2.0, 1.0), Complex32::new(-128.0, -1.0)]);
        assert_eq!((frame.node, frame.n_antennas(), frame.rssi_dbm), (NodeNumber(2), 1, None));
        assert_eq!((frame.noise_floor_dbm, frame.frequency_mhz, frame.seq), (None, None, None));
    }

    #[test]
    fn needs_only_what_the_format_demands() {
        let line = r#"{"timestamp":1,"node_id":7,"type":"raw_csi","antennas":2,"subcarriers":1,"iq_hex":"01020304"}"#;
        let NodePacket::Csi(frame) = parse_line(line.as_bytes()).unwrap().packet else { panic!("another packet") };
        assert_eq!((frame.n_antennas(), frame.n_subcarriers()), (2, 1));
    }

    #[test]
    fn samples_must_fill_their_shape() {
        let line = LINE.replace(r#""subcarriers": 2"#, r#""subcarriers": 3"#);
        assert_eq!(error(&line).kind, WireErrorKind::Length { expected: 6, found: 4 });
        assert_eq!(error(&LINE.replace("ff80", "ff8")).kind, WireErrorKind::Length { expected: 4, found: 3 });
        for shape in [r#""subcarriers": 0"#, r#""subcarriers": 513"#, r#""subcarriers": 2, "antennas": 0"#] {
            let error = error(&LINE.replace(r#""subcarriers": 2"#, shape));
            assert!(matches!(error.kind, WireErrorKind::InvalidField { .. }), "{error}");
        }
    }

    #[test]
    fn what_is_no_digit_is_pointed_at() {
        let line = LINE.replace("ff80", "fx80");
        let kind = WireErrorKind::NotHex { field: "iq_hex", found: 'x' };
        assert_eq!(error(&line), WireError { layer: LAYER, offset: line.find("x80").unwrap(), kind });
        let line = LINE.replace("ff80", "f\u{e9}8");
        assert_eq!(error(&line).kind, WireErrorKind::NotHex { field: "iq_hex", found: '\u{e9}' });
    }

    #[test]
    fn lines_without_a_payload_are_unsupported() {
        let line = r#"{"timestamp": 1775182197.3583624, "node_id": 1, "magic": "0xC5110005", "size": 104, "rssi": 0}"#;
        assert_eq!(error(line).kind, WireErrorKind::Unsupported { magic: 0xC511_0005 });
        assert_eq!(error(r#"{"timestamp":1,"node_id":1}"#).kind, WireErrorKind::Missing { field: "type" });
        let line = format!(r#"{{"timestamp":1,"node_id":1,"type":"{}"}}"#, "x".repeat(1000));
        assert_eq!(error(&line).kind, WireErrorKind::UnsupportedType { found: "x".repeat(MAX_NAME_CHARS) });
    }

    #[test]
    fn what_is_no_record_says_where() {
        assert_eq!(
            error(r#"{"timestamp": 1, "node_id": 300}"#).to_string(),
            "recording line: JSON at octet 30: expected a record as a JSON object, \
             found this fault: invalid value: integer `300`, expected u8"
        );
        for line in ["", "null", "[]", "{}", "7", "{\"timestamp\"", "\0\u{1}"] {
            assert!(matches!(error(line).kind, WireErrorKind::NotARecord { .. }), "{line:?}");
        }
        let late = r#"{"timestamp":1e300,"node_id":1,"type":"raw_csi","iq_hex":"0000","subcarriers":1}"#;
        assert!(matches!(error(late).kind, WireErrorKind::InvalidField { field: time::FIELD, .. }));
    }

    #[test]
    fn no_number_is_infinite() {
        let line = r#"{"timestamp":1,"node_id":1,"type":"feature","features":[0,0,0,0,0,0,0,1e39],"seq":0}"#;
        assert_eq!(error(line).kind, WireErrorKind::NotARecord { fault: String::from("number out of range") });
    }
}
