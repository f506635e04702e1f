//! The receiver: everything between the true channel and the int8 numbers that a node reports.

use std::f64::consts::{PI, TAU};

use num_complex::{Complex32, Complex64};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::channel::{BINS, offset_hz};

/// Transmit power less the losses of antennas and casings, dBm.
const TRANSMIT_POWER_DBM: f64 = 5.0;
/// Thermal noise of one 312.5 kHz subcarrier at 290 K (-119 dBm) and a 7 dB noise figure.
const NOISE_PER_SUBCARRIER_DBM: f64 = -112.0;
/// Error of the channel estimate relative to the signal: phase noise and converters, not heat, limit a node that is near.
const ESTIMATE_ERROR_DB: f64 = -30.0;
/// Packet detection is early or late by up to this many seconds: one sample at 20 MHz.
const TIMING_ERROR: f64 = 50e-9;
/// The root mean square, in int8 steps, at which the gain control aims, and how far off it tolerates, in dB.
const AGC_TARGET: f64 = 22.0;
const AGC_TOLERANCE_DB: f64 = 1.5;

/// The noise floor that the node reports, dBm over 20 MHz.
pub(super) const NOISE_FLOOR_DBM: i8 = -94;

/// One node's receiver.
#[derive(Debug)]
pub(super) struct Radio {
    rng: ChaCha8Rng,
    gain_db: Option<f64>,
}

/// What a node reports of one packet.
#[derive(Debug)]
pub(super) struct Reception {
    pub(super) rssi_dbm: i8,
    /// `[BINS]`, whole numbers from -128 to 127.
    pub(super) iq: Vec<Complex32>,
}

impl Radio {
    pub(super) fn new(rng: ChaCha8Rng) -> Self {
        Self { rng, gain_db: None }
    }

    /// Receives one packet over a channel of `response`, `[BINS]` amplitude gains.
    pub(super) fn receive(&mut self, response: &[Complex64; BINS]) -> Reception {
        let sent = amplitude(TRANSMIT_POWER_DBM);
        let power = mean_power(response) * sent * sent;
        let noise = (amplitude(NOISE_PER_SUBCARRIER_DBM).powi(2) + power * amplitude(ESTIMATE_ERROR_DB).powi(2)).sqrt();
        let gain = amplitude(self.control_gain(power));
        // The oscillators' offset leaves each packet with a phase of its own, the timing error with a slope of its own.
        let phase = self.rng.random_range(-PI..PI);
        let delay = self.rng.random_range(-TIMING_ERROR..TIMING_ERROR);
        let iq = response.iter().enumerate().map(|(bin, h)| {
            let Some(offset) = offset_hz(bin) else { return Complex32::ZERO };
            let rotation = Complex64::from_polar(sent, phase - TAU * offset * delay);
            quantise((h * rotation + self.complex_normal() * noise) * gain)
        });
        let iq = iq.collect();
        Reception { rssi_dbm: (10.0 * power.log10()).round().clamp(-127.0, 0.0) as i8, iq }
    }

    /// Gain in dB from root milliwatts to int8 steps: whole decibels, moved only when the level is off.
    fn control_gain(&mut self, power: f64) -> f64 {
        let wanted = 20.0 * AGC_TARGET.log10() - 10.0 * power.max(f64::MIN_POSITIVE).log10();
        let gain = match self.gain_db {
            Some(gain) if (gain - wanted).abs() <= AGC_TOLERANCE_DB => gain,
            _ => wanted.round(),
        };
        self.gain_db = Some(gain);
        gain
    }

    /// Complex Gaussian of unit power.
    fn complex_normal(&mut self) -> Complex64 {
        let mut part = || StandardNormal.sample(&mut self.rng);
        let (re, im): (f64, f64) = (part(), part());
        Complex64::new(re, im) * std::f64::consts::FRAC_1_SQRT_2
    }
}

fn amplitude(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}

/// Mean power gain over the occupied bins.
fn mean_power(response: &[Complex64; BINS]) -> f64 {
    let occupied = (0..BINS).filter(|&bin| offset_hz(bin).is_some()).count();
    response.iter().map(Complex64::norm_sqr).sum::<f64>() / occupied as f64
}

fn quantise(sample: Complex64) -> Complex32 {
    let int8 = |value: f64| value.round().clamp(-128.0, 127.0) as f32;
    Complex32::new(int8(sample.re), int8(sample.im))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn radio() -> Radio {
        Radio::new(ChaCha8Rng::seed_from_u64(1))
    }

    fn flat(gain: f64) -> [Complex64; BINS] {
        std::array::from_fn(|bin| if offset_hz(bin).is_some() { gain.into() } else { Complex64::ZERO })
    }

    #[test]
    fn reports_int8_and_leaves_unoccupied_bins_zero() {
        let reception = radio().receive(&flat(1e-3));
        assert_eq!(reception.rssi_dbm, -55);
        for (bin, sample) in reception.iq.iter().enumerate() {
            assert_eq!(offset_hz(bin).is_none(), *sample == Complex32::ZERO, "bin {bin}");
            for part in [sample.re, sample.im] {
                assert!(part.fract() == 0.0 && (-128.0..=127.0).contains(&part));
            }
        }
    }

    #[test]
    fn gain_follows_the_level_in_steps() {
        let mut radio = radio();
        let near = radio.control_gain(1e-5);
        assert!((radio.control_gain(1.2e-5) - near).abs() < f64::EPSILON, "a small change moves nothing");
        let stronger = radio.control_gain(1e-3);
        assert!((near - stronger - 20.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_dead_channel_is_finite() {
        assert!(radio().receive(&flat(0.0)).iq.iter().all(|sample| sample.is_finite()));
    }
}
