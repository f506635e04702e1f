//! Lines of bounded length, read into one buffer that is used again.

use std::io::{self, BufRead, Read};

/// The longest line that is read: thousands of times what a packet needs.
pub(super) const MAX_LINE_LEN: usize = 1 << 20;

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A line that was written to its end.
    Whole(&'a [u8]),
    /// The file ends without a line end.
    Unended(&'a [u8]),
    /// A line of more than [`MAX_LINE_LEN`] octets, passed over without being kept.
    TooLong,
}

pub(super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, line: Vec::new(), number: 0 }
    }

    /// The number of the last line, from 1.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The next line, `None` at the end. An error ends the file: what follows it is lost.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
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
