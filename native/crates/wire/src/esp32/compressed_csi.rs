//! 0xC5110005, compressed CSI: a header of 10 octets, then runs of the exclusive or of two frames' samples.
//!
//! A run is two octets: the value, then how often it stands in a row, 1 to 255. Source: `delta_compress` and
//! `send_compressed_frame` of the node firmware (`edge_processing.c`).

use alloc::vec::Vec;

use ruview_core::{CsiFrame, NodeNumber};

use super::layout::compressed_csi::{CHANNEL, COMPRESSED_LEN, ORIGINAL_LEN, RUN_LEN};
use super::layout::{COMPRESSED_CSI_HEADER_LEN, MAGIC, MAGIC_COMPRESSED_CSI, NODE_ID};
use super::samples;
use crate::fields::{put, u16_at};
use crate::{Layer, WireError, WireErrorKind};

/// A packet whose lengths agree; its runs may still not fill the frame.
pub(super) struct CompressedCsi<'a> {
    pub(super) node: NodeNumber,
    pub(super) channel: u8,
    /// Octets of the frame's samples.
    pub(super) original_len: usize,
    runs: &'a [u8],
}

impl<'a> CompressedCsi<'a> {
    pub(super) fn parse(datagram: &'a [u8]) -> Result<Self, WireError> {
        let Some((header, runs)) = datagram.split_first_chunk::<COMPRESSED_CSI_HEADER_LEN>() else {
            let kind = WireErrorKind::TooShort { expected: COMPRESSED_CSI_HEADER_LEN, found: datagram.len() };
            return Err(refused(0, kind));
        };
        let claimed = usize::from(u16_at(header, COMPRESSED_LEN));
        if claimed != runs.len() || !claimed.is_multiple_of(RUN_LEN) {
            let expected = COMPRESSED_CSI_HEADER_LEN + claimed.next_multiple_of(RUN_LEN);
            return Err(refused(COMPRESSED_LEN, WireErrorKind::Length { expected, found: datagram.len() }));
        }
        let original_len = usize::from(u16_at(header, ORIGINAL_LEN));
        Ok(Self { node: NodeNumber(header[NODE_ID]), channel: header[CHANNEL], original_len, runs })
    }

    /// The samples' octets, given those of the frame before. Not longer than these, whatever the packet says.
    pub(super) fn applied_to(&self, before: &[u8]) -> Result<Vec<u8>, WireError> {
        let (runs, _) = self.runs.as_chunks::<RUN_LEN>();
        let mut octets = before.to_vec();
        let mut at = 0;
        for (n, [value, count]) in runs.iter().enumerate() {
            let offset = COMPRESSED_CSI_HEADER_LEN + n * RUN_LEN;
            if *count == 0 {
                let kind = WireErrorKind::InvalidField { field: "run", expected: "1 to 255", found: 0.0 };
                return Err(refused(offset + 1, kind));
            }
            let end = at + usize::from(*count);
            let length = || refused(offset, WireErrorKind::Length { expected: before.len(), found: end });
            for octet in octets.get_mut(at..end).ok_or_else(length)? {
                *octet ^= value;
            }
            at = end;
        }
        if at != before.len() {
            return Err(refused(ORIGINAL_LEN, WireErrorKind::Length { expected: before.len(), found: at }));
        }
        Ok(octets)
    }
}

/// A compressed CSI packet: `frame` as its difference to `before`, on WiFi channel `channel`. Nodes send one only where
/// it is shorter than the samples; this does not look.
///
/// # Errors
/// - `Length` for frames of different sizes, and for one of more samples than the packet can hold;
/// - `InvalidField` for samples that are no whole numbers from -128 to 127.
pub fn build_compressed_csi(before: &CsiFrame, frame: &CsiFrame, channel: u8) -> Result<Vec<u8>, WireError> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    samples::append(Layer::Esp32CompressedCsi, before, &mut old)?;
    samples::append(Layer::Esp32CompressedCsi, frame, &mut new)?;
    let length = || refused(ORIGINAL_LEN, WireErrorKind::Length { expected: old.len(), found: new.len() });
    if old.len() != new.len() {
        return Err(length());
    }
    let difference: Vec<u8> = old.iter().zip(&new).map(|(old, new)| old ^ new).collect();
    let runs = runs(&difference);
    let original_len = u16::try_from(new.len()).map_err(|_| length())?;
    let compressed_len = u16::try_from(runs.len()).map_err(|_| length())?;

    let mut header = [0; COMPRESSED_CSI_HEADER_LEN];
    put(&mut header, MAGIC, MAGIC_COMPRESSED_CSI.to_le_bytes());
    header[NODE_ID] = frame.node.0;
    header[CHANNEL] = channel;
    put(&mut header, ORIGINAL_LEN, original_len.to_le_bytes());
    put(&mut header, COMPRESSED_LEN, compressed_len.to_le_bytes());
    Ok([&header[..], &runs].concat())
}

fn runs(octets: &[u8]) -> Vec<u8> {
    const MAX_RUN: usize = u8::MAX as usize;
    let equal = octets.chunk_by(|a, b| a == b);
    equal.flat_map(|run| run.chunks(MAX_RUN)).flat_map(|run| [run[0], run.len() as u8]).collect()
}

pub(super) const fn refused(offset: usize, kind: WireErrorKind) -> WireError {
    WireError { layer: Layer::Esp32CompressedCsi, offset, kind }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// Node 7, channel 6, 4 octets: two unchanged, two turned over.
    const PACKET: [u8; 14] = [0x05, 0x00, 0x11, 0xC5, 7, 6, 4, 0, 4, 0, 0, 2, 0xFF, 2];

    fn applied(packet: &[u8]) -> Result<Vec<u8>, WireError> {
        CompressedCsi::parse(packet)?.applied_to(&[1, 2, 3, 4])
    }

    fn with(at: usize, octet: u8) -> [u8; 14] {
        let mut packet = PACKET;
        packet[at] = octet;
        packet
    }

    #[test]
    fn runs_are_a_value_and_a_count() {
        assert_eq!(applied(&PACKET), Ok(vec![1, 2, 0xFC, 0xFB]));
        assert_eq!(runs(&[0; 300]), [0, 255, 0, 45]);
        assert_eq!(runs(&[1, 1, 2]), [1, 2, 2, 1]);
    }

    #[test]
    fn lengths_must_agree() {
        let refusal = |packet: &[u8]| {
            let error = applied(packet).unwrap_err();
            (error.offset, error.kind)
        };
        let length = |expected, found| WireErrorKind::Length { expected, found };
        assert_eq!(refusal(&PACKET[..9]), (0, WireErrorKind::TooShort { expected: 10, found: 9 }));
        assert_eq!(refusal(&PACKET[..13]), (COMPRESSED_LEN, length(14, 13)));
        assert_eq!(refusal(&with(COMPRESSED_LEN, 3)[..13]), (COMPRESSED_LEN, length(14, 13)));
        // One octet too few, one too many, and a run of none.
        assert_eq!(refusal(&with(13, 1)), (ORIGINAL_LEN, length(4, 3)));
        assert_eq!(refusal(&with(13, 3)), (12, length(4, 5)));
        assert_eq!(refusal(&with(11, 0)).0, 11);
    }
}
