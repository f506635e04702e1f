//! The octets of a file that are there and not yet read. It remembers how far into the file it is, and it can skip what
//! has not come yet, so that a block of which nobody wants the contents costs no memory however long it claims to be.

use alloc::vec::Vec;
use core::ops::Range;

#[derive(Debug, Clone, Default)]
pub(super) struct Buffer {
    octets: Vec<u8>,
    /// Octets at the start that were read.
    read: usize,
    /// Where in `octets` the last read piece begins.
    last: usize,
    /// Octets of the file before `octets`.
    before: usize,
    /// Octets to leave out when they come.
    to_skip: usize,
    /// Octets that the last look asked for.
    wanted: usize,
}

impl Buffer {
    pub(super) fn push(&mut self, octets: &[u8]) {
        self.octets.drain(..self.read);
        self.before += self.read;
        (self.read, self.last) = (0, 0);
        let skipped = self.to_skip.min(octets.len());
        self.to_skip -= skipped;
        self.before += skipped;
        self.octets.extend_from_slice(octets.get(skipped..).unwrap_or_default());
    }

    /// The next `count` octets, once they are there; they stay.
    pub(super) fn peek(&mut self, count: usize) -> Option<&[u8]> {
        self.wanted = count;
        if self.to_skip > 0 {
            return None;
        }
        self.octets.get(self.read..self.read.checked_add(count)?)
    }

    /// Has read `count` octets that [`Buffer::peek`] gave.
    pub(super) fn consume(&mut self, count: usize) {
        self.last = self.read;
        self.read += count;
        self.wanted = 0;
    }

    /// Leaves out the next `count` octets, those that are still to come included.
    pub(super) fn skip(&mut self, count: usize) {
        let there = count.min(self.octets.len() - self.read);
        self.consume(there);
        self.to_skip = count - there;
    }

    /// Some of the octets that were consumed last.
    pub(super) fn last_consumed(&self, range: Range<usize>) -> &[u8] {
        self.octets.get(self.last..self.read).and_then(|octets| octets.get(range)).unwrap_or_default()
    }

    /// Octets of the file before the next one.
    pub(super) const fn offset(&self) -> usize {
        self.before + self.read
    }

    /// Where something is missing: the octets that are needed, and those of them that are there.
    pub(super) const fn unfinished(&self) -> Option<(usize, usize)> {
        let found = self.octets.len() - self.read;
        if self.to_skip > 0 {
            return Some((self.to_skip, 0));
        }
        if found > 0 { Some((self.wanted, found)) } else { None }
    }
}
