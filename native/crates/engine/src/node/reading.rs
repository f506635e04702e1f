//! From what is known to what entities show.

use ruview_bfld::{BfiAssessment, BfiCalibration, BfiReason};
use ruview_signal::{Assessment, Calibration, CalibrationJob, CalibrationRefusal, PresenceReason};
use serde_json::{Value, json};

use super::people::PeopleSeen;
use super::senses::Sensed;
use crate::catalog;
use crate::show::{Reading, percentage, switch};

/// There is no baseline yet.
const LEARNING: &str = catalog::LEARNING;

/// Whether somebody is there, and why we think so.
pub(super) fn presence(sensed: &Sensed) -> Reading {
    match sensed {
        Sensed::Nothing => Reading::unavailable(),
        Sensed::Edge { presence, .. } => switch(Some(*presence)).with("reason", json!(["edge_flag"])),
        Sensed::Csi(seen) => {
            switch(seen.presence).with("reason", json!([reason(seen)])).with("calibration", calibration(seen).into())
        }
    }
}

/// Whether somebody moves.
pub(super) fn motion(sensed: &Sensed) -> Reading {
    match sensed {
        Sensed::Nothing => Reading::unavailable(),
        Sensed::Edge { motion, .. } => switch(Some(*motion)).with("reason", json!(["edge_flag"])),
        Sensed::Csi(seen) => switch(seen.motion).with("calibration", calibration(seen).into()),
    }
}

/// How much somebody moves: percent to one decimal. The firmware's flags have no amount.
pub(super) fn motion_level(sensed: &Sensed) -> Reading {
    match sensed {
        Sensed::Nothing | Sensed::Edge { .. } => Reading::unavailable(),
        Sensed::Csi(seen) => percentage(seen.motion_level_percent),
    }
}

/// Whether a calibration runs that somebody asked for.
pub(super) fn is_calibrating(seen: &Assessment) -> bool {
    matches!(seen.job, Some(CalibrationJob::Running { .. }))
}

/// How much power the motion has, to four decimals.
pub(super) fn motion_energy(sensed: &Sensed) -> Reading {
    match sensed {
        Sensed::Nothing | Sensed::Edge { .. } => Reading::unavailable(),
        Sensed::Csi(seen) => match seen.motion_energy.filter(|energy| energy.is_finite()) {
            Some(energy) => Reading::plain(format!("{:.4}", energy.max(0.0))),
            None => Reading::unknown(),
        },
    }
}

/// How sure presence is, in percent.
pub(super) fn presence_score(sensed: &Sensed) -> Reading {
    match sensed {
        Sensed::Nothing | Sensed::Edge { .. } => Reading::unavailable(),
        Sensed::Csi(seen) => percentage(seen.presence_score.map(|score| 100.0 * score)),
    }
}

/// How many people are there; `None` when the channel is not measured.
pub(super) fn person_count(seen: Option<&PeopleSeen>) -> Reading {
    match seen.map(|seen| seen.persons) {
        None => Reading::unavailable(),
        Some(None) => Reading::unknown(),
        Some(Some(found)) => Reading::plain(found.count.to_string()).sure(found.confidence),
    }
}

/// What presence is judged against, as an entity shows it: with how far a calibration is, or why the last one came to
/// nothing.
pub(super) fn calibration_entity(sensed: &Sensed) -> Reading {
    let Sensed::Csi(seen) = sensed else { return Reading::unavailable() };
    let reading = match (seen.job, seen.calibration) {
        (Some(CalibrationJob::Running { progress }), _) => {
            Reading::plain(catalog::CALIBRATING).with("progress", percent(progress))
        }
        (_, Calibration::Learning { progress }) => {
            Reading::plain(catalog::LEARNING).with("progress", percent(progress))
        }
        (_, Calibration::SelfCalibrated { version }) => {
            Reading::plain(catalog::SELF_CALIBRATED).with("version", version.into())
        }
        (_, Calibration::Calibrated { version }) => Reading::plain(catalog::CALIBRATED).with("version", version.into()),
    };
    match seen.job {
        Some(CalibrationJob::Refused(why)) => reading.with("reason", json!([refusal(why)])),
        _ => reading,
    }
}

pub(super) fn refusal(why: CalibrationRefusal) -> &'static str {
    match why {
        CalibrationRefusal::Motion => "motion",
        CalibrationRefusal::Breathing => "micro_motion",
        CalibrationRefusal::Presence => "presence",
        CalibrationRefusal::TooFewFrames => "too_few_packets",
    }
}

/// A share as whole percent.
fn percent(share: f32) -> Value {
    json!((100.0 * share.clamp(0.0, 1.0)).round() as u8)
}

/// Whether beamforming feedback says that somebody is there, and why we think so.
pub(super) fn bfld_presence(seen: &BfiAssessment) -> Reading {
    let reason = match seen.reason {
        BfiReason::Motion => "motion",
        BfiReason::BaselineDeparture => "baseline_departure",
        BfiReason::Hold => "hold",
        BfiReason::Quiet => "quiet",
        BfiReason::Unknown if matches!(seen.calibration, BfiCalibration::Learning { .. }) => LEARNING,
        BfiReason::Unknown => "insufficient_data",
    };
    switch(seen.presence).with("reason", json!([reason])).with("calibration", bfld_calibration(seen).into())
}

/// Whether beamforming feedback says that somebody moves.
pub(super) fn bfld_motion(seen: &BfiAssessment) -> Reading {
    switch(seen.motion).with("calibration", bfld_calibration(seen).into())
}

/// What presence from beamforming feedback is judged against.
pub(super) fn bfld_calibration(seen: &BfiAssessment) -> String {
    match seen.calibration {
        BfiCalibration::Learning { .. } => LEARNING.to_owned(),
        BfiCalibration::SelfCalibrated { version } => self_calibrated(version),
    }
}

/// What presence is judged against.
pub(super) fn calibration(seen: &Assessment) -> String {
    match seen.calibration {
        Calibration::Learning { .. } => LEARNING.to_owned(),
        Calibration::SelfCalibrated { version } => self_calibrated(version),
        Calibration::Calibrated { version } => format!("calibrated-{version}"),
    }
}

/// Counts the baselines of a node; 0 before the first.
pub(super) fn version(seen: &Assessment) -> u32 {
    match seen.calibration {
        Calibration::Learning { .. } => 0,
        Calibration::SelfCalibrated { version } | Calibration::Calibrated { version } => version,
    }
}

fn self_calibrated(version: u32) -> String {
    format!("self-{version}")
}

/// Why presence is what it is.
pub(super) fn reason(seen: &Assessment) -> &'static str {
    if seen.presence.is_none() {
        return match seen.calibration {
            Calibration::Learning { .. } => LEARNING,
            Calibration::SelfCalibrated { .. } | Calibration::Calibrated { .. } => "insufficient_data",
        };
    }
    match seen.reason {
        PresenceReason::Motion => "motion",
        // Said like this because at class 3 nobody is told how anybody breathes.
        PresenceReason::Breathing => "micro_motion",
        PresenceReason::BaselineDeparture => "baseline_departure",
        PresenceReason::Hold => "hold",
        PresenceReason::Quiet => "quiet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::{OFF, UNAVAILABLE, UNKNOWN};

    fn csi(presence: Option<bool>, level: Option<f32>) -> Sensed {
        Sensed::Csi(Assessment {
            motion: Some(false),
            motion_level_percent: level,
            presence,
            presence_score: None,
            motion_energy: None,
            reason: PresenceReason::Hold,
            calibration: Calibration::SelfCalibrated { version: 3 },
            job: None,
        })
    }

    #[test]
    fn motion_level_is_a_percentage_to_one_decimal() {
        let shown = |level| motion_level(&csi(Some(true), level)).state;
        assert_eq!(shown(Some(3.24)), "3.2");
        assert_eq!(shown(Some(-1.0)), "0.0");
        assert_eq!(shown(Some(1e9)), "100.0");
        assert_eq!(shown(Some(f32::NAN)), UNKNOWN);
        assert_eq!(shown(None), UNKNOWN);
        assert_eq!(motion_level(&Sensed::Edge { presence: true, motion: true }).state, UNAVAILABLE);
    }

    #[test]
    fn presence_says_why() {
        let on = presence(&csi(Some(true), None));
        assert_eq!(Value::from(on.attributes), json!({"reason": ["hold"], "calibration": "self-3"}));
        let unsure = presence(&csi(None, None));
        assert_eq!(unsure.state, UNKNOWN);
        assert_eq!(unsure.attributes["reason"], json!(["insufficient_data"]));
        let edge = presence(&Sensed::Edge { presence: false, motion: false });
        assert_eq!((edge.state.as_str(), Value::from(edge.attributes)), (OFF, json!({"reason": ["edge_flag"]})));
        assert_eq!(presence(&Sensed::Nothing), Reading::unavailable());
    }
}
