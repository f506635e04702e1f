//! Somebody is there and still for much longer than is usual in this room.
//!
//! Usual is the median of the last 14 days' medians of stillness: half of a person's rests are longer, on half of the days.
//! A bedroom at night is left out, or every night would be an anomaly.

use std::collections::VecDeque;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Verdict};
use crate::output::{Input, Learnt};
use crate::parameters::{DAY_S, parameters};
use crate::registry::RoomParameters;
use crate::support::{above, all, any, below, presence};
use crate::time::Tick;
use crate::timers::Run;

parameters! {
    /// When somebody is still for unusually long.
    Parameters {
        /// Stillness begins with motion below this, %.
        still_percent: f32 = 5.0, in 0.0..=100.0;
        /// And ends with motion above this, %.
        motion_percent: f32 = 10.0, in 0.0..=100.0;
        /// Longer than the median times this.
        ratio: f32 = 2.0, in 1.0..=20.0;
        /// But never shorter than this, s.
        floor_s: u32 = 1800, in 1..=DAY_S;
        /// Days with a median before anything is said. 0: the floor alone decides at first.
        history_days: u32 = 3, in 0..=14;
    }
    still_percent <= motion_percent;
}

/// Days that are remembered.
const DAYS: usize = 14;

/// Stillness that is shorter is a pause, not a rest, s.
const MIN_REST_S: f32 = 60.0;

/// A day has no more rests than minutes.
const MAX_RESTS: usize = 1440;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ElderlyInactivityAnomaly {
    on: bool,
    still: Run,
    /// The day on which it was last on.
    told: Option<Date>,
    /// Today, and how long each rest of it was, s.
    today: Option<Date>,
    rests: Vec<u16>,
    /// Median rest of the days before, s. Newest last.
    medians: VecDeque<u16>,
}

impl Machine for ElderlyInactivityAnomaly {
    const KEY: &'static str = "elderly_inactivity_anomaly";
    const HEAP_BYTES: usize = (MAX_RESTS.next_power_of_two() + (DAYS + 1).next_power_of_two()) * size_of::<u16>();

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.elderly_inactivity_anomaly;
        let known = (tick.local, inputs.presence, inputs.motion_percent);
        let (Some(local), Some(present), Some(motion)) = known else {
            // How long this rest was will never be known.
            self.still = Run::default();
            let input = match known {
                (None, ..) => Input::LocalTime,
                (_, None, _) => Input::Presence,
                _ => Input::Motion,
            };
            return (self, Verdict::missing(input));
        };
        self.turn_day(local.date());
        let limit = if self.still.is_running() { p.motion_percent } else { p.still_percent };
        let night = inputs.tags.bedroom && parameters.bed_exit.is_night(local.time());
        self.rest(tick, present && motion <= limit && !night);
        if !self.still.is_running() {
            self.on = false;
        }
        let Some(limit_s) = self.limit_s(p) else {
            return (self, Verdict::learning(Learnt::IdleTimes));
        };
        if !self.on && self.still.seconds() > limit_s && self.told != Some(local.date()) {
            self.on = true;
            self.told = Some(local.date());
        }
        let still_s = self.still.seconds();
        let verdict = if self.on {
            let support =
                all(&[presence(true, inputs.presence_score), above(still_s, limit_s), below(motion, p.motion_percent)]);
            Verdict::boolean(true, support, vec![format!("still>{:.0}min", limit_s / 60.0)])
        } else if !present {
            Verdict::boolean(false, presence(false, inputs.presence_score), vec!["presence=off".into()])
        } else {
            let reason =
                if still_s > limit_s { "told_today".into() } else { format!("still<{:.0}min", limit_s / 60.0) };
            Verdict::boolean(false, any(&[below(still_s, limit_s), above(motion, p.motion_percent)]), vec![reason])
        };
        (self, verdict)
    }

    fn forget(self) -> Self {
        Self { on: false, still: Run::default(), ..self }
    }

    #[cfg(test)]
    fn heap_bytes(&self) -> usize {
        (self.rests.capacity() + self.medians.capacity()) * size_of::<u16>()
    }
}

impl ElderlyInactivityAnomaly {
    fn turn_day(&mut self, date: Date) {
        if self.today == Some(date) {
            return;
        }
        self.today = Some(date);
        let rests = std::mem::take(&mut self.rests);
        if let Some(median) = median(rests) {
            self.medians.push_back(median);
        }
        while self.medians.len() > DAYS {
            self.medians.pop_front();
        }
    }

    /// Follows the stillness of now, and remembers it when motion ended it.
    fn rest(&mut self, tick: &Tick, still: bool) {
        // After a gap the run begins anew: what was before it ended unseen.
        let before = if tick.skipped_us == 0 { self.still.seconds() } else { 0.0 };
        self.still = self.still.step(tick, still);
        if !still && before >= MIN_REST_S && self.rests.len() < MAX_RESTS {
            self.rests.push(before.min(f32::from(u16::MAX)) as u16);
        }
    }

    /// Stillness up to this is usual, s.
    fn limit_s(&self, p: &Parameters) -> Option<f32> {
        if self.medians.len() < p.history_days as usize {
            return None;
        }
        let usual = median(self.medians.iter().copied().collect()).map_or(0.0, f32::from);
        Some((usual * p.ratio).max(p.floor_s as f32))
    }
}

/// The lower one of two.
fn median(mut of: Vec<u16>) -> Option<u16> {
    of.sort_unstable();
    of.get(of.len().saturating_sub(1) / 2).copied()
}
