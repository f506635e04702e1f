//! The Ethernet, IPv4 and UDP headers around Nexmon's datagrams.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_fuzz::bounded;
use ruview_wire::nexmon::{build_ethernet, udp_payload};

fuzz_target!(|frame: &[u8]| {
    if let Ok(payload) = bounded(frame, 0, || udp_payload(frame)) {
        let built = build_ethernet(payload).expect("what came in a datagram fits into one");
        assert_eq!(udp_payload(&built), Ok(payload));
    }
});
