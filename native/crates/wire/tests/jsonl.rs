//! Recordings: what is written is read back to the last bit, and no line can do harm.

mod common;

use common::{damage, damaged, packet};
use proptest::prelude::*;
use ruview_core::{NodePacket, StreamTime};
use ruview_wire::jsonl::{Record, build_line, parse_line};

/// Microseconds for which a binary64 of seconds can stand: 2^33 s around 1970.
const LIMIT_US: i64 = (1 << 33) * 1_000_000;

fn record() -> impl Strategy<Value = Record> {
    (1 - LIMIT_US..LIMIT_US, packet(), any::<bool>()).prop_map(|(us, mut packet, sparse)| {
        if sparse {
            forget_what_recordings_may_leave_out(&mut packet);
        }
        Record { at: StreamTime::from_micros(us), packet }
    })
}

fn forget_what_recordings_may_leave_out(packet: &mut NodePacket) {
    match packet {
        NodePacket::Csi(frame) => frame.seq = None,
        NodePacket::EdgeVitals(vitals) => vitals.uptime_ms = None,
        NodePacket::FeatureVector(_) | NodePacket::FeatureState(_) => {}
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(record in record()) {
        let line = build_line(&record).unwrap();
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(parse_line(line.as_bytes()), Ok(record));
    }

    #[test]
    fn arbitrary_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = parse_line(&octets);
    }

    #[test]
    fn damaged_lines_are_refused_or_a_record_that_can_be_written_again(record in record(), damage in damage()) {
        let line = damaged(build_line(&record).unwrap().into_bytes(), &damage);
        if let Ok(read) = parse_line(&line) {
            prop_assert_eq!(parse_line(build_line(&read).unwrap().as_bytes()), Ok(read));
        }
    }
}
