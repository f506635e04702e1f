//! What a node shows that overhears beamforming feedback.

use std::collections::VecDeque;

use ruview_bfld::risk::sample_confidence;
use ruview_bfld::{BfiAssessment, BfiPair, BfiReport, BfiSensing, WINDOW_LEN};
use ruview_core::StreamTime;
use ruview_wire::cbfr::snr;

use super::reading;
use super::risk::IdentityRisk;
use crate::catalog::{BFLD_CONFIDENCE, BFLD_IDENTITY_RISK, BFLD_MOTION, BFLD_PRESENCE};
use crate::publisher::{Entity, Moment, Publisher};
use crate::show::{Gauge, Reading, percentage};

/// The detectors of a node and what they drive.
pub(super) struct Feedback {
    judges: Judges,
    seen: Option<BfiAssessment>,
    presence: Entity,
    motion: Entity,
    confidence: Gauge,
    identity_risk: Gauge,
}

/// What is learnt from the reports since the node was last silent.
struct Judges {
    sensing: BfiSensing,
    risk: IdentityRisk,
    /// How good the last reports were, 0 to 1 each.
    qualities: VecDeque<f32>,
}

impl Feedback {
    pub(super) fn register(publisher: &Publisher, device: &str) -> Self {
        Self {
            judges: Judges::new(),
            seen: None,
            presence: publisher.register_entity(device, &BFLD_PRESENCE),
            motion: publisher.register_entity(device, &BFLD_MOTION),
            confidence: Gauge::register(publisher, device, &BFLD_CONFIDENCE),
            identity_risk: Gauge::register(publisher, device, &BFLD_IDENTITY_RISK),
        }
    }

    pub(super) fn report(&mut self, at: StreamTime, report: &ruview_capture::BfiReport) {
        self.judges.report(at, report);
    }

    /// Forgets what was known before a silence.
    pub(super) fn start_anew(&mut self) {
        self.judges = Judges::new();
    }

    pub(super) fn publish(&mut self, publisher: &Publisher, moment: &Moment) {
        let seen = self.judges.sensing.assess(moment.at);
        let (presence, motion) = (reading::bfld_presence(&seen), reading::bfld_motion(&seen));
        self.seen = Some(seen);
        self.show(publisher, moment, presence, motion);
        self.confidence.show(publisher, moment, percentage(self.judges.quality_percent()));
        self.identity_risk.show(publisher, moment, self.judges.risk.reading(moment.at));
    }

    pub(super) fn fall_silent(&mut self, publisher: &Publisher, moment: &Moment) {
        self.seen = None;
        let unavailable = Reading::unavailable;
        self.show(publisher, moment, unavailable(), unavailable());
        self.confidence.show(publisher, moment, unavailable());
        self.identity_risk.show(publisher, moment, unavailable());
    }

    /// What presence is judged against; `None` while silent.
    pub(super) fn calibration(&self) -> Option<String> {
        self.seen.as_ref().map(reading::bfld_calibration)
    }

    fn show(&mut self, publisher: &Publisher, moment: &Moment, presence: Reading, motion: Reading) {
        publisher.show(moment, &mut self.presence, &presence.state, presence.attributes);
        publisher.show(moment, &mut self.motion, &motion.state, motion.attributes);
    }
}

impl Judges {
    fn new() -> Self {
        Self { sensing: BfiSensing::new(), risk: IdentityRisk::new(), qualities: VecDeque::new() }
    }

    fn report(&mut self, at: StreamTime, overheard: &ruview_capture::BfiReport) {
        let decoded = &overheard.received.report;
        let v = decoded.v();
        let snr_db: Vec<f32> = decoded.snr_codes.iter().map(|&code| snr::average_db(code)).collect();
        let report = BfiReport {
            at,
            pair: BfiPair { beamformer: overheard.pair.beamformer, beamformee: overheard.pair.beamformee },
            n_tx: decoded.control.nr,
            n_streams: decoded.control.nc,
            v: &v,
            snr_db: &snr_db,
        };
        if let Err(error) = self.sensing.push(&report) {
            tracing::debug!(%error, "a beamforming report says nothing");
            return;
        }
        let quality = quality(&report, decoded.tones.len());
        if self.qualities.len() == WINDOW_LEN {
            self.qualities.pop_front();
        }
        self.qualities.push_back(quality);
        self.risk.report(&report, quality);
    }

    /// How good the last reports were together.
    fn quality_percent(&self) -> Option<f32> {
        let sum: f32 = self.qualities.iter().sum();
        (!self.qualities.is_empty()).then(|| 100.0 * sum / self.qualities.len() as f32)
    }
}

/// How good a report's samples are, 0 to 1.
fn quality(report: &BfiReport<'_>, n_tones: usize) -> f32 {
    let mean_snr_db = report.snr_db.iter().sum::<f32>() / report.snr_db.len().max(1) as f32;
    sample_confidence(mean_snr_db, n_tones, report.n_tx)
}
