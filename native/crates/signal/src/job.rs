//! A calibration that somebody asked for.

use std::time::Duration;

use ruview_core::StreamTime;

use crate::{CalibrationJob, CalibrationRefusal};

/// How long a calibration may be asked to take.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(10);

/// Where the job stands.
#[derive(Debug)]
enum State {
    Running,
    Finished { version: u32 },
    Refused(CalibrationRefusal),
}

/// One requested calibration, from its beginning to what came of it.
#[derive(Debug)]
pub(crate) struct Job {
    began: StreamTime,
    duration: Duration,
    state: State,
}

impl Job {
    pub(crate) fn new(began: StreamTime, duration: Duration) -> Self {
        Self { began, duration: duration.clamp(SHORTEST, LONGEST), state: State::Running }
    }

    pub(crate) fn refused(refusal: CalibrationRefusal) -> Self {
        Self { began: StreamTime::from_micros(0), duration: SHORTEST, state: State::Refused(refusal) }
    }

    pub(crate) fn finish(&mut self, version: u32) {
        self.state = State::Finished { version };
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state, State::Running)
    }

    pub(crate) fn is_over(&self, at: StreamTime) -> bool {
        self.is_running() && at >= self.end()
    }

    pub(crate) fn end(&self) -> StreamTime {
        self.began + self.duration
    }

    pub(crate) fn duration_us(&self) -> i64 {
        i64::try_from(self.duration.as_micros()).unwrap_or(i64::MAX)
    }

    /// Begins anew on a clock that was set back to `at`.
    pub(crate) fn restart_clock(&mut self, at: StreamTime) {
        self.began = at;
    }

    pub(crate) fn state(&self, at: StreamTime) -> CalibrationJob {
        match self.state {
            State::Running => {
                let progress = at.since(self.began).as_secs_f32() / self.duration.as_secs_f32();
                CalibrationJob::Running { progress: progress.clamp(0.0, 1.0) }
            }
            State::Finished { version } => CalibrationJob::Finished { version },
            State::Refused(refusal) => CalibrationJob::Refused(refusal),
        }
    }
}
