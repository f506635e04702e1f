//! From what is known to what entities show.

use homecore::Attributes;
use ruview_bfld::{BfiAssessment, BfiCalibration, BfiReason};
use ruview_signal::{Assessment, Calibration, PresenceReason};
use serde_json::{Value, json};

use super::senses::Sensed;

pub(super) const ON: &str = "on";
pub(super) const OFF: &str = "off";
pub(super) const UNKNOWN: &str = "unknown";
pub(super) const UNAVAILABLE: &str = "unavailable";
/// There is no baseline yet.
const LEARNING: &str = "learning";

/// A state and its attributes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    pub(super) state: String,
    pub(super) attributes: Attributes,
}

impl Reading {
    pub(super) fn plain(state: impl Into<String>) -> Self {
        Self { state: state.into(), attributes: Attributes::new() }
    }

    pub(super) fn with(mut self, key: &str, value: Value) -> Self {
        self.attributes.insert(key.to_owned(), value);
        self
    }
}

/// Whether somebody is there, and why we think so.
pub(super) fn presence(sensed: &Sensed) -> Reading {
    match sensed {
        Sensed::Nothing => Reading::plain(UNAVAILABLE),
        Sensed::Edge { presence, .. } => Reading::plain(on_off(*presence)).with("reason", json!(["edge_flag"])),
        Sensed::Csi(seen) => Reading::plain(seen.presence.map_or(UNKNOWN, on_off))
            .with("reason", json!([reason(seen)]))
            .with("calibration", calibration(seen).into()),
    }
}

/// Whether somebody moves.
pub(super) fn motion(sensed: &Sensed) -> Reading {
    match sensed {
        Sensed::Nothing => Reading::plain(UNAVAILABLE),
        Sensed::Edge { motion, .. } => Reading::plain(on_off(*motion)).with("reason", json!(["edge_flag"])),
        Sensed::Csi(seen) => {
            Reading::plain(seen.motion.map_or(UNKNOWN, on_off)).with("calibration", calibration(seen).into())
        }
    }
}

/// How much somebody moves: percent to one decimal. The firmware's flags have no amount.
pub(super) fn motion_level(sensed: &Sensed) -> Reading {
    match sensed {
        Sensed::Nothing | Sensed::Edge { .. } => Reading::plain(UNAVAILABLE),
        Sensed::Csi(seen) => percentage(seen.motion_level_percent),
    }
}

/// A percentage to one decimal; `None` is unknown.
pub(super) fn percentage(percent: Option<f32>) -> Reading {
    match percent {
        Some(percent) if percent.is_finite() => Reading::plain(format!("{:.1}", percent.clamp(0.0, 100.0))),
        _ => Reading::plain(UNKNOWN),
    }
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
    Reading::plain(seen.presence.map_or(UNKNOWN, on_off))
        .with("reason", json!([reason]))
        .with("calibration", bfld_calibration(seen).into())
}

/// Whether beamforming feedback says that somebody moves.
pub(super) fn bfld_motion(seen: &BfiAssessment) -> Reading {
    Reading::plain(seen.motion.map_or(UNKNOWN, on_off)).with("calibration", bfld_calibration(seen).into())
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
    }
}

fn self_calibrated(version: u32) -> String {
    format!("self-{version}")
}

fn reason(seen: &Assessment) -> &'static str {
    if seen.presence.is_none() {
        return match seen.calibration {
            Calibration::Learning { .. } => LEARNING,
            Calibration::SelfCalibrated { .. } => "insufficient_data",
        };
    }
    match seen.reason {
        PresenceReason::Motion => "motion",
        PresenceReason::BaselineDeparture => "baseline_departure",
        PresenceReason::Hold => "hold",
        PresenceReason::Quiet => "quiet",
    }
}

fn on_off(on: bool) -> &'static str {
    if on { ON } else { OFF }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csi(presence: Option<bool>, level: Option<f32>) -> Sensed {
        Sensed::Csi(Assessment {
            motion: Some(false),
            motion_level_percent: level,
            presence,
            reason: PresenceReason::Hold,
            calibration: Calibration::SelfCalibrated { version: 3 },
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
        assert_eq!(presence(&Sensed::Nothing), Reading::plain(UNAVAILABLE));
    }
}
