//! Payloads of Nexmon's datagrams.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_core::NodeNumber;
use ruview_fuzz::bounded;
use ruview_wire::nexmon::{build_payload, parse_payload};

const NODE: NodeNumber = NodeNumber(1);

fuzz_target!(|payload: &[u8]| {
    // Four octets become a complex number of eight.
    if let Ok(frame) = bounded(payload, 2, || parse_payload(NODE, payload)) {
        let built = build_payload(&frame).expect("what was received can be sent");
        assert_eq!(parse_payload(NODE, &built).as_ref(), Ok(&frame));
    }
});
