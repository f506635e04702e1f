//! BFLD frames: what is built is read back, equal frames are equal octets, and nothing that arrives can do harm.

mod common;

use std::collections::BTreeSet;
use std::thread;

use common::{damage, damaged};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use ruview_core::PrivacyClass;
use ruview_wire::bfld_frame::{BfldFrame, BfldHeader, BfldPayload, HEADER_LEN, Quantization, build_frame, parse_frame};

fn header() -> impl Strategy<Value = BfldHeader> {
    let link = (any::<[u16; 3]>(), any::<[i16; 2]>(), any::<[u8; 2]>(), any::<[bool; 2]>());
    let kinds = (prop::sample::select(Quantization::ALL.to_vec()), prop::sample::select(PrivacyClass::ALL.to_vec()));
    (any::<u64>(), any::<[[u8; 16]; 3]>(), link, kinds).prop_map(
        |(timestamp_ns, [ap_hash, sta_hash, session_id], link, (quantization, privacy_class))| {
            let ([channel, bandwidth_mhz, n_subcarriers], [rssi_dbm, noise_floor_dbm], [n_tx, n_rx], flags) = link;
            BfldHeader {
                timestamp_ns,
                ap_hash,
                sta_hash,
                session_id,
                channel,
                bandwidth_mhz,
                rssi_dbm,
                noise_floor_dbm,
                n_subcarriers,
                n_tx,
                n_rx,
                quantization,
                privacy_class,
                privacy_mode: flags[0],
                self_only: flags[1],
            }
        },
    )
}

fn frame() -> impl Strategy<Value = BfldFrame> {
    let section = || vec(any::<u8>(), 0..64);
    let sections = [section(), section(), section(), section(), section()];
    (header(), sections, option::of(section())).prop_map(|(mut header, sections, csi_delta)| {
        let [compressed_angle_matrix, amplitude_proxy, phase_proxy, snr_vector, vendor_extension] = sections;
        let mut payload = BfldPayload {
            compressed_angle_matrix,
            amplitude_proxy,
            phase_proxy,
            snr_vector,
            csi_delta,
            vendor_extension,
        };
        if header.privacy_class >= PrivacyClass::Anonymous {
            header.sta_hash = [0; 16];
            payload.compressed_angle_matrix.clear();
            payload.csi_delta = None;
        }
        BfldFrame { header, payload }
    })
}

proptest! {
    #[test]
    fn what_is_built_is_read_back(frame in frame()) {
        prop_assert_eq!(parse_frame(&build_frame(&frame).unwrap()), Ok(frame));
    }

    #[test]
    fn arbitrary_octets_are_read_or_refused(octets in vec(any::<u8>(), 0..512)) {
        let _ = parse_frame(&octets);
    }

    #[test]
    fn damaged_frames_are_refused_or_written_as_they_are(frame in frame(), damage in damage()) {
        let octets = damaged(build_frame(&frame).unwrap(), &damage);
        if let Ok(read) = parse_frame(&octets) {
            prop_assert_eq!(build_frame(&read).unwrap(), octets);
        }
    }

    #[test]
    fn no_damage_to_the_payload_passes(frame in frame(), at in any::<prop::sample::Index>(), flip in 1..=u8::MAX) {
        let mut octets = build_frame(&frame).unwrap();
        let at = HEADER_LEN + at.index(octets.len() - HEADER_LEN);
        octets[at] ^= flip;
        prop_assert!(parse_frame(&octets).is_err());
    }
}

#[test]
fn a_thousand_serialisations_in_two_threads_are_one() {
    let header = BfldHeader {
        timestamp_ns: 1_700_000_000_000_000_000,
        ap_hash: [1; 16],
        sta_hash: [2; 16],
        session_id: [3; 16],
        channel: 36,
        bandwidth_mhz: 80,
        rssi_dbm: -50,
        noise_floor_dbm: -95,
        n_subcarriers: 250,
        n_tx: 4,
        n_rx: 2,
        quantization: Quantization::I8,
        privacy_class: PrivacyClass::Derived,
        privacy_mode: false,
        self_only: false,
    };
    let payload = BfldPayload {
        compressed_angle_matrix: (0..=255).collect(),
        snr_vector: vec![40, 37],
        csi_delta: Some(vec![9; 100]),
        ..BfldPayload::default()
    };
    let frame = BfldFrame { header, payload };
    let hashes = || (0..1000).map(|_| *blake3::hash(&build_frame(&frame).unwrap()).as_bytes()).collect();
    let distinct: BTreeSet<[u8; 32]> = thread::scope(|scope| {
        let threads: [thread::ScopedJoinHandle<'_, Vec<_>>; 2] = [scope.spawn(hashes), scope.spawn(hashes)];
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(distinct.len(), 1);
}
