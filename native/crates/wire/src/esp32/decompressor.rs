//! Reading the packets of nodes that compress: what a packet means depends on the frame before it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::mem;

use ruview_core::{CsiFrame, NodeNumber, NodePacket};

use super::compressed_csi::{CompressedCsi, refused};
use super::layout::compressed_csi::ORIGINAL_LEN;
use super::layout::{MAGIC_COMPRESSED_CSI, MAX_COMPRESSED_SAMPLES_LEN, SAMPLE_LEN};
use super::{parse_packet, samples};
use crate::{Layer, WireError, WireErrorKind};

/// Reads datagrams as [`parse_packet`] does, and compressed CSI too: it remembers the last frame of every node.
///
/// A compressed packet carries no number, so a frame that was lost on the way cannot be noticed by it: the frames after it
/// are wrong until the next raw one. Nodes that also send raw CSI keep this short; what a lone compressed stream says is to
/// be taken with care.
#[derive(Debug, Clone, Default)]
pub struct Decompressor {
    nodes: BTreeMap<NodeNumber, History>,
}

/// The last frames of a node, as octets of samples.
#[derive(Debug, Clone)]
struct History {
    n_antennas: u8,
    n_subcarriers: u16,
    last: Vec<u8>,
    before: Vec<u8>,
}

impl Decompressor {
    /// One that has seen no node.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one datagram. `None` for a compressed packet of a frame that came as raw CSI already: nodes that send both
    /// tell it twice.
    ///
    /// # Errors
    /// As [`parse_packet`], and for compressed CSI
    /// - `MissingKeyframe` where no frame of this node and size came before;
    /// - `TooShort` and `Length` where the header, the runs and the frame disagree, `InvalidField` for a run of no octets.
    pub fn parse_packet(&mut self, datagram: &[u8]) -> Result<Option<NodePacket>, WireError> {
        if datagram.starts_with(&MAGIC_COMPRESSED_CSI.to_le_bytes()) {
            return Ok(self.decompress(datagram)?.map(NodePacket::Csi));
        }
        let packet = parse_packet(datagram)?;
        if let NodePacket::Csi(frame) = &packet {
            self.remember(frame);
        }
        Ok(Some(packet))
    }

    fn remember(&mut self, frame: &CsiFrame) {
        let mut octets = Vec::new();
        let is_kept = frame.iq().len() * SAMPLE_LEN <= MAX_COMPRESSED_SAMPLES_LEN
            && samples::append(Layer::Esp32RawCsi, frame, &mut octets).is_ok();
        if !is_kept {
            // No node compresses such a frame, but the next difference is not to the one before it.
            self.nodes.remove(&frame.node);
            return;
        }
        let (n_antennas, n_subcarriers) = (frame.n_antennas(), frame.n_subcarriers());
        let new = || History { n_antennas, n_subcarriers, last: Vec::new(), before: Vec::new() };
        let history = self.nodes.entry(frame.node).or_insert_with(new);
        (history.n_antennas, history.n_subcarriers) = (n_antennas, n_subcarriers);
        history.advance(octets);
    }

    fn decompress(&mut self, datagram: &[u8]) -> Result<Option<CsiFrame>, WireError> {
        let packet = CompressedCsi::parse(datagram)?;
        let missing = || {
            let kind = WireErrorKind::MissingKeyframe { node: packet.node, octets: packet.original_len };
            refused(ORIGINAL_LEN, kind)
        };
        let known = self.nodes.get_mut(&packet.node).filter(|history| history.last.len() == packet.original_len);
        let history = known.ok_or_else(missing)?;
        let octets = packet.applied_to(&history.last)?;
        // The difference of the last two frames turns the last into the one before.
        if octets == history.before && octets != history.last {
            return Ok(None);
        }
        let (pairs, _) = octets.as_chunks::<SAMPLE_LEN>();
        let iq = pairs.iter().map(|pair| samples::from_octets(*pair)).collect();
        let mut frame =
            CsiFrame::new(packet.node, history.n_antennas, history.n_subcarriers, iq).map_err(|_| missing())?;
        frame.frequency_mhz = frequency_mhz(packet.channel);
        history.advance(octets);
        Ok(Some(frame))
    }
}

impl History {
    /// Takes in the octets of one more frame; the same frame again, told the other way, changes nothing.
    fn advance(&mut self, octets: Vec<u8>) {
        if octets != self.last {
            self.before = mem::replace(&mut self.last, octets);
        }
    }
}

/// The centre of a 20 MHz channel (IEEE 802.11-2020, 15.4.4.3 and 17.3.8.4.2). Nodes know no band but these two.
const fn frequency_mhz(channel: u8) -> Option<u32> {
    match channel {
        1..=13 => Some(2407 + 5 * channel as u32),
        14 => Some(2484),
        32..=177 => Some(5000 + 5 * channel as u32),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use ruview_core::Complex32;

    use super::*;
    use crate::esp32::{build_compressed_csi, build_raw_csi};

    fn frame(seq: u32, parts: [f32; 4]) -> CsiFrame {
        let [a, b, c, d] = parts;
        let iq = vec![Complex32::new(a, b), Complex32::new(c, d)];
        let mut frame = CsiFrame::new(NodeNumber(7), 1, 2, iq).unwrap();
        frame.seq = Some(seq);
        frame
    }

    fn samples_of(packet: Result<Option<NodePacket>, WireError>) -> Option<Vec<Complex32>> {
        packet.unwrap().map(|packet| match packet {
            NodePacket::Csi(frame) => frame.iq().to_vec(),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_chain_of_differences_is_followed() {
        let frames = [frame(0, [1.0, 2.0, 3.0, 4.0]), frame(1, [1.0, 2.0, -3.0, 4.0]), frame(2, [0.0; 4])];
        let mut decompressor = Decompressor::new();
        decompressor.parse_packet(&build_raw_csi(&frames[0]).unwrap()).unwrap();
        for pair in frames.windows(2) {
            let packet = build_compressed_csi(&pair[0], &pair[1], 6).unwrap();
            let read = decompressor.parse_packet(&packet).unwrap().unwrap();
            let mut expected = pair[1].clone();
            (expected.seq, expected.frequency_mhz) = (None, Some(2437));
            assert_eq!(read, NodePacket::Csi(expected));
        }
    }

    #[test]
    fn a_difference_to_nothing_is_refused() {
        let [first, second] = [frame(0, [1.0; 4]), frame(1, [2.0; 4])];
        let packet = build_compressed_csi(&first, &second, 6).unwrap();
        let missing = WireErrorKind::MissingKeyframe { node: NodeNumber(7), octets: 4 };
        let mut decompressor = Decompressor::new();
        assert_eq!(decompressor.parse_packet(&packet).unwrap_err().kind, missing);

        let mut other_node = first.clone();
        other_node.node = NodeNumber(8);
        decompressor.parse_packet(&build_raw_csi(&other_node).unwrap()).unwrap();
        assert_eq!(decompressor.parse_packet(&packet).unwrap_err().kind, missing);

        let mut other_size = CsiFrame::new(NodeNumber(7), 1, 3, vec![Complex32::ZERO; 3]).unwrap();
        other_size.seq = Some(0);
        decompressor.parse_packet(&build_raw_csi(&other_size).unwrap()).unwrap();
        assert_eq!(decompressor.parse_packet(&packet).unwrap_err().kind, missing);
    }

    #[test]
    fn a_frame_that_is_told_twice_counts_once() {
        let frames = [frame(0, [1.0; 4]), frame(1, [2.0; 4]), frame(2, [3.0; 4])];
        let raw = |n: usize| build_raw_csi(&frames[n]).unwrap();
        let compressed = |n: usize| build_compressed_csi(&frames[n - 1], &frames[n], 6).unwrap();

        // Raw first.
        let mut decompressor = Decompressor::new();
        decompressor.parse_packet(&raw(0)).unwrap();
        decompressor.parse_packet(&raw(1)).unwrap();
        assert_eq!(samples_of(decompressor.parse_packet(&compressed(1))), None);
        assert_eq!(samples_of(decompressor.parse_packet(&compressed(2))), Some(frames[2].iq().to_vec()));

        // Compressed first.
        let mut decompressor = Decompressor::new();
        decompressor.parse_packet(&raw(0)).unwrap();
        assert_eq!(samples_of(decompressor.parse_packet(&compressed(1))), Some(frames[1].iq().to_vec()));
        decompressor.parse_packet(&raw(1)).unwrap();
        assert_eq!(samples_of(decompressor.parse_packet(&compressed(2))), Some(frames[2].iq().to_vec()));
    }

    #[test]
    fn damage_leaves_the_last_frame_as_it_was() {
        let [first, second] = [frame(0, [1.0; 4]), frame(1, [2.0; 4])];
        let mut decompressor = Decompressor::new();
        decompressor.parse_packet(&build_raw_csi(&first).unwrap()).unwrap();
        let packet = build_compressed_csi(&first, &second, 6).unwrap();
        decompressor.parse_packet(&packet[..packet.len() - 1]).unwrap_err();
        assert_eq!(samples_of(decompressor.parse_packet(&packet)), Some(second.iq().to_vec()));
    }

    #[test]
    fn channels_have_their_frequencies() {
        let of = [0, 1, 13, 14, 15, 36, 177, 178].map(frequency_mhz);
        assert_eq!(of, [None, Some(2412), Some(2472), Some(2484), None, Some(5180), Some(5885), None]);
    }
}
