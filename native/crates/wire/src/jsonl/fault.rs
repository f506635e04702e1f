//! Errors of lines, placed where the field stands.

use alloc::string::{String, ToString};

use crate::{Layer, WireError, WireErrorKind};

pub(super) const LAYER: Layer = Layer::RecordingLine;

/// What the JSON reader complains about, at its column.
pub(super) fn not_a_record(error: &serde_json::Error) -> WireError {
    let message = error.to_string();
    // The column is the error's offset: it need not stand in the text again.
    let fault = message.rsplit_once(" at line ").map_or(message.as_str(), |(fault, _)| fault);
    let kind = WireErrorKind::NotARecord { fault: String::from(fault) };
    WireError { layer: LAYER, offset: error.column().saturating_sub(1), kind }
}

/// An error about the field that stands in the line as `"name"`.
pub(super) fn at_field(line: &[u8], name: &str, kind: WireErrorKind) -> WireError {
    WireError { layer: LAYER, offset: offset_of(line, name).unwrap_or(0), kind }
}

/// Octets before the quoted name.
fn offset_of(line: &[u8], name: &str) -> Option<usize> {
    let is_name =
        |quoted: &[u8]| quoted.strip_prefix(b"\"").and_then(|q| q.strip_suffix(b"\"")) == Some(name.as_bytes());
    line.windows(name.len() + 2).position(is_name)
}

/// Octets before the first character of the string that is the field's value.
pub(super) fn offset_of_text(line: &[u8], name: &str) -> Option<usize> {
    let after_name = offset_of(line, name)? + name.len() + 2;
    line[after_name..].iter().position(|&octet| octet == b'"').map(|opening| after_name + opening + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_quoted_name() {
        let line = br#"{"iq": 1, "iq_hex" : "00ff"}"#;
        assert_eq!(offset_of(line, "iq_hex"), Some(10));
        assert_eq!(offset_of_text(line, "iq_hex"), Some(22));
        assert_eq!(offset_of(line, "rssi"), None);
    }
}
