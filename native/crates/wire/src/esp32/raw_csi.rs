//! 0xC5110001, raw CSI: a header of 20 octets, then one pair of octets a sample, antenna-major.

use alloc::vec::Vec;

use ruview_core::{CsiFrame, NodeNumber};

use super::layout::raw_csi::{FREQUENCY_MHZ, N_ANTENNAS, N_SUBCARRIERS, NOISE_FLOOR_DBM, RSSI_DBM, SEQ};
use super::layout::{MAGIC, MAGIC_RAW_CSI, NODE_ID, RAW_CSI_HEADER_LEN, SAMPLE_LEN, raw_csi_len};
use super::{levels, samples};
use crate::fields::{put, u16_at, u32_at};
use crate::{Layer, WireError, WireErrorKind};

const LAYER: Layer = Layer::Esp32RawCsi;

pub(super) fn parse(datagram: &[u8]) -> Result<CsiFrame, WireError> {
    let Some((header, octets)) = datagram.split_first_chunk::<RAW_CSI_HEADER_LEN>() else {
        return Err(refused(0, WireErrorKind::TooShort { expected: RAW_CSI_HEADER_LEN, found: datagram.len() }));
    };
    let n_antennas = header[N_ANTENNAS];
    let n_subcarriers = u16_at(header, N_SUBCARRIERS);
    check_shape(n_antennas, n_subcarriers)?;

    let expected = raw_csi_len(n_antennas, n_subcarriers);
    let wrong_length = || refused(N_SUBCARRIERS, WireErrorKind::Length { expected, found: datagram.len() });
    if datagram.len() != expected {
        return Err(wrong_length());
    }
    let (pairs, _) = octets.as_chunks::<SAMPLE_LEN>();
    let iq = pairs.iter().map(|pair| samples::from_octets(*pair)).collect();
    let node = NodeNumber(header[NODE_ID]);
    let mut frame = CsiFrame::new(node, n_antennas, n_subcarriers, iq).map_err(|_| wrong_length())?;
    frame.rssi_dbm = levels::known(header[RSSI_DBM] as i8);
    frame.noise_floor_dbm = levels::known(header[NOISE_FLOOR_DBM] as i8);
    // No channel has its centre at 0 MHz: a node that does not know its channel sends that.
    frame.frequency_mhz = Some(u32_at(header, FREQUENCY_MHZ)).filter(|&mhz| mhz != 0);
    frame.seq = Some(u32_at(header, SEQ));
    Ok(frame)
}

/// A raw CSI packet.
///
/// # Errors
/// - `Missing` for a frame without a running number (a packet cannot say that it has none);
/// - `InvalidField` for a shape or a level that no node sends, and for samples that are no whole numbers from -128 to 127.
pub fn build_raw_csi(frame: &CsiFrame) -> Result<Vec<u8>, WireError> {
    let (n_antennas, n_subcarriers) = (frame.n_antennas(), frame.n_subcarriers());
    check_shape(n_antennas, n_subcarriers)?;
    let seq = frame.seq.ok_or_else(|| refused(SEQ, WireErrorKind::Missing { field: "seq" }))?;
    let rssi = levels::sent(LAYER, RSSI_DBM, "rssi_dbm", frame.rssi_dbm)?;
    let noise_floor = levels::sent(LAYER, NOISE_FLOOR_DBM, "noise_floor_dbm", frame.noise_floor_dbm)?;

    let mut header = [0; RAW_CSI_HEADER_LEN];
    put(&mut header, MAGIC, MAGIC_RAW_CSI.to_le_bytes());
    header[NODE_ID] = frame.node.0;
    header[N_ANTENNAS] = n_antennas;
    put(&mut header, N_SUBCARRIERS, n_subcarriers.to_le_bytes());
    put(&mut header, FREQUENCY_MHZ, frame.frequency_mhz.unwrap_or(0).to_le_bytes());
    put(&mut header, SEQ, seq.to_le_bytes());
    header[RSSI_DBM] = rssi as u8;
    header[NOISE_FLOOR_DBM] = noise_floor as u8;

    let mut packet = Vec::with_capacity(raw_csi_len(n_antennas, n_subcarriers));
    packet.extend_from_slice(&header);
    samples::append(LAYER, frame, &mut packet)?;
    Ok(packet)
}

fn check_shape(n_antennas: u8, n_subcarriers: u16) -> Result<(), WireError> {
    samples::check_antennas(n_antennas).map_err(|kind| refused(N_ANTENNAS, kind))?;
    samples::check_subcarriers(n_subcarriers).map_err(|kind| refused(N_SUBCARRIERS, kind))
}

const fn refused(offset: usize, kind: WireErrorKind) -> WireError {
    WireError { layer: LAYER, offset, kind }
}

#[cfg(test)]
mod tests {
    use ruview_core::Complex32;

    use super::*;

    /// Node 7, two antennas of two subcarriers, channel 6, number 513, -40 dBm over -95 dBm.
    const PACKET: [u8; 28] = [
        0x01, 0x00, 0x11, 0xC5, 7, 2, 2, 0, 0x85, 0x09, 0, 0, 1, 2, 0, 0, 0xD8, 0xA1, 0, 0, // header
        1, 2, 0xFF, 0x80, 0, 0, 0x7F, 0xFE,
    ];

    fn with(at: usize, octet: u8) -> [u8; 28] {
        let mut packet = PACKET;
        packet[at] = octet;
        packet
    }

    #[test]
    fn imaginary_comes_first() {
        let frame = parse(&PACKET).unwrap();
        let expected = [(2.0, 1.0), (-128.0, -1.0), (0.0, 0.0), (-2.0, 127.0)];
        assert_eq!(frame.iq(), expected.map(|(re, im)| Complex32::new(re, im)));
        assert_eq!((frame.node, frame.n_antennas(), frame.n_subcarriers()), (NodeNumber(7), 2, 2));
        assert_eq!((frame.frequency_mhz, frame.seq), (Some(2437), Some(513)));
        assert_eq!((frame.rssi_dbm, frame.noise_floor_dbm), (Some(-40), Some(-95)));
        assert_eq!(build_raw_csi(&frame).unwrap(), PACKET);
    }

    #[test]
    fn impossible_levels_and_frequencies_are_unknown() {
        assert_eq!(parse(&with(RSSI_DBM, 1)).unwrap().rssi_dbm, None);
        assert_eq!(parse(&with(RSSI_DBM, 0)).unwrap().rssi_dbm, Some(0));
        assert_eq!(parse(&with(NOISE_FLOOR_DBM, 1)).unwrap().noise_floor_dbm, None);
        let mut packet = with(FREQUENCY_MHZ, 0);
        packet[FREQUENCY_MHZ + 1] = 0;
        assert_eq!(parse(&packet).unwrap().frequency_mhz, None);
    }

    #[test]
    fn length_must_be_what_the_header_says() {
        let error = |packet: &[u8]| parse(packet).unwrap_err();
        assert_eq!(error(&PACKET[..19]).kind, WireErrorKind::TooShort { expected: 20, found: 19 });
        assert_eq!(error(&PACKET[..27]).kind, WireErrorKind::Length { expected: 28, found: 27 });
        assert_eq!(error(&[&PACKET[..], &[0]].concat()).kind, WireErrorKind::Length { expected: 28, found: 29 });
        assert_eq!(error(&PACKET[..27]).offset, N_SUBCARRIERS);
    }

    #[test]
    fn shape_must_be_a_shape() {
        let refused = |packet: [u8; 28], name| {
            let error = parse(&packet).unwrap_err();
            assert!(matches!(error.kind, WireErrorKind::InvalidField { field, .. } if field == name), "{error}");
        };
        refused(with(N_ANTENNAS, 0), "n_antennas");
        refused(with(N_SUBCARRIERS, 0), "n_subcarriers");
        // 0x0202 = 514 subcarriers.
        refused(with(N_SUBCARRIERS + 1, 2), "n_subcarriers");
    }

    #[test]
    fn only_what_a_packet_can_say_is_built() {
        let frame = parse(&PACKET).unwrap();
        let mut unnumbered = frame.clone();
        unnumbered.seq = None;
        assert_eq!(build_raw_csi(&unnumbered).unwrap_err().kind, WireErrorKind::Missing { field: "seq" });

        let mut loud = frame;
        loud.rssi_dbm = Some(3);
        assert_eq!(build_raw_csi(&loud).unwrap_err().offset, RSSI_DBM);

        for part in [0.5, 128.0, -129.0, f32::NAN] {
            let iq = alloc::vec![Complex32::new(0.0, 0.0), Complex32::new(part, 0.0)];
            let mut frame = CsiFrame::new(NodeNumber(1), 1, 2, iq).unwrap();
            frame.seq = Some(0);
            assert_eq!(build_raw_csi(&frame).unwrap_err().offset, RAW_CSI_HEADER_LEN + SAMPLE_LEN, "{part}");
        }
    }
}
