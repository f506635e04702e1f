//! Readings of a stream that was recorded: one at the end of each of its own seconds, over the same path as a live stream.

use ruview_core::{CsiFrame, StreamTime};
use ruview_signal::Seconds;

use crate::monitor::{HeartRate, VitalsMonitor};
use crate::preprocess::VitalWindow;
use crate::reading::{Stillness, VitalReading};

/// A monitor of one node that reads itself at the end of every second of the frames' own time, counted from the first.
#[derive(Debug, Default)]
pub struct SecondMonitor {
    monitor: VitalsMonitor,
    seconds: Seconds,
}

impl SecondMonitor {
    /// A monitor that has seen nothing yet.
    pub fn new(heart_rate: HeartRate) -> Self {
        Self { monitor: VitalsMonitor::with_heart_rate(heart_rate), seconds: Seconds::new() }
    }

    /// See [`VitalsMonitor::window`].
    pub fn window(&self) -> Option<VitalWindow> {
        self.monitor.window()
    }

    /// Takes in one frame. What it gives are the readings of the seconds that ended before it: mostly none or one.
    pub fn push(&mut self, at: StreamTime, frame: &CsiFrame) -> Vec<VitalReading> {
        let readings =
            self.seconds.ended_before(at).map(|end| self.monitor.reading(end, Stillness::default())).collect();
        self.monitor.push(at, frame);
        readings
    }
}

/// The readings at the end of every second of `frames`.
pub fn process<'a>(frames: impl IntoIterator<Item = (StreamTime, &'a CsiFrame)>) -> Vec<VitalReading> {
    let mut monitor = SecondMonitor::default();
    frames.into_iter().flat_map(|(at, frame)| monitor.push(at, frame)).collect()
}
