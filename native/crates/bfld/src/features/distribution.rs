//! How the antennas' powers are distributed over the window.

use core::f32::consts::LN_2;

use super::spread::AntennaPowers;
use crate::statistics::mean;
use crate::window::WINDOW_LEN;

/// Powers are between 0 and 1.
const BINS: usize = 16;

type Histogram = [u32; BINS];

fn add(histogram: &mut Histogram, powers: &[f32]) {
    for power in powers {
        histogram[((power * BINS as f32) as usize).min(BINS - 1)] += 1;
    }
}

pub(super) fn temporal_entropy(powers: &AntennaPowers) -> f32 {
    // c·log2(c) for every count that there can be: a logarithm each would take most of the feature's time.
    let weights: [f32; WINDOW_LEN + 1] = core::array::from_fn(|count| match count {
        0 => 0.0,
        _ => count as f32 * libm::log2f(count as f32),
    });
    let window = WINDOW_LEN as f32;
    let entropies = powers.series().iter().map(|series| {
        let mut histogram = [0; BINS];
        add(&mut histogram, series);
        let weighted: f32 = histogram.iter().map(|count| weights[*count as usize]).sum();
        (libm::log2f(window) - weighted / window) / libm::log2f(BINS as f32)
    });
    mean(entropies).clamp(0.0, 1.0)
}

pub(super) fn stationarity_score(powers: &AntennaPowers) -> f32 {
    let scores = (0..powers.n_tx).map(|antenna| {
        let (mut first, mut second): (Histogram, Histogram) = ([0; BINS], [0; BINS]);
        for series in powers.series().iter().skip(antenna).step_by(powers.n_tx) {
            let (earlier, later) = series.split_at(WINDOW_LEN / 2);
            add(&mut first, earlier);
            add(&mut second, later);
        }
        1.0 - divergence_from_both(&second, &first) / LN_2
    });
    mean(scores).clamp(0.0, 1.0)
}

/// The Kullback-Leibler divergence of `half` from `half` and `other` together, in nats. Both have as many counts.
fn divergence_from_both(half: &Histogram, other: &Histogram) -> f32 {
    let total: u32 = half.iter().sum();
    let terms = half.iter().zip(other).filter(|(count, _)| **count > 0).map(|(count, others)| {
        let (count, others) = (*count as f32, *others as f32);
        count * libm::logf(2.0 * count / (count + others))
    });
    terms.sum::<f32>() / total as f32
}
