//! What became of a file's packets. Its size depends on how many different things there are, never on how many.

use std::collections::BTreeMap;

use ruview_wire::WireError;

use crate::{PacketKind, RejectReason};

/// What a file was found to hold, up to where it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileCounts {
    /// Packets in all.
    pub packets: u64,
    /// The earliest and the latest time of a packet, nanoseconds since the Unix epoch; `None` where no packet has a time.
    pub times_ns: Option<(i64, i64)>,
    /// What those are that are in order.
    pub kinds: BTreeMap<PacketKind, u64>,
    /// Reports of which a part did not come.
    pub incomplete_reports: u64,
    /// What was wrong with the others.
    pub rejected: BTreeMap<RejectReason, Rejection>,
}

/// Packets that were rejected for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// How many.
    pub packets: u64,
    /// The number of the first of them, from 1.
    pub first: u64,
    /// What was wrong with that one.
    pub message: String,
}

impl FileCounts {
    pub(super) fn note_time(&mut self, at_ns: i64) {
        let (first, last) = self.times_ns.unwrap_or((at_ns, at_ns));
        self.times_ns = Some((first.min(at_ns), last.max(at_ns)));
    }

    pub(super) fn note(&mut self, kind: PacketKind) {
        *self.kinds.entry(kind).or_default() += 1;
    }

    /// Counts a packet of which nothing came: as other traffic if it is in order, else as rejected.
    pub(super) fn judge(&mut self, error: &WireError) {
        match PacketKind::of_other_traffic(error) {
            Some(kind) => self.note(kind),
            None => self.reject(error),
        }
    }

    pub(super) fn reject(&mut self, error: &WireError) {
        let first = self.packets;
        let rejection = self.rejected.entry(RejectReason::from(&error.kind));
        let rejection = rejection.or_insert_with(|| Rejection { packets: 0, first, message: error.to_string() });
        rejection.packets += 1;
    }
}
