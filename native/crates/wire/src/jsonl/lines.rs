//! A recording line by line: octets go in as they come, records come out as soon as their lines are whole.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::fault::LAYER;
use super::{Record, parse_line};
use crate::{WireError, WireErrorKind};

/// The longest line that is read, in octets: thousands of times what a packet needs.
pub const MAX_LINE_LEN: usize = 1 << 20;

/// What a line holds, and which line it is, from 1.
pub type Numbered = (u64, Result<Record, WireError>);

/// Reads the lines of a recording. Blank lines are passed over, but counted.
///
/// Memory: what was pushed since the last call and a line that is not whole yet, at most [`MAX_LINE_LEN`] of it; so pull
/// all lines after each push.
#[derive(Debug, Clone, Default)]
pub struct LineReader {
    octets: Vec<u8>,
    /// Octets at the start that were read.
    read: usize,
    /// Octets at the start in which there is no line end that was not read.
    searched: usize,
    line: u64,
    /// The line under way is too long, and its beginning is gone.
    too_long: bool,
}

impl LineReader {
    /// A reader at the start of a recording.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next octets, any number of them.
    pub fn push(&mut self, octets: &[u8]) {
        self.octets.drain(..self.read);
        self.searched -= self.read;
        self.read = 0;
        self.octets.extend_from_slice(octets);
    }

    /// The next line that is not blank; `None` until more octets come. Errors are those of [`parse_line`], and
    /// `NotARecord` for a line that is too long.
    pub fn next_line(&mut self) -> Option<Numbered> {
        while let Some(end) = self.octets[self.searched..].iter().position(|octet| *octet == b'\n') {
            let line = self.read..self.searched + end;
            (self.read, self.searched) = (line.end + 1, line.end + 1);
            if let Some(record) = self.take(line) {
                return Some((self.line, record));
            }
        }
        self.searched = self.octets.len();
        if self.searched - self.read > MAX_LINE_LEN {
            self.too_long = true;
            self.read = self.searched;
        }
        None
    }

    /// To be called where the recording ends, after the last line: what stands there without a line end.
    pub fn finish(mut self) -> Option<Numbered> {
        let record = self.take(self.read..self.octets.len())?;
        Some((self.line, record))
    }

    /// The record in `line` of the octets; `None` of a blank one.
    fn take(&mut self, line: Range<usize>) -> Option<Result<Record, WireError>> {
        self.line += 1;
        let text = self.octets.get(line).unwrap_or_default();
        if core::mem::take(&mut self.too_long) || text.len() > MAX_LINE_LEN {
            let fault = String::from("a line of more than a mebioctet");
            return Some(Err(WireError { layer: LAYER, offset: 0, kind: WireErrorKind::NotARecord { fault } }));
        }
        (!text.trim_ascii().is_empty()).then(|| parse_line(text))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    const RECORD: &str = r#"{"timestamp":1,"node_id":7,"type":"raw_csi","subcarriers":1,"iq_hex":"0102"}"#;

    /// The numbers of the lines, and whether each is a record.
    fn read(pieces: &[&[u8]]) -> Vec<(u64, bool)> {
        let (mut reader, mut found) = (LineReader::new(), Vec::new());
        for piece in pieces {
            reader.push(piece);
            found.extend(core::iter::from_fn(|| reader.next_line()));
        }
        found.extend(reader.finish());
        found.into_iter().map(|(line, record)| (line, record.is_ok())).collect()
    }

    #[test]
    fn lines_are_numbered_whatever_stands_in_them() {
        let text = format!("{RECORD}\r\n\n  \nno record\n{RECORD}");
        assert_eq!(read(&[text.as_bytes()]), [(1, true), (4, false), (5, true)]);
        assert_eq!(read(&[&text.as_bytes()[..text.len() - 1]]), [(1, true), (4, false), (5, false)], "cut");
        assert_eq!(read(&[]), []);
        assert_eq!(read(&[b"\n\n"]), []);
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut reader = LineReader::new();
        for _ in 0..5 {
            reader.push(&vec![b'x'; MAX_LINE_LEN]);
            assert!(reader.next_line().is_none());
        }
        assert!(reader.octets.capacity() < 5 * MAX_LINE_LEN);
        reader.push(format!("\n{RECORD}\n").as_bytes());
        let (line, error) = reader.next_line().unwrap();
        assert!(line == 1 && error.is_err());
        assert!(reader.next_line().is_some_and(|(line, record)| line == 2 && record.is_ok()));
        assert!(reader.finish().is_none());
    }

    proptest! {
        #[test]
        fn pieces_of_any_length_give_the_same(cuts in prop::collection::vec(0_usize..200, 0..12)) {
            let text = format!("{RECORD}\n{{}}\n\n{RECORD}\nx");
            let (mut pieces, mut rest) = (Vec::new(), text.as_bytes());
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            prop_assert_eq!(read(&pieces), [(1, true), (2, false), (4, true), (5, false)]);
        }
    }
}
