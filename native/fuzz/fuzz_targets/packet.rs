//! Captured packets of every link type, all the way to the report in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_core::StreamTime;
use ruview_fuzz::bounded;
use ruview_wire::cbfr::{CbfrReader, Reading};
use ruview_wire::dot11::Fcs;
use ruview_wire::link::LinkType;

const LINKS: [LinkType; 4] = [LinkType::RADIOTAP, LinkType::IEEE802_11, LinkType::PRISM, LinkType::ETHERNET];
const FCS: [Fcs; 3] = [Fcs::Unknown, Fcs::Absent, Fcs::Present];

fuzz_target!(|input: &[u8]| {
    let Some((&choice, packet)) = input.split_first() else { return };
    let link = LINKS[usize::from(choice) % LINKS.len()];
    let fcs = FCS[usize::from(choice) / LINKS.len() % FCS.len()];
    let mut reader = CbfrReader::default();
    // Three bits, the shortest angle's share, become a code of sixteen.
    let reading = bounded(packet, 16, || reader.read(StreamTime::from_micros(0), link, fcs, packet));
    let counts = reader.counts();
    assert_eq!(counts.packets, 1);
    assert_eq!(counts.reports, u64::from(matches!(reading, Ok(Reading::Report(_)))));
    assert!(link != LinkType::ETHERNET || reading.is_err());
});
