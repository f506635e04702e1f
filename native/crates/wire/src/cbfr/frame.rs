//! From an action frame to what is in it: a report, a part of one, or word that there is none.

use alloc::vec::Vec;

use super::mimo_control::{FeedbackType, MimoControl, Phy};
use super::report::{CbfrReport, CbfrView, TailNote};
use crate::dot11::{ActionFrame, FCS_LEN, Fcs, parse_action};
use crate::link::RadioFrame;
use crate::{Layer, UnsupportedReport, WireError, WireErrorKind};

/// Categories and actions (IEEE 802.11-2020, 9.4.1.11 and 9.6; IEEE 802.11ax-2021, 9.6.31; IEEE 802.11be-2024).
mod code {
    pub(super) const HT: u8 = 7;
    pub(super) const HT_COMPRESSED_BEAMFORMING: u8 = 6;
    pub(super) const VHT: u8 = 21;
    pub(super) const HE: u8 = 30;
    pub(super) const EHT: u8 = 36;
    /// The same in VHT and HE.
    pub(super) const COMPRESSED_BEAMFORMING: u8 = 0;
}

/// More than the octets of the longest report: 8x8, 160 MHz, multi-user. Segments are held until their report is whole, so
/// what they may hold is limited.
const MAX_REPORT_LEN: usize = 32_768;

/// What a compressed beamforming frame holds.
#[derive(Debug, Clone, Copy)]
pub enum Feedback<'a> {
    /// A whole report.
    Report(CbfrView<'a>),
    /// A part of a report, for [`SegmentJoiner`](super::SegmentJoiner).
    Segment {
        /// The report's shape, and which part this is.
        control: MimoControl,
        /// The part.
        octets: &'a [u8],
    },
    /// Channel quality, which has no angles; recognised, not read.
    Cqi {
        /// What it is about.
        control: MimoControl,
        /// The quality of each stream and resource unit.
        octets: &'a [u8],
    },
    /// The station had nothing to report.
    Null,
}

/// Reads a received frame.
///
/// # Errors
/// - those of [`parse_action`] for frames of another kind, those of [`parse_feedback`] for what is in the frame;
/// - `Checksum` where nobody said whether there is a frame check sequence, and four octets follow the report that cannot
///   be anything else and do not match.
pub fn parse_frame<'a>(frame: &RadioFrame<'a>) -> Result<(ActionFrame<'a>, Feedback<'a>), WireError> {
    let action = parse_action(frame.mpdu).map_err(|error| error.after(frame.offset))?;
    let feedback = parse_feedback(&action).map_err(|error| error.after(frame.offset))?;
    let unexplained = Some(TailNote::Extra { octets: FCS_LEN });
    if let Feedback::Report(view) = &feedback
        && frame.info.fcs == Fcs::Unknown
        && view.tail_note() == unexplained
        && let Some((covered, trailer)) = frame.mpdu.split_last_chunk::<FCS_LEN>()
    {
        let (expected, found) = (crc32fast::hash(covered), u32::from_le_bytes(*trailer));
        let kind = WireErrorKind::Checksum { expected, found };
        return Err(WireError { layer: Layer::Dot11, offset: frame.offset + covered.len(), kind });
    }
    Ok((action, feedback))
}

/// Reads what an action frame says. Offsets of errors count from the start of the frame.
///
/// # Errors
/// - `NotAReport` for other actions, `UnsupportedReport` for HT and EHT;
/// - `InvalidField` for a segment longer than any report;
/// - those of [`MimoControl::parse_vht`], [`MimoControl::parse_he`] and [`CbfrView::parse`].
pub fn parse_feedback<'a>(frame: &ActionFrame<'a>) -> Result<Feedback<'a>, WireError> {
    let parsed = match (frame.category, frame.action) {
        (code::VHT, code::COMPRESSED_BEAMFORMING) => MimoControl::parse_vht(frame.body),
        (code::HE, code::COMPRESSED_BEAMFORMING) => MimoControl::parse_he(frame.body),
        (category, action) => {
            let kind = match (category, action) {
                (code::HT, code::HT_COMPRESSED_BEAMFORMING) => WireErrorKind::UnsupportedReport(UnsupportedReport::Ht),
                (code::EHT, _) => WireErrorKind::UnsupportedReport(UnsupportedReport::Eht),
                _ => WireErrorKind::NotAReport { category, action },
            };
            return Err(WireError { layer: Layer::Dot11, offset: frame.body_offset.saturating_sub(2), kind });
        }
    };
    let Some((control, octets)) = parsed.map_err(|error| error.after(frame.body_offset))? else {
        return Ok(Feedback::Null);
    };
    if control.feedback == FeedbackType::Cqi {
        return Ok(Feedback::Cqi { control, octets });
    }
    let before = frame.body_offset + (frame.body.len() - octets.len());
    if !control.first_segment || control.remaining_segments > 0 {
        if octets.len() > MAX_REPORT_LEN {
            let (field, expected) = ("segment length", "at most 32768");
            let kind = WireErrorKind::InvalidField { field, expected, found: octets.len() as f64 };
            return Err(WireError { layer: Layer::Cbfr, offset: before, kind });
        }
        return Ok(Feedback::Segment { control, octets });
    }
    CbfrView::parse(control, octets).map(Feedback::Report).map_err(|error| error.after(before))
}

/// The category and action of a report's frame.
pub const fn action_of(phy: Phy) -> (u8, u8) {
    match phy {
        Phy::Vht => (code::VHT, code::COMPRESSED_BEAMFORMING),
        Phy::He { .. } => (code::HE, code::COMPRESSED_BEAMFORMING),
    }
}

/// The bodies, after category and action, of the frames that carry a report in `segments` parts of nearly equal size.
///
/// # Errors
/// Those of [`CbfrReport::build`] and [`MimoControl::build`]; `InvalidField` for no segments or more than eight.
pub fn build_segments(report: &CbfrReport, segments: u8) -> Result<Vec<Vec<u8>>, WireError> {
    const MAX_SEGMENTS: u8 = 8;
    if !(1..=MAX_SEGMENTS).contains(&segments) {
        let (field, expected) = ("segments", "1 to 8");
        let kind = WireErrorKind::InvalidField { field, expected, found: segments.into() };
        return Err(WireError { layer: Layer::Cbfr, offset: 0, kind });
    }
    let octets = report.build()?;
    let size = octets.len().div_ceil(segments.into());
    let part = |at: u8| {
        let start = (usize::from(at) * size).min(octets.len());
        &octets[start..(start + size).min(octets.len())]
    };
    let body = |at: u8| {
        let remaining_segments = segments - 1 - at;
        let control = MimoControl { first_segment: at == 0, remaining_segments, ..report.control };
        control.build().map(|mut body| {
            body.extend_from_slice(part(at));
            body
        })
    };
    (0..segments).map(body).collect()
}
