//! What a source accepted and what it refused, by reason.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a packet or line was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
}

impl RejectReason {
    /// Every reason, in the order in which they are reported.
    pub const ALL: [Self; 9] = [
        Self::WrongMagic,
        Self::UnsupportedPacket,
        Self::WrongLength,
        Self::InvalidField,
        Self::BadCrc,
        Self::NotFinite,
        Self::ForeignSource,
        Self::MalformedLine,
        Self::Truncated,
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
        }
    }
}

/// Counters of one adapter: written by it, read by anyone.
#[derive(Debug, Default)]
pub struct CaptureCounters {
    accepted: AtomicU64,
    rejected: [AtomicU64; RejectReason::ALL.len()],
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

    /// Packets handed on.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Refused for `reason`.
    pub fn rejected(&self, reason: RejectReason) -> u64 {
        self.rejected[reason as usize].load(Ordering::Relaxed)
    }
}
