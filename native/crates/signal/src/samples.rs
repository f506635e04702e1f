//! What every reader of raw samples needs, whatever it makes of them.

use num_complex::Complex32;

/// Most samples a frame may have: 160 MHz at four antennas.
pub const MAX_SAMPLES: usize = 8192;

/// A bin below this share of the filled bins' median amplitude holds only what leaks into it.
pub const LEAKAGE: f32 = 0.1;

/// The absolute value of a sample; infinite for what is too large to square, which no radio sends.
pub fn amplitude(sample: Complex32) -> f32 {
    // Not `hypot`: its care for the last bit costs more than everything else that is done to a frame.
    libm::sqrtf(sample.norm_sqr())
}

/// `positions` in runs of equal length, at most `groups` of them. An indoor channel hardly changes within a megahertz, so
/// averages over neighbouring bins lose noise, not signal.
pub fn grouped<T: Copy>(positions: &[T], groups: usize) -> Vec<Vec<T>> {
    let width = positions.len().div_ceil(groups.max(1)).max(1);
    positions.chunks(width).map(<[T]>::to_vec).collect()
}
