//! Streams of ESP32 nodes that compress their CSI: what a datagram means depends on those before it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_core::{Complex32, CsiFrame, NodeNumber, NodePacket};
use ruview_fuzz::bounded;
use ruview_wire::esp32::{Decompressor, build_compressed_csi, build_raw_csi};

/// Octets of a datagram's length.
const LEN_LEN: usize = 2;
const SUBCARRIERS: usize = 16;
const SAMPLE_LEN: usize = 2;
const CHANNEL: u8 = 6;

fuzz_target!(|input: &[u8]| {
    disorder(input);
    stream(input);
});

/// Whatever comes, every datagram is read or refused within its bounds.
fn disorder(input: &[u8]) {
    let (mut decompressor, mut rest) = (Decompressor::new(), input);
    while let Some((&length, after)) = rest.split_first_chunk::<LEN_LEN>() {
        let (datagram, after) = after.split_at(usize::from(u16::from_le_bytes(length)).min(after.len()));
        rest = after;
        // An error is as good as a packet; what matters is that it ends, and how much it takes.
        let _ = bounded(datagram, 8, || decompressor.parse_packet(datagram));
    }
}

/// A raw frame and then differences give all the frames back.
fn stream(input: &[u8]) {
    let mut frames = input.chunks_exact(SUBCARRIERS * SAMPLE_LEN).map(frame);
    let Some(mut last) = frames.next() else { return };
    let mut decompressor = Decompressor::new();
    let raw = build_raw_csi(&last).expect("a frame as nodes send it");
    assert_eq!(decompressor.parse_packet(&raw), Ok(Some(NodePacket::Csi(last.clone()))));
    let mut before: Option<CsiFrame> = None;
    for frame in frames {
        let datagram = build_compressed_csi(&last, &frame, CHANNEL).expect("frames of one shape");
        let repeats = before.as_ref().is_some_and(|before| before.iq() == frame.iq()) && last.iq() != frame.iq();
        match decompressor.parse_packet(&datagram).expect("its frame before was there") {
            Some(NodePacket::Csi(read)) => assert_eq!(read.iq(), frame.iq()),
            Some(other) => panic!("{other:?}"),
            // It cannot be told from the frame before it, compressed after it was sent raw.
            None => {
                assert!(repeats);
                return;
            }
        }
        if last.iq() != frame.iq() {
            before = Some(std::mem::replace(&mut last, frame));
        }
    }
}

fn frame(octets: &[u8]) -> CsiFrame {
    let (pairs, _) = octets.as_chunks::<SAMPLE_LEN>();
    let iq = pairs.iter().map(|&[im, re]| Complex32::new((re as i8).into(), (im as i8).into())).collect();
    let mut frame = CsiFrame::new(NodeNumber(1), 1, SUBCARRIERS as u16, iq).expect("samples fill the shape");
    frame.seq = Some(1);
    frame
}
