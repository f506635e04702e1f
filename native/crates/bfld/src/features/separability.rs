//! How much a window stands out among earlier ones: what could be used to tell people apart.

use crate::embedding::EMBEDDING_DIMENSIONS;
use crate::shape::Shape;
use crate::statistics::median;
use crate::{EmbeddingRing, IdentityEmbedding};

/// Fewer are no crowd to stand out from.
const MIN_KNOWN: usize = 8;

/// The window's mean projectors, without their common part, folded into 128 numbers of random sign and place, which keeps
/// cosines in expectation (feature hashing; Weinberger et al., 2009). Unit length, or zero.
pub(super) fn embedding(mean: &Shape) -> IdentityEmbedding {
    let values = mean.values();
    let common = crate::statistics::mean(values.iter().copied());
    IdentityEmbedding::filled(|folded| {
        for (n, value) in values.iter().enumerate() {
            let random = mixed(n as u64);
            let sign = if random >> 63 == 0 { 1.0 } else { -1.0 };
            folded[random as usize % EMBEDDING_DIMENSIONS] += sign * (value - common);
        }
        let length = libm::sqrtf(folded.iter().map(|value| value * value).sum());
        if length > f32::EPSILON {
            for value in folded {
                *value /= length;
            }
        }
    })
}

/// The margin of the nearest known embedding over the median one.
pub(super) fn score(current: &IdentityEmbedding, known: &EmbeddingRing) -> f32 {
    if known.len() < MIN_KNOWN {
        return 0.0;
    }
    let cosines: Vec<f32> = known.iter().map(|other| current.cosine(other)).collect();
    let nearest = cosines.iter().copied().fold(-1.0, f32::max);
    let usual = median(cosines);
    let possible = 1.0 - usual;
    if possible > f32::EPSILON { ((nearest - usual) / possible).clamp(0.0, 1.0) } else { 0.0 }
}

/// The same pseudo-random number for the same `n` everywhere (the output function of `SplitMix64`; Steele et al., 2014).
const fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ n >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ n >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ n >> 31
}
