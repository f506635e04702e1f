//! Makes the empty room's noise equal in all directions, so that what stands out of it is what counts.
//!
//! Most of a quiet node's fluctuation lies along few directions: its receiver's filters, and the differences between
//! transmitters that share a lane. A body changes many. Divided by the noise covariance (Mahalanobis, 1936), the few weigh no
//! more than any other.

use serde::{Deserialize, Serialize};

use crate::conditioning::Shape;

/// How far the estimated covariance is drawn at least towards equal noise in all directions (Ledoit and Wolf, 2004): ten seconds
/// say little about the quietest ones, and fewer samples say less.
const LEAST_SHRINKAGE: f32 = 0.1;

/// The Cholesky factor of a noise covariance: row `r` holds its first `r + 1` entries, at most 64 rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Whitener {
    rows: Vec<Vec<f32>>,
}

impl Whitener {
    /// From the deviations of quiet shapes from their mean; `None` without any, or when they do not fluctuate.
    pub(crate) fn new(deviations: &[Shape]) -> Option<Self> {
        let size = deviations.first()?.len();
        let covariance = |r: usize, c: usize| {
            deviations.iter().map(|deviation| deviation[r] * deviation[c]).sum::<f32>() / deviations.len() as f32
        };
        let mut rows: Vec<Vec<f32>> = (0..size).map(|r| (0..=r).map(|c| covariance(r, c)).collect()).collect();
        let level = rows.iter().enumerate().map(|(r, row)| row[r]).sum::<f32>() / size as f32;
        let shrinkage = LEAST_SHRINKAGE.max(size as f32 / (size + deviations.len()) as f32);
        for (r, row) in rows.iter_mut().enumerate() {
            for entry in row.iter_mut() {
                *entry *= 1.0 - shrinkage;
            }
            row[r] += shrinkage * level;
        }
        factorise(&mut rows)?;
        Some(Self { rows })
    }

    /// All entries, row by row.
    pub(crate) fn factors(&self) -> impl Iterator<Item = f32> {
        self.rows.iter().flatten().copied()
    }

    /// Whether it can whiten shapes of `size` features: a lower half with a positive diagonal.
    pub(crate) fn fits(&self, size: usize) -> bool {
        let is_row = |(r, row): (usize, &Vec<f32>)| {
            row.len() == r + 1 && row[r] > 0.0 && row.iter().all(|factor| factor.is_finite())
        };
        self.rows.len() == size && self.rows.iter().enumerate().all(is_row)
    }

    /// `deviation` in units of the noise: for noise itself, every entry has variance 1 and none follows another.
    pub(crate) fn whiten(&self, deviation: &[f32]) -> Shape {
        let mut white = Shape::with_capacity(self.rows.len());
        for (row, entry) in self.rows.iter().zip(deviation) {
            let known: f32 = row.iter().zip(&white).map(|(factor, value)| factor * value).sum();
            white.push((entry - known) / row[white.len()]);
        }
        white
    }
}

/// Cholesky's factorisation of a symmetric matrix's lower half, in place; `None` unless it is positive definite.
fn factorise(rows: &mut [Vec<f32>]) -> Option<()> {
    for r in 0..rows.len() {
        for c in 0..=r {
            let known: f32 = (0..c).map(|k| rows[r][k] * rows[c][k]).sum();
            let rest = rows[r][c] - known;
            rows[r][c] = if r == c { (rest > 0.0).then(|| libm::sqrtf(rest))? } else { rest / rows[c][c] };
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loud_directions_become_as_quiet_as_the_others() {
        // Two features that swing together by 10, against each other by 1.
        let deviations: Vec<Shape> = [(10.0, 1.0), (10.0, -1.0), (-10.0, 1.0), (-10.0, -1.0)]
            .repeat(10)
            .into_iter()
            .map(|(sum, gap)| vec![sum + gap, sum - gap])
            .collect();
        let whitener = Whitener::new(&deviations).unwrap();
        let power = |deviation: &[f32]| whitener.whiten(deviation).iter().map(|x| x * x).sum::<f32>();
        assert!((power(&[10.0, 10.0]) - 1.0).abs() < 0.15, "{}", power(&[10.0, 10.0]));
        assert!(power(&[10.0, -10.0]) > 5.0);
    }

    #[test]
    fn nothing_to_learn_from_is_no_whitener() {
        assert!(Whitener::new(&[]).is_none());
        assert!(Whitener::new(&[vec![0.0; 4], vec![0.0; 4]]).is_none());
    }
}
