//! The motion and presence detector of one node.

use std::time::Duration;

use ruview_core::{CsiFrame, StreamTime};
use serde::{Deserialize, Serialize};

use crate::job::Job;
use crate::lane::{Lane, LaneKey, Outcome, Room, Verdict};
use crate::motion::{MotionSwitch, level_percent};
use crate::presence::{Presence, Seen};
use crate::record::{BaselineError, BaselineRecord};
use crate::vacancy::Vacancy;

/// How far the detector knows its room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Calibration {
    /// No baseline yet: `progress` in [0, 1].
    Learning {
        /// Share of the quiet time that is needed.
        progress: f32,
    },
    /// The baseline is the quietest stretch seen so far, or one of a stored or earlier channel; `version` counts the node's
    /// baselines, so that what was judged against the same version can be compared.
    SelfCalibrated {
        /// Starts at 1.
        version: u32,
    },
    /// The baseline was learnt on request ([`NodeDetector::calibrate`]).
    Calibrated {
        /// Counts on from the versions before it.
        version: u32,
    },
}

/// How a requested calibration goes, or how the last one ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CalibrationJob {
    /// It runs: `progress` in [0, 1].
    Running {
        /// Share of the requested time that has passed.
        progress: f32,
    },
    /// The room was learnt: this is the version that now counts.
    Finished {
        /// As in [`Calibration::Calibrated`].
        version: u32,
    },
    /// Nothing was learnt; what was known before still counts.
    Refused(CalibrationRefusal),
}

/// Why a requested calibration learnt nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalibrationRefusal {
    /// Somebody moves.
    Motion,
    /// Somebody breathes.
    Breathing,
    /// Somebody was there when it began.
    Presence,
    /// Too few frames came.
    TooFewFrames,
}

/// How readily motion and departures are reported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Only what stands far out of the empty room's noise.
    Low,
    /// The measured trade-off of the documentation.
    #[default]
    Medium,
    /// Whatever stands out of it at all.
    High,
}

impl Sensitivity {
    /// Every one, from the least sensitive.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];
}

/// Why presence is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresenceReason {
    /// Somebody moves.
    Motion,
    /// Somebody breathes ([`NodeDetector::breathing_seen`]).
    Breathing,
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
    /// Somebody is there. Quiet alone is no reason to say no.
    pub presence: Option<bool>,
    /// How far the channel speaks for somebody, in [0, 1]: 0.5 is where presence begins or, held, ends.
    pub presence_score: Option<f32>,
    /// Power of the motion alone, relative to the channel's mean amplitude squared, >= 0.
    pub motion_energy: Option<f32>,
    /// Why.
    pub reason: PresenceReason,
    /// What it is judged against.
    pub calibration: Calibration,
    /// The requested calibration that runs, or the last one's end; `None` when none was requested.
    pub job: Option<CalibrationJob>,
}

/// Lanes that are kept; a new shape takes the place of the one that was silent for longest.
const MAX_LANES: usize = 4;
/// A step back of the clock beyond this is a clock that was set, not packets out of order.
const CLOCK_SET_BACK: Duration = Duration::from_secs(2);
/// A verdict older than this says nothing about now.
const FRESH: Duration = Duration::from_secs(5);
/// Breathing is measured in windows of half a minute and told once a second: for so long it is being seen,
const BREATHING_FRESH: Duration = Duration::from_secs(3);
/// and for so long what was received may be of somebody who breathes.
const BREATHING_WINDOW: Duration = Duration::from_secs(30);
/// Breathing that is seen within this time after a baseline was learnt, while nobody was seen to come, was there before.
const BREATHING_DOUBT: Duration = Duration::from_mins(2);
/// Times that breathing must have been told to doubt a baseline: one estimate may be wrong.
const DOUBTS: u32 = 10;
/// Presence as a departure alone keeps it is no reason to refuse a calibration when nobody lived for so long.
const LIFELESS: Duration = Duration::from_secs(30);

/// Motion and presence from one node's CSI. Driven by the frames' own times: the same frames give the same answers at any speed.
///
/// Silent about motion (`None`) until a baseline was found, restored, or learnt on request. Found: the first ten seconds that
/// were quiet; at the latest after a minute of frames, or after ten seconds that were all movement, movement is judged without
/// one. Silent about presence until somebody is seen or the room is found empty: it looks like the room that was calibrated on
/// request, or 35 s of frames have shown nobody who breathes. The same after each [`Self::resume`]. A stream needs at least 3 frames a second of one shape, and
/// 10 for movement to be told from noise by its correlation in time.
///
/// Presence begins with movement, with breathing ([`Self::breathing_seen`]) or with micro-motion that lasts 8 s; it lasts for as
/// long as one of them is seen, for up to 10 minutes longer while the channel is not the empty room's, and for the hold
/// (10 s unless set) after that.
///
/// Not found out: somebody who was there from the start, or came during a silence, and whose breathing is never seen is taken
/// for part of the empty room. A departure does not tell of them: rooms that stayed empty depart as well.
///
/// Memory: at most four shapes of at most 8192 samples, under 256 KiB each (72 KiB for one antenna of 64 bins).
#[derive(Debug, Default)]
pub struct NodeDetector {
    lanes: Vec<Lane>,
    now: Option<StreamTime>,
    switch: MotionSwitch,
    /// When the lead lane last gave a verdict, and what it was.
    verdict: Option<(StreamTime, LaneKey, Verdict)>,
    motion: bool,
    /// When somebody last moved.
    moved: Option<StreamTime>,
    presence: Presence,
    vacancy: Vacancy,
    breathing: Breathing,
    sensitivity: Sensitivity,
    job: Option<Job>,
    /// The last version that was given to a baseline.
    versions: u32,
}

/// What was told of breathing.
#[derive(Debug, Default)]
struct Breathing {
    last: Option<StreamTime>,
    /// Since when it is told without a pause of half a minute, and how often.
    since: Option<StreamTime>,
    times: u32,
}

impl Breathing {
    fn seen(&mut self, at: StreamTime) {
        if !self.within(at, BREATHING_WINDOW) {
            *self = Self { since: Some(at), ..Self::default() };
        }
        self.last = Some(at);
        self.times = self.times.saturating_add(1);
    }

    fn within(&self, at: StreamTime, window: Duration) -> bool {
        self.last.is_some_and(|last| at.since(last) < window)
    }
}

impl Sensitivity {
    /// What scores are multiplied by; 1 is the threshold.
    fn gain(self) -> f32 {
        match self {
            Self::Low => 2.0 / 3.0,
            Self::Medium => 1.0,
            Self::High => 4.0 / 3.0,
        }
    }
}

impl NodeDetector {
    /// A detector that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one frame. Frames of several shapes may alternate; frames without a finite, non-zero amplitude are passed
    /// over, and a frame from before the last one counts as arriving with it, unless the clock was set back by seconds.
    pub fn push(&mut self, at: StreamTime, frame: &CsiFrame) {
        if !Lane::can_take(frame) {
            return;
        }
        let at = self.advance_clock(at);
        self.end_job(at);
        self.vacancy.hears(at);
        let somebody = self.presence.is_present(at);
        let vacant = self.vacancy.is_found(at);
        let breathing = self.breathing.within(at, BREATHING_WINDOW);
        let index = self.lane_for(frame, at);
        let (job, gain) = (self.is_calibrating(), self.sensitivity.gain());
        let room = Room { somebody, vacant, breathing, job, gain, versions: &mut self.versions };
        let lane = &mut self.lanes[index];
        let key = lane.key;
        match (lane.push(at, frame, room), lane.verdict) {
            (Outcome::Judged, Some(verdict)) => {
                self.weigh(at, key, verdict);
                self.check_job(at);
            }
            (Outcome::Unjudged, _) => self.check_job(at),
            (Outcome::NewChannel, _) if self.verdict.is_none_or(|(_, lead, _)| lead == key) => self.begin_windows(),
            _ => {}
        }
    }

    /// The state at `at`, which is not earlier than the last frame. Cheap enough to call after every frame.
    pub fn assess(&mut self, at: StreamTime) -> Assessment {
        let at = self.now.map_or(at, |now| at.max(now));
        self.end_job(at);
        let calibration = self.calibration();
        let fresh = self.verdict.filter(|(seen, ..)| at.since(*seen) < FRESH).map(|(.., verdict)| verdict);
        let present = self.presence.is_present(at);
        let known = present || (self.vacancy.is_found(at) && !matches!(calibration, Calibration::Learning { .. }));
        Assessment {
            motion: fresh.map(|_| self.motion),
            motion_level_percent: fresh.map(|verdict| level_percent(verdict.score)),
            presence: known.then_some(present),
            presence_score: known.then(|| self.presence_score(at, fresh)),
            motion_energy: fresh.map(|verdict| verdict.energy),
            reason: self.presence.reason(at),
            calibration,
            job: self.job.as_ref().map(|job| job.state(at)),
        }
    }

    /// Learns the empty room from the frames that come from `at` on, for `duration` (1 s to 10 min; ten seconds are enough), in
    /// place of what is known of it. What comes of it stands in [`Assessment::job`]. A room that is seen not to be empty, now or
    /// before the time is over, is refused; so is a stream of which less than half of the time or fewer than 20 slots of 30 ms
    /// came. A shorter calibration makes wider margins. Asking again begins anew.
    pub fn calibrate(&mut self, at: StreamTime, duration: Duration) {
        let at = self.now.map_or(at, |now| at.max(now));
        let job = Job::new(at, duration);
        let refusal = self.is_inhabited(at);
        self.job = Some(refusal.map_or_else(|| job, Job::refused));
        if refusal.is_none() {
            self.lanes.iter_mut().for_each(Lane::forget_window);
        }
    }

    /// Ends a calibration that runs, as if it had never been asked for: what was known before still counts.
    pub fn cancel_calibration(&mut self) {
        if self.is_calibrating() {
            self.job = None;
        }
    }

    /// Somebody's breathing was measured up to `at`; to be told once a second while it is. Presence holds or begins with it, and
    /// nothing is learnt until half a minute after the last time. A baseline that was found by itself in the two minutes before
    /// breathing began, without anybody coming in between, was learnt from a room that was not empty: it is revised as soon as
    /// the room is quiet without breathing.
    pub fn breathing_seen(&mut self, at: StreamTime) {
        let at = self.now.map_or(at, |now| at.max(now));
        self.breathing.seen(at);
        self.presence.breathes(at);
        if let Some(since) = self.breathing.since.filter(|_| self.breathing.times == DOUBTS) {
            let learnt_after = (since - BREATHING_DOUBT).max(self.moved.unwrap_or(since - BREATHING_DOUBT));
            self.lanes.iter_mut().for_each(|lane| lane.doubt(learnt_after));
        }
        self.check_job(at);
    }

    /// Something periodic was measured up to `at` that may be somebody's breathing and may be noise: a room that is not yet known
    /// to be empty is listened to for longer.
    pub fn breathing_unclear(&mut self, at: StreamTime) {
        let at = self.now.map_or(at, |now| at.max(now));
        self.vacancy.is_unclear(at);
    }

    /// Continues at `at` after a silence: what was seen is forgotten, what is known of the empty room is not.
    pub fn resume(&mut self, at: StreamTime) {
        self.lanes.iter_mut().for_each(|lane| lane.restart_clock(at));
        self.presence.clear();
        self.vacancy = Vacancy::default();
        self.breathing = Breathing::default();
        self.begin_windows();
        self.now = Some(at);
    }

    /// Sets how readily motion and departures are reported, from now on.
    pub fn set_sensitivity(&mut self, sensitivity: Sensitivity) {
        self.sensitivity = sensitivity;
    }

    /// Sets how long presence outlasts what was seen, from now on; at least a second.
    pub fn set_hold(&mut self, hold: Duration) {
        self.presence.set_hold(hold);
    }

    /// Says that nobody is there. It begins again with the next sign of life.
    pub fn reset_presence(&mut self) {
        self.presence.clear();
        self.vacancy.find();
        self.breathing = Breathing::default();
    }

    /// Forgets the empty room on every channel, and begins to learn it anew.
    pub fn reset_baseline(&mut self) {
        self.lanes.iter_mut().for_each(Lane::forget_room);
        self.reset_presence();
        self.vacancy = Vacancy::default();
        self.begin_windows();
        self.job = None;
    }

    /// What is known of the empty room, for a store: a record per frame shape and channel, in the order in which
    /// [`Self::restore`] takes them. At most five for each of four shapes.
    pub fn baselines(&self) -> Vec<BaselineRecord> {
        let of_lane = |lane: &Lane| {
            let key = lane.key;
            lane.stored().filter_map(move |(bins, known)| BaselineRecord::of(key, bins, known)).collect::<Vec<_>>()
        };
        self.lanes.iter().flat_map(of_lane).collect()
    }

    /// Takes back what [`Self::baselines`] gave, before or between frames.
    ///
    /// # Errors
    /// [`BaselineError`] when the record is of another format, damaged, or holds what no detector writes; nothing changes then.
    pub fn restore(&mut self, record: BaselineRecord) -> Result<(), BaselineError> {
        let (key, bins, known) = record.into_parts()?;
        self.versions = self.versions.max(known.version);
        let at = self.now.unwrap_or(known.learnt);
        let index = self.lane(key, at);
        self.lanes[index].restore(bins, known);
        Ok(())
    }

    /// The time to reckon with for a frame that says `at`.
    fn advance_clock(&mut self, at: StreamTime) -> StreamTime {
        let now = self.now.map_or(at, |now| if now.since(at) > CLOCK_SET_BACK { at } else { at.max(now) });
        if self.now.is_some_and(|before| now < before) {
            self.lanes.iter_mut().for_each(|lane| lane.restart_clock(now));
            self.presence.restart_clock(now);
            self.vacancy.restart_clock(now);
            self.breathing = Breathing::default();
            self.moved = None;
            self.verdict = None;
            if let Some(job) = &mut self.job {
                job.restart_clock(now);
            }
        }
        self.now = Some(now);
        now
    }

    /// What refers to the windows of a moment begins anew.
    fn begin_windows(&mut self) {
        self.switch = MotionSwitch::default();
        self.motion = false;
        self.verdict = None;
    }

    fn lane_for(&mut self, frame: &CsiFrame, at: StreamTime) -> usize {
        let key = |format| LaneKey { antennas: frame.n_antennas(), subcarriers: frame.n_subcarriers(), format };
        let first = self.lanes.iter().find(|lane| lane.has_shape_of(frame) && lane.key.format == 0);
        let format = u8::from(first.is_some_and(|lane| !lane.is_of_format(frame)));
        self.lane(key(format), at)
    }

    fn lane(&mut self, key: LaneKey, at: StreamTime) -> usize {
        self.lanes.iter().position(|lane| lane.key == key).unwrap_or_else(|| {
            if self.lanes.len() >= MAX_LANES
                && let Some(stalest) = (0..self.lanes.len()).min_by_key(|&i| self.lanes[i].last)
            {
                self.lanes.remove(stalest);
            }
            self.lanes.push(Lane::new(key, at));
            self.lanes.len() - 1
        })
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
        if self.motion {
            self.moved = Some(at);
        }
        let departed = verdict.departure > 1.0;
        let breathing = self.breathing.within(at, BREATHING_FRESH);
        // Only a room that somebody called empty is known by its looks.
        let recognised = !departed && matches!(self.calibration(), Calibration::Calibrated { .. });
        if recognised || self.presence.is_present(at) {
            self.vacancy.find();
        }
        self.presence.update(at, Seen { motion: self.motion, micro: verdict.micro > 1.0, breathing, departed });
        if departed && self.presence.has_outlasted(at) {
            let versions = &mut self.versions;
            self.lanes.iter_mut().for_each(|lane| lane.adopt_present(at, versions));
        }
    }

    /// In [0, 1], from 0.5 on while somebody is there.
    fn presence_score(&self, at: StreamTime, fresh: Option<Verdict>) -> f32 {
        if self.presence.is_present(at) {
            return 0.5 + 0.5 * self.presence.left(at);
        }
        let strongest = fresh.map_or(0.0, |seen| seen.score.max(seen.micro).max(seen.departure));
        (strongest / (1.0 + strongest)).min(MOST_ABSENT)
    }

    /// Why a calibration is refused before it begins.
    fn is_inhabited(&self, at: StreamTime) -> Option<CalibrationRefusal> {
        let lived = self.presence.alive(at).is_some_and(|alive| at.since(alive) < LIFELESS);
        match self.presence.reason(at) {
            _ if self.breathing.within(at, BREATHING_WINDOW) => Some(CalibrationRefusal::Breathing),
            PresenceReason::Motion if lived => Some(CalibrationRefusal::Motion),
            PresenceReason::Breathing if lived => Some(CalibrationRefusal::Breathing),
            _ => lived.then_some(CalibrationRefusal::Presence),
        }
    }

    fn is_calibrating(&self) -> bool {
        self.job.as_ref().is_some_and(Job::is_running)
    }

    /// Refuses a calibration that runs when somebody turns out to be there.
    fn check_job(&mut self, at: StreamTime) {
        if !self.is_calibrating() {
            return;
        }
        // What is known of the room may be why it is calibrated: only movement that needs no baseline counts. Where there is none,
        // nothing else tells of movement, and ten full seconds of it are asked for.
        let told = |lane: &Lane| match lane.known() {
            Some(_) => self.motion && lane.verdict.is_some(),
            None => lane.progress() >= 1.0,
        };
        let moving = self.lanes.iter().any(|lane| told(lane) && lane.is_moving());
        let refusal = if self.breathing.within(at, BREATHING_FRESH) {
            CalibrationRefusal::Breathing
        } else if moving {
            CalibrationRefusal::Motion
        } else {
            return;
        };
        self.job = Some(Job::refused(refusal));
    }

    /// Ends a calibration whose time is over.
    fn end_job(&mut self, at: StreamTime) {
        let Some(job) = self.job.as_mut().filter(|job| job.is_over(at)) else { return };
        let (us, ended) = (job.duration_us(), job.end());
        if self.lanes.iter().any(Lane::is_moving) {
            self.job = Some(Job::refused(CalibrationRefusal::Motion));
            return;
        }
        let version = self.versions.saturating_add(1);
        let mut learnt = false;
        for lane in &mut self.lanes {
            learnt |= lane.adopt_requested(ended, us, version);
        }
        if learnt {
            self.versions = version;
            job.finish(version);
            self.reset_presence();
            self.begin_windows();
        } else {
            self.job = Some(Job::refused(CalibrationRefusal::TooFewFrames));
        }
    }

    /// Names the baseline that decides: the lead lane's, failing that the newest.
    fn calibration(&self) -> Calibration {
        let lead = self.verdict.map(|(_, key, _)| key);
        let led = self.lanes.iter().filter(|lane| Some(lane.key) == lead).find_map(Lane::known);
        let newest = || self.lanes.iter().filter_map(Lane::known).max_by_key(|known| known.version);
        match led.or_else(newest) {
            Some(known) if known.baseline.requested => Calibration::Calibrated { version: known.version },
            Some(known) => Calibration::SelfCalibrated { version: known.version },
            None => Calibration::Learning { progress: self.lanes.iter().map(Lane::progress).fold(0.0, f32::max) },
        }
    }
}

/// The highest presence score of a room in which nobody is seen.
const MOST_ABSENT: f32 = 0.49;
