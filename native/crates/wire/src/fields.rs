//! Numbers at fixed places of a packet. The packet is an array, so its length is checked once, where it becomes one.

use crate::error::finite;
use crate::{Layer, WireError, WireErrorKind};

/// The packet as an array of its fixed length.
pub(crate) fn exactly<const LEN: usize>(layer: Layer, datagram: &[u8]) -> Result<&[u8; LEN], WireError> {
    datagram.try_into().map_err(|_| {
        let kind = WireErrorKind::Length { expected: LEN, found: datagram.len() };
        WireError { layer, offset: 0, kind }
    })
}

pub(crate) const fn u16_at<const LEN: usize>(packet: &[u8; LEN], at: usize) -> u16 {
    u16::from_le_bytes([packet[at], packet[at + 1]])
}

pub(crate) const fn u32_at<const LEN: usize>(packet: &[u8; LEN], at: usize) -> u32 {
    u32::from_le_bytes([packet[at], packet[at + 1], packet[at + 2], packet[at + 3]])
}

pub(crate) const fn u64_at<const LEN: usize>(packet: &[u8; LEN], at: usize) -> u64 {
    (u32_at(packet, at + 4) as u64) << 32 | u32_at(packet, at) as u64
}

pub(crate) fn f32_at<const LEN: usize>(
    layer: Layer,
    packet: &[u8; LEN],
    at: usize,
    field: &'static str,
) -> Result<f32, WireError> {
    finite(layer, at, field, f32::from_bits(u32_at(packet, at)))
}

/// Writes a number's little-endian octets.
pub(crate) fn put<const WIDTH: usize>(packet: &mut [u8], at: usize, octets: [u8; WIDTH]) {
    packet[at..at + WIDTH].copy_from_slice(&octets);
}

pub(crate) fn put_f32(
    layer: Layer,
    packet: &mut [u8],
    at: usize,
    field: &'static str,
    value: f32,
) -> Result<(), WireError> {
    put(packet, at, finite(layer, at, field, value)?.to_le_bytes());
    Ok(())
}
