//! One antenna's response without its gain, and products of it with the conjugate of another's.
//!
//! Both antennas of a packet share the sampling clock and the oscillator, so the phase that differs from packet to packet
//! (carrier and sampling offset) cancels in `H_a * conj(H_b)`, and what is left moves only with the channel
//! (Zeng et al., `FarSense`, IMWUT 3, 2019; Qian et al., `Widar2.0`, `MobiSys` 2018).

use num_complex::Complex32;

use crate::samples::amplitude;

/// One antenna's response in one packet, relative to its mean amplitude.
#[derive(Debug, Clone, Copy)]
pub struct RelativeResponse<'a> {
    bins: &'a [Complex32],
    scale: f32,
}

impl<'a> RelativeResponse<'a> {
    /// Of `bins`, relative to the mean amplitude of those at `occupied`. `None` when that is zero or not finite, or when
    /// there are no such bins.
    pub fn new(bins: &'a [Complex32], occupied: &[usize]) -> Option<Self> {
        let mut sum = 0.0;
        for at in occupied {
            sum += amplitude(*bins.get(*at)?);
        }
        let level = sum / occupied.len() as f32;
        (level.is_finite() && level > f32::MIN_POSITIVE).then(|| Self { bins, scale: 1.0 / level })
    }

    /// The mean amplitude of a group of bins; not finite when there is no such bin.
    pub fn mean_amplitude(&self, group: &[usize]) -> f32 {
        let sum: f32 =
            group.iter().map(|at| self.bins.get(*at).map_or(f32::NAN, |bin| amplitude(*bin) * self.scale)).sum();
        sum / group.len() as f32
    }

    /// The mean over a group of bins of this response times the conjugate of the `other`; not finite when either has no
    /// such bin.
    pub fn conjugate_product(&self, other: &Self, group: &[usize]) -> Complex32 {
        let sum: Complex32 = group.iter().map(|at| self.at(*at) * other.at(*at).conj()).sum();
        Complex32::new(sum.re / group.len() as f32, sum.im / group.len() as f32)
    }

    fn at(&self, at: usize) -> Complex32 {
        self.bins.get(at).map_or(Complex32::new(f32::NAN, f32::NAN), |bin| bin * self.scale)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn silence_and_nonsense_have_no_response() {
        let (one, zero) = ([Complex32::ONE], [Complex32::ZERO]);
        let is_known = |bins: &[Complex32], occupied: &[usize]| RelativeResponse::new(bins, occupied).is_some();
        assert!(is_known(&one, &[0]) && !is_known(&zero, &[0]));
        assert!(!is_known(&[Complex32::new(f32::NAN, 0.0)], &[0]) && !is_known(&one, &[]) && !is_known(&one, &[1]));
        let response = RelativeResponse::new(&one, &[0]).unwrap();
        assert!(response.mean_amplitude(&[1]).is_nan() && response.conjugate_product(&response, &[1]).is_nan());
    }

    proptest! {
        #[test]
        fn what_both_antennas_share_cancels(
            bins in prop::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0, -1.0_f32..1.0, -1.0_f32..1.0), 4..64),
            turn in -3.0_f32..3.0, slope in -0.5_f32..0.5, gain in 0.1_f32..50.0,
        ) {
            let a: Vec<_> = bins.iter().map(|bin| Complex32::new(bin.0 + 2.0, bin.1)).collect();
            let b: Vec<_> = bins.iter().map(|bin| Complex32::new(bin.2, bin.3 + 2.0)).collect();
            let offset = |at: usize| Complex32::from_polar(gain, turn + slope * at as f32);
            let turned = |bins: &[Complex32]| -> Vec<_> { bins.iter().enumerate().map(|(at, bin)| bin * offset(at)).collect() };
            let occupied: Vec<usize> = (0..bins.len()).collect();
            let product = |a: &[Complex32], b: &[Complex32], at: usize| {
                let of = |bins| RelativeResponse::new(bins, &occupied).expect("amplitudes");
                of(a).conjugate_product(&of(b), &[at])
            };
            let (of_a, of_b) = (turned(&a), turned(&b));
            for at in 0..bins.len() {
                let (plain, shared) = (product(&a, &b, at), product(&of_a, &of_b, at));
                prop_assert!((plain - shared).norm() < 1e-3, "{plain} {shared}");
            }
        }
    }
}
