//! Spectra of a window on a fine grid of frequencies around breathing, and on coarse ones above it.
//!
//! The grid is a half breath a minute apart, finer than the window resolves, so that a parabola over three points finds a
//! line's place. Direct sums over a table are as fast as transforms here: few frequencies, few series.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use num_complex::Complex64;

use crate::preprocess::{SAMPLE_RATE_HZ, WINDOW};
use crate::subspace::dot;

/// First frequency of the grid in Hz, and its spacing.
const FIRST_HZ: f64 = 0.03;
const STEP_HZ: f64 = 1.0 / 120.0;
const GRID: usize = 93;
/// Above breathing, where a moving body has energy and a breathing one has none.
const MOVEMENT_HZ: (f64, f64) = (0.8, 2.0);
const COARSE_STEP_HZ: f64 = 1.0 / 15.0;

/// One frequency's row: a Hann window, normalised to unit power, times a turning pointer; real and imaginary part.
type Row = [Vec<f64>; 2];

struct Tables {
    grid: Vec<Row>,
    movement: Vec<Row>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let hann: Vec<f64> = (0..WINDOW).map(|at| hann(at, WINDOW)).collect();
    let power = hann.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
    let row = |hz: f64| {
        let turned: Vec<Complex64> = (0..WINDOW).map(|at| pointer(hz, at) * (hann[at] / power)).collect();
        [turned.iter().map(|p| p.re).collect(), turned.iter().map(|p| p.im).collect()]
    };
    let coarse = |(from, to): (f64, f64)| {
        let steps = ((to - from) / COARSE_STEP_HZ) as usize;
        (0..steps).map(|step| row(from + step as f64 * COARSE_STEP_HZ)).collect()
    };
    Tables { grid: (0..GRID).map(|at| row(grid_hz(at))).collect(), movement: coarse(MOVEMENT_HZ) }
});

/// The frequency of a point of the grid.
pub(crate) fn grid_hz(at: usize) -> f64 {
    FIRST_HZ + at as f64 * STEP_HZ
}

/// Hann's window.
pub(crate) fn hann(at: usize, length: usize) -> f64 {
    0.5 - 0.5 * (TAU * at as f64 / (length - 1) as f64).cos()
}

/// A pointer that turns backwards at `hz`, at sample `at`.
pub(crate) fn pointer(hz: f64, at: usize) -> Complex64 {
    Complex64::cis(-TAU * hz * at as f64 / SAMPLE_RATE_HZ)
}

/// What a window's series have at which frequency, summed over them.
#[derive(Debug)]
pub(crate) struct Spectrum {
    /// On the grid, see [`grid_hz`].
    pub(crate) grid: Vec<f64>,
    /// Mean from 0.8 to 2 Hz.
    pub(crate) movement: f64,
}

impl Spectrum {
    /// Of `series` of [`WINDOW`] samples each.
    pub(crate) fn of(series: &[Vec<f64>]) -> Self {
        let power = |row: &Row| series.iter().map(|z| dot(&row[0], z).powi(2) + dot(&row[1], z).powi(2)).sum::<f64>();
        let mean = |rows: &[Row]| rows.iter().map(power).sum::<f64>() / rows.len() as f64;
        let tables = &*TABLES;
        Self { grid: tables.grid.iter().map(power).collect(), movement: mean(&tables.movement) }
    }

    /// Points of the grid from `from` to `to` Hz where the spectrum has a summit.
    pub(crate) fn summits(&self, from: f64, to: f64) -> Vec<usize> {
        let is_summit = |at: &usize| self.grid[*at] >= self.grid[at - 1] && self.grid[*at] >= self.grid[at + 1];
        (1..GRID - 1).filter(|at| (from..=to).contains(&grid_hz(*at))).filter(is_summit).collect()
    }

    /// The frequency of the summit at `at`, by a parabola through the logarithms of three points.
    pub(crate) fn refined_hz(&self, at: usize) -> f64 {
        let log = |at: usize| (self.grid[at] + 1e-12).ln();
        let (left, middle, right) = (log(at - 1), log(at), log(at + 1));
        let bend = left - 2.0 * middle + right;
        let shift = if bend.abs() > 1e-9 { (0.5 * (left - right) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        grid_hz(at) + shift * STEP_HZ
    }

    /// The median of the points for which `wanted` holds of their frequency; `None` of fewer than two.
    pub(crate) fn median_where(&self, wanted: impl Fn(f64) -> bool) -> Option<f64> {
        let mut values: Vec<f64> = (0..GRID).filter(|at| wanted(grid_hz(*at))).map(|at| self.grid[at]).collect();
        let middle = values.len() / 2;
        (values.len() >= 2).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
    }

    /// The least value of the grid.
    pub(crate) fn least(&self) -> f64 {
        self.grid.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_between_grid_points_is_found_where_it_is() {
        for hz in [0.081, 0.1234, 0.2513, 0.499] {
            let series: Vec<f64> = (0..WINDOW).map(|at| 2.0 * pointer(hz, at).re).collect();
            let spectrum = Spectrum::of(&[series]);
            let summits = spectrum.summits(0.05, 0.6);
            let top = summits.into_iter().max_by(|a, b| spectrum.grid[*a].total_cmp(&spectrum.grid[*b])).unwrap();
            assert!((spectrum.refined_hz(top) - hz).abs() < 0.002, "{hz} {}", spectrum.refined_hz(top));
            assert!(spectrum.movement < 1e-3);
        }
    }
}
