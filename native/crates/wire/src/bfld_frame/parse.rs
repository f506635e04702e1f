//! Octets to frames. Nothing of a payload is given away before its checksum is right.

use alloc::vec::Vec;

use ruview_core::PrivacyClass;

use super::frame::{BfldFrame, BfldHeader, BfldPayload, Quantization};
use super::layout::{
    AP_HASH, BANDWIDTH_MHZ, CHANNEL, FLAGS, HEADER_LEN, MAGIC, N_RX, N_SUBCARRIERS, N_TX, NOISE_FLOOR_DBM,
    PAYLOAD_CRC32, PAYLOAD_LEN, PRIVACY_CLASS, QUANTIZATION, RSSI_DBM, SECTION_PREFIX_LEN, SESSION_ID, STA_HASH,
    TIMESTAMP_NS, VERSION, VERSION_AT, flag,
};
use crate::fields::{u16_at, u32_at, u64_at};
use crate::{Layer, WireError, WireErrorKind};

/// Reads one frame.
///
/// # Errors
/// - `TooShort` and `Length` where the octets do not fill the header, the payload or its sections, or are more; so also
///   where the flag of the CSI section and the sections disagree;
/// - `InvalidField` for another magic or version, reserved flags, and unknown quantisations and classes;
/// - `Checksum`, and then nothing of the payload is given;
/// - `ForbiddenByClass` where the payload has what the frame's class must not carry.
pub fn parse_frame(octets: &[u8]) -> Result<BfldFrame, WireError> {
    let Some((header, payload)) = octets.split_first_chunk::<HEADER_LEN>() else {
        return Err(refused(0, WireErrorKind::TooShort { expected: HEADER_LEN, found: octets.len() }));
    };
    check_identity(header)?;
    let flags = u16_at(header, FLAGS);
    let read = read_header(header, flags)?;
    check_payload(header, payload)?;
    let payload = read_payload(payload, flags & flag::HAS_CSI_DELTA != 0)?;
    let frame = BfldFrame { header: read, payload };
    frame.check_class()?;
    Ok(frame)
}

fn check_identity(header: &[u8; HEADER_LEN]) -> Result<(), WireError> {
    let magic = u32_at(header, 0);
    check(magic == MAGIC, 0, "magic", "3206348801 (0xBF1D0001)", magic.into())?;
    let version = u16_at(header, VERSION_AT);
    check(version == VERSION, VERSION_AT, "version", "1", version.into())?;
    let reserved = u16_at(header, FLAGS) & !flag::ALL;
    check(reserved == 0, FLAGS, "reserved flags", "0", reserved.into())
}

fn read_header(header: &[u8; HEADER_LEN], flags: u16) -> Result<BfldHeader, WireError> {
    let quantization = Quantization::from_u8(header[QUANTIZATION])
        .ok_or_else(|| invalid(QUANTIZATION, "quantization", "0 to 3", header[QUANTIZATION].into()))?;
    let privacy_class = PrivacyClass::from_u8(header[PRIVACY_CLASS])
        .ok_or_else(|| invalid(PRIVACY_CLASS, "privacy_class", "0 to 3", header[PRIVACY_CLASS].into()))?;
    let hash = |at: usize| core::array::from_fn(|i| header[at + i]);
    Ok(BfldHeader {
        timestamp_ns: u64_at(header, TIMESTAMP_NS),
        ap_hash: hash(AP_HASH),
        sta_hash: hash(STA_HASH),
        session_id: hash(SESSION_ID),
        channel: u16_at(header, CHANNEL),
        bandwidth_mhz: u16_at(header, BANDWIDTH_MHZ),
        rssi_dbm: u16_at(header, RSSI_DBM) as i16,
        noise_floor_dbm: u16_at(header, NOISE_FLOOR_DBM) as i16,
        n_subcarriers: u16_at(header, N_SUBCARRIERS),
        n_tx: header[N_TX],
        n_rx: header[N_RX],
        quantization,
        privacy_class,
        privacy_mode: flags & flag::PRIVACY_MODE != 0,
        self_only: flags & flag::SELF_ONLY != 0,
    })
}

fn check_payload(header: &[u8; HEADER_LEN], payload: &[u8]) -> Result<(), WireError> {
    let expected = u32_at(header, PAYLOAD_LEN) as usize;
    if payload.len() != expected {
        return Err(refused(PAYLOAD_LEN, WireErrorKind::Length { expected, found: payload.len() }));
    }
    let (expected, found) = (crc32fast::hash(payload), u32_at(header, PAYLOAD_CRC32));
    if expected != found {
        return Err(refused(PAYLOAD_CRC32, WireErrorKind::Checksum { expected, found }));
    }
    Ok(())
}

fn read_payload(octets: &[u8], has_csi_delta: bool) -> Result<BfldPayload, WireError> {
    let mut sections = Sections { octets, at: 0 };
    let payload = BfldPayload {
        compressed_angle_matrix: sections.next()?,
        amplitude_proxy: sections.next()?,
        phase_proxy: sections.next()?,
        snr_vector: sections.next()?,
        csi_delta: if has_csi_delta { Some(sections.next()?) } else { None },
        vendor_extension: sections.next()?,
    };
    if sections.at != octets.len() {
        return Err(refused(FLAGS, WireErrorKind::Length { expected: sections.at, found: octets.len() }));
    }
    Ok(payload)
}

/// The sections of a payload, one after the other.
struct Sections<'a> {
    octets: &'a [u8],
    at: usize,
}

impl Sections<'_> {
    fn next(&mut self) -> Result<Vec<u8>, WireError> {
        let too_short = |expected| {
            let found = self.octets.len() - self.at;
            refused(HEADER_LEN + self.at, WireErrorKind::TooShort { expected, found })
        };
        let rest = &self.octets[self.at..];
        let (prefix, rest) = rest.split_first_chunk().ok_or_else(|| too_short(SECTION_PREFIX_LEN))?;
        let len = u32::from_le_bytes(*prefix) as usize;
        let section = rest.get(..len).ok_or_else(|| too_short(SECTION_PREFIX_LEN + len))?;
        self.at += SECTION_PREFIX_LEN + len;
        Ok(section.to_vec())
    }
}

fn check(holds: bool, offset: usize, field: &'static str, expected: &'static str, found: f64) -> Result<(), WireError> {
    if holds { Ok(()) } else { Err(invalid(offset, field, expected, found)) }
}

fn invalid(offset: usize, field: &'static str, expected: &'static str, found: f64) -> WireError {
    refused(offset, WireErrorKind::InvalidField { field, expected, found })
}

const fn refused(offset: usize, kind: WireErrorKind) -> WireError {
    WireError { layer: Layer::BfldFrame, offset, kind }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::bfld_frame::build_frame;

    fn frame(class: PrivacyClass) -> BfldFrame {
        BfldFrame {
            header: BfldHeader {
                timestamp_ns: 0x0102_0304_0506_0708,
                ap_hash: [0xA0; 16],
                sta_hash: [0; 16],
                session_id: [0x5E; 16],
                channel: 36,
                bandwidth_mhz: 80,
                rssi_dbm: -58,
                noise_floor_dbm: -95,
                n_subcarriers: 234,
                n_tx: 4,
                n_rx: 2,
                quantization: Quantization::I8,
                privacy_class: class,
                privacy_mode: false,
                self_only: true,
            },
            payload: BfldPayload { snr_vector: vec![40, 38], ..BfldPayload::default() },
        }
    }

    fn built(class: PrivacyClass) -> Vec<u8> {
        build_frame(&frame(class)).unwrap()
    }

    fn refusal(octets: &[u8]) -> (usize, &'static str) {
        let error = parse_frame(octets).unwrap_err();
        (error.offset, error.kind.subject())
    }

    /// Makes the checksum right again after a change of the payload.
    fn resealed(mut octets: Vec<u8>) -> Vec<u8> {
        let len = (octets.len() - HEADER_LEN) as u32;
        octets[PAYLOAD_LEN..PAYLOAD_LEN + 4].copy_from_slice(&len.to_le_bytes());
        let crc = crc32fast::hash(&octets[HEADER_LEN..]);
        octets[PAYLOAD_CRC32..HEADER_LEN].copy_from_slice(&crc.to_le_bytes());
        octets
    }

    #[test]
    fn fields_are_where_the_format_says() {
        let octets = built(PrivacyClass::Anonymous);
        assert_eq!(octets[..16], [1, 0, 0x1D, 0xBF, 1, 0, 0b1000, 0, 8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(octets[64..78], [36, 0, 80, 0, 0xC6, 0xFF, 0xA1, 0xFF, 234, 0, 4, 2, 2, 2]);
        assert_eq!(octets[78..82], [22, 0, 0, 0]);
        assert_eq!(octets[86..], [[0; 12].as_slice(), &[2, 0, 0, 0, 40, 38], &[0; 4]].concat());
        assert_eq!(parse_frame(&octets).unwrap(), frame(PrivacyClass::Anonymous));
    }

    #[test]
    fn checksum_is_iso_hdlc() {
        // The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn damage_gives_nothing_away() {
        let mut octets = built(PrivacyClass::Anonymous);
        octets[HEADER_LEN + 17] ^= 1;
        assert_eq!(refusal(&octets), (PAYLOAD_CRC32, "checksum"));
    }

    #[test]
    fn header_must_be_this_versions() {
        let with = |at: usize, octet| {
            let mut octets = built(PrivacyClass::Anonymous);
            octets[at] = octet;
            refusal(&octets)
        };
        assert_eq!(refusal(&[0; 85]), (0, "length"));
        assert_eq!(with(0, 2), (0, "magic"));
        assert_eq!(with(4, 2), (VERSION_AT, "version"));
        assert_eq!(with(6, 0b100), (FLAGS, "reserved flags"));
        assert_eq!(with(76, 4), (QUANTIZATION, "quantization"));
        assert_eq!(with(77, 4), (PRIVACY_CLASS, "privacy_class"));
        assert_eq!(with(78, 21), (PAYLOAD_LEN, "length"));
    }

    #[test]
    fn flag_and_csi_section_must_agree() {
        let mut flag_only = built(PrivacyClass::Raw);
        flag_only[FLAGS] |= 1;
        assert_eq!(refusal(&flag_only), (HEADER_LEN + 22, "length"));

        let mut section_only = built(PrivacyClass::Raw);
        section_only.extend([0; 4]);
        assert_eq!(refusal(&resealed(section_only)), (FLAGS, "length"));
    }

    #[test]
    fn strict_classes_carry_nothing_of_an_identity() {
        type Change = fn(&mut BfldFrame);
        let changes: [(&str, Change); 3] = [
            ("compressed_angle_matrix", |f| f.payload.compressed_angle_matrix = vec![1]),
            ("csi_delta", |f| f.payload.csi_delta = Some(vec![])),
            ("sta_hash", |f| f.header.sta_hash[3] = 1),
        ];
        for class in PrivacyClass::ALL {
            for (field, change) in changes {
                let mut frame = frame(class);
                change(&mut frame);
                let built = build_frame(&frame);
                if class < PrivacyClass::Anonymous {
                    assert_eq!(parse_frame(&built.unwrap()).unwrap(), frame);
                } else {
                    assert_eq!(built.unwrap_err().kind.subject(), field);
                }
            }
        }
    }

    #[test]
    fn class_rules_hold_for_what_arrives() {
        let mut frame = frame(PrivacyClass::Derived);
        frame.payload.compressed_angle_matrix = vec![7; 9];
        let mut octets = build_frame(&frame).unwrap();
        octets[PRIVACY_CLASS] = 3;
        assert_eq!(refusal(&octets), (HEADER_LEN, "compressed_angle_matrix"));
    }
}
