//! Reports that are too long for one frame come in up to eight segments (IEEE 802.11ac-2013, 9.31.5.3): here they are put
//! together again.

use alloc::vec::Vec;
use core::time::Duration;

use ruview_core::{MacAddress, StreamTime};

use super::mimo_control::MimoControl;

/// The most segments that a report can have.
const MAX_SEGMENTS: usize = 8;

/// Whose report about which sounding a segment belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentKey {
    /// Who sends the report.
    pub transmitter: MacAddress,
    /// For whom it is.
    pub receiver: MacAddress,
    /// The sounding.
    pub token: u8,
}

/// How reports fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SegmentCounts {
    /// Segments that came.
    pub segments: u64,
    /// Reports that became whole.
    pub joined: u64,
    /// Segments that came again.
    pub repeated: u64,
    /// Reports given up because the rest did not come in time.
    pub timed_out: u64,
    /// Reports given up for a newer one: the token was used again, or there was no more room.
    pub replaced: u64,
}

/// Joins segments. It holds at most a fixed number of unfinished reports, and none for longer than its time limit.
#[derive(Debug, Clone)]
pub struct SegmentJoiner {
    time_limit: Duration,
    /// Oldest first.
    pending: Vec<Pending>,
    counts: SegmentCounts,
}

#[derive(Debug, Clone)]
struct Pending {
    key: SegmentKey,
    since: StreamTime,
    /// Of the whole report.
    control: MimoControl,
    /// How many there are, once the first one came.
    total: Option<usize>,
    /// By the number of segments that remain after each.
    parts: [Option<Vec<u8>>; MAX_SEGMENTS],
}

impl SegmentJoiner {
    /// Stations send all segments at one go, or on the next poll.
    pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(1);
    /// More stations than that do not answer one sounding after the other.
    const MAX_PENDING: usize = 32;

    /// A joiner that gives reports up `time_limit` after their first segment.
    pub const fn new(time_limit: Duration) -> Self {
        let counts = SegmentCounts { segments: 0, joined: 0, repeated: 0, timed_out: 0, replaced: 0 };
        Self { time_limit, pending: Vec::new(), counts }
    }

    /// Takes a segment; the shape and octets of its report when that is whole now. Segments may come in any order, for a
    /// beamformer can ask for those that it missed.
    pub fn push(
        &mut self,
        at: StreamTime,
        key: SegmentKey,
        control: MimoControl,
        octets: &[u8],
    ) -> Option<(MimoControl, Vec<u8>)> {
        self.counts.segments += 1;
        self.expire(at);
        let place = self.place_for(at, key, &control, octets);
        let pending = self.pending.get_mut(place)?;
        let part = pending.parts.get_mut(usize::from(control.remaining_segments))?;
        if part.is_some() {
            self.counts.repeated += 1;
            return None;
        }
        *part = Some(octets.to_vec());
        if control.first_segment {
            pending.total = Some(usize::from(control.remaining_segments) + 1);
        }
        if !pending.is_whole() {
            return None;
        }
        self.counts.joined += 1;
        let whole = self.pending.remove(place);
        Some((whole.control, whole.parts.into_iter().rev().flatten().flatten().collect()))
    }

    /// Gives up what is too old at this time.
    pub fn expire(&mut self, now: StreamTime) {
        let before = self.pending.len();
        self.pending.retain(|pending| now.since(pending.since) <= self.time_limit);
        self.counts.timed_out += (before - self.pending.len()) as u64;
    }

    /// How reports fared.
    pub const fn counts(&self) -> SegmentCounts {
        self.counts
    }

    /// The index of the report that a segment belongs to, a new one where it fits none.
    fn place_for(&mut self, at: StreamTime, key: SegmentKey, control: &MimoControl, octets: &[u8]) -> usize {
        if let Some(place) = self.pending.iter().position(|pending| pending.key == key) {
            if self.pending[place].agrees_with(control, octets) {
                return place;
            }
            self.pending.remove(place);
            self.counts.replaced += 1;
        }
        if self.pending.len() == Self::MAX_PENDING {
            self.pending.remove(0);
            self.counts.replaced += 1;
        }
        let parts = [const { None }; MAX_SEGMENTS];
        self.pending.push(Pending { key, since: at, control: control.without_segment(), total: None, parts });
        self.pending.len() - 1
    }
}

impl Default for SegmentJoiner {
    fn default() -> Self {
        Self::new(Self::DEFAULT_TIME_LIMIT)
    }
}

impl Pending {
    /// Whether a segment can be of this report: the same shape, a place that the report has, and what was there before.
    fn agrees_with(&self, control: &MimoControl, octets: &[u8]) -> bool {
        let place = usize::from(control.remaining_segments);
        let last_held = self.parts.iter().rposition(Option::is_some).unwrap_or(0);
        let fits = match self.total {
            Some(total) => (place + 1 == total) == control.first_segment && place < total,
            None => !control.first_segment || place >= last_held,
        };
        let same_as_before = self.parts[place].as_ref().is_none_or(|part| part == octets);
        self.control == control.without_segment() && fits && same_as_before
    }

    fn is_whole(&self) -> bool {
        self.total.is_some_and(|total| self.parts.iter().take(total).all(Option::is_some))
    }
}

#[cfg(test)]
mod tests {
    use super::super::mimo_control::{Bandwidth, Codebook, FeedbackType, Grouping, Phy};
    use super::*;

    const KEY: SegmentKey =
        SegmentKey { transmitter: MacAddress::new([2; 6]), receiver: MacAddress::new([4; 6]), token: 9 };

    fn control(first_segment: bool, remaining_segments: u8) -> MimoControl {
        MimoControl {
            phy: Phy::Vht,
            nc: 2,
            nr: 4,
            bandwidth: Bandwidth::Mhz80,
            grouping: Grouping::Ng1,
            codebook: Codebook::Fine,
            feedback: FeedbackType::Mu,
            remaining_segments,
            first_segment,
            token: 9,
        }
    }

    fn ms(ms: i64) -> StreamTime {
        StreamTime::from_micros(ms * 1000)
    }

    #[test]
    fn segments_are_joined_in_their_order() {
        for order in [[0, 1, 2], [0, 2, 1], [2, 1, 0], [1, 0, 2]] {
            let segments = [(control(true, 2), b"ab"), (control(false, 1), b"cd"), (control(false, 0), b"ef")];
            let mut joiner = SegmentJoiner::default();
            let results = order.map(|at| {
                let (control, octets) = segments[at];
                joiner.push(ms(0), KEY, control, octets)
            });
            assert_eq!(results[..2], [None, None]);
            assert_eq!(results[2], Some((control(true, 0), b"abcdef".to_vec())), "{order:?}");
            assert_eq!((joiner.counts().joined, joiner.pending.len()), (1, 0));
        }
    }

    #[test]
    fn a_rest_that_does_not_come_is_given_up() {
        let mut joiner = SegmentJoiner::new(Duration::from_millis(100));
        assert_eq!(joiner.push(ms(0), KEY, control(true, 1), b"ab"), None);
        assert_eq!(joiner.push(ms(101), KEY, control(false, 0), b"cd"), None);
        assert_eq!(joiner.counts().timed_out, 1);
        joiner.expire(ms(202));
        assert_eq!((joiner.counts().timed_out, joiner.pending.len()), (2, 0));
    }

    #[test]
    fn retries_count_once_and_new_soundings_replace_old_ones() {
        let mut joiner = SegmentJoiner::default();
        for _ in 0..2 {
            assert_eq!(joiner.push(ms(0), KEY, control(true, 1), b"ab"), None);
        }
        assert_eq!(joiner.counts().repeated, 1);
        assert_eq!(joiner.push(ms(1), KEY, control(true, 1), b"AB"), None);
        assert_eq!(joiner.counts().replaced, 1);
        let joined = joiner.push(ms(2), KEY, control(false, 0), b"cd");
        assert_eq!(joined.map(|(_, octets)| octets), Some(b"ABcd".to_vec()));
    }

    #[test]
    fn stations_do_not_mix_and_room_is_limited() {
        let mut joiner = SegmentJoiner::default();
        let key = |n: u8| SegmentKey { transmitter: MacAddress::new([0, 0, 0, 0, 0, n]), ..KEY };
        for n in 0..40 {
            assert_eq!(joiner.push(ms(0), key(n), control(true, 1), &[n]), None);
        }
        assert_eq!((joiner.pending.len(), joiner.counts().replaced), (32, 8));
        let joined = joiner.push(ms(0), key(39), control(false, 0), b"!");
        assert_eq!(joined.map(|(_, octets)| octets), Some(b"\x27!".to_vec()));
    }
}
