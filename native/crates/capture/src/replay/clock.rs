//! A recording's clock as a stream's clock: it never steps back, ticks every second, and does not sit through long gaps.

use std::time::Duration;

use ruview_core::StreamTime;

use super::TICK;

/// The most silence that is played: longer than anything takes to notice it.
const MAX_SILENCE: Duration = Duration::from_mins(1);
/// Between the end of one recording and the start of the next: about what lies between two packets.
const SEAM: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(super) struct RecordingClock {
    /// From the recording's times to the stream's, microseconds.
    shift_us: i64,
    /// Stream time that was jumped over.
    skipped: Duration,
    position: Option<Position>,
}

#[derive(Debug)]
struct Position {
    last_packet: StreamTime,
    next_tick: StreamTime,
}

impl Position {
    fn at(packet: StreamTime) -> Self {
        Self { last_packet: packet, next_tick: packet + TICK }
    }

    fn silence_ends(&self) -> StreamTime {
        self.last_packet + MAX_SILENCE
    }
}

impl RecordingClock {
    /// The stream time of a packet that was recorded at `recorded`: never before the last packet's.
    pub(super) fn place(&mut self, recorded: StreamTime, opens_file: bool) -> StreamTime {
        let at = StreamTime::from_micros(recorded.as_micros().saturating_add(self.shift_us));
        let last = self.position.get_or_insert_with(|| Position::at(at)).last_packet;
        if at >= last {
            return at;
        }
        // Packets that overtake each other differ by less than a second. More than a minute is another clock, and so is
        // another file: with those, standing still would take the time out of all that follows.
        if !opens_file && last.since(at) <= MAX_SILENCE {
            return last;
        }
        let resumed = last + SEAM;
        self.shift_us = self.shift_us.saturating_add(resumed.as_micros().saturating_sub(at.as_micros()));
        resumed
    }

    /// The next tick that comes before a packet at `at`; call until there is none.
    pub(super) fn tick_before(&mut self, at: StreamTime) -> Option<StreamTime> {
        let position = self.position.as_mut()?;
        let (tick, following) = (position.next_tick, position.next_tick + TICK);
        // A clock that nonsensical times have driven to its end must not tick there for ever.
        let stands = following == tick;
        if tick > at.min(position.silence_ends()) || stands {
            return None;
        }
        position.next_tick = following;
        Some(tick)
    }

    /// Goes on to a packet at `at`, over what is left of a long gap.
    pub(super) fn pass(&mut self, at: StreamTime) {
        let position = self.position.get_or_insert_with(|| Position::at(at));
        let gap = at.since(position.silence_ends());
        if gap.is_zero() {
            position.last_packet = at;
        } else {
            self.skipped += gap;
            *position = Position::at(at);
        }
    }

    /// A further tick when there are no more packets.
    pub(super) fn tick_after_end(&mut self) -> StreamTime {
        let position = self.position.get_or_insert_with(|| Position::at(StreamTime::from_micros(0)));
        let tick = position.next_tick;
        position.next_tick = tick + TICK;
        tick
    }

    /// Stream time without what was jumped over: what a wall clock is held against.
    pub(super) fn playing_time(&self, at: StreamTime) -> StreamTime {
        at - self.skipped
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: i64) -> StreamTime {
        StreamTime::from_micros(ms * 1000)
    }

    /// Plays packets recorded at these milliseconds; returns the ticks before each and its stream time, milliseconds.
    fn play(clock: &mut RecordingClock, packets: &[(i64, bool)]) -> Vec<(Vec<i64>, i64)> {
        let to_ms = |at: StreamTime| at.as_micros() / 1000;
        let mut played = Vec::new();
        for &(recorded, opens_file) in packets {
            let at = clock.place(ms(recorded), opens_file);
            let ticks = std::iter::from_fn(|| clock.tick_before(at)).map(to_ms).collect();
            clock.pass(at);
            played.push((ticks, to_ms(at)));
        }
        played
    }

    #[test]
    fn ticks_come_every_second_from_the_first_packet_on() {
        let played = play(&mut RecordingClock::default(), &[(500, true), (1400, false), (1500, false), (4600, false)]);
        let expected = [(vec![], 500), (vec![], 1400), (vec![1500], 1500), (vec![2500, 3500, 4500], 4600)];
        assert_eq!(played, expected);
    }

    #[test]
    fn small_steps_back_stand_still() {
        let played = play(&mut RecordingClock::default(), &[(1000, true), (900, false), (1010, false)]);
        assert_eq!(played, [(vec![], 1000), (vec![], 1000), (vec![], 1010)]);
    }

    #[test]
    fn another_clock_or_file_is_shifted_on() {
        let mut clock = RecordingClock::default();
        play(&mut clock, &[(100_000, true), (100_400, false)]);
        assert_eq!(play(&mut clock, &[(0, false), (10, false)]), [(vec![], 100_450), (vec![], 100_460)]);
        assert_eq!(play(&mut clock, &[(0, true), (10, false)]), [(vec![], 100_510), (vec![], 100_520)]);
        // A file that goes on later keeps its distance on its own clock.
        assert_eq!(play(&mut clock, &[(500, true)]), [(vec![101_000], 101_010)]);
    }

    #[test]
    fn a_minute_of_a_long_gap_is_played() {
        let mut clock = RecordingClock::default();
        let day = 86_400_000;
        let played = play(&mut clock, &[(0, true), (day, false), (day + 1000, false)]);
        let minute = (1..=60).map(|s| s * 1000).collect::<Vec<_>>();
        assert_eq!(played, [(vec![], 0), (minute, day), (vec![day + 1000], day + 1000)]);
        assert_eq!(clock.playing_time(ms(day + 1000)), ms(61_000));
    }

    #[test]
    fn ticks_go_on_after_the_end() {
        let mut clock = RecordingClock::default();
        play(&mut clock, &[(0, true), (1500, false)]);
        assert_eq!([clock.tick_after_end(), clock.tick_after_end()], [ms(2000), ms(3000)]);
    }

    proptest! {
        #[test]
        fn never_goes_back_and_never_ticks_for_more_than_a_minute(
            packets in prop::collection::vec((any::<i64>(), any::<bool>()), 1..50)
        ) {
            let mut clock = RecordingClock::default();
            let (mut last, mut last_playing) = (StreamTime::from_micros(i64::MIN), StreamTime::from_micros(i64::MIN));
            for (us, opens_file) in packets {
                let at = clock.place(StreamTime::from_micros(us), opens_file);
                let ticks: Vec<_> = std::iter::from_fn(|| clock.tick_before(at)).take(61).collect();
                prop_assert!(ticks.len() <= 60);
                clock.pass(at);
                for event in ticks.into_iter().chain([at]) {
                    prop_assert!(event >= last);
                    last = event;
                }
                prop_assert!(clock.playing_time(at) >= last_playing);
                last_playing = clock.playing_time(at);
            }
        }
    }
}
