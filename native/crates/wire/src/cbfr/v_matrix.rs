//! From angles to V, the matrix by which the beamformer is to weight its antennas (IEEE 802.11-2020, 19.3.12.3.6):
//!
//! ```text
//! V = Π over columns i of [ D_i(φ) · Π over rows l > i of G_li(ψ)ᵀ ] · Ĩ
//! ```
//!
//! D puts phases on rows, G rotates two rows, Ĩ is the identity cut to the shape. The factors act from the right to the
//! left, each on the columns from i on, for the columns before it are still those of the identity.

use core::f64::consts::PI;

use ruview_core::Complex32;

use super::angles::{AngleShape, n_angles, steps};

/// Steps of the circle: every angle of every codebook is a multiple of π/512.
const HALF_TURN: usize = 512;
const HALF_TURN_BITS: u8 = HALF_TURN.ilog2() as u8;

/// A point of the unit circle: cosine, sine.
type Unit = (f64, f64);

/// e^(jπn/512) for every n.
static CIRCLE: [Unit; 2 * HALF_TURN] = circle();

/// Writes V for as many tones as `codes` holds: tone after tone, row after row.
pub(super) fn v_matrices(shape: AngleShape, codes: &[u16], v: &mut [Complex32]) {
    // A kernel for each shape, so that loops over rows and columns have known ends.
    macro_rules! kernel {
        ($($rows:literal: $($columns:literal)+;)+) => {
            match (shape.nr, shape.nc) {
                $($(($rows, $columns) => each_tone::<$rows, $columns>(shape, codes, v),)+)+
                _ => {}
            }
        };
    }
    kernel! {
        1: 1;
        2: 1 2;
        3: 1 2 3;
        4: 1 2 3 4;
        5: 1 2 3 4 5;
        6: 1 2 3 4 5 6;
        7: 1 2 3 4 5 6 7;
        8: 1 2 3 4 5 6 7 8;
    }
}

fn each_tone<const NR: usize, const NC: usize>(shape: AngleShape, codes: &[u16], v: &mut [Complex32]) {
    let n_angles = n_angles(NR as u8, NC as u8);
    let (matrices, _) = v.as_chunks_mut::<NC>();
    for (at, rows) in matrices.chunks_exact_mut(NR).enumerate() {
        let angles = codes.get(at * n_angles..(at + 1) * n_angles).unwrap_or_default();
        let matrix = of_tone::<NR, NC>(shape, angles);
        for (row, from) in rows.iter_mut().zip(&matrix) {
            *row = from.map(|(re, im)| Complex32::new(re as f32, im as f32));
        }
    }
}

fn of_tone<const NR: usize, const NC: usize>(shape: AngleShape, mut codes: &[u16]) -> [[(f64, f64); NC]; NR] {
    let mut v = [[(0.0, 0.0); NC]; NR];
    for (at, row) in v.iter_mut().take(NC).enumerate() {
        row[at] = (1.0, 0.0);
    }
    for i in (0..usize::from(steps(NR as u8, NC as u8))).rev() {
        let count = NR - 1 - i;
        let Some((before, of_column)) = codes.split_at_checked(codes.len().wrapping_sub(2 * count)) else { return v };
        let (phases, rotations) = of_column.split_at(count);
        let (above, below) = v.split_at_mut(i + 1);
        let row_i = &mut above[i];
        for (row, &code) in below.iter_mut().zip(rotations).rev() {
            rotate(row_i, row, psi(shape, code), i);
        }
        turn(row_i, phi(shape, phases[0]), i);
        for (row, &code) in below.iter_mut().zip(&phases[1..]) {
            turn(row, phi(shape, code), i);
        }
        codes = before;
    }
    v
}

/// `G_li` transposed, on rows i and l, in the columns from `from` on.
#[inline]
fn rotate<const NC: usize>(row_i: &mut [(f64, f64); NC], row_l: &mut [(f64, f64); NC], (cos, sin): Unit, from: usize) {
    for (a, b) in row_i.iter_mut().zip(row_l).skip(from) {
        let (above, below) = (*a, *b);
        *a = (cos * above.0 - sin * below.0, cos * above.1 - sin * below.1);
        *b = (sin * above.0 + cos * below.0, sin * above.1 + cos * below.1);
    }
}

/// A phase on a row, in the columns from `from` on.
#[inline]
fn turn<const NC: usize>(row: &mut [(f64, f64); NC], (cos, sin): Unit, from: usize) {
    for (re, im) in row.iter_mut().skip(from) {
        (*re, *im) = (*re * cos - *im * sin, *re * sin + *im * cos);
    }
}

/// φ = π(2k+1)/2^bits.
#[inline]
fn phi(shape: AngleShape, code: u16) -> Unit {
    unit(code, HALF_TURN_BITS - shape.widths.phi)
}

/// ψ = π(2k+1)/2^(bits+2).
#[inline]
fn psi(shape: AngleShape, code: u16) -> Unit {
    unit(code, HALF_TURN_BITS - 2 - shape.widths.psi)
}

#[inline]
fn unit(code: u16, shift: u8) -> Unit {
    let n = (2 * usize::from(code) + 1) << shift;
    CIRCLE[n % CIRCLE.len()]
}

/// Computed when the crate is compiled, with nothing but multiplication and addition, so that it is the same everywhere.
const fn circle() -> [Unit; 2 * HALF_TURN] {
    let mut circle = [(0.0, 0.0); 2 * HALF_TURN];
    let mut n = 0;
    while n < circle.len() {
        // Turned into the first eighth of the circle, where the series below are exact to the last bit or two.
        let quarter = HALF_TURN / 2;
        let (quadrant, rest) = (n / quarter, n % quarter);
        let mirrored = rest > quarter / 2;
        let angle = PI * (if mirrored { quarter - rest } else { rest }) as f64 / HALF_TURN as f64;
        let (mut cos, mut sin) = (cosine(angle), sine(angle));
        if mirrored {
            (cos, sin) = (sin, cos);
        }
        circle[n] = match quadrant {
            0 => (cos, sin),
            1 => (-sin, cos),
            2 => (-cos, -sin),
            _ => (sin, -cos),
        };
        n += 1;
    }
    circle
}

/// Terms of the series; for angles up to π/4 the next one is below 1e-19.
const TERMS: u32 = 9;

const fn cosine(x: f64) -> f64 {
    let (mut sum, mut n) = (1.0, TERMS);
    while n > 0 {
        sum = 1.0 - sum * x * x / ((2 * n - 1) * 2 * n) as f64;
        n -= 1;
    }
    sum
}

const fn sine(x: f64) -> f64 {
    let (mut sum, mut n) = (1.0, TERMS);
    while n > 0 {
        sum = 1.0 - sum * x * x / (2 * n * (2 * n + 1)) as f64;
        n -= 1;
    }
    x * sum
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::super::angles::{AngleKind, AngleWidths, order};
    use super::*;

    type Matrix = Vec<Vec<(f64, f64)>>;

    /// The standard's formula, written out with whole matrices and the mathematics library.
    fn by_the_book(shape: AngleShape, codes: &[u16]) -> Matrix {
        let nr = usize::from(shape.nr);
        let identity = |columns: usize| -> Matrix {
            (0..nr).map(|r| (0..columns).map(|c| (f64::from(u8::from(r == c)), 0.0)).collect()).collect()
        };
        let multiply = |a: &Matrix, b: &Matrix| -> Matrix {
            let cell = |r: usize, c: usize| {
                (0..nr).fold((0.0, 0.0), |(re, im), k| {
                    let ((ar, ai), (br, bi)) = (a[r][k], b[k][c]);
                    (re + ar * br - ai * bi, im + ar * bi + ai * br)
                })
            };
            (0..nr).map(|r| (0..b[0].len()).map(|c| cell(r, c)).collect()).collect()
        };
        let mut product = identity(nr);
        for (angle, &code) in order(shape.nr, shape.nc).zip(codes) {
            let radians = shape.widths.radians(angle.kind, code);
            let (cos, sin) = (libm::cos(radians), libm::sin(radians));
            let (row, column) = (usize::from(angle.row) - 1, usize::from(angle.column) - 1);
            let mut factor = identity(nr);
            match angle.kind {
                AngleKind::Phi => factor[row][row] = (cos, sin),
                AngleKind::Psi => {
                    factor[column][column] = (cos, 0.0);
                    factor[row][row] = (cos, 0.0);
                    factor[column][row] = (-sin, 0.0);
                    factor[row][column] = (sin, 0.0);
                }
            }
            product = multiply(&product, &factor);
        }
        multiply(&product, &identity(shape.nc.into()))
    }

    #[test]
    fn every_shape_and_codebook_is_the_standards_product() {
        let mut state = 1_u32;
        let mut random = |below: u16| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as u16 % below
        };
        for (psi, phi) in [(2, 4), (4, 6), (5, 7), (7, 9)] {
            for nr in 1..=8_u8 {
                for nc in 1..=nr {
                    let widths = AngleWidths { psi, phi };
                    let shape = AngleShape { nr, nc, widths };
                    let codes: Vec<u16> = order(nr, nc).map(|angle| random(1 << widths.of(angle.kind))).collect();
                    let mut v = vec![Complex32::default(); usize::from(nr) * usize::from(nc)];
                    v_matrices(shape, &codes, &mut v);
                    let book = by_the_book(shape, &codes);
                    for (found, expected) in v.iter().zip(book.iter().flatten()) {
                        let error = libm::hypot(f64::from(found.re) - expected.0, f64::from(found.im) - expected.1);
                        assert!(error < 1e-7, "{nr}x{nc}: {error}");
                    }
                }
            }
        }
    }

    #[test]
    fn circle_is_round() {
        for (n, &(cos, sin)) in CIRCLE.iter().enumerate() {
            let angle = PI * n as f64 / 512.0;
            assert!((cos - libm::cos(angle)).abs() < 1e-15 && (sin - libm::sin(angle)).abs() < 1e-15, "{n}");
        }
    }
}
