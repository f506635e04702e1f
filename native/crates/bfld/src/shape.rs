//! A report as real vectors whose dot products say how alike two reports are.
//!
//! Feedback is only defined up to the phase of each column, and its angles mean nothing where another is zero. So each
//! column v becomes its projector v·vᴴ, which has neither problem, written as `antennas`² real numbers such that the dot
//! product of two projectors is |vᴴw|² (Conway, Hardin, Sloane: Packing lines, planes, etc., 1996).

use core::f32::consts::SQRT_2;
use core::fmt;

use ruview_core::Complex32;

use crate::{BfiReport, ReportError};

/// Tones that are kept, evenly spread: neighbours in a home's channel differ too little to be worth their time.
const MAX_TONES: usize = 64;
/// Streams that are kept: the strongest come first, the others are mostly noise.
const MAX_STREAMS: usize = 2;

/// What two shapes must share to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShapeSize {
    pub(crate) antennas: usize,
    pub(crate) streams: usize,
    pub(crate) tones: usize,
}

impl ShapeSize {
    /// Real numbers of a tone.
    pub(crate) const fn per_tone(self) -> usize {
        self.streams * self.antennas * self.antennas
    }
}

/// The projectors of a report, `[tones x streams x antennas²]`, or a mean of such.
#[derive(Clone, PartialEq)]
pub(crate) struct Shape {
    pub(crate) size: ShapeSize,
    values: Vec<f32>,
}

/// Feedback must not get into a log.
impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shape").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Shape {
    pub(crate) fn of(report: &BfiReport<'_>) -> Result<Self, ReportError> {
        let reported = report.n_tones()?;
        let (antennas, columns) = (usize::from(report.n_tx), usize::from(report.n_streams));
        let size = ShapeSize { antennas, streams: columns.min(MAX_STREAMS), tones: reported.min(MAX_TONES) };
        let mut values = Vec::with_capacity(size.tones * size.per_tone());
        for kept in 0..size.tones {
            let tone = kept * reported / size.tones;
            let matrix = &report.v[tone * antennas * columns..][..antennas * columns];
            for stream in 0..size.streams {
                let column = matrix[stream..].iter().step_by(columns).copied();
                append_projector(column, &mut values).ok_or(ReportError::NoDirection { tone })?;
            }
        }
        Ok(Self { size, values })
    }

    /// The mean of shapes of one size; `None` of none.
    pub(crate) fn mean<'a>(shapes: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut shapes = shapes.into_iter();
        let mut mean = shapes.next()?.clone();
        let mut count = 1.0;
        for shape in shapes {
            mean.values.iter_mut().zip(&shape.values).for_each(|(sum, value)| *sum += value);
            count += 1.0;
        }
        mean.values.iter_mut().for_each(|value| *value /= count);
        Some(mean)
    }

    /// Goes a part of the way to another shape of the same size: with 1/n at the n-th one, this is the mean of all n.
    pub(crate) fn approach(&mut self, other: &Self, part: f32) {
        self.values.iter_mut().zip(&other.values).for_each(|(own, other)| *own += (other - *own) * part);
    }

    /// The tones in turn, `[per_tone]` each.
    pub(crate) fn tones(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.size.per_tone())
    }

    /// The share of the first stream's power at each antenna, for each tone in turn: `[antennas]` each, sum 1.
    pub(crate) fn antenna_powers(&self) -> impl Iterator<Item = &[f32]> {
        self.tones().map(|tone| &tone[..self.size.antennas])
    }

    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// How far two shapes point apart: the angle between their directions, 0 to π/2 rad, averaged over the tones.
    pub(crate) fn angle_to(&self, other: &Self) -> f32 {
        let angles = self.tones().zip(other.tones()).map(|(a, b)| {
            let alike = dot(a, b) / libm::sqrtf(dot(a, a) * dot(b, b));
            libm::acosf(libm::sqrtf(alike.clamp(0.0, 1.0)))
        });
        angles.sum::<f32>() / self.size.tones as f32
    }
}

/// Appends the diagonal of v·vᴴ, then the real and imaginary parts above it, times √2. `None` where v has no direction.
fn append_projector(column: impl Iterator<Item = Complex32> + Clone, values: &mut Vec<f32>) -> Option<()> {
    let power: f32 = column.clone().map(|entry| entry.norm_sqr()).sum();
    if !power.is_normal() {
        return None;
    }
    values.extend(column.clone().map(|entry| entry.norm_sqr() / power));
    let mut rest = column;
    while let Some(first) = rest.next() {
        for second in rest.clone() {
            let product = first * second.conj() * (SQRT_2 / power);
            values.extend([product.re, product.im]);
        }
    }
    Some(())
}

pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Four sums: one sum is a chain in which each addition waits for the last.
    let (a_fours, a_rest) = a.as_chunks::<4>();
    let (b_fours, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in a_fours.iter().zip(b_fours) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use core::f32::consts::{FRAC_PI_2, FRAC_PI_4};

    use ruview_core::{MacAddress, StreamTime};

    use super::*;
    use crate::BfiPair;

    fn shape(n_streams: u8, v: &[Complex32]) -> Result<Shape, ReportError> {
        let address = MacAddress::new([0; 6]);
        let pair = BfiPair { beamformer: address, beamformee: address };
        Shape::of(&BfiReport { at: StreamTime::from_micros(0), pair, n_tx: 2, n_streams, v, snr_db: &[] })
    }

    fn column(re: f32, im: f32) -> Shape {
        shape(1, &[Complex32::new(re, im), Complex32::new(1.0, 0.0)]).unwrap()
    }

    #[test]
    fn angle_is_the_angle_between_directions() {
        let e1 = shape(1, &[Complex32::ONE, Complex32::ZERO]).unwrap();
        let e2 = shape(1, &[Complex32::ZERO, Complex32::ONE]).unwrap();
        assert!((e1.angle_to(&e2) - FRAC_PI_2).abs() < 1e-6);
        assert!((e1.angle_to(&column(1.0, 0.0)) - FRAC_PI_4).abs() < 1e-3);
        // (1, 1) and (i, 1): |<v, w>|² = 1/2.
        assert!((column(1.0, 0.0).angle_to(&column(0.0, 1.0)) - FRAC_PI_4).abs() < 1e-3);
    }

    #[test]
    fn a_columns_phase_and_length_do_not_matter() {
        let v = [Complex32::new(0.6, 0.2), Complex32::new(0.3, -0.7)];
        let turned = v.map(|entry| entry * Complex32::from_polar(3.0, 2.1));
        assert!(shape(1, &v).unwrap().angle_to(&shape(1, &turned).unwrap()) < 1e-3);
    }

    #[test]
    fn many_tones_are_thinned_evenly() {
        let v: Vec<_> = (0..250).flat_map(|tone| [Complex32::new(tone as f32, 0.0), Complex32::ONE]).collect();
        let shape = shape(1, &v).unwrap();
        assert_eq!(shape.size, ShapeSize { antennas: 2, streams: 1, tones: 64 });
        let first_share = |tone: usize| (tone * tone) as f32 / (tone * tone + 1) as f32;
        let second = shape.antenna_powers().nth(1).unwrap()[0];
        assert!((second - first_share(3)).abs() < 1e-6);
    }

    #[test]
    fn what_has_no_direction_is_refused() {
        assert_eq!(shape(3, &[]).unwrap_err(), ReportError::Dimensions { n_tx: 2, n_streams: 3 });
        assert_eq!(shape(1, &[]).unwrap_err(), ReportError::Length { expected: 2, found: 0 });
        assert_eq!(shape(2, &[Complex32::ONE; 3]).unwrap_err(), ReportError::Length { expected: 4, found: 3 });
        for part in [0.0, f32::NAN, f32::INFINITY] {
            let v = [Complex32::ONE, Complex32::ONE, Complex32::new(part, 0.0), Complex32::ZERO];
            assert_eq!(shape(1, &v).unwrap_err(), ReportError::NoDirection { tone: 1 }, "{part}");
        }
    }
}
