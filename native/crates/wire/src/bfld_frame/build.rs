//! Frames to octets. Equal frames give equal octets, on any thread and machine.

use alloc::vec::Vec;

use super::frame::{BfldFrame, BfldHeader};
use super::layout::{
    AP_HASH, BANDWIDTH_MHZ, CHANNEL, FLAGS, HEADER_LEN, MAGIC, N_RX, N_SUBCARRIERS, N_TX, NOISE_FLOOR_DBM,
    PAYLOAD_CRC32, PAYLOAD_LEN, PRIVACY_CLASS, QUANTIZATION, RSSI_DBM, SECTION_PREFIX_LEN, SESSION_ID, STA_HASH,
    TIMESTAMP_NS, VERSION, VERSION_AT, flag,
};
use crate::fields::put;
use crate::{Layer, WireError, WireErrorKind};

/// A frame's octets.
///
/// # Errors
/// - `ForbiddenByClass` where the payload has what the frame's class must not carry;
/// - `Length` for a payload of more than 2^32-1 octets.
pub fn build_frame(frame: &BfldFrame) -> Result<Vec<u8>, WireError> {
    let mut octets = Vec::new();
    append_frame(frame, &mut octets)?;
    Ok(octets)
}

/// Appends a frame to `octets`, which stay as they are on an error. For who sends many: one buffer serves all.
///
/// # Errors
/// As [`build_frame`].
pub fn append_frame(frame: &BfldFrame, octets: &mut Vec<u8>) -> Result<(), WireError> {
    frame.check_class()?;
    let payload_len = payload_len(frame)?;

    let start = octets.len();
    octets.reserve(HEADER_LEN + payload_len as usize);
    octets.extend_from_slice(&header(&frame.header, frame.payload.csi_delta.is_some(), payload_len));
    for section in frame.payload.sections() {
        // A section is not longer than the payload, whose length fits.
        octets.extend_from_slice(&(section.len() as u32).to_le_bytes());
        octets.extend_from_slice(section);
    }
    let crc = crc32fast::hash(&octets[start + HEADER_LEN..]);
    put(&mut octets[start..], PAYLOAD_CRC32, crc.to_le_bytes());
    Ok(())
}

fn payload_len(frame: &BfldFrame) -> Result<u32, WireError> {
    let len = frame.payload.sections().map(|section| SECTION_PREFIX_LEN + section.len()).sum();
    u32::try_from(len).map_err(|_| {
        let kind = WireErrorKind::Length { expected: u32::MAX as usize, found: len };
        WireError { layer: Layer::BfldFrame, offset: PAYLOAD_LEN, kind }
    })
}

/// The header without its checksum.
fn header(header: &BfldHeader, has_csi_delta: bool, payload_len: u32) -> [u8; HEADER_LEN] {
    let mut octets = [0; HEADER_LEN];
    put(&mut octets, 0, MAGIC.to_le_bytes());
    put(&mut octets, VERSION_AT, VERSION.to_le_bytes());
    put(&mut octets, FLAGS, flags(header, has_csi_delta).to_le_bytes());
    put(&mut octets, TIMESTAMP_NS, header.timestamp_ns.to_le_bytes());
    put(&mut octets, AP_HASH, header.ap_hash);
    put(&mut octets, STA_HASH, header.sta_hash);
    put(&mut octets, SESSION_ID, header.session_id);
    put(&mut octets, CHANNEL, header.channel.to_le_bytes());
    put(&mut octets, BANDWIDTH_MHZ, header.bandwidth_mhz.to_le_bytes());
    put(&mut octets, RSSI_DBM, header.rssi_dbm.to_le_bytes());
    put(&mut octets, NOISE_FLOOR_DBM, header.noise_floor_dbm.to_le_bytes());
    put(&mut octets, N_SUBCARRIERS, header.n_subcarriers.to_le_bytes());
    octets[N_TX] = header.n_tx;
    octets[N_RX] = header.n_rx;
    octets[QUANTIZATION] = header.quantization.as_u8();
    octets[PRIVACY_CLASS] = header.privacy_class.as_u8();
    put(&mut octets, PAYLOAD_LEN, payload_len.to_le_bytes());
    octets
}

fn flags(header: &BfldHeader, has_csi_delta: bool) -> u16 {
    let set = [
        (has_csi_delta, flag::HAS_CSI_DELTA),
        (header.privacy_mode, flag::PRIVACY_MODE),
        (header.self_only, flag::SELF_ONLY),
    ];
    set.into_iter().filter(|(is_set, _)| *is_set).fold(0, |flags, (_, bit)| flags | bit)
}
