//! The strongest rhythm of a window, at the irregular times at which its reports came.

use core::f32::consts::TAU;

use crate::shape::Shape;
use crate::statistics::mean;
use crate::window::{Taken, WINDOW_LEN};

/// As many frequencies as a Fourier transform of 32 regular samples has, from one period a window upwards.
const FREQUENCIES: usize = WINDOW_LEN / 2;

/// The amplitude in rad of the strongest sinusoid in the reports' angles to the window's mean.
pub(super) fn amplitude(reports: &[Taken; WINDOW_LEN], centre: &Shape) -> f32 {
    let start = reports[0].at;
    let angles = reports.each_ref().map(|report| report.shape.angle_to(centre));
    let average = mean(angles);
    let deviations = angles.map(|angle| angle - average);
    let times_s = reports.each_ref().map(|report| report.at.seconds_since(start) as f32);
    let [.., duration_s] = times_s;
    if duration_s <= 0.0 {
        return 0.0;
    }
    let powers = (1..=FREQUENCIES).map(|n| power(&times_s, &deviations, TAU * n as f32 / duration_s));
    let strongest = powers.fold(0.0, f32::max);
    // A sinusoid of amplitude A has the power A²N/4.
    2.0 * libm::sqrtf(strongest / WINDOW_LEN as f32)
}

/// The Lomb-Scargle periodogram at one angular frequency in rad/s, not normalised (Scargle, 1982, equation 10).
fn power(times_s: &[f32; WINDOW_LEN], values: &[f32; WINDOW_LEN], frequency: f32) -> f32 {
    let (mut sin_sum, mut cos_sum) = (0.0, 0.0);
    for time in times_s {
        let (sin, cos) = libm::sincosf(2.0 * frequency * time);
        sin_sum += sin;
        cos_sum += cos;
    }
    // This phase makes sine and cosine independent at these times.
    let phase = libm::atan2f(sin_sum, cos_sum) / 2.0;
    let (mut value_sin, mut value_cos, mut sin_sin, mut cos_cos) = (0.0, 0.0, 0.0, 0.0);
    for (time, value) in times_s.iter().zip(values) {
        let (sin, cos) = libm::sincosf(frequency * time - phase);
        value_sin += value * sin;
        value_cos += value * cos;
        sin_sin += sin * sin;
        cos_cos += cos * cos;
    }
    let share = |product: f32, norm: f32| if norm > f32::EPSILON { product * product / norm } else { 0.0 };
    f32::midpoint(share(value_sin, sin_sin), share(value_cos, cos_cos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sinusoid_at_irregular_times_has_its_amplitude() {
        // Gaps from 0.05 s to 1.9 s, as stations report.
        let mut time = 0.0;
        let times_s: [f32; WINDOW_LEN] = core::array::from_fn(|n| {
            time += if n % 4 == 0 { 1.9 } else { 0.05 + 0.3 * (n % 3) as f32 };
            time
        });
        let frequency = 1.7;
        let values = times_s.map(|time| 0.3 * libm::sinf(frequency * time + 0.4));
        let amplitude = 2.0 * libm::sqrtf(power(&times_s, &values, frequency) / WINDOW_LEN as f32);
        assert!((amplitude - 0.3).abs() < 0.06, "{amplitude}");
    }
}
