//! The entities of a node that measures the channel. Each exists from the first packet on that can drive it.

use ruview_signal::FallAssessment;
use ruview_vitals::VitalEstimate;

use super::calibration::Ending;
use super::falls::Falls;
use super::hints::Hints;
use super::people::{PeopleSeen, published};
use super::reading;
use super::senses::Sensed;
use crate::catalog::{
    BREATHING_RATE, CALIBRATION, CALIBRATION_FINISHED, HEART_RATE, MOTION, MOTION_ENERGY, MOTION_LEVEL, PERSON_COUNT,
    PRESENCE, PRESENCE_SCORE,
};
use crate::publisher::{Entity, Moment, Publisher};
use crate::show::{Gauge, RateGauge};

/// What a node shows of its surroundings.
pub(super) struct Entities {
    feels_hearts: bool,
    sensing: Option<Sensing>,
    measuring: Option<Measuring>,
    /// What is measured was never shown, or not since this was so.
    unshown: bool,
}

/// What any sensing drives, a firmware's flags too.
pub(super) struct Sensing {
    presence: Entity,
    motion: Entity,
    falls: Falls,
}

/// What only CSI drives.
struct Measuring {
    calibration: Entity,
    motion_level: Gauge,
    motion_energy: Gauge,
    presence_score: Gauge,
    person_count: Gauge,
    breathing_rate: RateGauge,
    heart_rate: Option<RateGauge>,
}

impl Entities {
    pub(super) fn new(feels_hearts: bool) -> Self {
        Self { feels_hearts, sensing: None, measuring: None, unshown: true }
    }

    /// Registers what `sensed` can drive.
    pub(super) fn register(&mut self, publisher: &Publisher, device: &str, sensed: &Sensed) {
        if *sensed != Sensed::Nothing && self.sensing.is_none() {
            self.sensing = Some(Sensing::register(publisher, device));
        }
        if matches!(sensed, Sensed::Csi(_)) && self.measuring.is_none() {
            self.measuring = Some(Measuring::register(publisher, device, self.feels_hearts));
        }
    }

    /// Shows after a packet what must be known at once.
    pub(super) fn at_once(&mut self, publisher: &Publisher, moment: &Moment, sensed: &Sensed) {
        if let Some(sensing) = &mut self.sensing {
            sensing.show(publisher, moment, sensed);
        }
        if self.unshown && self.measuring.is_some() {
            self.numbers(publisher, moment, sensed);
        }
    }

    /// Shows what nobody needs more often than once a second.
    pub(super) fn numbers(&mut self, publisher: &Publisher, moment: &Moment, sensed: &Sensed) {
        if let Some(measuring) = &mut self.measuring {
            measuring.room(publisher, moment, sensed);
            self.unshown = *sensed == Sensed::Nothing;
        }
    }

    /// Shows what is known of the people in it; `None` when the channel is not measured.
    pub(super) fn people(&mut self, publisher: &Publisher, moment: &Moment, seen: Option<&PeopleSeen>) {
        if let Some(measuring) = &mut self.measuring {
            measuring.people(publisher, moment, seen);
        }
    }

    /// Tells how a calibration ended, after what is known of the room now.
    pub(super) fn calibrated(&mut self, publisher: &Publisher, moment: &Moment, sensed: &Sensed, ending: Ending) {
        self.numbers(publisher, moment, sensed);
        if let Some(measuring) = &self.measuring {
            publisher.fire(moment, &measuring.calibration, CALIBRATION_FINISHED, ending.data());
        }
    }

    /// Tells the falls of this second and how many they are; `None` while nothing could see one.
    pub(super) fn falls(
        &mut self,
        publisher: &Publisher,
        moment: &Moment,
        found: Option<&FallAssessment>,
        hints: &mut Hints,
    ) -> Option<u32> {
        let falls = &mut self.sensing.as_mut()?.falls;
        Some(match found {
            Some(found) => falls.measured(publisher, moment, found, hints),
            None => falls.flagged(publisher, moment, hints),
        })
    }
}

impl Sensing {
    pub(super) fn register(publisher: &Publisher, device: &str) -> Self {
        Self {
            presence: publisher.register_entity(device, &PRESENCE),
            motion: publisher.register_entity(device, &MOTION),
            falls: Falls::register(publisher, device),
        }
    }

    pub(super) fn show(&mut self, publisher: &Publisher, moment: &Moment, sensed: &Sensed) {
        let (presence, motion) = (reading::presence(sensed), reading::motion(sensed));
        publisher.show(moment, &mut self.presence, &presence.state, presence.attributes);
        publisher.show(moment, &mut self.motion, &motion.state, motion.attributes);
        self.falls.show(publisher, moment, *sensed != Sensed::Nothing);
    }
}

impl Measuring {
    fn register(publisher: &Publisher, device: &str, feels_hearts: bool) -> Self {
        let gauge = |kind| Gauge::register(publisher, device, kind);
        let rate = |kind| RateGauge::register(publisher, device, kind);
        Self {
            calibration: publisher.register_entity(device, &CALIBRATION),
            motion_level: gauge(&MOTION_LEVEL),
            motion_energy: gauge(&MOTION_ENERGY),
            presence_score: gauge(&PRESENCE_SCORE),
            person_count: gauge(&PERSON_COUNT),
            breathing_rate: rate(&BREATHING_RATE),
            heart_rate: feels_hearts.then(|| rate(&HEART_RATE)),
        }
    }

    fn room(&mut self, publisher: &Publisher, moment: &Moment, sensed: &Sensed) {
        let calibration = reading::calibration_entity(sensed);
        publisher.show(moment, &mut self.calibration, &calibration.state, calibration.attributes);
        self.motion_level.show(publisher, moment, reading::motion_level(sensed));
        self.motion_energy.show(publisher, moment, reading::motion_energy(sensed));
        self.presence_score.show(publisher, moment, reading::presence_score(sensed));
    }

    fn people(&mut self, publisher: &Publisher, moment: &Moment, seen: Option<&PeopleSeen>) {
        self.person_count.show(publisher, moment, reading::person_count(seen));
        show_rate(&mut self.breathing_rate, publisher, moment, seen.map(|seen| seen.breathing));
        if let Some(heart_rate) = &mut self.heart_rate {
            show_rate(heart_rate, publisher, moment, seen.map(|seen| seen.heart_rate));
        }
    }
}

fn show_rate(gauge: &mut RateGauge, publisher: &Publisher, moment: &Moment, estimate: Option<VitalEstimate>) {
    match estimate {
        Some(estimate) => gauge.show(publisher, moment, published(estimate)),
        None => gauge.unavailable(publisher, moment),
    }
}
