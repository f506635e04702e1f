//! How power spreads over tones and antennas, and how it moves between antennas.

use crate::statistics::mean;
use crate::window::{Taken, WINDOW_LEN};

/// Variances below this are rounding.
const ROUNDING: f32 = 1e-9;

pub(super) fn subcarrier_variance(reports: &[Taken; WINDOW_LEN]) -> f32 {
    let n_tones = reports[0].shape.size.tones as f32;
    let variances = reports.iter().flat_map(|report| {
        let mut sums = vec![(0.0_f32, 0.0_f32); report.shape.size.antennas];
        for tone in report.shape.antenna_powers() {
            for ((sum, squares), power) in sums.iter_mut().zip(tone) {
                *sum += power;
                *squares += power * power;
            }
        }
        sums.into_iter().map(move |(sum, squares)| {
            let average = sum / n_tones;
            (squares / n_tones - average * average).max(0.0)
        })
    });
    mean(variances)
}

/// The powers as series over time: for each tone and antenna, the window's 32 values.
pub(super) struct AntennaPowers {
    pub(super) n_tx: usize,
    series: Vec<[f32; WINDOW_LEN]>,
}

impl AntennaPowers {
    pub(super) fn of(reports: &[Taken; WINDOW_LEN]) -> Self {
        let size = reports[0].shape.size;
        let mut series = vec![[0.0; WINDOW_LEN]; size.tones * size.antennas];
        for (t, report) in reports.iter().enumerate() {
            let powers = report.shape.antenna_powers().flatten();
            series.iter_mut().zip(powers).for_each(|(series, power)| series[t] = *power);
        }
        Self { n_tx: size.antennas, series }
    }

    /// The series of every tone and antenna, antennas fastest.
    pub(super) fn series(&self) -> &[[f32; WINDOW_LEN]] {
        &self.series
    }

    /// The tones in turn: the series of each antenna.
    fn tones(&self) -> impl Iterator<Item = &[[f32; WINDOW_LEN]]> {
        self.series.chunks_exact(self.n_tx)
    }
}

pub(super) fn cross_antenna_correlation(powers: &AntennaPowers) -> f32 {
    let correlations = powers.tones().flat_map(|antennas| {
        let varying: Vec<_> = antennas.iter().filter_map(standardised).collect();
        let pairs = varying.iter().enumerate().flat_map(|(n, a)| varying[n + 1..].iter().map(move |b| product(a, b)));
        pairs.collect::<Vec<f32>>()
    });
    mean(correlations).clamp(-1.0, 1.0)
}

/// The series with mean 0 and length 1; `None` where it does not vary.
fn standardised(series: &[f32; WINDOW_LEN]) -> Option<[f32; WINDOW_LEN]> {
    let average = mean(series.iter().copied());
    let centred = series.map(|value| value - average);
    let energy = product(&centred, &centred);
    (energy > ROUNDING * WINDOW_LEN as f32).then(|| centred.map(|value| value / libm::sqrtf(energy)))
}

fn product(a: &[f32; WINDOW_LEN], b: &[f32; WINDOW_LEN]) -> f32 {
    crate::shape::dot(a, b)
}
