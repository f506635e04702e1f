//! Takes out of one antenna's phase what the radio put in: a packet's carrier offset turns all bins alike, its sampling
//! offset turns them in proportion to their number (Sen et al., `PinLoc`, `MobiSys` 2012).

use std::f32::consts::{PI, TAU};

use num_complex::Complex32;

/// Unwraps phase across subcarriers and removes its linear fit.
#[derive(Debug, Clone, Copy, Default)]
pub struct PhaseSanitizer;

impl PhaseSanitizer {
    /// The phase in radians of each of `bins` without the straight line that fits them best. `positions` are their
    /// subcarrier numbers in ascending order of frequency, so that gaps at null bins do not bend the line. `None` for fewer
    /// than three bins, lengths that differ, positions all alike, or a bin without a phase (zero or not finite).
    pub fn sanitize(self, bins: &[Complex32], positions: &[i16]) -> Option<Vec<f32>> {
        let phaseless = |bin: &Complex32| !bin.is_finite() || (bin.re == 0.0 && bin.im == 0.0);
        if bins.len() < 3 || bins.len() != positions.len() || bins.iter().any(phaseless) {
            return None;
        }
        let mut phase: Vec<f32> = bins.iter().map(|bin| libm::atan2f(bin.im, bin.re)).collect();
        unwrap(&mut phase);
        let n = phase.len() as f32;
        let centre = positions.iter().map(|at| f32::from(*at)).sum::<f32>() / n;
        let mean = phase.iter().sum::<f32>() / n;
        let from_centre = |at: &i16| f32::from(*at) - centre;
        let spread: f32 = positions.iter().map(|at| from_centre(at) * from_centre(at)).sum();
        let slope =
            positions.iter().zip(&phase).map(|(at, phase)| from_centre(at) * (phase - mean)).sum::<f32>() / spread;
        let level = |at: &i16| mean + slope * from_centre(at);
        slope.is_finite().then(|| positions.iter().zip(&phase).map(|(at, phase)| phase - level(at)).collect())
    }
}

/// Adds whole turns so that neighbours differ by at most half a turn.
fn unwrap(phase: &mut [f32]) {
    let mut turns = 0.0;
    for at in 1..phase.len() {
        let step = phase[at] + turns - phase[at - 1];
        if step.abs() > PI {
            turns -= TAU * libm::roundf(step / TAU);
        }
        phase[at] += turns;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn carrier_and_sampling_offset_leave_no_trace(turn in -9.0_f32..9.0, slope in -1.0_f32..1.0, bend in 0.0_f32..0.5) {
            let positions: Vec<i16> = (-26..=26).filter(|at| *at != 0).collect();
            let bins = |turn: f32, slope: f32| -> Vec<Complex32> {
                let phase = |at: &i16| turn + slope * f32::from(*at) + bend * libm::cosf(f32::from(*at) / 8.0);
                positions.iter().map(|at| Complex32::from_polar(3.0, phase(at))).collect()
            };
            let clean = PhaseSanitizer.sanitize(&bins(0.0, 0.0), &positions).expect("phases");
            let offset = PhaseSanitizer.sanitize(&bins(turn, slope), &positions).expect("phases");
            for (clean, offset) in clean.iter().zip(&offset) {
                prop_assert!((clean - offset).abs() < 2e-3, "{clean} {offset}");
            }
        }
    }

    #[test]
    fn nothing_to_fit_is_no_phase() {
        let one = Complex32::ONE;
        assert_eq!(PhaseSanitizer.sanitize(&[one; 2], &[1, 2]), None);
        assert_eq!(PhaseSanitizer.sanitize(&[one; 3], &[1, 2]), None);
        assert_eq!(PhaseSanitizer.sanitize(&[one; 3], &[4, 4, 4]), None);
        assert_eq!(PhaseSanitizer.sanitize(&[one, Complex32::ZERO, one], &[1, 2, 3]), None);
        assert_eq!(PhaseSanitizer.sanitize(&[one, Complex32::new(f32::NAN, 0.0), one], &[1, 2, 3]), None);
    }
}
