//! Hampel's identifier on a stream of samples: single wild values give way to the median of their neighbours.
//!
//! Packets from another transmitter and damaged estimates put spikes into every bin; a spike has energy at all frequencies,
//! those of breathing included. (Hampel, The influence curve and its role in robust estimation, JASA 69, 1974.)

use std::collections::VecDeque;

/// The median absolute deviation of a normal distribution is this share of its standard deviation.
const MAD_OF_NORMAL: f32 = 0.6745;

/// Filters samples of several features, each on its own, against the `reach` samples before and after.
///
/// Holds `2 * reach + 1` samples. What comes out lags by `reach` samples.
#[derive(Debug, Clone)]
pub struct HampelFilter {
    reach: usize,
    n_sigmas: f32,
    window: VecDeque<Vec<f32>>,
}

impl HampelFilter {
    /// A filter that looks `reach` samples (at most 32) to both sides and replaces what lies more than `n_sigmas`
    /// standard deviations, as told by the median absolute deviation, from their median.
    pub fn new(reach: usize, n_sigmas: f32) -> Self {
        Self { reach: reach.min(32), n_sigmas, window: VecDeque::new() }
    }

    /// Takes in one sample and gives the filtered one from `reach` samples ago; `None` until there are enough. A sample of
    /// another length starts the filter afresh.
    pub fn push(&mut self, sample: &[f32]) -> Option<Vec<f32>> {
        if self.window.front().is_some_and(|first| first.len() != sample.len()) {
            self.clear();
        }
        self.window.push_back(sample.to_vec());
        let width = 2 * self.reach + 1;
        if self.window.len() < width {
            return None;
        }
        if self.window.len() > width {
            self.window.pop_front();
        }
        let mut values = vec![0.0; width];
        Some((0..sample.len()).map(|feature| self.filtered(feature, &mut values)).collect())
    }

    /// Samples that it looks at on either side.
    pub(crate) fn reach(&self) -> usize {
        self.reach
    }

    /// Forgets the samples.
    pub fn clear(&mut self) {
        self.window.clear();
    }

    fn filtered(&self, feature: usize, values: &mut [f32]) -> f32 {
        for (value, sample) in values.iter_mut().zip(&self.window) {
            *value = sample[feature];
        }
        let found = values[self.reach];
        let median = middle(values);
        for value in values.iter_mut() {
            *value = (*value - median).abs();
        }
        let limit = self.n_sigmas * middle(values) / MAD_OF_NORMAL;
        if (found - median).abs() <= limit { found } else { median }
    }
}

/// The median of an odd number of values. Leaves them in another order.
fn middle(values: &mut [f32]) -> f32 {
    *values.select_nth_unstable_by(values.len() / 2, f32::total_cmp).1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filtered(samples: &[f32]) -> Vec<f32> {
        let mut filter = HampelFilter::new(2, 3.0);
        samples.iter().filter_map(|sample| filter.push(&[*sample])).map(|sample| sample[0]).collect()
    }

    #[test]
    fn a_spike_is_taken_out_and_a_step_stays() {
        let spiked = [1.0, 1.1, 0.9, 9.0, 1.0, 1.1, 0.9, 1.0];
        assert!(filtered(&spiked).iter().all(|value| *value < 1.2), "{:?}", filtered(&spiked));
        let step = [0.0, 0.1, 0.0, 0.1, 5.0, 5.1, 5.0, 5.1];
        assert!(filtered(&step).last().is_some_and(|value| *value >= 5.0));
    }

    #[test]
    fn another_number_of_features_starts_afresh() {
        let mut filter = HampelFilter::new(1, 3.0);
        assert!((0..2).all(|_| filter.push(&[1.0]).is_none()));
        assert!((0..2).all(|_| filter.push(&[1.0, 2.0]).is_none()));
        assert_eq!(filter.push(&[1.0, 2.0]), Some(vec![1.0, 2.0]));
    }

    proptest! {
        #[test]
        fn the_output_is_a_value_of_its_window(samples in prop::collection::vec(-1e6_f32..1e6, 5..60)) {
            for (at, value) in filtered(&samples).iter().enumerate() {
                prop_assert!(samples[at..at + 5].contains(value));
            }
        }
    }
}
