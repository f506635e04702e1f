//! Readings of a stream that was recorded: one at the end of each of its own seconds, over the same path as a live stream.

use std::time::Duration;

use ruview_core::{CsiFrame, StreamTime};

use crate::monitor::{CLOCK_SET_BACK, HeartRate, VitalsMonitor};
use crate::reading::{Stillness, VitalReading};

const SECOND: Duration = Duration::from_secs(1);
/// Seconds are skipped over longer gaps.
const LONG_GAP: Duration = Duration::from_mins(1);

/// A monitor of one node that reads itself at the end of every second of the frames' own time, counted from the first.
#[derive(Debug, Default)]
pub struct SecondMonitor {
    monitor: VitalsMonitor,
    due: Option<StreamTime>,
}

impl SecondMonitor {
    /// A monitor that has seen nothing yet.
    pub fn new(heart_rate: HeartRate) -> Self {
        Self { monitor: VitalsMonitor::with_heart_rate(heart_rate), due: None }
    }

    /// Takes in one frame. What it gives are the readings of the seconds that ended before it: mostly none or one.
    pub fn push(&mut self, at: StreamTime, frame: &CsiFrame) -> Vec<VitalReading> {
        let mut next = self.due.unwrap_or(at + SECOND);
        if at.since(next) > LONG_GAP || next.since(at) > SECOND + CLOCK_SET_BACK {
            next = at + SECOND;
        }
        let mut readings = Vec::new();
        while at >= next {
            readings.push(self.monitor.reading(next, Stillness::default()));
            next = next + SECOND;
        }
        self.due = Some(next);
        self.monitor.push(at, frame);
        readings
    }
}

/// The readings at the end of every second of `frames`.
pub fn process<'a>(frames: impl IntoIterator<Item = (StreamTime, &'a CsiFrame)>) -> Vec<VitalReading> {
    let mut monitor = SecondMonitor::default();
    frames.into_iter().flat_map(|(at, frame)| monitor.push(at, frame)).collect()
}
