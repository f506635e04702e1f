//! The motion and presence detector of one node.

use std::time::Duration;

use ruview_core::{CsiFrame, StreamTime};

use crate::lane::{Lane, LaneKey, Verdict};
use crate::motion::{MotionSwitch, level_percent};
use crate::presence::Presence;

/// How far the detector knows its room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Calibration {
    /// No baseline yet: `progress` in [0, 1].
    Learning {
        /// Share of the quiet time that is needed.
        progress: f32,
    },
    /// The baseline is the quietest stretch seen so far; `version` counts how often it was replaced.
    SelfCalibrated {
        /// Starts at 1.
        version: u32,
    },
}

/// Why presence is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresenceReason {
    /// Somebody moves.
    Motion,
    /// The channel is not the empty room's.
    BaselineDeparture,
    /// Nothing seen now, but too recently to say that the room is empty.
    Hold,
    /// Nothing.
    Quiet,
}

/// What the detector says now. `None` means that it does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// Somebody moves.
    pub motion: Option<bool>,
    /// Amount of motion, 0 to 100 %.
    pub motion_level_percent: Option<f32>,
    /// Somebody is there.
    pub presence: Option<bool>,
    /// Why.
    pub reason: PresenceReason,
    /// What it is judged against.
    pub calibration: Calibration,
}

/// Lanes that are kept; a new shape takes the place of the one that was silent for longest.
const MAX_LANES: usize = 4;
/// A step back of the clock beyond this is a clock that was set, not packets out of order.
const CLOCK_SET_BACK: Duration = Duration::from_secs(2);
/// A verdict older than this says nothing about now.
const FRESH: Duration = Duration::from_secs(5);

/// Motion and presence from one node's CSI. Driven by the frames' own times: the same frames give the same answers at any speed.
///
/// Silent about motion and presence (`None`) until a baseline was found: the first ten seconds that were quiet, at the latest
/// after a minute of frames. A stream needs at least 3 frames a second of one shape, and 10 for movement to be told from
/// noise by its correlation in time. Presence begins with movement; it ends 10 s after the last movement once the channel
/// looks like the empty room again, and no later than 130 s after the last movement.
///
/// Memory: at most four shapes of at most 8192 samples, under 192 KiB each (56 KiB for one antenna of 64 bins).
#[derive(Debug, Default)]
pub struct NodeDetector {
    lanes: Vec<Lane>,
    now: Option<StreamTime>,
    switch: MotionSwitch,
    /// When the lead lane last gave a verdict, and what it was.
    verdict: Option<(StreamTime, LaneKey, Verdict)>,
    motion: bool,
    presence: Presence,
    /// Versions of lanes that are gone.
    past_versions: u32,
}

impl NodeDetector {
    /// A detector that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one frame. Frames of several shapes may alternate; frames without a finite, non-zero amplitude are passed
    /// over, and a frame from before the last one counts as arriving with it, unless the clock was set back by seconds.
    pub fn push(&mut self, at: StreamTime, frame: &CsiFrame) {
        let Some(key) = Lane::key_of(frame) else { return };
        let at = self.advance_clock(at);
        let somebody_there = self.presence.is_present(at);
        let lane = self.lane(key, at);
        if lane.push(at, frame, somebody_there)
            && let Some(verdict) = lane.verdict
        {
            self.weigh(at, key, verdict);
        }
    }

    /// The state at `at`, which is not earlier than the last frame. Cheap enough to call after every frame.
    pub fn assess(&mut self, at: StreamTime) -> Assessment {
        let at = self.now.map_or(at, |now| at.max(now));
        let calibration = self.calibration();
        let fresh = self.verdict.filter(|(seen, ..)| at.since(*seen) < FRESH);
        let known = matches!(calibration, Calibration::SelfCalibrated { .. });
        Assessment {
            motion: fresh.map(|_| self.motion),
            motion_level_percent: fresh.map(|(.., verdict)| level_percent(verdict.score)),
            presence: known.then(|| self.presence.is_present(at)),
            reason: self.presence.reason(at),
            calibration,
        }
    }

    /// The time to reckon with for a frame that says `at`.
    fn advance_clock(&mut self, at: StreamTime) -> StreamTime {
        let now = self.now.map_or(at, |now| if now.since(at) > CLOCK_SET_BACK { at } else { at.max(now) });
        if self.now.is_some_and(|before| now < before) {
            self.lanes.iter_mut().for_each(|lane| lane.restart_clock(now));
            self.presence.restart_clock(now);
            self.verdict = None;
        }
        self.now = Some(now);
        now
    }

    fn lane(&mut self, key: LaneKey, at: StreamTime) -> &mut Lane {
        let index = self.lanes.iter().position(|lane| lane.key == key).unwrap_or_else(|| {
            if self.lanes.len() >= MAX_LANES {
                self.drop_stalest();
            }
            self.lanes.push(Lane::new(key, at));
            self.lanes.len() - 1
        });
        &mut self.lanes[index]
    }

    fn drop_stalest(&mut self) {
        if let Some(stalest) = (0..self.lanes.len()).min_by_key(|&i| self.lanes[i].last) {
            let lane = self.lanes.remove(stalest);
            self.past_versions = self.past_versions.saturating_add(lane.versions);
        }
    }

    /// Lets a lane's verdict count if no other lane that speaks now knows more.
    fn weigh(&mut self, at: StreamTime, key: LaneKey, verdict: Verdict) {
        let outweighed = self
            .verdict
            .is_some_and(|(seen, lead, other)| lead != key && at.since(seen) < FRESH && other.pairs >= verdict.pairs);
        if outweighed {
            return;
        }
        self.verdict = Some((at, key, verdict));
        self.motion = self.switch.update(verdict.score);
        self.presence.update(at, self.motion, verdict.departed);
        if verdict.departed && self.presence.has_outlasted(at) {
            self.lanes.iter_mut().for_each(Lane::adopt_present);
        }
    }

    fn calibration(&self) -> Calibration {
        let version = self.lanes.iter().fold(self.past_versions, |sum, lane| sum.saturating_add(lane.versions));
        if version > 0 {
            return Calibration::SelfCalibrated { version };
        }
        Calibration::Learning { progress: self.lanes.iter().map(Lane::progress).fold(0.0, f32::max) }
    }
}
