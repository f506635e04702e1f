//! 802.11 action frames.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_fuzz::bounded;
use ruview_wire::dot11::{build_action, parse_action};

fuzz_target!(|mpdu: &[u8]| {
    if let Ok(frame) = bounded(mpdu, 0, || parse_action(mpdu)) {
        assert_eq!(frame.body_offset + frame.body.len(), mpdu.len());
        let built = build_action(&frame.header, frame.category, frame.action, frame.body).expect("a header as read");
        assert_eq!(parse_action(&built), Ok(frame));
    }
});
