//! One grid for every chip, so that shapes of different radios can be compared.

use num_complex::Complex32;

use crate::conditioning::mean;
use crate::layout::{BinLayout, BinOrder};

/// Subcarriers of the canonical grid: -28 … -1, 1 … 28, as HT20 has them.
pub const CANONICAL_BINS: usize = 56;
/// The outermost subcarrier of the grid.
const EDGE: i16 = 28;

/// Brings one antenna's samples of any chip onto 56 subcarriers of 312.5 kHz around the centre, by interpolation over frequency.
///
/// Wider channels give the 20 MHz around their centre; narrower ones (52 tones) repeat their outermost subcarrier. Where the
/// layout does not tell frequencies ([`BinOrder::Unknown`]: groups or trimmed bins of a 20 MHz channel), the bins are taken to
/// span the grid evenly.
#[derive(Debug, Clone)]
pub struct HardwareNormalizer {
    /// Per grid point: the bin below, the bin above, and the weight of the latter.
    weights: Vec<(usize, usize, f32)>,
}

impl HardwareNormalizer {
    /// For frames of `layout`; `None` when it has fewer than two used bins.
    pub fn new(layout: &BinLayout) -> Option<Self> {
        let bins = layout.selected();
        let last = bins.len().checked_sub(1).filter(|last| *last > 0)?;
        let frequency = |nth: usize| match layout.order() {
            BinOrder::Unknown => f32::from(EDGE) * (2.0 * nth as f32 / last as f32 - 1.0),
            _ => layout.subcarriers()[bins[nth]].map_or(0.0, f32::from),
        };
        let frequencies: Vec<f32> = (0..bins.len()).map(frequency).collect();
        let grid = (-EDGE..=EDGE).filter(|k| *k != 0).map(f32::from);
        let weights = grid.map(|k| {
            let above = frequencies.partition_point(|f| *f < k).clamp(1, last);
            let (low, high) = (frequencies[above - 1], frequencies[above]);
            let weight = if high > low { ((k - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
            (bins[above - 1], bins[above], weight)
        });
        Some(Self { weights: weights.collect() })
    }

    /// Amplitudes on the grid, with mean 1; `None` when a sample is missing or not finite, or all are zero.
    pub fn normalize(&self, antenna: &[Complex32]) -> Option<[f32; CANONICAL_BINS]> {
        let mut grid = [0.0; CANONICAL_BINS];
        for (point, (below, above, weight)) in grid.iter_mut().zip(&self.weights) {
            let amplitude = |at: usize| antenna.get(at).map(|sample| libm::hypotf(sample.re, sample.im));
            *point = (1.0 - weight) * amplitude(*below)? + weight * amplitude(*above)?;
        }
        let level = mean(grid.iter().copied());
        (level.is_finite() && level > 0.0).then(|| grid.map(|amplitude| amplitude / level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A channel whose amplitude rises with frequency, as seen at subcarrier `k`.
    fn channel(k: i16) -> f32 {
        60.0 + f32::from(k)
    }

    fn normalized(order_of: impl Fn(usize) -> Option<i16>, n: usize) -> [f32; CANONICAL_BINS] {
        let samples: Vec<Complex32> = (0..n).map(|at| Complex32::new(0.0, order_of(at).map_or(0.0, channel))).collect();
        let levels: Vec<f32> = samples.iter().map(|sample| sample.im).collect();
        let filled: Vec<f32> = levels.iter().map(|level| if *level > 0.0 { 1.0 } else { 0.0 }).collect();
        let layout = BinLayout::detect(&levels, &filled);
        HardwareNormalizer::new(&layout).unwrap().normalize(&samples).unwrap()
    }

    #[test]
    fn the_same_channel_looks_the_same_through_every_layout() {
        let used = |k: i16, edge: i16| (k != 0 && k.abs() <= edge).then_some(k);
        let fft = normalized(|at| used(if at < 32 { at as i16 } else { at as i16 - 64 }, 28), 64);
        let shifted = normalized(|at| used(at as i16 - 32, 28), 64);
        let trimmed = normalized(|at| Some(at as i16 - 58).filter(|k| k.abs() > 1), 117);
        for other in [shifted, trimmed] {
            assert!(fft.iter().zip(other).all(|(a, b)| (a - b).abs() < 0.02), "{fft:?} {other:?}");
        }
    }

    #[test]
    fn what_has_no_channel_is_refused() {
        let layout = BinLayout::detect(&[1.0; 30], &[1.0; 30]);
        let normalizer = HardwareNormalizer::new(&layout).unwrap();
        assert!(normalizer.normalize(&[Complex32::new(0.0, 0.0); 30]).is_none());
        assert!(normalizer.normalize(&[Complex32::new(f32::NAN, 0.0); 30]).is_none());
        assert!(normalizer.normalize(&[Complex32::new(1.0, 0.0); 3]).is_none());
        assert!(HardwareNormalizer::new(&BinLayout::detect(&[], &[])).is_none());
    }
}
