//! Falls, near-falls and an unsteady gait from one node's CSI.
//!
//! Apart from motion and presence because it asks another question: not whether somebody moves, but how a movement ends.

mod burst;
mod change;
mod gait;
mod lane;
pub(crate) mod shape;
mod trace;

use std::time::Duration;

use ruview_core::{CsiFrame, StreamTime};
use serde::{Deserialize, Serialize};

use burst::Burst;
use lane::{Finding, Lane};

/// Somebody probably fell: a short, strong burst of movement that was followed by stillness.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fall {
    /// When the movement was strongest, on the clock of the stream; serialised as microseconds since the Unix epoch.
    #[serde(with = "micros")]
    pub at: StreamTime,
    /// How much the movement was like a fall rather than like sitting down, getting up or walking, in [0, 1].
    pub confidence: f32,
}

/// What the detector found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FallAssessment {
    /// Falls since the last call, oldest first. At most 32 are kept.
    pub falls: Vec<Fall>,
    /// Near-falls since the last call, oldest first: bursts like a fall's that were followed by stillness too short for
    /// one, because the person moved again. At most 32 are kept. No recording with labelled stumbles was at hand: they
    /// are a reason to look, not a measurement.
    pub near_falls: Vec<Fall>,
    /// How uneven the rhythm of the steps was in the last five minutes, in [0, 1]. `None` unless steps were seen in at
    /// least three windows of ten seconds, which needs a link on which they show: on none of the recordings that this
    /// was tried on did they.
    pub gait_instability: Option<f32>,
}

/// What counts as a fall. The default is what was fitted; other values serve measuring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FallConfig {
    /// Weight of the burst's strength: the natural logarithm of the rms relative change of the channel within 60 ms.
    pub strength: f32,
    /// Strength beyond this says nothing more: whoever sits down beside the antenna is stronger than who falls far away.
    pub enough_strength: f32,
    /// Weight of the natural logarithm of the burst's duration in seconds.
    pub duration: f32,
    /// What is added to the weighted sum. Its logistic function is the confidence.
    pub offset: f32,
    /// A burst of less confidence is no fall.
    pub least_confidence: f32,
    /// How long nobody may move after the burst; from 0.1 to 20 s.
    pub stillness: Duration,
    /// Falls closer than this are one.
    pub at_most_every: Duration,
}

impl Default for FallConfig {
    /// Weights: logistic regression on the bursts of two persons in two rooms (60 falls and 160 clips of sitting down,
    /// getting up, going to bed, walking and nothing, Nexmon 80 MHz at 50 Hz), classes balanced, the mean of the fits on
    /// either person. `scripts/accuracy` repeats the fits, and judges each on the person that it was not made on.
    /// `enough_strength` is the best of five values by that measure, its neighbours are little worse.
    /// The least confidence stands where it takes a burst of full strength to be over within 2.4 s.
    fn default() -> Self {
        Self {
            strength: 8.5,
            enough_strength: -3.0,
            duration: -5.5,
            offset: 31.0,
            least_confidence: 0.65,
            stillness: Duration::from_millis(2_500),
            at_most_every: Duration::from_secs(30),
        }
    }
}

impl FallConfig {
    /// The confidence that `burst` is a fall's, in [0, 1].
    fn confidence(&self, burst: &Burst) -> f32 {
        let strength = burst.strength.min(self.enough_strength);
        let score = self.strength * strength + self.duration * libm::logf(burst.duration) + self.offset;
        1.0 / (1.0 + libm::expf(-score))
    }
}

/// Packet shapes that are followed at once; the one that was silent for longest makes way.
const MAX_LANES: usize = 3;
/// Findings that are kept until they are asked for.
const MAX_KEPT: usize = 32;
/// A step back of the clock beyond this is a clock that was set, not packets out of order.
const CLOCK_SET_BACK: Duration = Duration::from_secs(2);

/// Finds falls in the endless stream of one node. Driven by the frames' own times: the same frames give the same falls at
/// any speed.
///
/// A fall is a burst of movement at least four times as strong as the quiet channel, short and strong as a whole, with
/// half a second without movement before it and 2.5 seconds without after it; it is reported then, once. Whoever
/// stumbles out of a walk without a pause is missed: the walk and the fall are one long movement, and calling those falls
/// costs more false alarms than anybody would bear.
///
/// Needs packets of one shape at 20 to 150 Hz; a stream without pairs of packets 35 to 85 ms apart in four fifths of its
/// tenths of a second is not judged. The first second of a stream is not judged either, nor what began in it.
///
/// Memory: at most three packet shapes, under 64 KiB each (24 KiB for 64 bins).
#[derive(Debug, Default)]
pub struct FallDetector {
    config: FallConfig,
    lanes: Vec<Lane>,
    now: Option<StreamTime>,
    last_fall: Option<StreamTime>,
    last_near_fall: Option<StreamTime>,
    falls: Vec<Fall>,
    near_falls: Vec<Fall>,
}

impl FallDetector {
    /// A detector that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A detector with another idea of a fall.
    pub fn with_config(config: FallConfig) -> Self {
        Self { config, ..Self::default() }
    }

    /// Takes in one frame. Frames without a finite, non-zero amplitude are passed over, and a frame from before the last
    /// one counts as arriving with it, unless the clock was set back by seconds: then all begins anew.
    pub fn push(&mut self, at: StreamTime, frame: &CsiFrame) {
        let at = self.advance_clock(at);
        let stillness = self.config.stillness;
        let finding = self.lane(frame, at).push(at, frame, stillness);
        match finding {
            Some(Finding::Still(burst)) => self.weigh_fall(&burst),
            Some(Finding::MovedAgain(burst)) => self.weigh_near_fall(&burst),
            None => {}
        }
    }

    /// What was found since the last call.
    pub fn assess(&mut self, at: StreamTime) -> FallAssessment {
        let at = self.now.map_or(at, |now| at.max(now));
        FallAssessment {
            falls: std::mem::take(&mut self.falls),
            near_falls: std::mem::take(&mut self.near_falls),
            gait_instability: self.lanes.iter().find_map(|lane| lane.gait_instability(at)),
        }
    }

    fn weigh_fall(&mut self, burst: &Burst) {
        let confidence = self.config.confidence(burst);
        if confidence >= self.config.least_confidence && is_apart(self.last_fall, burst.at, self.config.at_most_every) {
            self.last_fall = Some(burst.at);
            keep(&mut self.falls, Fall { at: burst.at, confidence });
        }
    }

    fn weigh_near_fall(&mut self, burst: &Burst) {
        let confidence = self.config.confidence(burst);
        let every = self.config.at_most_every;
        if confidence >= self.config.least_confidence && is_apart(self.last_near_fall, burst.at, every) {
            self.last_near_fall = Some(burst.at);
            keep(&mut self.near_falls, Fall { at: burst.at, confidence });
        }
    }

    /// The time to reckon with for a frame that says `at`.
    fn advance_clock(&mut self, at: StreamTime) -> StreamTime {
        let now = self.now.map_or(at, |now| if now.since(at) > CLOCK_SET_BACK { at } else { at.max(now) });
        if self.now.is_some_and(|before| now < before) {
            self.lanes.clear();
            (self.last_fall, self.last_near_fall) = (None, None);
        }
        self.now = Some(now);
        now
    }

    fn lane(&mut self, frame: &CsiFrame, at: StreamTime) -> &mut Lane {
        let index = self.lanes.iter().position(|lane| lane.fits(frame)).unwrap_or_else(|| {
            if self.lanes.len() >= MAX_LANES
                && let Some(stalest) = (0..self.lanes.len()).min_by_key(|&i| self.lanes[i].last)
            {
                self.lanes.remove(stalest);
            }
            self.lanes.push(Lane::new(frame, at));
            self.lanes.len() - 1
        });
        &mut self.lanes[index]
    }
}

/// Whether `at` is not the same event as the one at `last`. Lanes may report out of order.
fn is_apart(last: Option<StreamTime>, at: StreamTime, every: Duration) -> bool {
    last.is_none_or(|last| at.since(last) >= every)
}

fn keep(kept: &mut Vec<Fall>, found: Fall) {
    if kept.len() >= MAX_KEPT {
        kept.remove(0);
    }
    kept.push(found);
}

/// A time as the number of microseconds that it is.
mod micros {
    use ruview_core::StreamTime;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(at: &StreamTime, to: S) -> Result<S::Ok, S::Error> {
        at.as_micros().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<StreamTime, D::Error> {
        i64::deserialize(from).map(StreamTime::from_micros)
    }
}
