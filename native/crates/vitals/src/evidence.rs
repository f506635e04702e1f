//! How much speaks for a breath in a window, as one number.
//!
//! An empty room has a spectral peak too, and so has a walking person. What a chest does and they do not: it repeats itself
//! one and two periods later, it swings as much in each part of the window and in step, it moves the same subcarriers in
//! the same way in both halves, it stands clear of its surroundings on both sides, and it has no energy where limbs have
//! theirs. Breath is not quite regular, so one point may fail, but movement may not: the score is that of the weakest point
//! but one, or of movement. How loud the line is against the packets' noise is no point: it parted nothing that the others
//! had not, and hid weak breath.
//!
//! The limits were set where generated noise ends and a line begins: 1/f^a noise (a from 0 to 2.5) of 1 to 8 common sources
//! in 27 to 100 features, with steps and slow drift. That of movement was placed between the recordings of walking and
//! empty rooms (one ESP32 set) and those of breath, and is the least certain. `tests/negative_controls.rs` measures them
//! again with other noise.

use num_complex::Complex64;

use crate::preprocess::{SAMPLE_RATE_HZ, VitalWindow, WINDOW, detrend};
use crate::sinusoid::fit;
use crate::spectrum::{Spectrum, grid_hz, hann, pointer};
use crate::subspace::{combine, dot, slow_directions};

/// Where a summit may be a breath's, in Hz: 4 to 31.5 a minute, half a line's width beyond the band of 0.07 to 0.5 Hz.
const BAND_HZ: (f64, f64) = (4.0 / 60.0, 31.5 / 60.0);
/// Half the width of a line under a Hann window of 28 s, in Hz.
const LINE_HZ: f64 = 0.045;
/// Parts of the window, from its begin to its end, that must each hold the breath, and their length: 11 s, a breath at
/// least at all but the slowest rates. They overlap by a quarter.
const PARTS: usize = 3;
const PART: usize = WINDOW * 2 / 5;
/// Fewest samples that two stretches must share to be compared.
const MIN_OVERLAP: usize = 60;

/// The most breath-like line of a window.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    /// Its frequency.
    pub(crate) hz: f64,
    /// What each point of evidence says, in [0, 1]; see [`POINTS`].
    pub(crate) points: [f64; POINTS.len()],
}

/// The points of evidence, and between which values each goes from 0 to 1.
pub(crate) const POINTS: [(&str, f64, f64); 10] = [
    ("correlation one period later", 0.4, 0.8),
    ("correlation two periods later", 0.2, 0.7),
    ("correlation half a period later", 0.4, -0.2),
    ("two periods more alike than one", 0.25, 0.1),
    ("height above its surroundings", 1.5, 4.0),
    ("weakest part against their mean", 0.3, 0.7),
    ("parts in step", 0.8, 0.95),
    ("share of the strongest direction's variance", 0.3, 0.6),
    ("likeness of the halves' directions", 0.3, 0.6),
    ("movement's density against the line's", 0.15, 0.07),
];

impl Evidence {
    /// The score in [0, 1]: that of the weakest point but one, and no more than that of movement.
    pub(crate) fn score(&self) -> f64 {
        let [mut line @ .., movement] = self.points;
        line.sort_by(f64::total_cmp);
        line[1].min(movement)
    }

    /// Whether nothing moves as limbs do, or hardly: the last point.
    pub(crate) fn is_still(&self) -> bool {
        self.points[POINTS.len() - 1] > 0.0
    }

    /// What speaks for a breath in `window`, which has [`WINDOW`] samples; `None` without any line in the band.
    pub(crate) fn of(window: &VitalWindow) -> Option<Self> {
        let directions = slow_directions(window.features());
        let spectrum = Spectrum::of(&directions);
        let (at, height) = most_prominent(&spectrum)?;
        let hz = spectrum.refined_hz(at);
        let wave = wave_at(&directions, hz);
        let correlation = Correlations::of(&wave, SAMPLE_RATE_HZ / hz);
        let parts = Parts::of(&wave, hz);
        let values = [
            correlation.one,
            correlation.two,
            correlation.half,
            correlation.two - correlation.one,
            height,
            parts.weakest,
            parts.in_step,
            fit(&wave, 0..WINDOW, hz).map_or(0.0, |fit| fit.share),
            likeness_of_halves(&directions, hz),
            spectrum.movement / spectrum.grid[at],
        ];
        let mut points = [0.0; POINTS.len()];
        for ((point, value), (_, none, full)) in points.iter_mut().zip(values).zip(POINTS) {
            let share = (value - none) / (full - none);
            *point = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        }
        Some(Self { hz, points })
    }
}

/// The series of a whole window that swings most at `hz`, in units of the packet noise; without mean and trend.
pub(crate) fn wave(window: &VitalWindow, hz: f64) -> Vec<f64> {
    wave_at(&slow_directions(window.features()), hz)
}

fn wave_at(directions: &[Vec<f64>], hz: f64) -> Vec<f64> {
    let mut wave = combine(directions, &strongest_at(directions, hz));
    detrend(&mut wave);
    wave
}

/// How strong a line at `hz` is in the window's last part, against its strongest part; `None` when there is nothing.
pub(crate) fn fading(window: &VitalWindow, hz: f64) -> Option<f64> {
    let directions = slow_directions(window.features());
    let wave = combine(&directions, &strongest_at(&directions, hz));
    let amplitudes = parts(&wave, hz)?.map(Complex64::norm);
    let strongest = amplitudes.iter().copied().fold(0.0, f64::max);
    (strongest > 0.0).then(|| amplitudes[PARTS - 1] / strongest)
}

/// Amplitude and phase of a line in each part of a wave.
fn parts(wave: &[f64], hz: f64) -> Option<[Complex64; PARTS]> {
    let mut pointers = [Complex64::ZERO; PARTS];
    for (part, pointer) in pointers.iter_mut().enumerate() {
        let start = part * (WINDOW - PART) / (PARTS - 1);
        *pointer = fit(wave, start..start + PART, hz)?.pointer;
    }
    Some(pointers)
}

/// The summit that stands highest above its surroundings, and how many times; strong ones are preferred.
fn most_prominent(spectrum: &Spectrum) -> Option<(usize, f64)> {
    let top = spectrum.grid.iter().copied().fold(0.0, f64::max);
    let rated = spectrum.summits(BAND_HZ.0, BAND_HZ.1).into_iter().map(|at| {
        let height = spectrum.grid[at] / surroundings(spectrum, grid_hz(at)).max(f64::MIN_POSITIVE);
        (at, height, height * (spectrum.grid[at] / top).sqrt())
    });
    rated.max_by(|a, b| a.2.total_cmp(&b.2)).map(|(at, height, _)| (at, height))
}

/// The level beside a line at `hz`: the higher of both sides, so that a slope is no line.
fn surroundings(spectrum: &Spectrum, hz: f64) -> f64 {
    let below = spectrum.median_where(|at| at >= (hz - 0.2).max(0.04) && at <= hz - LINE_HZ);
    let is_harmonic = |at: f64| (at - 2.0 * hz).abs() <= LINE_HZ;
    let above = spectrum.median_where(|at| at >= hz + LINE_HZ && at <= hz + 0.25 && !is_harmonic(at));
    below.unwrap_or_else(|| spectrum.least()).max(above.unwrap_or(0.0))
}

/// Weights of the directions that give the strongest single series at `hz`.
fn strongest_at(directions: &[Vec<f64>], hz: f64) -> Vec<f64> {
    let pointers = turned(directions, hz, 0..WINDOW);
    // The weights that maximise |sum w p|: along the major axis of the ellipse that the pointers' sum draws.
    let square: Complex64 = pointers.iter().map(|p| p * p).sum();
    let axis = Complex64::cis(-square.arg() / 2.0);
    let weights: Vec<f64> = pointers.iter().map(|p| (p * axis).re).collect();
    let length = dot(&weights, &weights).sqrt();
    weights.into_iter().map(|weight| weight / length.max(f64::MIN_POSITIVE)).collect()
}

/// Amplitude and phase of every direction at `hz` over `part` of the window.
fn turned(directions: &[Vec<f64>], hz: f64, part: std::ops::Range<usize>) -> Vec<Complex64> {
    let row: Vec<Complex64> = part.clone().map(|at| pointer(hz, at) * hann(at - part.start, part.len())).collect();
    let sum = |z: &Vec<f64>| z[part.clone()].iter().zip(&row).map(|(value, pointer)| pointer * value).sum();
    directions.iter().map(sum).collect()
}

/// How alike both halves of the window are in direction and phase at `hz`, in [0, 1].
fn likeness_of_halves(directions: &[Vec<f64>], hz: f64) -> f64 {
    let (first, second) = (turned(directions, hz, 0..WINDOW / 2), turned(directions, hz, WINDOW / 2..WINDOW));
    let shared: Complex64 = first.iter().zip(&second).map(|(a, b)| a.conj() * b).sum();
    let power = |half: &[Complex64]| half.iter().map(Complex64::norm_sqr).sum::<f64>();
    shared.norm() / (power(&first) * power(&second)).sqrt().max(f64::MIN_POSITIVE)
}

/// How a wave correlates with itself.
struct Correlations {
    one: f64,
    two: f64,
    half: f64,
}

impl Correlations {
    fn of(wave: &[f64], period: f64) -> Self {
        let best = |periods: &[f64]| periods.iter().filter_map(|n| correlation(wave, n * period)).fold(-1.0, f64::max);
        let one = best(&[0.9, 0.95, 1.0, 1.05, 1.1]);
        // Too slow for two periods to fit twice: what two would be if each kept as much as the first.
        let two = if 2.1 * period < (WINDOW - MIN_OVERLAP) as f64 { best(&[1.9, 2.0, 2.1]) } else { one * one.abs() };
        Self { one, two, half: best(&[0.5]) }
    }
}

/// The correlation of a wave with itself `lag` samples later; `None` when too little of it overlaps.
fn correlation(wave: &[f64], lag: f64) -> Option<f64> {
    let lag = lag.round() as usize;
    if lag + MIN_OVERLAP > wave.len() {
        return None;
    }
    let (early, late) = (&wave[..wave.len() - lag], &wave[lag..]);
    Some(dot(early, late) / (dot(early, early) * dot(late, late)).sqrt().max(f64::MIN_POSITIVE))
}

/// How a wave's line fares over the parts of the window.
struct Parts {
    weakest: f64,
    in_step: f64,
}

impl Parts {
    fn of(wave: &[f64], hz: f64) -> Self {
        let Some(pointers) = parts(wave, hz) else { return Self { weakest: 0.0, in_step: 0.0 } };
        let sum: f64 = pointers.iter().map(|pointer| pointer.norm()).sum::<f64>().max(f64::MIN_POSITIVE);
        let weakest = pointers.iter().map(|pointer| pointer.norm()).fold(f64::INFINITY, f64::min);
        Self { weakest: weakest * PARTS as f64 / sum, in_step: pointers.iter().sum::<Complex64>().norm() / sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaks_for_breath(failing: &[usize]) -> bool {
        let mut points = [0.9; POINTS.len()];
        for at in failing {
            points[*at] = 0.1;
        }
        Evidence { hz: 0.25, points }.score() > 0.5
    }

    #[test]
    fn one_point_may_fail_but_not_two_and_not_movement() {
        let movement = POINTS.len() - 1;
        assert!(speaks_for_breath(&[]) && speaks_for_breath(&[3]));
        assert!(!speaks_for_breath(&[0, 7]) && !speaks_for_breath(&[movement]));
    }
}
