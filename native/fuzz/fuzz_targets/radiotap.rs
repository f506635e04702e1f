//! Radiotap headers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_fuzz::bounded;
use ruview_wire::radiotap::{build, parse};

fuzz_target!(|packet: &[u8]| {
    if let Ok((info, length)) = bounded(packet, 0, || parse(packet)) {
        assert!(length <= packet.len());
        assert_eq!(parse(&packet[..length]), Ok((info, length)), "what follows the header does not matter");
        let built = build(&info);
        assert_eq!(parse(&built), Ok((info, built.len())));
    }
});
