//! One node's vital signs: the four stages in a row.

use std::time::Duration;

use ruview_core::{CsiFrame, StreamTime};
use ruview_signal::samples::MAX_SAMPLES;

use crate::anomaly::VitalAnomalyDetector;
use crate::breathing::BreathingExtractor;
use crate::heart::HeartRateExtractor;
use crate::preprocess::{CsiVitalPreprocessor, VitalWindow};
use crate::reading::{Stillness, VitalEstimate, VitalReading, VitalStatus};

/// What the heart-rate stage may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeartRate {
    /// It says nothing: on recordings by others it does not beat guessing.
    #[default]
    Unavailable,
    /// It says what it finds, for research and simulators. Not to be shown to anybody as a measurement.
    Experimental,
}

/// Lanes that are kept; a new shape takes the place of the one that was silent for longest.
const MAX_LANES: usize = 4;
/// A step back of the clock beyond this is a clock that was set, not packets out of order.
const CLOCK_SET_BACK: Duration = Duration::from_secs(2);
/// An estimate older than this says nothing about now.
const FRESH: Duration = Duration::from_secs(3);

/// Frames of one shape. A node's stream mixes several, perhaps from different transmitters, that cannot be compared.
#[derive(Debug)]
struct Lane {
    key: (u8, u16),
    last: StreamTime,
    preprocessor: CsiVitalPreprocessor,
}

/// What the lead lane said last.
#[derive(Debug, Clone, Copy)]
struct Latest {
    at: StreamTime,
    breathing: VitalEstimate,
    heart_rate: VitalEstimate,
    breath_stopped: bool,
}

/// The vital signs of one node. Driven by the frames' own times: the same frames give the same readings at any speed.
///
/// Frames of several shapes may alternate; the busiest shape is followed, and none is mixed with another. A stream needs 3
/// frames a second of one shape. Estimates are made once a second of the stream's own time, whatever the calls of
/// [`Self::reading`].
///
/// Memory: at most four shapes, under 160 KiB each (60 KiB for one antenna of 64 bins), whatever the frames' size, and 64
/// KiB each while the bins of a shape are learnt.
#[derive(Debug, Default)]
pub struct VitalsMonitor {
    experimental_heart_rate: bool,
    lanes: Vec<Lane>,
    lead: Option<(u8, u16)>,
    now: Option<StreamTime>,
    breathing: BreathingExtractor,
    latest: Option<Latest>,
    anomalies: VitalAnomalyDetector,
    last_reading: Option<VitalReading>,
}

impl VitalsMonitor {
    /// A monitor that has seen nothing yet, and never says a heart rate.
    pub fn new() -> Self {
        Self::default()
    }

    /// A monitor whose heart-rate stage may do what `heart_rate` says.
    pub fn with_heart_rate(heart_rate: HeartRate) -> Self {
        Self { experimental_heart_rate: heart_rate == HeartRate::Experimental, ..Self::default() }
    }

    /// Goes on with what an earlier monitor knew of its person: state of [`Self::anomalies`] that was stored.
    #[must_use]
    pub fn with_anomalies(self, anomalies: VitalAnomalyDetector) -> Self {
        Self { anomalies, ..self }
    }

    /// The stage that knows what is usual, to be stored.
    pub const fn anomalies(&self) -> &VitalAnomalyDetector {
        &self.anomalies
    }

    /// The last 28 s of the shape that is followed; `None` until there are as many without a gap.
    pub fn window(&self) -> Option<VitalWindow> {
        self.lanes.iter().find(|lane| Some(lane.key) == self.lead)?.preprocessor.window()
    }

    /// Takes in one frame. Frames without a finite, non-zero amplitude and of more than 8192 samples are passed over, and a
    /// frame from before the last one counts as arriving with it, unless the clock was set back by seconds.
    pub fn push(&mut self, at: StreamTime, frame: &CsiFrame) {
        if frame.iq().len() > MAX_SAMPLES {
            return;
        }
        let at = self.advance_clock(at);
        let key = (frame.n_antennas(), frame.n_subcarriers());
        let lane = self.lane(key, at);
        lane.last = at;
        if lane.preprocessor.push(at, frame) && self.leads(key) {
            self.estimate(at);
        }
    }

    /// The vital signs at `at`, which is not earlier than the last frame. Meant to be called once a second: alerts count
    /// seconds by the calls. A second call for the same time, or an earlier one, gives the same reading again.
    ///
    /// What `still` says only takes away: rates are not published while somebody moves, nor with several persons, and the
    /// status is [`VitalStatus::Unreliable`] then.
    pub fn reading(&mut self, at: StreamTime, still: Stillness) -> VitalReading {
        let at = self.now.map_or(at, |now| at.max(now));
        if let Some(last) = self.last_reading.as_ref().filter(|last| last.at == at) {
            return last.clone();
        }
        let fresh = self.latest.filter(|latest| at.since(latest.at) < FRESH);
        let undisturbed = still.motion != Some(true) && still.persons.is_none_or(|persons| persons <= 1);
        let judged = |estimate: VitalEstimate| if undisturbed { estimate } else { unreliable(estimate) };
        let breathing = fresh.map_or(VitalEstimate::UNAVAILABLE, |latest| judged(latest.breathing));
        // A beat is told only of somebody who is still, alone, and breathes.
        let beat = fresh.filter(|_| undisturbed && breathing.status.is_published());
        let heart_rate = beat.map_or(VitalEstimate::UNAVAILABLE, |latest| latest.heart_rate);
        let stopped = undisturbed && fresh.is_some_and(|latest| latest.breath_stopped);
        let alerts = self.anomalies.update(at, &breathing, &heart_rate, stopped);
        let reading = VitalReading { at, breathing, heart_rate, alerts };
        self.last_reading = Some(reading.clone());
        reading
    }

    /// The time to reckon with for a frame that says `at`.
    fn advance_clock(&mut self, at: StreamTime) -> StreamTime {
        let now = self.now.map_or(at, |now| if now.since(at) > CLOCK_SET_BACK { at } else { at.max(now) });
        if self.now.is_some_and(|before| now < before) {
            self.lanes.clear();
            self.forget();
            self.last_reading = None;
        }
        self.now = Some(now);
        now
    }

    fn lane(&mut self, key: (u8, u16), at: StreamTime) -> &mut Lane {
        let index = self.lanes.iter().position(|lane| lane.key == key).unwrap_or_else(|| {
            if self.lanes.len() >= MAX_LANES
                && let Some(stalest) = (0..self.lanes.len()).min_by_key(|&i| self.lanes[i].last)
            {
                self.lanes.remove(stalest);
            }
            self.lanes.push(Lane { key, last: at, preprocessor: CsiVitalPreprocessor::new() });
            self.lanes.len() - 1
        });
        &mut self.lanes[index]
    }

    /// Whether the lane of `key` is the busiest. A new lead starts with nothing remembered.
    fn leads(&mut self, key: (u8, u16)) -> bool {
        let busy = |lane: &Lane| lane.preprocessor.packets_in_window();
        let busiest = self.lanes.iter().map(busy).max().unwrap_or(0);
        let own = self.lanes.iter().find(|lane| lane.key == key).map_or(0, busy);
        // A tie, or nearly one, does not hand over.
        let lead = self.lead.and_then(|lead| self.lanes.iter().find(|lane| lane.key == lead)).map_or(0, busy);
        if self.lead == Some(key) {
            return true;
        }
        let takes_over = own == busiest && f64::from(own) > 1.2 * f64::from(lead);
        if takes_over {
            self.lead = Some(key);
            self.forget();
        }
        takes_over
    }

    fn estimate(&mut self, at: StreamTime) {
        let Some(window) = self.window() else {
            self.forget();
            return;
        };
        let breathing = self.breathing.update(&window);
        let heart_rate = if self.experimental_heart_rate {
            HeartRateExtractor.estimate(&window, breathing.rate_bpm)
        } else {
            VitalEstimate::UNAVAILABLE
        };
        self.latest = Some(Latest { at, breathing, heart_rate, breath_stopped: self.breathing.has_stopped() });
    }

    /// Drops what refers to a moment. What is usual for the person stays.
    fn forget(&mut self) {
        self.breathing.clear();
        self.latest = None;
    }
}

/// What is left of an estimate while there is a reason not to publish it.
fn unreliable(estimate: VitalEstimate) -> VitalEstimate {
    if estimate.status == VitalStatus::Unavailable {
        return estimate;
    }
    VitalEstimate { rate_bpm: None, confidence: estimate.confidence.min(0.5), status: VitalStatus::Unreliable }
}
