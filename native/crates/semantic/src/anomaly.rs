//! How unlike itself a room is, learnt from nothing but its own weeks.
//!
//! One of four [`Pattern`]s holds at any moment. For each of the 168 hours of a week the model keeps how the hour was shared
//! among them; one observed hour weighs 1, however many seconds it had, because its seconds are not independent. The probability of
//! a pattern comes from the same hour of all days (and, at half weight, the hours beside it) with Laplace smoothing, and
//! serves in turn as the prior of this weekday's hour: a hierarchical Dirichlet estimate, see Chen and Goodman, "An Empirical
//! Study of Smoothing Techniques for Language Modeling" (Computer Speech & Language 13, 1999).
//!
//! The score of a pattern with tail probability `p` (its own, and of all that are less likely) is
//! `ln p / ln (1/400)`, at most 1: it is 0 for what usually is, 0.7 for what happens in 1.5 % of such hours, 1 for 0.25 %.
//! What is scored is the pattern of the last minutes. There is no score before 168 hours of history, nor for an hour
//! of the day that was seen on fewer than five days.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::time::Tick;
use crate::timers::SECOND_US;

/// What a room can look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pattern {
    Empty,
    Still,
    Moving,
    Busy,
}

const PATTERNS: usize = 4;
const HOURS: usize = 168;
const DAY: usize = 24;

/// Motion from which somebody moves, and from which the room is busy, %.
const MOVING_PERCENT: f32 = 5.0;
const BUSY_PERCENT: f32 = 30.0;

/// An hour of which less was seen teaches nothing, s.
const MIN_HOUR_S: f32 = 600.0;

/// Seven days: before, there is no score.
const WARM_UP_HOURS: u32 = HOURS as u32;

/// An hour of the day must have been seen on as many days.
const MIN_DAYS: f32 = 5.0;

/// Laplace's pseudo-count of each pattern, and the weight of the day's hours as prior of the weekday's, in hours.
const LAPLACE: f32 = 0.25;
const PRIOR: f32 = 4.0;

/// What was a half-year ago has faded to a third: people's weeks change.
const FADE: f32 = 1.0 - 1.0 / 26.0;

/// The pattern of now is that of the last minutes, s.
const NOW_TAU_S: f32 = 300.0;

/// What the model keeps outside of itself, bytes.
pub(crate) const HEAP_BYTES: usize = HOURS * size_of::<[f32; PATTERNS]>();

/// Tail probability of the full score.
const CERTAIN: f32 = 1.0 / 400.0;

/// A room's weeks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AnomalyModel {
    /// For each hour of the week how much of it was in which pattern. Empty, or of [`HOURS`] cells.
    cells: Vec<[f32; PATTERNS]>,
    /// Observed hours in all.
    learnt: u32,
    /// The hour of the week that is being observed, and seconds of it in each pattern.
    hour: Option<u16>,
    seconds: [f32; PATTERNS],
    /// Shares of the last minutes; sums to 1 once there was anything.
    now: [f32; PATTERNS],
}

impl AnomalyModel {
    pub(crate) fn step(&mut self, tick: &Tick, inputs: &RoomInputs) -> Option<f32> {
        let local = tick.local?;
        let pattern = pattern(inputs)?;
        let hour = hour_of_week(local);
        if self.hour != Some(hour) || tick.skipped_us > 3600 * SECOND_US {
            self.learn();
            self.hour = Some(hour);
        }
        let elapsed_s = tick.elapsed_us as f32 / SECOND_US as f32;
        if let Some(seconds) = self.seconds.get_mut(pattern as usize) {
            *seconds += elapsed_s;
        }
        self.follow(tick, pattern);
        self.score(usize::from(hour))
    }

    #[cfg(test)]
    pub(crate) fn heap_bytes(&self) -> usize {
        self.cells.capacity() * size_of::<[f32; PATTERNS]>()
    }

    /// Takes the hour that is over into its cell.
    fn learn(&mut self) {
        let seconds = std::mem::take(&mut self.seconds);
        let total: f32 = seconds.iter().sum();
        let Some(hour) = self.hour.take().filter(|_| total >= MIN_HOUR_S) else { return };
        self.cells.resize(HOURS, [0.0; PATTERNS]);
        let Some(cell) = self.cells.get_mut(usize::from(hour)) else { return };
        for (learnt, seconds) in cell.iter_mut().zip(seconds) {
            *learnt = *learnt * FADE + seconds / total;
        }
        self.learnt = self.learnt.saturating_add(1);
    }

    fn follow(&mut self, tick: &Tick, pattern: Pattern) {
        let begins = self.now.iter().sum::<f32>() <= 0.0;
        let passed_s = tick.passed_us() as f32 / SECOND_US as f32;
        let share = if begins { 1.0 } else { 1.0 - (-passed_s / NOW_TAU_S).exp() };
        for (index, now) in self.now.iter_mut().enumerate() {
            let is = if index == pattern as usize { 1.0 } else { 0.0 };
            *now += share * (is - *now);
        }
    }

    fn score(&self, hour: usize) -> Option<f32> {
        if self.learnt < WARM_UP_HOURS {
            return None;
        }
        let likely = self.probabilities(hour)?;
        let (now, _) = self.now.iter().enumerate().max_by(|left, right| left.1.total_cmp(right.1))?;
        let own = *likely.get(now)?;
        let tail: f32 = likely.iter().filter(|other| **other <= own).sum();
        Some((tail.clamp(CERTAIN, 1.0).ln() / CERTAIN.ln()).clamp(0.0, 1.0))
    }

    fn probabilities(&self, hour: usize) -> Option<[f32; PATTERNS]> {
        let own = self.cells.get(hour)?;
        let mut day = [LAPLACE; PATTERNS];
        let mut same = 0.0;
        for (at, cell) in self.cells.iter().enumerate() {
            let apart = (at + HOURS - hour) % DAY;
            let weight = match apart {
                0 => 1.0,
                1 => 0.5,
                _ if apart == DAY - 1 => 0.5,
                _ => continue,
            };
            for (sum, learnt) in day.iter_mut().zip(cell) {
                *sum += weight * learnt;
            }
            if apart == 0 {
                same += cell.iter().sum::<f32>();
            }
        }
        // Fading makes a day of long ago weigh a little less than 1.
        if same < MIN_DAYS * FADE {
            return None;
        }
        let day_total: f32 = day.iter().sum();
        let own_total: f32 = own.iter().sum();
        let mut likely = [0.0; PATTERNS];
        for ((likely, day), own) in likely.iter_mut().zip(day).zip(own) {
            *likely = (own + PRIOR * day / day_total) / (own_total + PRIOR);
        }
        Some(likely)
    }
}

fn pattern(inputs: &RoomInputs) -> Option<Pattern> {
    if !inputs.presence? {
        return Some(Pattern::Empty);
    }
    let motion = inputs.motion_percent?;
    Some(if motion >= BUSY_PERCENT {
        Pattern::Busy
    } else if motion >= MOVING_PERCENT {
        Pattern::Moving
    } else {
        Pattern::Still
    })
}

/// Monday from midnight on is 0.
fn hour_of_week(local: DateTime) -> u16 {
    let day = local.date().weekday().to_monday_zero_offset().unsigned_abs();
    u16::from(day) * DAY as u16 + u16::from(local.hour().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::civil::{DateTime, date};
    use proptest::prelude::*;

    use super::*;

    const STEP_S: u64 = 5;

    /// A Monday.
    fn monday() -> DateTime {
        date(2026, 3, 2).at(0, 0, 0, 0)
    }

    struct Weeks {
        model: AnomalyModel,
        at_s: u64,
        score: Option<f32>,
    }

    impl Weeks {
        fn new() -> Self {
            Self { model: AnomalyModel::default(), at_s: 0, score: None }
        }

        fn local(&self) -> DateTime {
            monday() + Duration::from_secs(self.at_s)
        }

        fn step(&mut self, presence: Option<bool>, motion_percent: f32) {
            let tick = Tick {
                elapsed_us: STEP_S * SECOND_US,
                skipped_us: 0,
                room_us: self.at_s * SECOND_US,
                local: Some(self.local()),
            };
            let inputs = RoomInputs { presence, motion_percent: Some(motion_percent), ..RoomInputs::default() };
            self.score = self.model.step(&tick, &inputs);
            self.at_s += STEP_S;
        }

        /// An office: people move in it on weekdays from nine to five, and nobody is there otherwise.
        fn office(&mut self, hours: u64, mut see: impl FnMut(Option<f32>)) {
            for _ in 0..hours * 3600 / STEP_S {
                let local = self.local();
                let works = local.date().weekday().to_monday_zero_offset() < 5 && (9..17).contains(&local.hour());
                self.step(Some(works), 15.0);
                see(self.score);
            }
        }
    }

    #[test]
    fn there_is_no_score_before_seven_days_whatever_happens() {
        let mut weeks = Weeks::new();
        for step in 0..167 * 3600 / STEP_S {
            weeks.step(Some(step % 7 == 0), (step % 100) as f32);
            assert_eq!(weeks.score, None);
        }
    }

    #[test]
    fn what_always_was_is_no_surprise() {
        let mut weeks = Weeks::new();
        weeks.office(3 * 168, |score| assert!(score.is_none_or(|score| score < 0.7), "{score:?}"));
        let mut last = 0.0_f32;
        weeks.office(168, |score| last = last.max(score.unwrap()));
        assert!(last < 0.6, "{last}");
    }

    #[test]
    fn somebody_at_night_is_unlike_an_office_and_one_moment_is_not() {
        let mut weeks = Weeks::new();
        weeks.office(4 * 168 + 3, |_| {});
        weeks.step(Some(true), 15.0);
        assert!(weeks.score.unwrap() < 0.1, "{:?}", weeks.score);
        for _ in 0..600 / STEP_S {
            weeks.step(Some(true), 15.0);
        }
        assert!(weeks.score.unwrap() >= 0.7, "{:?}", weeks.score);
    }

    #[test]
    fn an_hour_that_was_hardly_seen_has_no_score() {
        let mut weeks = Weeks::new();
        // Mornings only, for many weeks: enough hours in all, none of them in the evening.
        for _ in 0..30 * 86_400 / STEP_S {
            if weeks.local().hour() < 12 {
                weeks.step(Some(true), 0.0);
            } else {
                weeks.at_s += STEP_S;
            }
        }
        weeks.at_s += 20 * 3600;
        weeks.step(Some(false), 0.0);
        assert_eq!((weeks.local().hour(), weeks.score), (20, None));
    }

    proptest! {
        #[test]
        fn it_is_bounded(
            steps in prop::collection::vec((any::<Option<bool>>(), 0.0_f32..=100.0, 0_u64..=7200), 1..200),
            cells in prop::collection::vec([0.0_f32..30.0, 0.0_f32..30.0, 0.0_f32..30.0, 0.0_f32..30.0], 0..200),
            learnt in 0_u32..400,
        ) {
            // Any state that could be restored, even of another size.
            let model = AnomalyModel { cells, learnt, ..AnomalyModel::default() };
            let mut weeks = Weeks { model, ..Weeks::new() };
            for (presence, motion, skip) in steps {
                weeks.at_s += skip;
                weeks.step(presence, motion);
                prop_assert!(weeks.score.is_none_or(|score| (0.0..=1.0).contains(&score)));
            }
        }
    }
}
