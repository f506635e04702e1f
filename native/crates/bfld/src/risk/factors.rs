//! The risk score: four factors, each of which can make it small.
//!
//! Source: the project's decision record on identity risk (ADR-121, 2.2).

/// What the score is the product of. Each is taken as at most 1 and at least 0; NaN as 1, since what is not known must not
/// hide a risk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiskFactors {
    /// [`identity_separability_score`](crate::BfiFeatures::identity_separability_score).
    pub separability: f32,
    /// [`path_stability`](crate::BfiFeatures::path_stability), smoothed by [`Stability`].
    pub stability: f32,
    /// How far several views of the room agree; 1 where there is one.
    pub consistency: f32,
    /// How good the samples are: [`sample_confidence`].
    pub confidence: f32,
}

impl RiskFactors {
    /// The uncalibrated score, 0 to 1: never smaller for a greater factor.
    pub fn score(&self) -> f32 {
        [self.separability, self.stability, self.consistency, self.confidence].into_iter().map(within_one).product()
    }
}

fn within_one(factor: f32) -> f32 {
    if factor.is_nan() { 1.0 } else { factor.clamp(0.0, 1.0) }
}

/// An exponential mean of path stability.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stability(Option<f32>);

impl Stability {
    const NEW_SHARE: f32 = 0.1;

    /// The mean with one more window in it.
    #[must_use]
    pub fn after(self, path_stability: f32) -> Self {
        let mean = self.0.map_or(path_stability, |mean| mean + Self::NEW_SHARE * (path_stability - mean));
        Self(Some(mean))
    }

    /// The mean; 0 before the first window.
    pub fn value(self) -> f32 {
        self.0.unwrap_or(0.0)
    }
}

/// How good a report's samples are for telling people apart, 0 to 1: the product of its mean signal to noise ratio over
/// 30 dB, its tones over the 52 of a 20 MHz channel, and its antennas beyond the first over three, each at most 1.
pub fn sample_confidence(mean_snr_db: f32, n_tones: usize, n_tx: u8) -> f32 {
    const GOOD_SNR_DB: f32 = 30.0;
    const GOOD_TONES: f32 = 52.0;
    const GOOD_ANTENNAS: f32 = 3.0;
    let antennas = f32::from(n_tx.saturating_sub(1));
    let shares = [mean_snr_db / GOOD_SNR_DB, n_tones as f32 / GOOD_TONES, antennas / GOOD_ANTENNAS];
    shares.into_iter().map(within_one).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "products of powers of two are exact")]
    fn score_is_the_product_of_clamped_factors() {
        let factors = RiskFactors { separability: 0.5, stability: 2.0, consistency: 0.5, confidence: f32::NAN };
        assert_eq!(factors.score(), 0.25);
        assert_eq!(RiskFactors { stability: -1.0, ..factors }.score(), 0.0);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the first window is taken as it is")]
    fn stability_follows_slowly() {
        let stability = Stability::default();
        assert_eq!(stability.value(), 0.0);
        let stability = stability.after(1.0);
        assert_eq!(stability.value(), 1.0);
        assert!((stability.after(0.0).value() - 0.9).abs() < 1e-6);
    }

    #[test]
    fn confidence_is_that_of_the_worst() {
        assert!((sample_confidence(30.0, 250, 4) - 1.0).abs() < 1e-6);
        assert!((sample_confidence(15.0, 52, 4) - 0.5).abs() < 1e-6);
        assert!(sample_confidence(30.0, 250, 1) < 1e-6);
    }
}
