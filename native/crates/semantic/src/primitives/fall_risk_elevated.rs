//! How likely the last day's near-falls and unsteady walk make a fall: a number, and an event when it rises past a limit.
//!
//! Each near-fall and the unsteadiness of the walk are taken as independent causes (noisy-or): one near-fall alone is 30,
//! two are 51, four are 76; a walk that was fully unsteady is 60 by itself. It ranks days of one room; it is no
//! probability of a fall, and no clinical score.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::inputs::RoomInputs;
use crate::machine::{Machine, Verdict};
use crate::output::{Event, Input};
use crate::parameters::parameters;
use crate::registry::RoomParameters;
use crate::time::Tick;
use crate::timers::SECOND_US;

parameters! {
    /// When the risk of a fall is elevated.
    Parameters {
        /// The event comes when the score rises to this.
        threshold: f32 = 70.0, in 1.0..=100.0;
        /// And again only after it was lower than the threshold by this.
        hysteresis: f32 = 10.0, in 0.0..=50.0;
        /// What one near-fall contributes, 0 to 1.
        near_fall_weight: f32 = 0.3, in 0.0..=1.0;
        /// What a fully unsteady walk contributes, 0 to 1.
        gait_weight: f32 = 0.6, in 0.0..=1.0;
        /// Walking that must have been seen before the gait counts, s.
        gait_s: u32 = 60, in 1..=86_400;
    }
    hysteresis <= threshold;
}

const HOUR_US: u64 = 3600 * SECOND_US;

/// The window, hours.
const HOURS: u64 = 24;

/// What one hour had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Hour {
    at: u64,
    near_falls: u32,
    /// Unsteadiness times seconds walked.
    unsteady_s: f32,
    walked_s: f32,
    observed_s: f32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FallRiskElevated {
    elevated: bool,
    /// Newest last.
    hours: VecDeque<Hour>,
}

impl FallRiskElevated {
    fn observe(&mut self, tick: &Tick, inputs: &RoomInputs) {
        let at = tick.room_us / HOUR_US;
        self.hours.retain(|hour| hour.at <= at && hour.at.saturating_add(HOURS) > at);
        if self.hours.back().is_none_or(|hour| hour.at != at) {
            self.hours.push_back(Hour { at, ..Hour::default() });
        }
        let Some(hour) = self.hours.back_mut() else { return };
        let elapsed_s = tick.elapsed_us as f32 / SECOND_US as f32;
        hour.near_falls = hour.near_falls.saturating_add(inputs.near_falls.unwrap_or(0));
        if let Some(unsteady) = inputs.gait_instability {
            hour.unsteady_s += unsteady * elapsed_s;
            hour.walked_s += elapsed_s;
        }
        if inputs.near_falls.is_some() {
            hour.observed_s += elapsed_s;
        }
    }

    /// The score, near-falls, and the share of the day that was observed.
    fn score(&self, p: &Parameters) -> (f32, u32, f32) {
        let near_falls = self.hours.iter().fold(0_u32, |sum, hour| sum.saturating_add(hour.near_falls));
        let sum = |part: fn(&Hour) -> f32| self.hours.iter().map(part).sum::<f32>();
        let walked_s = sum(|hour| hour.walked_s);
        let unsteady = if walked_s >= p.gait_s as f32 { sum(|hour| hour.unsteady_s) / walked_s } else { 0.0 };
        let steady = (1.0 - p.gait_weight * unsteady) * (1.0 - p.near_fall_weight).powf(near_falls as f32);
        let observed = (sum(|hour| hour.observed_s) / (HOURS * 3600) as f32).clamp(0.0, 1.0);
        ((100.0 * (1.0 - steady)).clamp(0.0, 100.0), near_falls, observed)
    }
}

impl Machine for FallRiskElevated {
    const KEY: &'static str = "fall_risk_elevated";
    const HEAP_BYTES: usize = (HOURS as usize + 1).next_power_of_two() * size_of::<Hour>();

    fn step(mut self, tick: &Tick, inputs: &RoomInputs, parameters: &RoomParameters) -> (Self, Verdict) {
        let p = &parameters.fall_risk_elevated;
        self.observe(tick, inputs);
        if inputs.near_falls.is_none() {
            return (self, Verdict::missing(Input::NearFalls));
        }
        let (score, near_falls, observed) = self.score(p);
        let was = self.elevated;
        self.elevated = if was { score >= p.threshold - p.hysteresis } else { score >= p.threshold };
        let event = (self.elevated && !was).then_some(Event::FallRiskElevated { score });
        let reason = vec![format!("near_falls={near_falls} in {HOURS}h")];
        (self, Verdict::percent(score, observed, reason).with(event))
    }

    /// It tells of a day, most of which an outage does not change; its hours age while nobody looks.
    fn forget(self) -> Self {
        self
    }

    #[cfg(test)]
    fn heap_bytes(&self) -> usize {
        self.hours.capacity() * size_of::<Hour>()
    }
}
