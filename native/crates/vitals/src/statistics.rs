//! Mean and variance of a stream of numbers without keeping them (Welford, Technometrics 4, 1962).

use serde::{Deserialize, Serialize};

/// What is known of the numbers so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Welford {
    count: u32,
    mean: f64,
    squares: f64,
}

/// Beyond this count old numbers fade: a person's usual rate over some hours, not over a life.
const MEMORY: u32 = 4 * 3600;

impl Welford {
    /// Takes in a number; what is not finite is passed over.
    pub(crate) fn push(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if self.count >= MEMORY {
            self.squares *= 1.0 - 1.0 / f64::from(MEMORY);
        } else {
            self.count += 1;
        }
        let from_mean = value - self.mean;
        self.mean += from_mean / f64::from(self.count);
        self.squares += from_mean * (value - self.mean);
    }

    /// How many numbers there were, up to the memory.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Standard deviations between `value` and the mean, none taken to be less than `least_deviation`.
    pub(crate) fn z_score(&self, value: f64, least_deviation: f64) -> f64 {
        let variance = self.squares / f64::from(self.count.max(2) - 1);
        (value - self.mean) / variance.max(0.0).sqrt().max(least_deviation)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_two_passes(values in prop::collection::vec(-1e3_f64..1e3, 2..200)) {
            let mut welford = Welford::default();
            for value in &values {
                welford.push(*value);
            }
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt().max(0.5);
            prop_assert!((welford.z_score(mean + deviation, 0.5) - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn old_numbers_fade_and_nonsense_does_not_count() {
        let mut welford = Welford::default();
        (0..MEMORY).for_each(|_| welford.push(10.0));
        welford.push(f64::NAN);
        (0..5 * MEMORY).for_each(|_| welford.push(20.0));
        assert!(welford.z_score(20.0, 1.0).abs() < 0.1);
        assert_eq!(welford.count(), MEMORY);
    }
}
