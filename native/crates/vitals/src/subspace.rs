//! The few directions of feature space in which a window swings slowly by more than its noise explains.
//!
//! Packet noise is neither equal in all features nor independent between them: divided by its covariance, told from second
//! differences, it is both, and sums over directions become honest. Of what is left, the directions with most power at
//! breathing's frequencies are kept: spatio-spectral decomposition (Nikulin, Nolte and Curio, `NeuroImage` 55, 2011).

use std::f64::consts::TAU;
use std::sync::LazyLock;

use crate::preprocess::{SAMPLE_RATE_HZ, WINDOW};

/// Directions that are kept: the real and imaginary part of a chest's reflection, its harmonics, and as many for drift.
pub(crate) const DIRECTIONS: usize = 6;
/// How far the noise covariance is drawn towards independence (Ledoit and Wolf, 2004).
const SHRINKAGE: f64 = 0.05;
/// Share of the second differences that count: the largest are movements and steps, not noise.
const ORDINARY: f64 = 0.9;
/// Up to where movement counts as slow.
const SLOW_HZ: f64 = 0.65;
/// Rounds of orthogonal iteration. The kept space need not be exact, only the same each time.
const ROUNDS: usize = 16;

/// The series of a whole window along its slowly swinging directions, in units of the packet noise. Empty for a window
/// without features.
pub(crate) fn slow_directions(features: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let Some(noise) = NoiseModel::of(features) else { return Vec::new() };
    let rows: Vec<Vec<f64>> = slow_coefficients(features).into_iter().map(|row| noise.whiten(row)).collect();
    let weights = strongest_space(&rows).into_iter().map(|direction| noise.unwhiten(direction));
    weights.map(|weights| combine(features, &weights)).collect()
}

/// The packet noise of a window: each feature's level, and the Cholesky factor of their correlation.
struct NoiseModel {
    levels: Vec<f64>,
    factor: Vec<Vec<f64>>,
}

impl NoiseModel {
    fn of(features: &[Vec<f64>]) -> Option<Self> {
        let differences: Vec<Vec<f64>> = features.iter().map(|feature| second_differences(feature)).collect();
        let moments = ordinary_moments(&differences)?;
        let ordinary = |feature: &Vec<f64>| moments.iter().map(|at| feature[*at]).collect::<Vec<f64>>();
        let mut white: Vec<Vec<f64>> = differences.iter().map(ordinary).collect();
        let levels = noise_levels(&white, features);
        for (feature, level) in white.iter_mut().zip(&levels) {
            for value in feature {
                *value /= level;
            }
        }
        let n = moments.len().max(1) as f64;
        let mut factor: Vec<Vec<f64>> = (0..white.len())
            .map(|row| (0..=row).map(|column| (1.0 - SHRINKAGE) * dot(&white[row], &white[column]) / n).collect())
            .collect();
        factor.iter_mut().enumerate().for_each(|(at, row)| row[at] += SHRINKAGE);
        factorise(&mut factor)?;
        Some(Self { levels, factor })
    }

    /// Forward substitution: a row of coefficients in units of the noise, independent between directions.
    fn whiten(&self, mut row: Vec<f64>) -> Vec<f64> {
        for at in 0..row.len() {
            let known = dot(&self.factor[at][..at], &row[..at]);
            row[at] = (row[at] / self.levels[at] - known) / self.factor[at][at];
        }
        row
    }

    /// Back substitution: the weights of the features that give the series along a whitened `direction`.
    fn unwhiten(&self, mut direction: Vec<f64>) -> Vec<f64> {
        for at in (0..direction.len()).rev() {
            direction[at] /= self.factor[at][at];
            let known = direction[at];
            direction[..at].iter_mut().zip(&self.factor[at]).for_each(|(entry, factor)| *entry -= factor * known);
        }
        direction.iter_mut().zip(&self.levels).for_each(|(entry, level)| *entry /= level);
        direction
    }
}

/// Second differences, scaled so that independent noise keeps its variance.
fn second_differences(feature: &[f64]) -> Vec<f64> {
    feature.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]) / 6.0_f64.sqrt()).collect()
}

/// Where the differences, relative to their level in each feature, are not among the largest. `None` of no feature.
fn ordinary_moments(differences: &[Vec<f64>]) -> Option<Vec<usize>> {
    let mut energies: Vec<(f64, usize)> = (0..differences.first()?.len()).map(|at| (0.0, at)).collect();
    for feature in differences {
        let power = dot(feature, feature) / feature.len().max(1) as f64;
        if power > 0.0 {
            energies.iter_mut().zip(feature).for_each(|(energy, value)| energy.0 += value * value / power);
        }
    }
    energies.sort_by(|a, b| a.0.total_cmp(&b.0));
    energies.truncate((energies.len() as f64 * ORDINARY) as usize);
    Some(energies.into_iter().map(|(_, at)| at).collect())
}

/// The noise's standard deviation in each feature; a floor keeps features without any from ruling the others.
fn noise_levels(differences: &[Vec<f64>], features: &[Vec<f64>]) -> Vec<f64> {
    let variance = |values: &[f64]| dot(values, values) / values.len().max(1) as f64;
    let loudest = features.iter().map(|feature| variance(feature)).fold(0.0, f64::max);
    let level = |values: &Vec<f64>| (variance(values) + 1e-12 * loudest + 1e-20).sqrt();
    differences.iter().map(level).collect()
}

/// Cosines and sines at the window's own slow frequencies.
static SLOW_WAVES: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| {
    let highest = (SLOW_HZ * WINDOW as f64 / SAMPLE_RATE_HZ) as usize;
    let wave = |cycles: usize, shift: f64| -> Vec<f64> {
        (0..WINDOW).map(|at| (TAU * (cycles * at) as f64 / WINDOW as f64 - shift).cos()).collect()
    };
    (1..=highest).flat_map(|cycles| [wave(cycles, 0.0), wave(cycles, TAU / 4.0)]).collect()
});

/// The coefficients of every feature, one row for each slow wave.
fn slow_coefficients(features: &[Vec<f64>]) -> Vec<Vec<f64>> {
    SLOW_WAVES.iter().map(|wave| features.iter().map(|feature| dot(wave, feature)).collect()).collect()
}

/// An orthonormal base of the space in which `rows` have most power, by orthogonal iteration on their products.
fn strongest_space(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let products: Vec<Vec<f64>> = rows.iter().map(|a| rows.iter().map(|b| dot(a, b)).collect()).collect();
    let start = |k: usize| (0..rows.len()).map(|at| (1.0 + (at * (k + 1)) as f64 * 1.618).sin()).collect();
    let kept = DIRECTIONS.min(rows.len()).min(rows.first().map_or(0, Vec::len));
    let mut base: Vec<Vec<f64>> = (0..kept).map(start).collect();
    for _ in 0..ROUNDS {
        base = base.iter().map(|vector| products.iter().map(|row| dot(row, vector)).collect()).collect();
        orthonormalise(&mut base);
    }
    let width = rows.first().map_or(0, Vec::len);
    let mut space: Vec<Vec<f64>> = base
        .iter()
        .map(|vector| {
            let mut direction = vec![0.0; width];
            for (row, weight) in rows.iter().zip(vector) {
                direction.iter_mut().zip(row).for_each(|(entry, value)| *entry += weight * value);
            }
            direction
        })
        .collect();
    orthonormalise(&mut space);
    space
}

/// Gram and Schmidt's; vectors that depend on those before them are dropped.
fn orthonormalise(vectors: &mut Vec<Vec<f64>>) {
    let mut done: Vec<Vec<f64>> = Vec::with_capacity(vectors.len());
    for mut vector in vectors.drain(..) {
        let before = dot(&vector, &vector).sqrt();
        for other in &done {
            let shared = dot(&vector, other);
            vector.iter_mut().zip(other).for_each(|(entry, other)| *entry -= shared * other);
        }
        let length = dot(&vector, &vector).sqrt();
        if length.is_finite() && length > 1e-9 * before && length > 0.0 {
            for entry in &mut vector {
                *entry /= length;
            }
            done.push(vector);
        }
    }
    *vectors = done;
}

/// The weighted sum of the features.
pub(crate) fn combine(features: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let mut series = vec![0.0; features.first().map_or(0, Vec::len)];
    for (feature, weight) in features.iter().zip(weights) {
        series.iter_mut().zip(feature).for_each(|(sum, value)| *sum += weight * value);
    }
    series
}

/// The sum of products, as far as both reach.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Eight sums at once: the compiler may not reorder one.
    const LANES: usize = 8;
    let shorter = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a[..shorter].as_chunks::<LANES>(), b[..shorter].as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        sums = std::array::from_fn(|lane| sums[lane] + a[lane] * b[lane]);
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

/// Cholesky's factorisation of a symmetric matrix's lower half, in place; `None` unless it is positive definite.
fn factorise(rows: &mut [Vec<f64>]) -> Option<()> {
    for r in 0..rows.len() {
        let (above, row) = rows.split_at_mut(r);
        let row = &mut row[0];
        for c in 0..r {
            row[c] = (row[c] - dot(&row[..c], &above[c][..c])) / above[c][c];
        }
        let rest = row[r] - dot(&row[..r], &row[..r]);
        row[r] = (rest > 0.0).then(|| rest.sqrt())?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise that is the same each time: a multiplicative congruence, uniform in [-1, 1].
    fn noise(seed: u64, at: u64) -> f64 {
        let mixed = (seed * 1_000_003 + at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    #[test]
    fn a_weak_swing_in_few_features_is_found_beside_loud_noise() {
        let swing = |at: usize| (TAU * 0.25 * at as f64 / SAMPLE_RATE_HZ).sin();
        let feature = |k: u64| -> Vec<f64> {
            let loud = if k < 10 { 50.0 } else { 1.0 };
            let share = if k >= 10 { 0.5 } else { 0.0 };
            (0..WINDOW as u64)
                .map(|at| loud * noise(k, at) + loud * 5.0 * noise(99, at) + share * swing(at as usize))
                .collect()
        };
        let features: Vec<_> = (0..20).map(feature).collect();
        let found = slow_directions(&features);
        assert_eq!(found.len(), DIRECTIONS);
        let reference: Vec<f64> = (0..WINDOW).map(swing).collect();
        let likeness: f64 =
            found.iter().map(|z| dot(z, &reference).powi(2) / dot(z, z)).sum::<f64>() / dot(&reference, &reference);
        assert!(likeness > 0.5, "{likeness}");
    }

    #[test]
    fn nothing_and_equal_features_do_not_break_it() {
        assert!(slow_directions(&[]).is_empty());
        let same: Vec<f64> = (0..WINDOW as u64).map(|at| noise(1, at)).collect();
        let found = slow_directions(&[same.clone(), same.clone(), same]);
        assert!(found.iter().flatten().all(|value| value.is_finite()));
        assert!(
            slow_directions(&[vec![0.0; WINDOW], vec![0.0; WINDOW]]).iter().flatten().all(|value| value.is_finite())
        );
    }
}
