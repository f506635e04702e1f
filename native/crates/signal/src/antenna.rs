//! Products of one antenna's response with the conjugate of another's.
//!
//! Both antennas of a packet share the sampling clock and the oscillator, so the phase that differs from packet to packet
//! (carrier and sampling offset) cancels in `H_a * conj(H_b)`, and what is left moves only with the channel
//! (Zeng et al., `FarSense`, IMWUT 3, 2019; Qian et al., `Widar2.0`, `MobiSys` 2018).

use num_complex::Complex32;

/// `a * conj(b)` bin by bin, as far as both reach, each divided by its own mean amplitude so that gain cancels too.
/// `None` when one of them has no finite, non-zero amplitude.
pub fn conjugate_product(a: &[Complex32], b: &[Complex32]) -> Option<Vec<Complex32>> {
    let (of_a, of_b) = (1.0 / mean_amplitude(a)?, 1.0 / mean_amplitude(b)?);
    Some(a.iter().zip(b).map(|(a, b)| (a * of_a) * (b * of_b).conj()).collect())
}

/// The mean of the absolute values, in the radio's own linear units; `None` when it is not finite or zero.
pub fn mean_amplitude(bins: &[Complex32]) -> Option<f32> {
    let sum: f32 = bins.iter().map(|bin| libm::hypotf(bin.re, bin.im)).sum();
    let mean = sum / bins.len() as f32;
    (mean.is_finite() && mean > f32::MIN_POSITIVE).then_some(mean)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn silence_and_nonsense_have_no_product() {
        let one = [Complex32::ONE];
        assert_eq!(conjugate_product(&one, &[Complex32::ZERO]), None);
        assert_eq!(conjugate_product(&[Complex32::new(f32::NAN, 0.0)], &one), None);
        assert_eq!(conjugate_product(&one, &[]), None);
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
            let plain = conjugate_product(&a, &b).expect("amplitudes");
            let shared = conjugate_product(&turned(&a), &turned(&b)).expect("amplitudes");
            for (plain, shared) in plain.iter().zip(&shared) {
                prop_assert!((plain - shared).norm() < 1e-3, "{plain} {shared}");
            }
        }
    }
}
