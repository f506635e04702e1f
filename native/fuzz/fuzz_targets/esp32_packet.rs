//! Datagrams of ESP32 nodes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_fuzz::bounded;
use ruview_wire::esp32::{FEATURE_STATE_LEN, build_packet, parse_packet};

fuzz_target!(|datagram: &[u8]| {
    check(datagram);
    // No fuzzer guesses a checksum.
    if let Some((covered, _)) = datagram.split_last_chunk::<4>().filter(|_| datagram.len() == FEATURE_STATE_LEN) {
        check(&[covered, &crc32fast::hash(covered).to_le_bytes()].concat());
    }
});

fn check(datagram: &[u8]) {
    // Two octets become a complex number of eight.
    if let Ok(packet) = bounded(datagram, 4, || parse_packet(datagram)) {
        let built = build_packet(&packet).expect("what was received can be sent");
        assert_eq!(parse_packet(&built).as_ref(), Ok(&packet));
    }
}
