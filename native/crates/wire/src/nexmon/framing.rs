//! The Ethernet, IPv4 and UDP headers that the firmware puts around a measurement, for captures of the interface itself.
//!
//! The payload's length is what IP and UDP say. Captures carry up to four octets behind it (one frame in thirty of a real
//! recording), so the length of the captured frame says nothing.

use alloc::vec::Vec;

use super::layout::{PORT, ethernet, ipv4, udp};
use crate::fields::put;
use crate::{Layer, WireError, WireErrorKind};

const LAYER: Layer = Layer::NexmonFraming;

/// The UDP payload of a captured Ethernet frame.
///
/// # Errors
/// - `InvalidField` for what is not IPv4, not UDP to port 5500, or a fragment;
/// - `TooShort` and `Length` where the headers say more than was captured, or disagree.
pub fn udp_payload(frame: &[u8]) -> Result<&[u8], WireError> {
    let (_, packet) = ethernet_header(frame)?;
    let datagram = ipv4_payload(packet)?;
    let offset = frame.len() - packet.len() + usize::from(packet[0] & 0xF) * 4;
    let Some((header, octets)) = datagram.split_first_chunk::<{ udp::LEN }>() else {
        return Err(refused(offset, WireErrorKind::TooShort { expected: udp::LEN, found: datagram.len() }));
    };
    let port = be16(header, udp::DESTINATION_PORT);
    check(port == PORT, offset + udp::DESTINATION_PORT, "destination port", "5500", port.into())?;
    let claimed = usize::from(be16(header, udp::DATAGRAM_LEN));
    let payload = claimed.checked_sub(udp::LEN).and_then(|len| octets.get(..len));
    payload.ok_or_else(|| {
        let kind = WireErrorKind::Length { expected: claimed, found: datagram.len() };
        refused(offset + udp::DATAGRAM_LEN, kind)
    })
}

fn ethernet_header(frame: &[u8]) -> Result<(&[u8; ethernet::LEN], &[u8]), WireError> {
    let Some((header, packet)) = frame.split_first_chunk::<{ ethernet::LEN }>() else {
        return Err(refused(0, WireErrorKind::TooShort { expected: ethernet::LEN, found: frame.len() }));
    };
    let ethertype = be16(header, ethernet::ETHERTYPE);
    let is_ipv4 = ethertype.to_be_bytes() == ethernet::IPV4;
    check(is_ipv4, ethernet::ETHERTYPE, "ethertype", "2048 (IPv4)", ethertype.into())?;
    Ok((header, packet))
}

/// What IPv4 carries, without what was captured behind it.
fn ipv4_payload(packet: &[u8]) -> Result<&[u8], WireError> {
    let Some(header) = packet.first_chunk::<{ ipv4::MIN_LEN }>() else {
        let kind = WireErrorKind::TooShort { expected: ipv4::MIN_LEN, found: packet.len() };
        return Err(refused(ethernet::LEN, kind));
    };
    let at = |field| ethernet::LEN + field;
    let version = header[ipv4::VERSION_AND_LEN] >> 4;
    check(version == ipv4::VERSION, at(ipv4::VERSION_AND_LEN), "IP version", "4", version.into())?;
    let protocol = header[ipv4::PROTOCOL];
    check(protocol == ipv4::UDP, at(ipv4::PROTOCOL), "IP protocol", "17 (UDP)", protocol.into())?;
    let fragment = be16(header, ipv4::FRAGMENT) & ipv4::FRAGMENT_MASK;
    check(fragment == 0, at(ipv4::FRAGMENT), "fragment", "0 (a whole packet)", fragment.into())?;

    let header_len = usize::from(header[ipv4::VERSION_AND_LEN] & 0xF) * 4;
    let total_len = usize::from(be16(header, ipv4::TOTAL_LEN));
    let payload = (header_len >= ipv4::MIN_LEN).then(|| packet.get(header_len..total_len)).flatten();
    payload.ok_or_else(|| {
        let kind = WireErrorKind::Length { expected: total_len, found: packet.len() };
        refused(at(ipv4::TOTAL_LEN), kind)
    })
}

/// The frame that the firmware sends around `payload`, which [`udp_payload`] gives back.
///
/// # Errors
/// `Length` for a payload of more octets than a datagram can hold.
pub fn build_ethernet(payload: &[u8]) -> Result<Vec<u8>, WireError> {
    const FIRMWARE_ADDRESS: [u8; 4] = [10, 10, 10, 10];
    const LIMIT: usize = u16::MAX as usize - ipv4::MIN_LEN - udp::LEN;
    let too_long = || refused(0, WireErrorKind::Length { expected: LIMIT, found: payload.len() });
    let total_len = u16::try_from(ipv4::MIN_LEN + udp::LEN + payload.len()).map_err(|_| too_long())?;

    let mut packet = [0; ipv4::MIN_LEN];
    packet[ipv4::VERSION_AND_LEN] = ipv4::VERSION << 4 | (ipv4::MIN_LEN / 4) as u8;
    put(&mut packet, ipv4::TOTAL_LEN, total_len.to_be_bytes());
    packet[ipv4::TTL] = 1;
    packet[ipv4::PROTOCOL] = ipv4::UDP;
    put(&mut packet, ipv4::SOURCE, FIRMWARE_ADDRESS);
    put(&mut packet, ipv4::DESTINATION, [0xFF; 4]);
    let checksum = internet_checksum(&packet);
    put(&mut packet, ipv4::CHECKSUM, checksum.to_be_bytes());

    let mut datagram = [0; udp::LEN];
    put(&mut datagram, udp::SOURCE_PORT, PORT.to_be_bytes());
    put(&mut datagram, udp::DESTINATION_PORT, PORT.to_be_bytes());
    put(&mut datagram, udp::DATAGRAM_LEN, (total_len - ipv4::MIN_LEN as u16).to_be_bytes());
    Ok([&ethernet::HEADER[..], &packet, &datagram, payload].concat())
}

/// RFC 1071.
fn internet_checksum(header: &[u8; ipv4::MIN_LEN]) -> u16 {
    let (words, _) = header.as_chunks::<2>();
    let sum: u32 = words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum();
    !((sum & 0xFFFF) + (sum >> 16)) as u16
}

const fn be16<const LEN: usize>(header: &[u8; LEN], at: usize) -> u16 {
    u16::from_be_bytes([header[at], header[at + 1]])
}

fn check(holds: bool, offset: usize, field: &'static str, expected: &'static str, found: f64) -> Result<(), WireError> {
    if holds {
        return Ok(());
    }
    Err(refused(offset, WireErrorKind::InvalidField { field, expected, found }))
}

const fn refused(offset: usize, kind: WireErrorKind) -> WireError {
    WireError { layer: LAYER, offset, kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_what_the_headers_say() {
        let mut frame = build_ethernet(b"payload").unwrap();
        frame.extend([0xDE, 0xAD, 0xBE, 0xEF]);
        assert_eq!(udp_payload(&frame).unwrap(), b"payload");
    }

    #[test]
    fn options_are_skipped() {
        let mut frame = build_ethernet(b"payload").unwrap();
        frame[14] = 0x46;
        frame[17] += 4;
        frame.splice(34..34, [1; 4]);
        assert_eq!(udp_payload(&frame).unwrap(), b"payload");
    }

    #[test]
    fn header_checksum_is_the_internets() {
        let frame = build_ethernet(&[0; 1042]).unwrap();
        let (words, _) = frame[14..34].as_chunks::<2>();
        let sum: u32 = words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum();
        assert_eq!((sum & 0xFFFF) + (sum >> 16), 0xFFFF);
    }

    #[test]
    fn other_packets_are_refused() {
        let frame = build_ethernet(b"payload").unwrap();
        let refusal = |at: usize, octet| {
            let mut frame = frame.clone();
            frame[at] = octet;
            let error = udp_payload(&frame).unwrap_err();
            (error.offset, error.kind.subject())
        };
        assert_eq!(refusal(12, 0x86), (12, "ethertype"));
        assert_eq!(refusal(14, 0x65), (14, "IP version"));
        assert_eq!(refusal(14, 0x44), (16, "length"));
        assert_eq!(refusal(16, 0xFF), (16, "length"));
        assert_eq!(refusal(20, 0x20), (20, "fragment"));
        assert_eq!(refusal(23, 6), (23, "IP protocol"));
        assert_eq!(refusal(36, 0), (36, "destination port"));
        assert_eq!(refusal(38, 1), (38, "length"));
        assert_eq!(refusal(39, 7), (38, "length"));
        for len in 0..frame.len() {
            assert!(udp_payload(&frame[..len]).is_err(), "{len}");
        }
    }
}
