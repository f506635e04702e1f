//! The one error of every parser and builder: where it happened, what was expected, what was found.

use alloc::string::String;
use core::fmt;

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
    /// 0xC5110006.
    Esp32FeatureState,
    /// A line of a recording.
    RecordingLine,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Esp32Packet => "ESP32 packet",
            Self::Esp32RawCsi => "ESP32 raw CSI",
            Self::Esp32EdgeVitals => "ESP32 edge vitals",
            Self::Esp32FeatureVector => "ESP32 feature vector",
            Self::Esp32FeatureState => "ESP32 feature state",
            Self::RecordingLine => "recording line",
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
    /// A character that is no hexadecimal digit.
    #[error("expected hexadecimal digits, found {found:?}")]
    NotHex {
        /// The field's name.
        field: &'static str,
        /// The character.
        found: char,
    },
    /// A line that is no JSON object with the fields of its type.
    #[error("expected a record as a JSON object, found this fault: {fault}")]
    NotARecord {
        /// What the JSON reader says.
        fault: String,
    },
}

impl WireErrorKind {
    /// What the error is about: a field's name, or the part of the packet.
    pub const fn subject(&self) -> &'static str {
        match self {
            Self::Length { .. } | Self::TooShort { .. } => "length",
            Self::WrongMagic { .. } | Self::Unsupported { .. } => "magic",
            Self::UnsupportedType { .. } => "type",
            Self::InvalidField { field, .. }
            | Self::Missing { field }
            | Self::NotFinite { field, .. }
            | Self::NotHex { field, .. } => field,
            Self::Checksum { .. } => "checksum",
            Self::NotARecord { .. } => "JSON",
        }
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
