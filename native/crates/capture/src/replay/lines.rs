//! Recordings of one JSON object a line, of bounded length, read into one buffer that is used again.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use ruview_wire::WireErrorKind;
use ruview_wire::jsonl::parse_line;

use super::file::Octets;
use super::reader::{Record, Records, Step};
use crate::RejectReason;
use crate::packets::Content;
use crate::refusals::Refusals;

/// The longest line that is read: thousands of times what a packet needs.
const MAX_LINE_LEN: usize = 1 << 20;

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line that was written to its end.
    Whole(&'a [u8]),
    /// The file ends without a line end.
    Unended(&'a [u8]),
    /// A line that is too long for a record, passed over without being kept.
    TooLong,
}

/// The lines of a recording, one at a time.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// The lines of what can be read from `input`.
    pub const fn new(input: R) -> Self {
        Self { input, line: Vec::new(), number: 0 }
    }

    /// The number of the last line, from 1.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The next line, `None` at the end.
    ///
    /// # Errors
    /// Those of the input. They end the file: what follows is lost.
    #[expect(clippy::should_implement_trait, reason = "an iterator's items cannot borrow from it")]
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.number += 1;
        self.line.clear();
        let with_end = MAX_LINE_LEN + 1;
        self.input.by_ref().take(with_end as u64).read_until(b'\n', &mut self.line)?;
        if self.line.is_empty() {
            return Ok(None);
        }
        if self.line.pop_if(|octet| *octet == b'\n').is_some() {
            return Ok(Some(Line::Whole(&self.line)));
        }
        if self.line.len() == with_end {
            self.input.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong));
        }
        Ok(Some(Line::Unended(&self.line)))
    }
}

/// The lines of a file that are records.
pub(super) struct LineRecords {
    path: PathBuf,
    lines: Lines<Octets>,
}

impl LineRecords {
    pub(super) fn new(path: &Path, octets: Octets) -> Self {
        Self { path: path.to_owned(), lines: Lines::new(octets) }
    }
}

impl Records for LineRecords {
    fn step(&mut self, refusals: &mut Refusals) -> Step {
        let (step, refusal) = match self.lines.next() {
            Ok(None) => return Step::End,
            Err(error) => (Step::End, Refusal::new(RejectReason::Truncated, &error)),
            Ok(Some(line)) => match record_in(&line) {
                Ok(Some(record)) => return Step::Record(record),
                Ok(None) => return Step::Nothing,
                Err(refusal) => (Step::Nothing, refusal),
            },
        };
        let source = format_args!("{}, line {}", self.path.display(), self.lines.number());
        refusals.refuse(refusal.reason, &source, &refusal.error);
        step
    }
}

/// Why a line is no record.
struct Refusal {
    reason: RejectReason,
    error: String,
}

impl Refusal {
    fn new(reason: RejectReason, error: &impl ToString) -> Self {
        Self { reason, error: error.to_string() }
    }
}

/// The record of a line; `None` for a blank one.
fn record_in(line: &Line<'_>) -> Result<Option<Record>, Refusal> {
    let (text, ended) = match line {
        Line::Whole(text) => (text, true),
        Line::Unended(text) => (text, false),
        Line::TooLong => {
            let error = format!("a line of more than {MAX_LINE_LEN} octets is no record");
            return Err(Refusal { reason: RejectReason::MalformedLine, error });
        }
    };
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    match parse_line(text) {
        Ok(record) => Ok(Some(Record { at: record.at, content: Content::Node(record.packet) })),
        Err(error) => Err(match error.kind {
            // The recorder was stopped while it wrote.
            WireErrorKind::NotARecord { .. } if !ended => Refusal::new(RejectReason::Truncated, &error),
            ref kind => Refusal::new(RejectReason::from(kind), &error),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_then_the_rest() {
        let mut lines = Lines::new(&b"one\n\ntwo"[..]);
        assert_eq!(lines.next().unwrap(), Some(Line::Whole(b"one")));
        assert_eq!(lines.next().unwrap(), Some(Line::Whole(b"")));
        assert_eq!(lines.next().unwrap(), Some(Line::Unended(b"two")));
        assert_eq!(lines.number(), 3);
        assert_eq!(lines.next().unwrap(), None);
    }

    #[test]
    fn long_lines_are_not_kept() {
        let longest = vec![b'x'; MAX_LINE_LEN];
        let too_long = vec![b'y'; 3 * MAX_LINE_LEN];
        let text = [&longest[..], &too_long, b"ok"].join(&b'\n');
        let mut lines = Lines::new(&text[..]);
        assert_eq!(lines.next().unwrap(), Some(Line::Whole(&longest)));
        assert_eq!(lines.next().unwrap(), Some(Line::TooLong));
        assert!(lines.line.capacity() < 3 * MAX_LINE_LEN);
        assert_eq!(lines.next().unwrap(), Some(Line::Unended(b"ok")));

        let mut lines = Lines::new(&too_long[..]);
        assert_eq!(lines.next().unwrap(), Some(Line::TooLong));
        assert_eq!(lines.next().unwrap(), None);
    }
}
