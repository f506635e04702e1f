//! Refused input is counted every time and told of now and then.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Instant;

use ruview_wire::{WireError, WireErrorKind};

use crate::throttle::Throttle;
use crate::{CaptureCounters, PacketKind, RejectReason};

impl From<&WireErrorKind> for RejectReason {
    fn from(kind: &WireErrorKind) -> Self {
        match kind {
            WireErrorKind::WrongMagic { .. } | WireErrorKind::WrongFileMagic { .. } => Self::WrongMagic,
            WireErrorKind::Unsupported { .. }
            | WireErrorKind::UnsupportedType { .. }
            | WireErrorKind::UnsupportedLinkType { .. }
            | WireErrorKind::UnsupportedReport(_)
            | WireErrorKind::NotAnAction { .. }
            | WireErrorKind::NotAReport { .. }
            | WireErrorKind::Protected
            | WireErrorKind::ForbiddenByClass { .. } => Self::UnsupportedPacket,
            WireErrorKind::Length { .. } | WireErrorKind::TooShort { .. } => Self::WrongLength,
            WireErrorKind::InvalidField { .. } => Self::InvalidField,
            WireErrorKind::Checksum { .. } | WireErrorKind::MarkedBad => Self::BadCrc,
            WireErrorKind::CutRecord { .. } => Self::Truncated,
            WireErrorKind::MissingKeyframe { .. } => Self::MissingKeyframe,
            WireErrorKind::NotFinite { .. } => Self::NotFinite,
            WireErrorKind::Missing { .. } | WireErrorKind::NotHex { .. } | WireErrorKind::NotARecord { .. } => {
                Self::MalformedLine
            }
        }
    }
}

/// Counts and logs what a source refuses.
#[derive(Debug)]
pub(crate) struct Refusals {
    counters: Arc<CaptureCounters>,
    throttles: [Throttle; RejectReason::ALL.len()],
}

impl Refusals {
    pub(crate) fn new(counters: Arc<CaptureCounters>) -> Self {
        Self { counters, throttles: Default::default() }
    }

    /// Counts a packet that is in order and none of ours.
    pub(crate) fn ignore(&self) {
        self.counters.ignore();
    }

    /// Counts a packet that was not read: as ignored if it is other people's traffic, else as refused.
    pub(crate) fn judge(&mut self, source: &dyn Display, error: &WireError) {
        if PacketKind::of_other_traffic(error).is_some() {
            self.ignore();
        } else {
            self.refuse(RejectReason::from(&error.kind), source, error);
        }
    }

    /// Counts every refusal; logs the first of each reason, then at most one a minute with the number in between.
    pub(crate) fn refuse(&mut self, reason: RejectReason, source: &dyn Display, error: &dyn Display) {
        let total = self.counters.reject(reason);
        if let Some(not_logged) = self.throttles[reason as usize].pass(Instant::now()) {
            tracing::warn!(reason = reason.as_str(), %source, total, not_logged, "refused: {error}");
        }
    }
}
