//! The one error of every parser and builder: where it happened, what was expected, what was found.

use alloc::string::String;
use core::fmt;

use ruview_core::{NodeNumber, PrivacyClass};

/// The format in which something was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// A datagram whose kind is not known yet.
    Esp32Packet,
    /// 0xC5110001.
    Esp32RawCsi,
    /// 0xC5110002.
    Esp32EdgeVitals,
    /// 0xC5110003.
    Esp32FeatureVector,
    /// 0xC5110005.
    Esp32CompressedCsi,
    /// 0xC5110006.
    Esp32FeatureState,
    /// The Ethernet, IPv4 and UDP headers around a Nexmon measurement.
    NexmonFraming,
    /// The UDP payload of a Nexmon measurement.
    NexmonPayload,
    /// A frame of beamforming features, 0xBF1D0001.
    BfldFrame,
    /// A line of a recording.
    RecordingLine,
    /// A capture file of which the kind is not known yet.
    CaptureFile,
    /// A pcap file; offsets count from its start.
    Pcap,
    /// A pcapng file; offsets count from its start.
    Pcapng,
    /// A captured packet of some link type.
    LinkLayer,
    /// The radiotap header before a frame.
    Radiotap,
    /// The Prism header before a frame.
    Prism,
    /// An IEEE 802.11 frame.
    Dot11,
    /// The MIMO Control field of a compressed beamforming frame.
    MimoControl,
    /// A compressed beamforming report.
    Cbfr,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Esp32Packet => "ESP32 packet",
            Self::Esp32RawCsi => "ESP32 raw CSI",
            Self::Esp32EdgeVitals => "ESP32 edge vitals",
            Self::Esp32FeatureVector => "ESP32 feature vector",
            Self::Esp32CompressedCsi => "ESP32 compressed CSI",
            Self::Esp32FeatureState => "ESP32 feature state",
            Self::NexmonFraming => "Nexmon framing",
            Self::NexmonPayload => "Nexmon payload",
            Self::BfldFrame => "BFLD frame",
            Self::RecordingLine => "recording line",
            Self::CaptureFile => "capture file",
            Self::Pcap => "pcap",
            Self::Pcapng => "pcapng",
            Self::LinkLayer => "link layer",
            Self::Radiotap => "radiotap",
            Self::Prism => "Prism",
            Self::Dot11 => "802.11 frame",
            Self::MimoControl => "MIMO Control",
            Self::Cbfr => "beamforming report",
        })
    }
}

/// Input that a parser refused, or a value that a builder cannot put into octets.
#[derive(Debug, Clone, PartialEq)]
pub struct WireError {
    /// The format in which it happened.
    pub layer: Layer,
    /// Octets from the start of the packet or line to what is wrong; for a wrong length, to the field that implies it.
    pub offset: usize,
    /// What is wrong.
    pub kind: WireErrorKind,
}

/// What is wrong, with the expected and the found value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WireErrorKind {
    /// The length disagrees with what the header says.
    #[error("expected {expected} octets, found {found}")]
    Length {
        /// Octets that the header implies.
        expected: usize,
        /// Octets that there are.
        found: usize,
    },
    /// Shorter than its fixed part.
    #[error("expected at least {expected} octets, found {found}")]
    TooShort {
        /// Octets of the fixed part.
        expected: usize,
        /// Octets that there are.
        found: usize,
    },
    /// The magic is none of the node family.
    #[error("expected 0xC511____, found {found:#010X}")]
    WrongMagic {
        /// The first four octets.
        found: u32,
    },
    /// A packet of the node family that this version does not read.
    #[error("expected a kind of packet that this version reads, found {magic:#010X}")]
    Unsupported {
        /// The packet's magic.
        magic: u32,
    },
    /// A recording line of a type that this version does not read.
    #[error("expected raw_csi, vitals, feature or feature_state, found {found:?}")]
    UnsupportedType {
        /// The line's type, its beginning if it is long.
        found: String,
    },
    /// A field out of its range.
    #[error("expected {expected}, found {found}")]
    InvalidField {
        /// The field's name.
        field: &'static str,
        /// Its range, in words.
        expected: &'static str,
        /// Its value.
        found: f64,
    },
    /// A field that is needed and not there.
    #[error("expected a value, found none")]
    Missing {
        /// The field's name.
        field: &'static str,
    },
    /// A number that is NaN or infinite.
    #[error("expected a finite number, found {found}")]
    NotFinite {
        /// The field's name.
        field: &'static str,
        /// "NaN", "inf" or "-inf": text, so that errors about NaN compare equal.
        found: &'static str,
    },
    /// The CRC-32 does not match.
    #[error("expected {expected:#010X}, found {found:#010X}")]
    Checksum {
        /// Computed over the packet.
        expected: u32,
        /// Carried by the packet.
        found: u32,
    },
    /// A part of a frame that its privacy class must not carry.
    #[error("expected none at privacy class {class}, found {found} octets")]
    ForbiddenByClass {
        /// The part's name.
        field: &'static str,
        /// The frame's class.
        class: PrivacyClass,
        /// Octets that are not zero, or the length of a part that has one.
        found: usize,
    },
    /// A difference to a frame of this node that was never seen.
    #[error("expected a raw frame of node {node} of {octets} octets before it, found none")]
    MissingKeyframe {
        /// The node.
        node: NodeNumber,
        /// Octets of the samples that the difference applies to.
        octets: usize,
    },
    /// A character that is no hexadecimal digit.
    #[error("expected hexadecimal digits, found {found:?}")]
    NotHex {
        /// The field's name.
        field: &'static str,
        /// The character.
        found: char,
    },
    /// The file is neither pcap nor pcapng.
    #[error("expected pcap or pcapng, found {found:#010X}")]
    WrongFileMagic {
        /// The first four octets, the first one highest.
        found: u32,
    },
    /// The file ends inside a record: what came before it is whole.
    #[error("expected {expected} octets, found the end of the file after {found}")]
    CutRecord {
        /// Octets of the record, or of its header where that is cut too.
        expected: usize,
        /// Octets of it that there are.
        found: usize,
    },
    /// A link type that is not read.
    #[error("expected link type 1, 105, 119 or 127, found {found}")]
    UnsupportedLinkType {
        /// The link type.
        found: u16,
    },
    /// A frame that the radio marked as damaged, without the checksum that would prove it.
    #[error("expected a frame that was received whole, found one that the radio marked as damaged")]
    MarkedBad,
    /// A frame of another kind: a beacon, data, control.
    #[error("expected a management frame of subtype 13 or 14, found type {frame_type}, subtype {subtype}")]
    NotAnAction {
        /// The frame's type: 0 management, 1 control, 2 data, 3 extension.
        frame_type: u8,
        /// Its subtype.
        subtype: u8,
    },
    /// An encrypted frame.
    #[error("expected an unprotected frame, found an encrypted one")]
    Protected,
    /// An action frame about something else.
    #[error("expected a compressed beamforming frame, found category {category}, action {action}")]
    NotAReport {
        /// The frame's category.
        category: u8,
        /// Its action.
        action: u8,
    },
    /// A report that this version recognises and does not read.
    #[error("expected a report that this version reads, found {0}")]
    UnsupportedReport(UnsupportedReport),
    /// A line that is no JSON object with the fields of its type.
    #[error("expected a record as a JSON object, found this fault: {fault}")]
    NotARecord {
        /// What the JSON reader says.
        fault: String,
    },
}

/// Reports that are recognised and not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnsupportedReport {
    /// HT (802.11n).
    Ht,
    /// EHT (802.11be).
    Eht,
    /// A part of the channel whose tones do not add up to the report's octets.
    PartialBandwidth,
    /// A punctured channel whose tones do not add up to the report's octets.
    Punctured,
}

impl fmt::Display for UnsupportedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ht => "an HT report",
            Self::Eht => "an EHT report",
            Self::PartialBandwidth => "tones of a part of the channel that are not known",
            Self::Punctured => "tones of a punctured channel that are not known",
        })
    }
}

impl WireErrorKind {
    /// What the error is about: a field's name, or the part of the packet.
    pub const fn subject(&self) -> &'static str {
        match self {
            Self::Length { .. } | Self::TooShort { .. } => "length",
            Self::WrongMagic { .. } | Self::Unsupported { .. } | Self::WrongFileMagic { .. } => "magic",
            Self::UnsupportedType { .. } => "type",
            Self::InvalidField { field, .. }
            | Self::Missing { field }
            | Self::NotFinite { field, .. }
            | Self::NotHex { field, .. }
            | Self::ForbiddenByClass { field, .. } => field,
            Self::MissingKeyframe { .. } => "keyframe",
            Self::Checksum { .. } | Self::MarkedBad => "checksum",
            Self::CutRecord { .. } => "record",
            Self::UnsupportedLinkType { .. } => "link type",
            Self::NotAnAction { .. } | Self::Protected => "frame control",
            Self::NotAReport { .. } => "category",
            Self::UnsupportedReport(_) => "report",
            Self::NotARecord { .. } => "JSON",
        }
    }
}

impl WireError {
    /// The same error where `octets` lie before the part in which it was found.
    pub(crate) fn after(mut self, octets: usize) -> Self {
        self.offset = self.offset.saturating_add(octets);
        self
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, offset, kind } = self;
        write!(f, "{layer}: {} at octet {offset}: {kind}", kind.subject())
    }
}

impl core::error::Error for WireError {}

/// Passes a finite number and refuses any other.
pub(crate) fn finite(layer: Layer, offset: usize, field: &'static str, value: f32) -> Result<f32, WireError> {
    if value.is_finite() {
        return Ok(value);
    }
    let found = match value {
        f32::INFINITY => "inf",
        f32::NEG_INFINITY => "-inf",
        _ => "NaN",
    };
    Err(WireError { layer, offset, kind: WireErrorKind::NotFinite { field, found } })
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn reads_as_a_sentence() {
        let length = WireErrorKind::Length { expected: 148, found: 100 };
        let error = WireError { layer: Layer::Esp32RawCsi, offset: 6, kind: length };
        assert_eq!(error.to_string(), "ESP32 raw CSI: length at octet 6: expected 148 octets, found 100");

        let magic = WireErrorKind::Unsupported { magic: 0xC511_0005 };
        let error = WireError { layer: Layer::Esp32Packet, offset: 0, kind: magic };
        assert_eq!(
            error.to_string(),
            "ESP32 packet: magic at octet 0: expected a kind of packet that this version reads, found 0xC5110005"
        );

        let error = finite(Layer::Esp32FeatureState, 16, "motion_score", f32::NEG_INFINITY).unwrap_err();
        assert_eq!(
            error.to_string(),
            "ESP32 feature state: motion_score at octet 16: expected a finite number, found -inf"
        );
    }
}
