//! Who sounds with whom: the reports of a station to an access point are one series, whichever channels they were heard on.

use std::collections::HashMap;
use std::time::Duration;

use ruview_core::{MacAddress, StreamTime};

/// A pair that is silent for longer has ended its session: longer than a round of any sensible channel schedule, and than
/// the pauses of stations that save power.
const SILENCE_ENDS: Duration = Duration::from_mins(2);
/// More pairs than live within earshot; beyond them, the one that was silent for longest gives way. Addresses cost a
/// stranger nothing.
const MAX_PAIRS: usize = 256;

/// Two stations between which the channel was sounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BfiPair {
    /// Who asked, and for whom the report is: the access point.
    pub beamformer: MacAddress,
    /// Who measured and reported.
    pub beamformee: MacAddress,
}

/// The place of a report in the series of its pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BfiSession {
    /// The session's number in this source, from 0: a pair that was silent for two minutes gets another one.
    pub number: u64,
    /// The report's number in the session, from 0.
    pub report: u64,
    /// Since the pair's last report; `None` for the first of the session.
    pub since_previous: Option<Duration>,
    /// How often the pair was heard on another channel than the time before.
    pub channel_changes: u32,
}

/// The sessions of a source, a bounded number of them.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: HashMap<BfiPair, Heard>,
    next_number: u64,
}

/// A pair's last report.
#[derive(Debug, Clone, Copy)]
struct Heard {
    session: BfiSession,
    at: StreamTime,
    frequency_mhz: Option<u16>,
}

impl Heard {
    /// The place of a report that follows at `at`.
    fn followed_at(&self, at: StreamTime, frequency_mhz: Option<u16>) -> BfiSession {
        let moved = frequency_mhz.is_some() && self.frequency_mhz.is_some() && frequency_mhz != self.frequency_mhz;
        BfiSession {
            number: self.session.number,
            report: self.session.report + 1,
            since_previous: Some(at.since(self.at)),
            channel_changes: self.session.channel_changes + u32::from(moved),
        }
    }
}

impl Sessions {
    /// Places a report that was heard at `at`, on a channel that the radio may have named.
    pub(crate) fn place(&mut self, pair: BfiPair, at: StreamTime, frequency_mhz: Option<u16>) -> BfiSession {
        let last = self.open.get(&pair).filter(|last| at.since(last.at) <= SILENCE_ENDS).copied();
        let session = last.map_or_else(|| self.begin(), |last| last.followed_at(at, frequency_mhz));
        if self.open.len() >= MAX_PAIRS && !self.open.contains_key(&pair) {
            self.give_up_one();
        }
        // A radio that does not name its channel is taken to have stayed where it was.
        let frequency_mhz = frequency_mhz.or(last.and_then(|last| last.frequency_mhz));
        self.open.insert(pair, Heard { session, at, frequency_mhz });
        session
    }

    fn begin(&mut self) -> BfiSession {
        let number = self.next_number;
        self.next_number += 1;
        BfiSession { number, report: 0, since_previous: None, channel_changes: 0 }
    }

    fn give_up_one(&mut self) {
        let quietest = self.open.iter().min_by_key(|(pair, heard)| (heard.at, **pair)).map(|(pair, _)| *pair);
        if let Some(pair) = quietest {
            self.open.remove(&pair);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(station: u16) -> BfiPair {
        let [high, low] = station.to_be_bytes();
        BfiPair {
            beamformer: MacAddress::new([0x3C, 0x37, 0x86, 0, 0, 1]),
            beamformee: MacAddress::new([0xB0, 0xB9, 0x8A, 0, high, low]),
        }
    }

    fn second(seconds: i64) -> StreamTime {
        StreamTime::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_pair_keeps_its_session_across_channels() {
        let mut sessions = Sessions::default();
        let heard = [(0, Some(5180)), (2, Some(5500)), (5, None), (7, Some(5500)), (9, Some(5180))]
            .map(|(at, mhz)| sessions.place(pair(1), second(at), mhz));
        assert!(heard.iter().all(|session| session.number == 0));
        assert_eq!(heard.map(|session| session.report), [0, 1, 2, 3, 4]);
        assert_eq!(heard.map(|session| session.channel_changes), [0, 1, 1, 1, 2]);
        assert_eq!(
            heard.map(|session| session.since_previous.map(|gap| gap.as_secs())),
            [None, Some(2), Some(3), Some(2), Some(2)]
        );
    }

    #[test]
    fn silence_ends_a_session_and_other_pairs_do_not() {
        let mut sessions = Sessions::default();
        let numbers = [(1, 0), (2, 100), (1, 120), (1, 240), (2, 241), (1, 361)]
            .map(|(station, at)| sessions.place(pair(station), second(at), None).number);
        assert_eq!(numbers, [0, 1, 0, 0, 2, 3]);
    }

    #[test]
    fn pairs_are_bounded_and_the_quietest_gives_way() {
        let mut sessions = Sessions::default();
        let many = MAX_PAIRS as u16;
        for station in 0..many {
            sessions.place(pair(station), second(station.into()), None);
        }
        let late = second(i64::from(many));
        sessions.place(pair(0), late, None);
        sessions.place(pair(many), late, None);
        assert_eq!(sessions.open.len(), MAX_PAIRS);
        assert!(sessions.open.contains_key(&pair(0)) && !sessions.open.contains_key(&pair(1)));
    }
}
