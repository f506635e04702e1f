//! The seconds of a stream that was recorded.

use std::time::Duration;

use ruview_core::StreamTime;

const SECOND: Duration = Duration::from_secs(1);
/// Seconds are skipped over longer gaps.
const LONG_GAP: Duration = Duration::from_mins(1);
/// A step back of the clock beyond this is a clock that was set, not packets out of order.
const CLOCK_SET_BACK: Duration = Duration::from_secs(2);

/// Tells when the seconds of a stream end, counted from its first frame: when a live stream would be looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seconds {
    due: Option<StreamTime>,
}

impl Seconds {
    /// Before the first frame.
    pub fn new() -> Self {
        Self::default()
    }

    /// The ends of the seconds that a frame at `at` is not part of any more, oldest first: mostly none or one.
    pub fn ended_before(&mut self, at: StreamTime) -> impl Iterator<Item = StreamTime> + use<> {
        let mut next = self.due.unwrap_or(at + SECOND);
        if at.since(next) > LONG_GAP || next.since(at) > SECOND + CLOCK_SET_BACK {
            next = at + SECOND;
        }
        let ended = at.since(next).as_secs() + u64::from(at >= next);
        let first = next;
        self.due = Some(next + SECOND * u32::try_from(ended).unwrap_or(u32::MAX));
        (0..ended).map(move |second| first + Duration::from_secs(second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(times_us: &[i64]) -> Vec<Vec<i64>> {
        let mut seconds = Seconds::new();
        let of = |at: &i64| seconds.ended_before(StreamTime::from_micros(*at)).map(StreamTime::as_micros).collect();
        times_us.iter().map(of).collect()
    }

    #[test]
    fn seconds_end_before_the_frame_that_follows_them() {
        assert_eq!(ends(&[500_000, 1_499_999, 1_500_000]), [vec![], vec![], vec![1_500_000]]);
        assert_eq!(ends(&[0, 3_500_000, 3_600_000]), [vec![], vec![1_000_000, 2_000_000, 3_000_000], vec![]]);
        assert_eq!(ends(&[0, 3_500_000, 4_000_000]).last(), Some(&vec![4_000_000]));
    }

    #[test]
    fn long_gaps_and_clocks_that_are_set_begin_anew() {
        assert_eq!(ends(&[0, 61_000_000]).last().map(Vec::len), Some(61));
        assert_eq!(ends(&[0, 61_000_001, 62_000_001]), [vec![], vec![], vec![62_000_001]]);
        assert_eq!(ends(&[9_000_000, 7_000_000, 6_900_000, 7_900_000]), [vec![], vec![], vec![], vec![7_900_000]]);
        assert!(ends(&[i64::MAX, i64::MIN, i64::MAX]).concat().len() < 3);
    }
}
