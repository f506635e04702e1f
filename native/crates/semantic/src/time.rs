//! How much of the time that passed was observed.

use std::time::Duration;

use jiff::civil::DateTime;
use ruview_core::StreamTime;
use serde::{Deserialize, Serialize};

/// Steps that lie further apart have a gap between them, of which nothing is known.
pub const MAX_STEP: Duration = Duration::from_secs(5);

/// A room is not judged before it was observed for this long: at the start, after a restart and after an outage.
pub const WARM_UP: Duration = Duration::from_mins(1);

/// What was true before a gap or a missing input is forgotten when that lasts longer.
pub const CARRY_OVER: Duration = Duration::from_mins(10);

/// A gap of this length means that the process or its sources were away, so that detectors have to settle again.
const OUTAGE_US: u64 = micros(WARM_UP);

pub(crate) const fn micros(duration: Duration) -> u64 {
    duration.as_micros() as u64
}

/// What one step tells the machines about time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tick {
    /// Observed since the step before, microseconds.
    pub(crate) elapsed_us: u64,
    /// Not observed between the step before and the time that `elapsed_us` counts, microseconds.
    pub(crate) skipped_us: u64,
    /// The room's own clock: it never steps back, and outages count. Microseconds since the room began.
    pub(crate) room_us: u64,
    /// Civil time in the room.
    pub(crate) local: Option<DateTime>,
}

impl Tick {
    /// All the time that passed, seen or not.
    pub(crate) const fn passed_us(&self) -> u64 {
        self.elapsed_us.saturating_add(self.skipped_us)
    }
}

/// Makes of the times of steps, which may jump in both directions, time that only grows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Clock {
    last_us: Option<i64>,
    room_us: u64,
    /// Passed since machines were last stepped.
    unseen_us: u64,
    /// Observed since the last outage, up to the warm-up.
    settled_us: u64,
    /// Restored, and not stepped since.
    resumed: bool,
}

/// What the room may do in this step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Phase {
    WarmingUp,
    Calibrating,
    Judging(Tick),
}

impl Clock {
    /// The process was restarted: nothing is judged before the warm-up is over.
    pub(crate) fn resume(&mut self) {
        self.resumed = true;
        self.settled_us = 0;
    }

    pub(crate) fn advance(&mut self, now: StreamTime, calibrating: bool, local: Option<DateTime>) -> Phase {
        let now_us = now.as_micros();
        let last_us = self.last_us.replace(now_us);
        let resumed = std::mem::take(&mut self.resumed);
        let (elapsed_us, skipped_us) = match last_us {
            None => (0, 0),
            Some(last) if now_us >= last => match now_us.abs_diff(last) {
                passed if passed <= micros(MAX_STEP) && !resumed => (passed, 0),
                passed => (0, passed),
            },
            // How long it was is not known. While we run, a clock that was set back costs no time; a saved state from the
            // future is of no use.
            Some(_) if resumed => (0, micros(CARRY_OVER).saturating_add(1)),
            Some(last) if now_us.abs_diff(last) <= micros(MAX_STEP) => (0, 0),
            Some(_) => (0, micros(MAX_STEP)),
        };
        self.room_us = self.room_us.saturating_add(elapsed_us).saturating_add(skipped_us);
        if skipped_us > OUTAGE_US {
            self.settled_us = 0;
        }
        self.settled_us = self.settled_us.saturating_add(elapsed_us).min(micros(WARM_UP));
        let unseen_us = self.unseen_us.saturating_add(skipped_us);
        if self.settled_us < micros(WARM_UP) || calibrating {
            self.unseen_us = unseen_us.saturating_add(elapsed_us);
            return if calibrating { Phase::Calibrating } else { Phase::WarmingUp };
        }
        self.unseen_us = 0;
        Phase::Judging(Tick { elapsed_us, skipped_us: unseen_us, room_us: self.room_us, local })
    }
}
