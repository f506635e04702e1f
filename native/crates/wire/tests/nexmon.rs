//! Nexmon measurements: what is built is read back, a real recording is read to the last bit, and nothing does harm.

mod common;

use std::fs::File;
use std::path::PathBuf;

use common::{damage, damaged};
use ndarray::{Array1, Array3};
use ndarray_npy::NpzReader;
use proptest::collection::vec;
use proptest::prelude::*;
use ruview_core::{ChannelSpec, NexmonBandwidth, NexmonChip, NexmonFrame, NodeNumber};
use ruview_wire::nexmon::{
    ToneLayout, build_ethernet, build_payload, parse_payload, payload_len, udp_payload, usable_tones,
};

const NODE: NodeNumber = NodeNumber(1);
const CHIPS: [u8; 4] = [0x01, 0x03, 0x65, 0x6A];

/// Payloads of every chip, width and format with arbitrary samples.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let header = (any::<[u8; 10]>(), any::<[u8; 2]>(), any::<bool>());
    (header, prop::sample::select(CHIPS.to_vec()), prop::sample::select(NexmonBandwidth::ALL.to_vec())).prop_flat_map(
        |((mut fields, [core_and_stream, channel], old), chip, bandwidth)| {
            if old {
                fields[..2].copy_from_slice(&[0x11, 0x11]);
            }
            let width = match bandwidth {
                NexmonBandwidth::Mhz20 => 0x10,
                NexmonBandwidth::Mhz40 => 0xD8,
                NexmonBandwidth::Mhz80 => 0xE0,
            };
            let rest = [core_and_stream & 0x3F, 0, channel, width, chip, 0];
            let header = [&[0x11, 0x11][..], &fields, &rest].concat();
            vec(any::<u8>(), payload_len(bandwidth) - header.len())
                .prop_map(move |samples| [&header[..], &samples].concat())
        },
    )
}

fn frame() -> impl Strategy<Value = NexmonFrame> {
    payload().prop_map(|payload| parse_payload(NODE, &payload).expect("a payload"))
}

proptest! {
    #[test]
    fn what_is_built_is_read_back(frame in frame()) {
        let ethernet = build_ethernet(&build_payload(&frame).unwrap()).unwrap();
        prop_assert_eq!(parse_payload(NODE, udp_payload(&ethernet).unwrap()), Ok(frame));
    }

    #[test]
    fn arbitrary_octets_are_read_or_refused(octets in vec(any::<u8>(), 0..1200)) {
        let _ = parse_payload(NODE, &octets);
        let _ = udp_payload(&octets);
    }

    #[test]
    fn damaged_frames_are_refused_or_a_frame_that_can_be_built_again(frame in frame(), damage in damage()) {
        let ethernet = build_ethernet(&build_payload(&frame).unwrap()).unwrap();
        if let Ok(read) = udp_payload(&damaged(ethernet, &damage)).and_then(|payload| parse_payload(NODE, payload)) {
            prop_assert_eq!(parse_payload(NODE, &build_payload(&read).unwrap()), Ok(read));
        }
    }
}

/// The captured frames of a pcap file in the byte order of the machine that wrote this one.
fn captured(pcap: &[u8]) -> impl Iterator<Item = &[u8]> {
    const FILE_HEADER: usize = 24;
    const RECORD_HEADER: usize = 16;
    let mut rest = &pcap[FILE_HEADER..];
    std::iter::from_fn(move || {
        let (header, after) = rest.split_at_checked(RECORD_HEADER)?;
        let len = u32::from_le_bytes(header[8..12].try_into().ok()?) as usize;
        let (frame, after) = after.split_at_checked(len)?;
        rest = after;
        Some(frame)
    })
}

/// The example of seemoo-lab/nexmon_csi as another decoder (csiread) reads it.
#[test]
#[expect(clippy::float_cmp, reason = "16-bit integers are exact")]
fn a_real_recording_is_read_as_another_decoder_reads_it() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data/nexmon");
    let (Ok(pcap), Ok(npz)) =
        (std::fs::read(folder.join("example_43455c0.pcap")), File::open(folder.join("nexmon_example_43455c0.npz")))
    else {
        println!("not run: the recordings of ../shared/data/nexmon are not on this machine");
        return;
    };
    let mut npz = NpzReader::new(npz).unwrap();
    let expected: Array3<i16> = npz.by_name("csi_i16").unwrap();
    let rssi: Array1<i64> = npz.by_name("rssi").unwrap();

    let mask = usable_tones(NexmonBandwidth::Mhz80, ToneLayout::Wide);
    let (mut frames, mut greatest_usable, mut greatest_masked) = (0, 0.0_f32, 0.0_f32);
    for (n, captured) in captured(&pcap).enumerate() {
        let frame = parse_payload(NODE, udp_payload(captured).unwrap()).unwrap();
        assert_eq!((frame.chip, frame.channel), (NexmonChip::Bcm43455c0, ChannelSpec(0xE02A)));
        assert_eq!(frame.csi.rssi_dbm.map(i64::from), Some(rssi[n]));
        assert_eq!(ToneLayout::of_frame_control(frame.frame_control), ToneLayout::NonHtDuplicate);
        for (bin, sample) in frame.csi.iq().iter().enumerate() {
            if !mask[bin] {
                greatest_masked = greatest_masked.max(sample.norm());
                continue;
            }
            greatest_usable = greatest_usable.max(sample.norm());
            let other = [expected[(n, bin, 0)], expected[(n, bin, 1)]].map(f32::from);
            assert_eq!([sample.re, sample.im], other, "frame {n}, bin {bin}");
        }
        frames += 1;
    }
    assert_eq!(frames, 566);
    assert!(greatest_usable < 2000.0 && greatest_masked > 10_000.0, "{greatest_usable} {greatest_masked}");
}
