//! Frames of beamforming features.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_fuzz::bounded;
use ruview_wire::bfld_frame::{HEADER_LEN, build_frame, parse_frame};

/// The checksum ends the header.
const CHECKSUM_AT: usize = HEADER_LEN - 4;

fuzz_target!(|octets: &[u8]| {
    check(octets);
    // No fuzzer guesses a checksum.
    if let Some((header, payload)) = octets.split_first_chunk::<HEADER_LEN>() {
        let checksum = crc32fast::hash(payload).to_le_bytes();
        check(&[&header[..CHECKSUM_AT], &checksum, payload].concat());
    }
});

fn check(octets: &[u8]) {
    if let Ok(frame) = bounded(octets, 2, || parse_frame(octets)) {
        assert_eq!(build_frame(&frame).expect("what was received can be sent"), octets);
    }
}
