//! The third stage: heart beats, which move the skin by a tenth of what breath moves the chest.
//!
//! On the three recordings by others with a known heart rate it does not beat guessing: taking the highest line of each 12 s
//! window is wrong by 23 beats a minute on average, guessing 75 by 5, and lines that stand out are no better
//! (`tests/recordings.rs` prints them). Nothing publishes it unless it was asked for as an experiment.

use std::f64::consts::TAU;

use crate::preprocess::{SAMPLE_RATE_HZ, VitalWindow};
use crate::reading::{VitalEstimate, VitalStatus};
use crate::spectrum::hann;
use crate::subspace::dot;

/// 48 to 120 beats a minute.
const BAND_HZ: (f64, f64) = (0.8, 2.0);
const STEP_HZ: f64 = 1.0 / 60.0;
/// Harmonics of breathing that lie in the band, and how far around each nothing is looked at.
const HARMONICS: u32 = 10;
const HARMONIC_HZ: f64 = 0.06;
/// Fewest samples that tell beats apart: 10 s.
const MIN_SAMPLES: usize = 100;
/// From this height above the band's median a line is said to be there. Of white noise in a window of 28 s, averaged over
/// a few independent series, one in a hundred has one.
const PROMINENT: f64 = 4.0;

/// Finds the heart rate between 0.8 and 2 Hz: spectra of all features, weighted by how coherent each is in the band with the
/// others, because noise is not.
#[derive(Debug, Clone, Copy, Default)]
pub struct HeartRateExtractor;

impl HeartRateExtractor {
    /// An extractor.
    pub fn new() -> Self {
        Self
    }

    /// The estimate for one window, of 10 s at least; harmonics of `breathing_bpm` are left out. It is experimental: its
    /// confidence is no probability, and `Degraded` is the most that it claims.
    pub fn estimate(&self, window: &VitalWindow, breathing_bpm: Option<f32>) -> VitalEstimate {
        let features = window.features();
        let samples = features.first().map_or(0, Vec::len);
        if samples < MIN_SAMPLES {
            return VitalEstimate::UNAVAILABLE;
        }
        let frequencies: Vec<f64> = frequencies().filter(|hz| !is_harmonic(*hz, breathing_bpm)).collect();
        let waves: Vec<Vec<f64>> = frequencies.iter().flat_map(|hz| waves(*hz, samples)).collect();
        let coefficients: Vec<Coefficients> =
            features.iter().map(|feature| Coefficients::of(feature, &waves)).collect();
        let weights = coherence_weights(&coefficients);
        let power =
            |at: usize| coefficients.iter().zip(&weights).map(|(of, weight)| weight * of.power(at)).sum::<f64>();
        let spectrum: Vec<f64> = (0..frequencies.len()).map(power).collect();
        let top = (0..spectrum.len()).max_by(|a, b| spectrum[*a].total_cmp(&spectrum[*b]));
        let Some(top) = top.filter(|top| spectrum[*top] > 0.0) else { return VitalEstimate::UNAVAILABLE };
        let mut sorted = spectrum.clone();
        sorted.sort_by(f64::total_cmp);
        let height = spectrum[top] / sorted[sorted.len() / 2].max(f64::MIN_POSITIVE);
        let confidence = (1.0 - PROMINENT / (PROMINENT + height - 1.0)).clamp(0.0, 0.5) as f32;
        if height < PROMINENT {
            return VitalEstimate { rate_bpm: None, confidence, status: VitalStatus::Unreliable };
        }
        let rate_bpm = Some((60.0 * frequencies[top]) as f32);
        VitalEstimate { rate_bpm, confidence, status: VitalStatus::Degraded }
    }
}

fn frequencies() -> impl Iterator<Item = f64> {
    let steps = ((BAND_HZ.1 - BAND_HZ.0) / STEP_HZ).round() as u32;
    (0..=steps).map(|step| BAND_HZ.0 + f64::from(step) * STEP_HZ)
}

/// Cosine and sine at `hz`.
fn waves(hz: f64, samples: usize) -> [Vec<f64>; 2] {
    let angle = |at: usize| TAU * hz * at as f64 / SAMPLE_RATE_HZ;
    [(0..samples).map(|at| angle(at).cos()).collect(), (0..samples).map(|at| angle(at).sin()).collect()]
}

fn is_harmonic(hz: f64, breathing_bpm: Option<f32>) -> bool {
    let Some(breath) = breathing_bpm.map(|bpm| f64::from(bpm) / 60.0) else { return false };
    (2..=HARMONICS).any(|order| (hz - f64::from(order) * breath).abs() < HARMONIC_HZ)
}

/// A feature's cosine and sine coefficients in the band, at unit power in the band.
struct Coefficients(Vec<f64>);

impl Coefficients {
    fn of(feature: &[f64], waves: &[Vec<f64>]) -> Self {
        let windowed: Vec<f64> = feature.iter().enumerate().map(|(at, x)| x * hann(at, feature.len())).collect();
        let mut values: Vec<f64> = waves.iter().map(|wave| dot(wave, &windowed)).collect();
        let length = dot(&values, &values).sqrt();
        if length > 0.0 {
            for value in &mut values {
                *value /= length;
            }
        }
        Self(values)
    }

    fn power(&self, at: usize) -> f64 {
        self.0[2 * at].powi(2) + self.0[2 * at + 1].powi(2)
    }
}

/// For each feature its mean squared likeness to the others over the band; together 1.
fn coherence_weights(coefficients: &[Coefficients]) -> Vec<f64> {
    let likeness = |a: usize| -> f64 {
        (0..coefficients.len()).filter(|b| *b != a).map(|b| dot(&coefficients[a].0, &coefficients[b].0).powi(2)).sum()
    };
    let weights: Vec<f64> = (0..coefficients.len()).map(likeness).collect();
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.into_iter().map(|weight| weight / sum).collect()
    } else {
        vec![1.0 / coefficients.len() as f64; coefficients.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Features with a beat of `bpm` in the first half of them, breath in all, and repeatable noise.
    fn window(bpm: f64, breath: f64) -> VitalWindow {
        let wave = |rate: f64, at: usize| (TAU * rate / 60.0 * at as f64 / SAMPLE_RATE_HZ).sin();
        let noise =
            |k: usize, at: usize| (((k * 7919 + at * 104_729 + 13) * 2_654_435_761 % 4_294_967_296) as f64 / 4e9) - 0.5;
        let feature = |k: usize| {
            let beat = if k < 8 { 0.05 } else { 0.0 };
            let sample = |at: usize| {
                breath * (wave(15.0, at) + 0.2 * wave(75.0, at)) + beat * wave(bpm, at) + 0.05 * noise(k, at)
            };
            (0..300).map(sample).collect()
        };
        VitalWindow::from_features((0..16).map(feature).collect())
    }

    #[test]
    fn a_beat_shared_by_subcarriers_is_found_beside_breath() {
        for bpm in [54.0, 69.0, 110.0] {
            let found = HeartRateExtractor.estimate(&window(bpm, 1.0), Some(15.0));
            assert!(found.rate_bpm.is_some_and(|rate| (f64::from(rate) - bpm).abs() < 2.0), "{bpm} {found:?}");
        }
    }

    #[test]
    fn noise_and_nothing_have_no_rate() {
        assert_eq!(HeartRateExtractor.estimate(&VitalWindow::from_features(vec![]), None), VitalEstimate::UNAVAILABLE);
        let short = VitalWindow::from_features(vec![vec![1.0, 0.0, 2.0]; 8]);
        assert_eq!(HeartRateExtractor.estimate(&short, None), VitalEstimate::UNAVAILABLE);
    }
}
