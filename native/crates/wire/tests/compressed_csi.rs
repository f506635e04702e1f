//! Compressed CSI: a chain of frames is read back, and nothing that arrives can do harm.

mod common;

use common::{damage, damaged};
use proptest::collection::vec;
use proptest::prelude::*;
use ruview_core::{Complex32, CsiFrame, NodeNumber, NodePacket};
use ruview_wire::esp32::{Decompressor, MAGIC_COMPRESSED_CSI, build_compressed_csi, build_raw_csi};

/// Frames of one node and shape, no two in a row alike and none like the one before the last.
fn chain() -> impl Strategy<Value = Vec<CsiFrame>> {
    (any::<u8>(), 1..=2_u8, 1..=64_u16, 2..6_usize).prop_flat_map(|(node, antennas, subcarriers, length)| {
        let samples = usize::from(antennas) * usize::from(subcarriers);
        let parts = vec(any::<[i8; 2]>(), samples);
        vec(parts, length).prop_map(move |frames| {
            let frames = frames.into_iter().enumerate().map(|(n, mut parts)| {
                parts[0] = [n as i8, 0];
                let iq = parts.into_iter().map(|[re, im]| Complex32::new(re.into(), im.into())).collect();
                let mut frame = CsiFrame::new(NodeNumber(node), antennas, subcarriers, iq).expect("a full frame");
                frame.seq = Some(n as u32);
                frame
            });
            frames.collect()
        })
    })
}

fn knowing(frame: &CsiFrame) -> Decompressor {
    let mut decompressor = Decompressor::new();
    decompressor.parse_packet(&build_raw_csi(frame).expect("a raw packet")).expect("a raw frame");
    decompressor
}

proptest! {
    #[test]
    fn what_is_compressed_is_read_back(frames in chain()) {
        let mut decompressor = knowing(&frames[0]);
        for pair in frames.windows(2) {
            let packet = build_compressed_csi(&pair[0], &pair[1], 0).unwrap();
            let mut expected = pair[1].clone();
            expected.seq = None;
            prop_assert_eq!(decompressor.parse_packet(&packet), Ok(Some(NodePacket::Csi(expected))));
        }
    }

    #[test]
    fn arbitrary_runs_are_read_or_refused(frames in chain(), rest in vec(any::<u8>(), 0..600)) {
        let mut decompressor = knowing(&frames[0]);
        let mut packet = [&MAGIC_COMPRESSED_CSI.to_le_bytes()[..], &rest].concat();
        let _ = decompressor.parse_packet(&packet);
        if packet.len() > 10 {
            packet[4] = frames[0].node.0;
            packet[6..8].copy_from_slice(&((frames[0].iq().len() * 2) as u16).to_le_bytes());
            let runs = (packet.len() - 10) as u16;
            packet[8..10].copy_from_slice(&runs.to_le_bytes());
            let _ = decompressor.parse_packet(&packet);
        }
    }

    #[test]
    fn damaged_packets_are_refused_or_a_frame_of_the_same_shape(frames in chain(), damage in damage()) {
        let mut decompressor = knowing(&frames[0]);
        let packet = damaged(build_compressed_csi(&frames[0], &frames[1], 6).unwrap(), &damage);
        if packet.starts_with(&MAGIC_COMPRESSED_CSI.to_le_bytes())
            && let Ok(Some(NodePacket::Csi(read))) = decompressor.parse_packet(&packet)
        {
            prop_assert_eq!(read.iq().len(), frames[0].iq().len());
        }
    }
}
