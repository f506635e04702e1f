//! How many persons there are, as far as one node's CSI tells.
//!
//! What presence says is the frame: nobody, or at least one. More than one are claimed only when the movement has more
//! independent components than one person was ever seen to cause, and then with low confidence. One link tells 0 from 1,
//! hardly 1 from 2: when the recordings of two walks in one room are added, the sum has the same number of components as
//! either walk, because a single walker already excites all that a room's multipath can show in 20 MHz. Counting needs
//! several nodes, or a source that sees persons apart.

mod components;

use std::time::Duration;

use ruview_core::{CsiFrame, StreamTime};
use serde::{Deserialize, Serialize};

use components::Components;

/// How many persons there are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PersonCount {
    /// From 0 to 4.
    pub count: u8,
    /// In [0, 1]. How sure it is that there are this many, not more and not less: high for 0, middling for 1, low above.
    pub confidence: f32,
}

/// Components that the movement of one person has at most: just above the most that any recording of one person showed, on
/// whatever chip, which `tests/persons.rs` holds against it.
const COMPONENTS_OF_ONE: f32 = 5.5;
const MAX_COUNT: u8 = 4;
/// Nothing is said without a frame in this time.
const FRESH: Duration = Duration::from_secs(5);
/// A step back of the clock beyond this is a clock that was set, not packets out of order.
const CLOCK_SET_BACK: Duration = Duration::from_secs(2);
/// Packet shapes that are followed at once.
const MAX_LANES: usize = 2;

/// An empty room is known from its baseline, one person from presence; whether that is all nobody moving tells less.
const NOBODY: f32 = 0.9;
const ONE_MOVING: f32 = 0.6;
const ONE_UNSEEN: f32 = 0.5;
/// Never validated with several persons.
const SEVERAL: f32 = 0.25;

/// Counts persons in the stream of one node. Driven by the frames' own times.
///
/// Memory: at most two packet shapes, under 64 KiB each (24 KiB for 64 bins).
#[derive(Debug, Default)]
pub struct PersonCounter {
    lanes: Vec<Components>,
    now: Option<StreamTime>,
}

impl PersonCounter {
    /// A counter that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one frame. Frames without a finite, non-zero amplitude are passed over, and a frame from before the last
    /// one counts as arriving with it, unless the clock was set back by seconds: then all begins anew.
    pub fn push(&mut self, at: StreamTime, frame: &CsiFrame) {
        let at = self.now.map_or(at, |now| if now.since(at) > CLOCK_SET_BACK { at } else { at.max(now) });
        if self.now.is_some_and(|before| at < before) {
            self.lanes.clear();
        }
        self.now = Some(at);
        self.lane(frame, at).push(at, frame);
    }

    /// The count at `at`, given what the detectors say: `presence` and `moving` as in [`crate::Assessment`].
    ///
    /// `None` without `presence`, and when no frame came for five seconds. 0 exactly when presence is off.
    pub fn count(&mut self, at: StreamTime, presence: Option<bool>, moving: Option<bool>) -> Option<PersonCount> {
        let now = self.now.filter(|now| at.since(*now) < FRESH)?;
        if !presence? {
            return Some(PersonCount { count: 0, confidence: NOBODY });
        }
        let seen = self.lanes.iter().filter_map(|lane| lane.effective(now)).max_by(f32::total_cmp);
        let Some(components) = seen.filter(|_| moving == Some(true)) else {
            return Some(PersonCount { count: 1, confidence: ONE_UNSEEN });
        };
        let count = (libm::ceilf(components / COMPONENTS_OF_ONE) as u8).clamp(1, MAX_COUNT);
        Some(PersonCount { count, confidence: if count == 1 { ONE_MOVING } else { SEVERAL } })
    }

    fn lane(&mut self, frame: &CsiFrame, at: StreamTime) -> &mut Components {
        let index = self.lanes.iter().position(|lane| lane.fits(frame)).unwrap_or_else(|| {
            if self.lanes.len() >= MAX_LANES
                && let Some(stalest) = (0..self.lanes.len()).min_by_key(|&i| self.lanes[i].last)
            {
                self.lanes.remove(stalest);
            }
            self.lanes.push(Components::new(frame, at));
            self.lanes.len() - 1
        });
        &mut self.lanes[index]
    }
}
