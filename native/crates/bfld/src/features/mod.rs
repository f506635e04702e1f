//! The nine features of a window of 32 reports.
//!
//! They follow the project's decision record on identity risk (ADR-121, 2.1), which defines them on the feedback's angles
//! at 10 Hz. Here they are computed from the projectors of the feedback's columns, which neither jump where an angle wraps
//! nor change with a column's arbitrary phase, and from the reports' own times. θ(a, b) is the angle between two reports'
//! directions, 0 to π/2 rad, averaged over tones; p(k, r, t) is the share of the first stream's power that tone k gives to
//! antenna r in report t.

mod distribution;
mod doppler;
mod path_stability;
mod separability;
mod spread;
mod steps;

use crate::shape::Shape;
use crate::window::{Taken, WINDOW_LEN};
use crate::{EmbeddingRing, IdentityEmbedding};

pub use path_stability::PathStability;

/// What a window of 32 reports says. Every number is finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BfiFeatures {
    /// Mean of θ between consecutive reports not more than 10 s apart, in rad: 0 to π/2.
    pub mean_angle_delta: f32,
    /// Variance of p over the tones, averaged over antennas and reports: 0 to 1/4. Frequency selectivity, from multipath.
    pub subcarrier_variance: f32,
    /// Shannon entropy over the window of p in 16 equal bins, averaged over tones and antennas, as a share of the 4 bits
    /// that are possible: 0 (frozen) to 1.
    pub temporal_entropy: f32,
    /// Amplitude in rad of the strongest sinusoid in θ(report, mean of the window), by least squares at irregular times
    /// (Lomb, 1976; Scargle, 1982).
    pub doppler_proxy: f32,
    /// Length of the mean projector relative to one report's, averaged over tones: 1 for a frozen channel, `1/√n_tx` for a
    /// random one (mean resultant length; Mardia, Jupp: Directional Statistics, 2000).
    pub path_stability: f32,
    /// Pearson correlation over time of p at two antennas, averaged over pairs and tones: -1 to 1; 0 where nothing varies.
    pub cross_antenna_correlation: f32,
    /// Angular speed (θ over the time between reports, at least 0.5 s) above its median plus three robust deviations,
    /// averaged over the window, as a share of π/2 rad/s: 0 to 1.
    pub burst_motion_score: f32,
    /// 1 - D/ln 2 for the Kullback-Leibler divergence D of the second half's distribution of p from the window's, averaged
    /// over antennas: 1 for halves alike, 0 for halves that share nothing (D is at most ln 2, since the window contains the
    /// half; Lin, 1991).
    pub stationarity_score: f32,
    /// How much nearer the window's embedding is to its nearest predecessor than to the median one, as a share of what is
    /// possible: 0 to 1; 0 with fewer than 8 predecessors. A proxy: no learned encoder is behind it.
    pub identity_separability_score: f32,
}

pub(crate) fn compute(reports: &[Taken; WINDOW_LEN], known: &EmbeddingRing) -> BfiFeatures {
    let mean = mean_shape(reports);
    let steps = steps::between(reports);
    let powers = spread::AntennaPowers::of(reports);
    BfiFeatures {
        mean_angle_delta: steps::mean_angle_delta(&steps),
        subcarrier_variance: spread::subcarrier_variance(reports),
        temporal_entropy: distribution::temporal_entropy(&powers),
        doppler_proxy: doppler::amplitude(reports, &mean),
        path_stability: path_stability::of_mean(&mean),
        cross_antenna_correlation: spread::cross_antenna_correlation(&powers),
        burst_motion_score: steps::burst_motion_score(&steps),
        stationarity_score: distribution::stationarity_score(&powers),
        identity_separability_score: separability::score(&separability::embedding(&mean), known),
    }
}

pub(crate) fn embedding(reports: &[Taken; WINDOW_LEN]) -> IdentityEmbedding {
    separability::embedding(&mean_shape(reports))
}

fn mean_shape(reports: &[Taken; WINDOW_LEN]) -> Shape {
    let [first, ..] = reports;
    Shape::mean(reports.iter().map(|report| &report.shape)).unwrap_or_else(|| first.shape.clone())
}
