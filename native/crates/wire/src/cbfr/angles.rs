//! Angles: their order, their bits and what the codes stand for (IEEE 802.11-2020, 19.3.12.3.6).

use core::f64::consts::PI;

use super::bits::{WINDOW_BITS, mask, window};

/// The most angles that a tone can have: V of 8 rows and 7 or 8 columns.
pub const MAX_ANGLES: usize = 56;

/// Bits of an angle's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AngleWidths {
    /// Of a rotation: 2, 4, 5 or 7.
    pub psi: u8,
    /// Of a phase: 4, 6, 7 or 9.
    pub phi: u8,
}

/// What an angle does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AngleKind {
    /// A phase, 0 to 2π.
    Phi,
    /// A rotation between two rows, 0 to π/2.
    Psi,
}

impl AngleWidths {
    /// The bits of a kind of angle.
    pub const fn of(self, kind: AngleKind) -> u8 {
        match kind {
            AngleKind::Phi => self.phi,
            AngleKind::Psi => self.psi,
        }
    }

    /// The angle in radians that a code stands for: the middle of its step.
    pub fn radians(self, kind: AngleKind, code: u16) -> f64 {
        let odd = f64::from(2 * u32::from(code) + 1);
        match kind {
            AngleKind::Phi => PI * odd / f64::from(1_u32 << self.phi),
            AngleKind::Psi => PI * odd / f64::from(1_u32 << (self.psi + 2)),
        }
    }
}

/// An angle's place in V: φ of (row, column) or ψ of (row, column), counted from 1 as in the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Angle {
    /// What it does.
    pub kind: AngleKind,
    /// The row.
    pub row: u8,
    /// The column.
    pub column: u8,
}

/// Angles of a tone: Na.
pub const fn n_angles(nr: u8, nc: u8) -> usize {
    let (nr, steps) = (nr as usize, steps(nr, nc) as usize);
    steps * (2 * nr).saturating_sub(steps + 1)
}

/// The angles of a tone in the order in which they are sent: for each column its phases, then its rotations.
pub fn order(nr: u8, nc: u8) -> impl Iterator<Item = Angle> + Clone {
    (1..=steps(nr, nc)).flat_map(move |column| {
        let phases = (column..nr).map(move |row| Angle { kind: AngleKind::Phi, row, column });
        let rotations = (column + 1..=nr).map(move |row| Angle { kind: AngleKind::Psi, row, column });
        phases.chain(rotations)
    })
}

/// Columns that have angles: the last one of a square matrix has none.
pub(super) const fn steps(nr: u8, nc: u8) -> u8 {
    let below = nr.saturating_sub(1);
    if nc < below { nc } else { below }
}

/// Bits of a tone's angles.
pub(super) const fn bits_per_tone(nr: u8, nc: u8, widths: AngleWidths) -> usize {
    n_angles(nr, nc) / 2 * (widths.phi + widths.psi) as usize
}

/// The shape of a tone's angles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AngleShape {
    pub(super) nr: u8,
    pub(super) nc: u8,
    pub(super) widths: AngleWidths,
}

/// Unpacks the codes of as many tones as `codes` has room for.
pub(super) fn unpack(octets: &[u8], shape: AngleShape, codes: &mut [u16]) {
    // With the widths known when compiling, a code costs one shift and one mask.
    match (shape.widths.psi, shape.widths.phi) {
        (2, 4) => unpack_as::<2, 4>(octets, shape, codes),
        (4, 6) => unpack_as::<4, 6>(octets, shape, codes),
        (5, 7) => unpack_as::<5, 7>(octets, shape, codes),
        _ => unpack_as::<7, 9>(octets, shape, codes),
    }
}

fn unpack_as<const PSI: usize, const PHI: usize>(octets: &[u8], shape: AngleShape, codes: &mut [u16]) {
    let longest = usize::from(shape.nr.saturating_sub(1));
    let shortest = usize::from(shape.nr - steps(shape.nr, shape.nc));
    let per_tone = bits_per_tone(shape.nr, shape.nc, shape.widths);
    let tones = codes.chunks_exact_mut(n_angles(shape.nr, shape.nc).max(1)).enumerate();
    if per_tone <= WINDOW_BITS {
        // Small matrices, which are most of them: one look at the octets is enough for a tone.
        for (at, mut tone) in tones {
            let mut bits = window(octets, at * per_tone);
            for count in (shortest..=longest).rev() {
                let (phases, rest) = tone.split_at_mut(count);
                let (rotations, rest) = rest.split_at_mut(count);
                take_codes::<PHI>(&mut bits, phases);
                take_codes::<PSI>(&mut bits, rotations);
                tone = rest;
            }
        }
        return;
    }
    for (at, mut tone) in tones {
        let mut bit = at * per_tone;
        for count in (shortest..=longest).rev() {
            let (phases, rest) = tone.split_at_mut(count);
            let (rotations, rest) = rest.split_at_mut(count);
            bit = unpack_run::<PHI>(octets, bit, phases);
            bit = unpack_run::<PSI>(octets, bit, rotations);
            tone = rest;
        }
    }
}

/// Unpacks codes of one width, as many as there are; the bit after them.
fn unpack_run<const WIDTH: usize>(octets: &[u8], mut bit: usize, codes: &mut [u16]) -> usize {
    for codes in codes.chunks_mut(WINDOW_BITS / WIDTH) {
        take_codes::<WIDTH>(&mut window(octets, bit), codes);
        bit += codes.len() * WIDTH;
    }
    bit
}

/// Takes codes of one width from the lowest bits.
#[inline]
fn take_codes<const WIDTH: usize>(bits: &mut u64, codes: &mut [u16]) {
    for code in codes {
        *code = (*bits & mask(WIDTH as u8)) as u16;
        *bits >>= WIDTH;
    }
}

/// One tone of a report: which it is, and its angle codes, read one by one from the report's octets.
#[derive(Debug, Clone, Copy)]
pub struct ToneAngles<'a> {
    /// The tone's number.
    pub tone: i16,
    octets: &'a [u8],
    bit: usize,
    shape: AngleShape,
}

impl<'a> ToneAngles<'a> {
    pub(super) fn new(tone: i16, at: usize, octets: &'a [u8], shape: AngleShape) -> Self {
        Self { tone, octets, bit: at * bits_per_tone(shape.nr, shape.nc, shape.widths), shape }
    }

    /// The codes with what they are, in the order in which they are sent.
    pub fn codes(&self) -> impl Iterator<Item = (Angle, u16)> + Clone + use<'a> {
        let Self { octets, mut bit, shape, .. } = *self;
        order(shape.nr, shape.nc).map(move |angle| {
            let width = shape.widths.of(angle.kind);
            let code = (window(octets, bit) & mask(width)) as u16;
            bit += usize::from(width);
            (angle, code)
        })
    }

    /// The angles in radians, in the order in which they are sent.
    pub fn radians(&self) -> impl Iterator<Item = (Angle, f64)> + Clone + use<'a> {
        let widths = self.shape.widths;
        self.codes().map(move |(angle, code)| (angle, widths.radians(angle.kind, code)))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn order_and_number_are_the_standards() {
        let names = |nr, nc| -> Vec<(bool, u8, u8)> {
            order(nr, nc).map(|angle| (angle.kind == AngleKind::Phi, angle.row, angle.column)).collect()
        };
        let (phi, psi) = (true, false);
        assert_eq!(names(2, 1), [(phi, 1, 1), (psi, 2, 1)]);
        assert_eq!(names(2, 2), names(2, 1));
        let of_4x2 = [
            (phi, 1, 1),
            (phi, 2, 1),
            (phi, 3, 1),
            (psi, 2, 1),
            (psi, 3, 1),
            (psi, 4, 1),
            (phi, 2, 2),
            (phi, 3, 2),
            (psi, 3, 2),
            (psi, 4, 2),
        ];
        assert_eq!(names(4, 2), of_4x2);
        for nr in 1..=8 {
            for nc in 1..=nr {
                assert_eq!(names(nr, nc).len(), n_angles(nr, nc), "{nr}x{nc}");
            }
        }
        assert_eq!((n_angles(1, 1), n_angles(8, 7), n_angles(8, 8)), (0, MAX_ANGLES, MAX_ANGLES));
    }

    #[test]
    fn both_ways_of_unpacking_agree() {
        let octets: Vec<u8> = (0..=255_u16).map(|x| (x * 157 % 251) as u8).collect();
        for (psi, phi) in [(2, 4), (4, 6), (5, 7), (7, 9)] {
            for (nr, nc) in [(2, 1), (3, 1), (4, 2), (8, 1), (8, 8)] {
                let shape = AngleShape { nr, nc, widths: AngleWidths { psi, phi } };
                let mut codes = [0; 3 * MAX_ANGLES];
                let codes = &mut codes[..3 * n_angles(nr, nc)];
                unpack(&octets, shape, codes);
                let one_by_one: Vec<u16> = (0..3)
                    .flat_map(|at| ToneAngles::new(0, at, &octets, shape).codes().map(|(_, code)| code))
                    .collect();
                assert_eq!(codes, one_by_one, "{nr}x{nc}, {psi} and {phi} bits");
            }
        }
    }

    #[test]
    fn codes_stand_for_the_middle_of_their_step() {
        let widths = AngleWidths { psi: 4, phi: 6 };
        assert!((widths.radians(AngleKind::Phi, 0) - PI / 64.0).abs() < 1e-15);
        assert!((widths.radians(AngleKind::Phi, 63) - 127.0 * PI / 64.0).abs() < 1e-15);
        assert!((widths.radians(AngleKind::Psi, 15) - 31.0 * PI / 64.0).abs() < 1e-15);
    }
}
