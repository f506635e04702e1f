//! A sinusoid of known frequency in a stretch of a wave, beside a straight line.

use std::ops::Range;

use num_complex::Complex64;

use crate::spectrum::pointer;

/// What was fitted.
pub(crate) struct Fit {
    /// Amplitude and phase, the phase counted from the first sample of the whole wave.
    pub(crate) pointer: Complex64,
    /// Share of the stretch's variance about the straight line that the sinusoid explains, in [0, 1].
    pub(crate) share: f64,
}

/// Unknowns: cosine, sine, level and slope.
const UNKNOWNS: usize = 4;

/// Fits `wave[part]` by least squares; `None` when the stretch does not determine it.
pub(crate) fn fit(wave: &[f64], part: Range<usize>, hz: f64) -> Option<Fit> {
    let centre = (part.start + part.end) as f64 / 2.0;
    let half = (part.len() as f64 / 2.0).max(1.0);
    let row = |at: usize| {
        let turned = pointer(hz, at);
        [turned.re, -turned.im, 1.0, (at as f64 - centre) / half]
    };
    let mut normal = [[0.0; UNKNOWNS + 1]; UNKNOWNS];
    for at in part.clone() {
        let row = row(at);
        for (equation, left) in normal.iter_mut().zip(row) {
            for (entry, right) in equation.iter_mut().zip(row.into_iter().chain([wave[at]])) {
                *entry += left * right;
            }
        }
    }
    let found = solve(normal)?;
    let (mut explained, mut total) = (0.0, 0.0);
    for at in part {
        let row = row(at);
        let swing = found[0] * row[0] + found[1] * row[1];
        let about_line = wave[at] - found[2] - found[3] * row[3];
        explained += swing * swing;
        total += about_line * about_line;
    }
    let share = if total > 0.0 { (explained / total).min(1.0) } else { 0.0 };
    Some(Fit { pointer: Complex64::new(found[0], -found[1]), share })
}

/// Gauss's elimination with partial pivoting; `None` for a singular system.
fn solve(mut equations: [[f64; UNKNOWNS + 1]; UNKNOWNS]) -> Option<[f64; UNKNOWNS]> {
    for step in 0..UNKNOWNS {
        let pivot = (step..UNKNOWNS).max_by(|a, b| equations[*a][step].abs().total_cmp(&equations[*b][step].abs()))?;
        equations.swap(step, pivot);
        let lead = equations[step];
        if lead[step].abs() < 1e-9 || !lead[step].is_finite() {
            return None;
        }
        for equation in &mut equations[step + 1..] {
            let share = equation[step] / lead[step];
            equation.iter_mut().zip(lead).for_each(|(entry, lead)| *entry -= share * lead);
        }
    }
    let mut found = [0.0; UNKNOWNS];
    for step in (0..UNKNOWNS).rev() {
        let known: f64 = (step + 1..UNKNOWNS).map(|at| equations[step][at] * found[at]).sum();
        found[step] = (equations[step][UNKNOWNS] - known) / equations[step][step];
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amplitude_and_phase_are_found_on_a_slope() {
        let wanted = Complex64::from_polar(2.0, 0.7);
        let wave: Vec<f64> = (0..300).map(|at| (wanted * pointer(0.2, at).conj()).re + 3.0 + 0.1 * at as f64).collect();
        for part in [0..300, 100..200] {
            let found = fit(&wave, part, 0.2).unwrap();
            assert!((found.pointer - wanted).norm() < 1e-6, "{}", found.pointer);
            assert!(found.share > 0.999);
        }
        assert!(fit(&wave, 7..9, 0.2).is_none(), "two samples determine nothing");
    }
}
