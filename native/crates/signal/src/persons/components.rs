//! How many independent components the movement of the last seconds has: the eigenvalues of its covariance over
//! subcarriers.
//!
//! The covariance is taken between neighbouring moments, not within one: noise has none, movement nearly all of it, so no
//! noise floor has to be known. The number of components is the exponential of the eigenvalues' entropy (effective rank;
//! Roy and Vetterli, EUSIPCO 2007).

use std::collections::VecDeque;

use ruview_core::{CsiFrame, StreamTime};

use crate::falls::shape::ShapeReader;

/// Features over all antennas.
const FEATURES: usize = 16;
/// Packets within one moment are averaged.
const MOMENT_US: i64 = 50_000;
/// Moments that are kept, eight seconds of them, and neighbours of which at least so many are needed.
const MOMENTS: usize = 160;
const LEAST_PAIRS: usize = 64;
/// Movement keeps at least this share of its variance from one moment to the next.
const LEAST_CORRELATION: f32 = 0.3;

type Features = [f32; FEATURES];
type Matrix = [Features; FEATURES];

/// The movement in the packets of one shape.
#[derive(Debug)]
pub(super) struct Components {
    antennas: u8,
    subcarriers: u16,
    /// When its last frame came.
    pub(super) last: StreamTime,
    reader: ShapeReader,
    /// Number of the moment, packets, and the sum of their shapes; the last one is still open.
    moments: VecDeque<(i64, u16, Features)>,
}

impl Components {
    pub(super) fn new(frame: &CsiFrame, at: StreamTime) -> Self {
        Self {
            antennas: frame.n_antennas(),
            subcarriers: frame.n_subcarriers(),
            last: at,
            reader: ShapeReader::new(FEATURES),
            moments: VecDeque::new(),
        }
    }

    pub(super) fn fits(&self, frame: &CsiFrame) -> bool {
        self.antennas == frame.n_antennas() && self.subcarriers == frame.n_subcarriers()
    }

    /// Takes in a frame that fits. Times do not decrease.
    pub(super) fn push(&mut self, at: StreamTime, frame: &CsiFrame) {
        self.last = at;
        let Some(shape) = self.reader.read(frame) else { return };
        let number = at.as_micros().div_euclid(MOMENT_US);
        if self.moments.back().is_none_or(|(open, ..)| *open != number) {
            if self.moments.len() > MOMENTS {
                self.moments.pop_front();
            }
            self.moments.push_back((number, 0, [0.0; FEATURES]));
        }
        if let Some((_, count, sum)) = self.moments.back_mut()
            && *count < u16::MAX
        {
            *count += 1;
            sum.iter_mut().zip(&shape).for_each(|(sum, value)| *sum += value);
        }
    }

    /// The effective number of components of the last eight seconds; `None` when there were too few packets, or what
    /// changed was noise.
    pub(super) fn effective(&self, now: StreamTime) -> Option<f32> {
        let newest = now.as_micros().div_euclid(MOMENT_US);
        let is_recent = |moment: &&(i64, u16, Features)| newest.saturating_sub(moment.0) <= MOMENTS as i64;
        let recent: Vec<(i64, Features)> = self
            .moments
            .iter()
            .filter(is_recent)
            .map(|(number, count, sum)| (*number, sum.map(|value| value / f32::from(*count))))
            .collect();
        let mean = mean_of(&recent)?;
        let centred = |moment: &Features| -> Features { std::array::from_fn(|i| moment[i] - mean[i]) };
        let mut covariance = [[0.0; FEATURES]; FEATURES];
        let (mut variance, mut pairs) = (0.0, 0);
        for pair in recent.windows(2) {
            // At 10 Hz every other moment is empty.
            if pair[1].0.saturating_sub(pair[0].0) > 2 {
                continue;
            }
            let (before, after) = (centred(&pair[0].1), centred(&pair[1].1));
            for i in 0..FEATURES {
                variance += f32::midpoint(before[i] * before[i], after[i] * after[i]);
                for j in 0..FEATURES {
                    covariance[i][j] += f32::midpoint(before[i] * after[j], after[i] * before[j]);
                }
            }
            pairs += 1;
        }
        let moved: f32 = (0..FEATURES).map(|i| covariance[i][i]).sum();
        (pairs >= LEAST_PAIRS && moved >= LEAST_CORRELATION * variance && moved > 0.0).then_some(())?;
        covariance.iter_mut().flatten().for_each(|value| *value /= moved);
        effective_rank(&eigenvalues(covariance))
    }
}

fn mean_of(moments: &[(i64, Features)]) -> Option<Features> {
    let count = moments.len() as f32;
    let sum = |i: usize| moments.iter().map(|(_, moment)| moment[i]).sum::<f32>();
    (!moments.is_empty()).then(|| std::array::from_fn(|i| sum(i) / count))
}

/// The exponential of the entropy of the positive eigenvalues.
fn effective_rank(eigenvalues: &Features) -> Option<f32> {
    let total: f32 = eigenvalues.iter().filter(|value| **value > 0.0).sum();
    let shares = eigenvalues.iter().map(|value| value / total).filter(|share| *share > 0.0);
    let entropy: f32 = shares.map(|share| -share * libm::logf(share)).sum();
    let rank = libm::expf(entropy);
    (total > 0.0 && rank.is_finite()).then_some(rank)
}

/// The eigenvalues of a symmetric matrix: cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 8.5), six
/// sweeps of which leave nothing off the diagonal that single precision could show.
fn eigenvalues(mut matrix: Matrix) -> Features {
    const SWEEPS: usize = 6;
    for _ in 0..SWEEPS {
        for p in 0..FEATURES {
            for q in p + 1..FEATURES {
                rotate(&mut matrix, p, q);
            }
        }
    }
    std::array::from_fn(|i| matrix[i][i])
}

/// Turns `matrix` so that its element at `p`, `q` vanishes.
fn rotate(matrix: &mut Matrix, p: usize, q: usize) {
    let off = matrix[p][q];
    if off.abs() < f32::MIN_POSITIVE {
        return;
    }
    let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * off);
    let tangent = theta.signum() / (theta.abs() + libm::hypotf(theta, 1.0));
    let cosine = 1.0 / libm::hypotf(tangent, 1.0);
    let sine = tangent * cosine;
    for row in matrix.iter_mut() {
        let (a, b) = (row[p], row[q]);
        (row[p], row[q]) = (cosine * a - sine * b, sine * a + cosine * b);
    }
    let (row_p, row_q) = (matrix[p], matrix[q]);
    matrix[p] = std::array::from_fn(|column| cosine * row_p[column] - sine * row_q[column]);
    matrix[q] = std::array::from_fn(|column| sine * row_p[column] + cosine * row_q[column]);
}

#[cfg(test)]
mod tests {
    use ruview_core::{Complex32, NodeNumber};

    use super::*;

    #[test]
    fn eigenvalues_are_those_of_a_known_matrix() {
        // Twos on the diagonal, ones beside it: 2 + 2 cos(k pi / 17).
        let matrix: Matrix = std::array::from_fn(|i| {
            std::array::from_fn(|j| match i.abs_diff(j) {
                0 => 2.0,
                1 => 1.0,
                _ => 0.0,
            })
        });
        let mut found = eigenvalues(matrix);
        found.sort_unstable_by(f32::total_cmp);
        for (k, value) in found.iter().rev().enumerate() {
            let expected = 2.0 + 2.0 * libm::cosf((k + 1) as f32 * std::f32::consts::PI / 17.0);
            assert!((value - expected).abs() < 1e-4, "{k}: {value} {expected}");
        }
    }

    /// Ten seconds at 50 Hz of `components` independent swings, and noise.
    fn effective(components: usize, noise: f32) -> Option<f32> {
        let frame = |packet: u64| {
            let value = |bin: usize| {
                let swing = |k: usize| {
                    let time = packet as f32 / 50.0;
                    0.1 * libm::sinf(time * (3.0 + 1.7 * k as f32)) * libm::cosf(bin as f32 * (k + 1) as f32 * 0.196)
                };
                let hash = (packet * 64 + bin as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let random = ((hash ^ (hash >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40) as f32 / 1.7e7 - 0.5;
                20.0 * (1.0 + (0..components).map(swing).sum::<f32>() + noise * random)
            };
            let iq = (0..16).map(|bin| Complex32::new(value(bin), 0.0)).collect();
            CsiFrame::new(NodeNumber(1), 1, 16, iq).unwrap()
        };
        let at = |packet: u64| StreamTime::from_micros(packet as i64 * 20_000);
        let mut lane = Components::new(&frame(0), at(0));
        (0..500).for_each(|packet| lane.push(at(packet), &frame(packet)));
        lane.effective(at(499))
    }

    #[test]
    fn counts_independent_components_and_not_noise() {
        for components in 1..=6 {
            let found = effective(components, 0.02).unwrap();
            assert!((found - components as f32).abs() < 0.3 * components as f32, "{components}: {found}");
        }
        assert_eq!(effective(0, 0.1), None);
    }

    #[test]
    fn too_few_packets_say_nothing() {
        let frame = CsiFrame::new(NodeNumber(1), 1, 16, vec![Complex32::new(9.0, 1.0); 16]).unwrap();
        let mut lane = Components::new(&frame, StreamTime::from_micros(0));
        (0..50).for_each(|i| lane.push(StreamTime::from_micros(i * 20_000), &frame));
        assert_eq!(lane.effective(StreamTime::from_micros(1_000_000)), None);
        (0..100_000).for_each(|_| lane.push(StreamTime::from_micros(1_000_000), &frame));
        assert_eq!(lane.effective(StreamTime::from_micros(1_000_000)), None);
    }
}
