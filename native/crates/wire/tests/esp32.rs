//! Node packets: what is built is read back, and nothing that arrives can do harm.

mod common;

use common::{damage, damaged, packet};
use proptest::prelude::*;
use ruview_wire::esp32::{
    MAGIC_EDGE_VITALS, MAGIC_FEATURE_STATE, MAGIC_FEATURE_VECTOR, MAGIC_RAW_CSI, build_packet, parse_packet,
};

proptest! {
    #[test]
    fn what_is_built_is_read_back(packet in packet()) {
        let datagram = build_packet(&packet).unwrap();
        prop_assert_eq!(parse_packet(&datagram), Ok(packet));
    }

    #[test]
    fn arbitrary_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..2048)) {
        let _ = parse_packet(&octets);
    }

    #[test]
    fn arbitrary_octets_after_a_magic_are_read_or_refused(
        magic in prop::sample::select(vec![MAGIC_RAW_CSI, MAGIC_EDGE_VITALS, MAGIC_FEATURE_VECTOR, MAGIC_FEATURE_STATE]),
        rest in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        let _ = parse_packet(&[&magic.to_le_bytes()[..], &rest].concat());
    }

    #[test]
    fn damaged_packets_are_refused_or_a_packet_that_can_be_built_again(packet in packet(), damage in damage()) {
        let datagram = damaged(build_packet(&packet).unwrap(), &damage);
        if let Ok(read) = parse_packet(&datagram) {
            prop_assert_eq!(parse_packet(&build_packet(&read).unwrap()), Ok(read));
        }
    }

    #[test]
    fn truncated_packets_are_refused(packet in packet(), keep in any::<prop::sample::Index>()) {
        let datagram = build_packet(&packet).unwrap();
        prop_assert!(parse_packet(&datagram[..keep.index(datagram.len())]).is_err());
    }
}
