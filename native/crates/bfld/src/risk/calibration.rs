//! From the raw score to a calibrated one, by a file that can change without the program.

use serde::Deserialize;

const SHIPPED: &str = include_str!("../../data/risk_calibration.toml");

/// A file that is no calibration.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// Not TOML, or not the keys of a calibration.
    #[error("expected the keys `calibrated` and `points`, found this fault: {0}")]
    NotACalibration(String),
    /// The points do not begin at 0, end at 1, rise in the raw score and never fall in the calibrated one.
    #[error("expected points from raw 0 to raw 1 that never fall, found {found:?} as number {number}")]
    Point {
        /// Counted from 1; the last for too few points.
        number: usize,
        /// Raw and calibrated score.
        found: Option<[f32; 2]>,
    },
}

/// A piecewise-linear map of the risk score that never falls, so that a calibrated score orders rooms as the raw one does.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskCalibration {
    calibrated: bool,
    points: Vec<[f32; 2]>,
}

impl RiskCalibration {
    /// From a TOML text: `calibrated` (whether somebody has measured re-identification with it) and `points`, pairs of raw
    /// and calibrated score.
    ///
    /// # Errors
    /// [`CalibrationError`].
    pub fn from_toml(text: &str) -> Result<Self, CalibrationError> {
        let calibration: Self =
            toml::from_str(text).map_err(|fault| CalibrationError::NotACalibration(fault.to_string()))?;
        calibration.check()?;
        Ok(calibration)
    }

    /// The map that is shipped: the identity, until somebody has calibrated it.
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml).
    pub fn shipped() -> Result<Self, CalibrationError> {
        Self::from_toml(SHIPPED)
    }

    /// Whether the scores were ever compared with how often people were told apart. Entities show this.
    pub const fn is_calibrated(&self) -> bool {
        self.calibrated
    }

    /// The calibrated score, 0 to 1.
    pub fn apply(&self, raw: f32) -> f32 {
        let raw = if raw.is_nan() { 1.0 } else { raw.clamp(0.0, 1.0) };
        let segment = self.points.array_windows().find(|[_, [end, _]]| raw <= *end);
        segment.map_or(raw, |[[start, low], [end, high]]| low + (high - low) * (raw - start) / (end - start))
    }

    fn check(&self) -> Result<(), CalibrationError> {
        let fault = |number: usize| {
            let found = number.checked_sub(1).and_then(|at| self.points.get(at)).copied();
            Err(CalibrationError::Point { number, found })
        };
        let mut last: Option<[f32; 2]> = None;
        for (at, point) in self.points.iter().enumerate() {
            let rises = match last {
                None => is_zero(point[0]),
                Some([raw, calibrated]) => point[0] > raw && point[1] >= calibrated,
            };
            if !rises || !point.iter().all(|score| (0.0..=1.0).contains(score)) {
                return fault(at + 1);
            }
            last = Some(*point);
        }
        if last.is_some_and(|[raw, _]| is_zero(1.0 - raw)) { Ok(()) } else { fault(self.points.len()) }
    }
}

fn is_zero(value: f32) -> bool {
    value.abs() < f32::EPSILON
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "the identity changes no bit")]
    fn shipped_map_is_the_identity_and_says_so() {
        let shipped = RiskCalibration::shipped().unwrap();
        assert!(!shipped.is_calibrated());
        for raw in [0.0, 0.125, 0.7, 1.0] {
            assert_eq!(shipped.apply(raw), raw);
        }
        assert_eq!([shipped.apply(7.0), shipped.apply(-1.0), shipped.apply(f32::NAN)], [1.0, 0.0, 1.0]);
    }

    #[test]
    fn points_are_joined_by_lines() {
        let text = "calibrated = true\npoints = [[0.0, 0.0], [0.5, 0.8], [1.0, 0.9]]";
        let calibration = RiskCalibration::from_toml(text).unwrap();
        assert!(calibration.is_calibrated());
        assert!((calibration.apply(0.25) - 0.4).abs() < 1e-6);
        assert!((calibration.apply(0.75) - 0.85).abs() < 1e-6);
    }

    #[test]
    fn maps_that_fall_or_do_not_reach_are_refused() {
        let number = |points: &str| match RiskCalibration::from_toml(&format!("calibrated = true\npoints = {points}")) {
            Err(CalibrationError::Point { number, .. }) => number,
            other => panic!("{other:?}"),
        };
        assert_eq!(number("[]"), 0);
        assert_eq!(number("[[0.1, 0.0], [1.0, 1.0]]"), 1);
        assert_eq!(number("[[0.0, 0.5], [1.0, 0.4]]"), 2);
        assert_eq!(number("[[0.0, 0.0], [0.0, 0.5], [1.0, 1.0]]"), 2);
        assert_eq!(number("[[0.0, 0.0], [1.0, 1.5]]"), 2);
        assert_eq!(number("[[0.0, 0.0], [0.9, 1.0]]"), 2);
        assert_eq!(number("[[0.0, nan], [1.0, 1.0]]"), 1);
        assert!(matches!(RiskCalibration::from_toml("points = []"), Err(CalibrationError::NotACalibration(_))));
    }
}
