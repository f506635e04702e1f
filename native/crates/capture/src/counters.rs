//! What a source accepted and what it refused, by reason; and what it never got to see.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a packet or line was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RejectReason {
    /// The first four octets are no magic of ours.
    WrongMagic,
    /// A magic of the node family that this version does not read.
    UnsupportedPacket,
    /// Shorter than its header, or its length disagrees with its header.
    WrongLength,
    /// A header field out of its range.
    InvalidField,
    /// The checksum does not match.
    BadCrc,
    /// A number that is NaN or infinite.
    NotFinite,
    /// From an address outside the allowed subnets.
    ForeignSource,
    /// A line of a recording that is no record.
    MalformedLine,
    /// A recording that ends within a record or a compressed block.
    Truncated,
    /// Compressed CSI whose base frame did not arrive.
    MissingKeyframe,
    /// A segmented report of which a part did not arrive.
    IncompleteReport,
    /// An attempt to listen on an interface that is not in monitor mode.
    NotMonitorMode,
    /// Of a node whose number another address has.
    DuplicateNode,
}

impl RejectReason {
    /// Every reason, in the order in which they are reported.
    pub const ALL: [Self; 13] = [
        Self::WrongMagic,
        Self::UnsupportedPacket,
        Self::WrongLength,
        Self::InvalidField,
        Self::BadCrc,
        Self::NotFinite,
        Self::ForeignSource,
        Self::MalformedLine,
        Self::Truncated,
        Self::MissingKeyframe,
        Self::IncompleteReport,
        Self::NotMonitorMode,
        Self::DuplicateNode,
    ];

    /// The name under which it is counted.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongMagic => "wrong_magic",
            Self::UnsupportedPacket => "unsupported_packet",
            Self::WrongLength => "wrong_length",
            Self::InvalidField => "invalid_field",
            Self::BadCrc => "bad_crc",
            Self::NotFinite => "not_finite",
            Self::ForeignSource => "foreign_source",
            Self::MalformedLine => "malformed_line",
            Self::Truncated => "truncated",
            Self::MissingKeyframe => "missing_keyframe",
            Self::IncompleteReport => "incomplete_report",
            Self::NotMonitorMode => "not_monitor_mode",
            Self::DuplicateNode => "duplicate_node",
        }
    }
}

/// Counters of one adapter: written by it, read by anyone.
#[derive(Debug, Default)]
pub struct CaptureCounters {
    accepted: AtomicU64,
    rejected: [AtomicU64; RejectReason::ALL.len()],
    ignored: AtomicU64,
    kernel_drops: AtomicU64,
    interface_losses: AtomicU64,
}

impl CaptureCounters {
    /// Counts a packet that was handed on.
    pub fn accept(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a refused packet or line, and returns how many this reason has now.
    pub fn reject(&self, reason: RejectReason) -> u64 {
        self.rejected[reason as usize].fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Counts a packet that is in order and none of ours: beacons, other action frames, other people's
    /// datagrams, frames that were told before.
    pub fn ignore(&self) {
        self.ignored.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts packets that the kernel had no room to keep for us.
    pub fn drop_in_kernel(&self, packets: u64) {
        self.kernel_drops.fetch_add(packets, Ordering::Relaxed);
    }

    /// Counts an interface that went down or away.
    pub fn lose_interface(&self) {
        self.interface_losses.fetch_add(1, Ordering::Relaxed);
    }

    /// Packets handed on.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Refused for `reason`.
    pub fn rejected(&self, reason: RejectReason) -> u64 {
        self.rejected[reason as usize].load(Ordering::Relaxed)
    }
    /// Packets that were in order and none of ours.
    pub fn ignored(&self) -> u64 {
        self.ignored.load(Ordering::Relaxed)
    }

    /// Packets that were lost because the kernel had no room to keep them for us.
    pub fn kernel_drops(&self) -> u64 {
        self.kernel_drops.load(Ordering::Relaxed)
    }

    /// How often the interface went down or away.
    pub fn interface_losses(&self) -> u64 {
        self.interface_losses.load(Ordering::Relaxed)
    }
}
