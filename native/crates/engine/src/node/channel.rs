//! What a node shows that measures the channel itself, or whose firmware does.

use std::time::Duration;

use ruview_core::{CsiFrame, NexmonFrame, NodePacket, StreamTime};
use ruview_signal::{Assessment, BaselineRecord, NodeDetector, Sensitivity};
use ruview_vitals::HeartRate;

use super::calibration::{Ending, NODE_SILENT, Pending};
use super::entities::Entities;
use super::hints::Hints;
use super::link::{Followed, LinkChoice, masked};
use super::people::{People, PeopleSeen, published};
use super::reading;
use super::senses::{Sensed, Senses};
use super::strength::SignalStrength;
use super::window::{Frames, Window};
use crate::observation::{Observation, Rate};
use crate::publisher::{Moment, Publisher};
use crate::services::{ServiceError, ServiceErrorCode};

/// How much the firmware's flags can be believed beside measurements.
const EDGE_QUALITY: f32 = 0.3;

/// How a node that measures the channel is to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChannelConfig {
    /// Silence after which nothing is known any more.
    pub(crate) stale_after: Duration,
    /// What the heart-rate stage may do.
    pub(crate) heart_rate: HeartRate,
    /// Whether the numbers of the nodes' own firmware are believed.
    pub(crate) trust_firmware: bool,
    /// Whether the last frames are kept for research.
    pub(crate) keeps_window: bool,
}

impl ChannelConfig {
    /// Whether there may be a heart rate at all.
    pub(crate) fn feels_hearts(&self) -> bool {
        self.trust_firmware || self.heart_rate == HeartRate::Experimental
    }
}

/// The detectors of a node and what they drive.
pub(super) struct Channel {
    config: ChannelConfig,
    sensitivity: Sensitivity,
    hold: Option<Duration>,
    senses: Senses,
    people: People,
    hints: Hints,
    link: LinkChoice,
    strength: SignalStrength,
    window: Option<Window>,
    calibration: Option<String>,
    pending: Pending,
    baseline_version: u32,
    observation: Option<Observation>,
    entities: Entities,
}

impl Channel {
    pub(super) fn new(at: StreamTime, config: ChannelConfig) -> Self {
        Self {
            config,
            sensitivity: Sensitivity::default(),
            hold: None,
            senses: Senses::fresh(at, config.stale_after),
            people: People::new(config.heart_rate),
            hints: Hints::new(config.trust_firmware),
            link: LinkChoice::default(),
            strength: SignalStrength::new(),
            window: config.keeps_window.then(Window::default),
            calibration: None,
            pending: Pending::default(),
            baseline_version: 0,
            observation: None,
            entities: Entities::new(config.feels_hearts()),
        }
    }

    pub(super) fn packet(&mut self, at: StreamTime, packet: &NodePacket) {
        self.strength.packet(packet);
        match packet {
            NodePacket::Csi(frame) => {
                self.people.push(at, frame);
                self.keep(frame);
            }
            NodePacket::EdgeVitals(edge) => self.hints.take_in(at, edge),
            NodePacket::FeatureVector(_) | NodePacket::FeatureState(_) => {}
        }
        self.senses.packet(at, packet);
    }

    /// Takes in a measurement if it is of the link that is followed.
    pub(super) fn nexmon(&mut self, at: StreamTime, frame: &NexmonFrame) {
        match self.link.follow(at, frame) {
            Followed::No => return,
            Followed::Yes => {}
            // What was learnt of one link says nothing about another.
            Followed::FromNowOn => self.forget(at),
        }
        self.strength.measured(frame.csi.rssi_dbm);
        if let Some(csi) = masked(frame) {
            self.people.push(at, &csi);
            self.senses.csi(at, &csi);
            self.keep(&csi);
        }
    }

    /// Begins again after a silence: what was true is not known any more, what was learnt of the room is.
    pub(super) fn resume(&mut self, at: StreamTime) {
        self.senses.resume(at);
        self.people = People::new(self.config.heart_rate);
        self.link.resume();
        self.empty_window();
    }

    /// Begins as if nothing had been: another source means another clock and perhaps another room.
    pub(super) fn forget(&mut self, at: StreamTime) {
        self.senses = Senses::fresh(at, self.config.stale_after);
        self.people = People::new(self.config.heart_rate);
        self.hints = Hints::new(self.config.trust_firmware);
        self.tune(self.sensitivity, self.hold);
        self.empty_window();
    }

    /// The last frames; `None` while there are too few, or where none are kept.
    pub(super) fn window(&self) -> Option<Frames> {
        self.window.as_ref()?.frames()
    }

    fn keep(&mut self, frame: &CsiFrame) {
        if let Some(window) = &mut self.window {
            window.push(frame);
        }
    }

    fn empty_window(&mut self) {
        self.window = self.config.keeps_window.then(Window::default);
    }

    /// Judges the room so from now on.
    pub(super) fn tune(&mut self, sensitivity: Sensitivity, hold: Option<Duration>) {
        (self.sensitivity, self.hold) = (sensitivity, hold);
        self.senses.detector().set_sensitivity(sensitivity);
        if let Some(hold) = hold {
            self.senses.detector().set_hold(hold);
        }
    }

    /// Forgets what was learnt of the room; how it is judged stays.
    pub(super) fn reset_baseline(&mut self) {
        self.senses.detector().reset_baseline();
        self.tune(self.sensitivity, self.hold);
    }

    /// Begins to measure the empty room.
    pub(super) fn calibrate(&mut self, at: StreamTime, duration: Duration, device: &str) -> Result<(), ServiceError> {
        let refuse = |code, expected, found: &str| Err(ServiceError::new(code, "node_id", expected, found));
        match self.senses.sense(at) {
            Sensed::Csi(room) if room.presence == Some(true) => {
                let found = reading::reason(&room);
                refuse(ServiceErrorCode::RoomNotEmpty, "an empty room", found)
            }
            Sensed::Csi(_) => {
                self.senses.detector().calibrate(at, duration);
                self.pending.begin();
                Ok(())
            }
            Sensed::Nothing | Sensed::Edge { .. } => {
                refuse(ServiceErrorCode::NodeSilent, "a node that sends CSI now", device)
            }
        }
    }

    /// Ends a calibration that runs, without a result, and tells so.
    pub(super) fn end_calibration(&mut self, publisher: &Publisher, moment: &Moment, ending: Ending) {
        if let Some(ending) = self.pending.end(ending) {
            self.senses.detector().cancel_calibration();
            self.tell_ending(publisher, moment, ending);
        }
    }

    fn tell_ending(&mut self, publisher: &Publisher, moment: &Moment, ending: Ending) {
        let sensed = self.senses.sense(moment.at);
        self.entities.calibrated(publisher, moment, &sensed, ending);
    }

    /// Counts what was learnt of the room.
    pub(super) fn baseline_version(&self) -> u32 {
        self.baseline_version
    }

    /// What was learnt of the room.
    pub(super) fn baselines(&self) -> Vec<BaselineRecord> {
        self.senses.baselines()
    }

    /// What learns and judges the room.
    pub(super) fn detector(&mut self) -> &mut NodeDetector {
        self.senses.detector()
    }

    /// A second has passed: what looks back over many seconds is asked now. `rate_hz` is how often the node sends.
    pub(super) fn second(&mut self, publisher: &Publisher, moment: &Moment, device: &str, rate_hz: f64) {
        let sensed = self.senses.sense(moment.at);
        let people = match &sensed {
            Sensed::Csi(room) => Some(self.people.second(moment.at, room, &self.hints)),
            Sensed::Nothing | Sensed::Edge { .. } => None,
        };
        if people.as_ref().is_some_and(PeopleSeen::breathes) {
            self.senses.detector().breathing_seen(moment.at);
        } else if people.as_ref().is_some_and(PeopleSeen::may_breathe) {
            self.senses.detector().breathing_unclear(moment.at);
        }
        // Again, because who breathes is there.
        let sensed = self.senses.sense(moment.at);
        self.strength.second(publisher, moment, device);
        self.entities.register(publisher, device, &sensed);
        self.entities.numbers(publisher, moment, &sensed);
        self.entities.people(publisher, moment, people.as_ref());
        let falls = self.entities.falls(publisher, moment, people.as_ref().map(|seen| &seen.falls), &mut self.hints);
        self.observation = observe(&sensed, people.as_ref(), falls, rate_hz);
    }

    pub(super) fn publish(&mut self, publisher: &Publisher, moment: &Moment, device: &str) {
        let sensed = self.senses.sense(moment.at);
        self.entities.register(publisher, device, &sensed);
        self.show(publisher, moment, &sensed);
    }

    pub(super) fn fall_silent(&mut self, publisher: &Publisher, moment: &Moment) {
        self.observation = None;
        self.strength.fall_silent(publisher, moment);
        self.entities.people(publisher, moment, None);
        self.entities.numbers(publisher, moment, &Sensed::Nothing);
        self.show(publisher, moment, &Sensed::Nothing);
    }

    /// What presence is judged against; `None` without CSI.
    pub(super) fn calibration(&self) -> Option<String> {
        self.calibration.clone()
    }

    /// What was known in the last second; `None` while silent.
    pub(super) fn observation(&self) -> Option<&Observation> {
        self.observation.as_ref()
    }

    fn show(&mut self, publisher: &Publisher, moment: &Moment, sensed: &Sensed) {
        if let Sensed::Csi(seen) = sensed {
            self.baseline_version = reading::version(seen);
        }
        self.calibration = match sensed {
            Sensed::Csi(seen) => Some(reading::calibration(seen)),
            Sensed::Nothing | Sensed::Edge { .. } => None,
        };
        self.entities.at_once(publisher, moment, sensed);
        let Sensed::Csi(seen) = sensed else {
            self.end_calibration(publisher, moment, Ending::Aborted(NODE_SILENT));
            return;
        };
        if let Some(ending) = self.pending.look(seen.job) {
            self.tell_ending(publisher, moment, ending);
        }
    }
}

/// What rooms are told of a second.
fn observe(sensed: &Sensed, people: Option<&PeopleSeen>, falls: Option<u32>, rate_hz: f64) -> Option<Observation> {
    match sensed {
        Sensed::Nothing => None,
        Sensed::Edge { presence, motion } => Some(Observation {
            quality: EDGE_QUALITY,
            presence: Some(*presence),
            motion: Some(*motion),
            falls,
            ..Observation::default()
        }),
        Sensed::Csi(room) => Some(measured(room, people, falls, rate_hz)),
    }
}

fn measured(room: &Assessment, people: Option<&PeopleSeen>, falls: Option<u32>, rate_hz: f64) -> Observation {
    let rate = |(per_minute, confidence)| Rate { per_minute, confidence };
    Observation {
        quality: quality(room, rate_hz),
        measures: true,
        presence: room.presence,
        presence_score: room.presence_score,
        motion: room.motion,
        motion_percent: room.motion_level_percent,
        persons: people.and_then(|seen| seen.persons),
        breathing: people.and_then(|seen| published(seen.breathing)).map(rate),
        breathes: people.is_some_and(PeopleSeen::breathes),
        heart_rate: people.and_then(|seen| published(seen.heart_rate)).map(rate),
        falls,
        near_falls: people.map(|seen| u32::try_from(seen.falls.near_falls.len()).unwrap_or(u32::MAX)),
        gait_instability: people.and_then(|seen| seen.falls.gait_instability),
        calibrating: reading::is_calibrating(room),
    }
}

/// How much a link can be believed, 0 to 1: motion is told from noise from 10 packets a second on, and nothing is told
/// before there is a baseline.
fn quality(room: &Assessment, rate_hz: f64) -> f32 {
    const ENOUGH_HZ: f64 = 10.0;
    if room.presence.is_none() {
        return 0.0;
    }
    (rate_hz / ENOUGH_HZ).clamp(0.0, 1.0) as f32
}
