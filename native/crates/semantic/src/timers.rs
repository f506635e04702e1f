//! The few ways in which machines keep time.

use serde::{Deserialize, Serialize};

use crate::time::Tick;

pub(crate) const SECOND_US: u64 = 1_000_000;

pub(crate) const fn seconds_us(seconds: u32) -> u64 {
    seconds as u64 * SECOND_US
}

/// For how long a condition has held without a break. A gap is a break.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run(Option<u64>);

impl Run {
    #[must_use]
    pub(crate) const fn step(self, tick: &Tick, holds: bool) -> Self {
        match self.0 {
            _ if !holds => Self(None),
            Some(us) if tick.skipped_us == 0 => Self(Some(us.saturating_add(tick.elapsed_us))),
            _ => Self(Some(0)),
        }
    }

    pub(crate) fn lasts(self, seconds: u32) -> bool {
        self.0.is_some_and(|us| us >= seconds_us(seconds))
    }

    pub(crate) fn seconds(self) -> f32 {
        self.0.unwrap_or(0) as f32 / SECOND_US as f32
    }

    pub(crate) const fn is_running(self) -> bool {
        self.0.is_some()
    }
}

/// How long ago something was. A gap counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Since(Option<u64>);

impl Since {
    #[must_use]
    pub(crate) const fn step(self, tick: &Tick, happens: bool) -> Self {
        match self.0 {
            _ if happens => Self(Some(0)),
            Some(us) => Self(Some(us.saturating_add(tick.passed_us()))),
            None => Self(None),
        }
    }

    /// Whether it was, and less than `seconds` ago.
    pub(crate) fn within(self, seconds: u32) -> bool {
        self.0.is_some_and(|us| us < seconds_us(seconds))
    }
}

/// A reading that comes and goes, smoothed exponentially and kept for a while after it was last seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Smoothed {
    value: Option<f32>,
    age_us: u64,
}

impl Smoothed {
    /// `tau_s` is the time constant, `hold_s` how long the value outlives its last reading.
    #[must_use]
    pub(crate) fn step(self, tick: &Tick, reading: Option<f32>, tau_s: f32, hold_s: u32) -> Self {
        let age_us = self.age_us.saturating_add(tick.passed_us());
        let kept = self.value.filter(|_| age_us <= seconds_us(hold_s));
        match (reading, kept) {
            (None, kept) => Self { value: kept, age_us },
            (Some(reading), None) => Self { value: Some(reading), age_us: 0 },
            (Some(reading), Some(value)) => {
                let share = 1.0 - (-(age_us as f32 / SECOND_US as f32) / tau_s).exp();
                Self { value: Some(value + share * (reading - value)), age_us: 0 }
            }
        }
    }

    pub(crate) const fn value(self) -> Option<f32> {
        self.value
    }
}
