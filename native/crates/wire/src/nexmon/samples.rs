//! One sample, 32 bits: two 16-bit numbers on two of the chips, a shared exponent and two mantissas on the others.
//!
//! Source of the floating formats: `unpack_float` of Nexmon's CSI extractor (seemoo-lab/nexmon_csi).

use alloc::vec::Vec;

use ruview_core::{Complex32, NexmonChip};

use super::layout::SAMPLE_LEN;
use crate::WireErrorKind;

/// A complex number with one exponent. From bit 0: the exponent in two's complement, then the imaginary and the real part,
/// each a magnitude with its sign above it.
#[derive(Clone, Copy)]
struct SharedExponent {
    exponent_bits: u32,
    magnitude_bits: u32,
}

const BCM4358: SharedExponent = SharedExponent { exponent_bits: 5, magnitude_bits: 8 };
const BCM4366C0: SharedExponent = SharedExponent { exponent_bits: 6, magnitude_bits: 11 };

/// Appends the samples in `octets`, in the chip's own linear units.
pub(super) fn append(chip: NexmonChip, octets: &[u8], samples: &mut Vec<Complex32>) {
    let (words, _) = octets.as_chunks::<SAMPLE_LEN>();
    // One loop a format: the compiler turns each into vector instructions.
    match chip {
        NexmonChip::Bcm4339 | NexmonChip::Bcm43455c0 => samples.extend(words.iter().map(|word| from_integers(*word))),
        NexmonChip::Bcm4358 => samples.extend(words.iter().map(|word| BCM4358.decode(u32::from_le_bytes(*word)))),
        NexmonChip::Bcm4366c0 => samples.extend(words.iter().map(|word| BCM4366C0.decode(u32::from_le_bytes(*word)))),
    }
}

/// The octets that [`append`] reads as `sample`, none of it rounded.
pub(super) fn encode(chip: NexmonChip, sample: Complex32) -> Result<[u8; SAMPLE_LEN], WireErrorKind> {
    let encoded = match chip {
        NexmonChip::Bcm4339 | NexmonChip::Bcm43455c0 => to_integers(sample),
        NexmonChip::Bcm4358 => BCM4358.encode(sample).map(u32::to_le_bytes),
        NexmonChip::Bcm4366c0 => BCM4366C0.encode(sample).map(u32::to_le_bytes),
    };
    encoded.ok_or_else(|| WireErrorKind::InvalidField {
        field: "samples",
        expected: "numbers that the chip's sample format holds",
        // The part that is to blame where only one is: not the one that is zero.
        found: if sample.re == 0.0 { sample.im.into() } else { sample.re.into() },
    })
}

fn from_integers([re_low, re_high, im_low, im_high]: [u8; SAMPLE_LEN]) -> Complex32 {
    let part = |octets| f32::from(i16::from_le_bytes(octets));
    Complex32::new(part([re_low, re_high]), part([im_low, im_high]))
}

fn to_integers(sample: Complex32) -> Option<[u8; SAMPLE_LEN]> {
    let [re_low, re_high] = integer(sample.re)?.to_le_bytes();
    let [im_low, im_high] = integer(sample.im)?.to_le_bytes();
    Some([re_low, re_high, im_low, im_high])
}

#[expect(clippy::float_cmp, reason = "any other value would come back as another")]
fn integer(part: f32) -> Option<i16> {
    let whole = part as i16;
    (f32::from(whole) == part).then_some(whole)
}

impl SharedExponent {
    const fn max_exponent(self) -> i32 {
        (1 << (self.exponent_bits - 1)) - 1
    }

    const fn max_magnitude(self) -> u32 {
        (1 << self.magnitude_bits) - 1
    }

    fn decode(self, word: u32) -> Complex32 {
        let above_exponent = u32::BITS - self.exponent_bits;
        let exponent = (word << above_exponent) as i32 >> above_exponent;
        let scale = power_of_two(exponent);
        let im = self.signed(word >> self.exponent_bits);
        let re = self.signed(word >> (self.exponent_bits + self.magnitude_bits + 1));
        Complex32::new(re as f32 * scale, im as f32 * scale)
    }

    const fn signed(self, field: u32) -> i32 {
        let magnitude = (field & self.max_magnitude()) as i32;
        if field >> self.magnitude_bits & 1 == 1 { -magnitude } else { magnitude }
    }

    fn encode(self, sample: Complex32) -> Option<u32> {
        let max = self.max_exponent();
        (-max - 1..=max).find_map(|exponent| {
            let im = self.mantissa(sample.im, exponent)?;
            let re = self.mantissa(sample.re, exponent)?;
            let exponent = exponent as u32 & ((1 << self.exponent_bits) - 1);
            Some(exponent | im << self.exponent_bits | re << (self.exponent_bits + self.magnitude_bits + 1))
        })
    }

    /// Sign and magnitude of `part` / 2^`exponent`, if that is whole and fits.
    #[expect(clippy::float_cmp, reason = "any other value would come back as another")]
    fn mantissa(self, part: f32, exponent: i32) -> Option<u32> {
        let scaled = part * power_of_two(-exponent);
        let magnitude = scaled.abs() as u32;
        let fits = magnitude <= self.max_magnitude() && magnitude as f32 == scaled.abs();
        fits.then(|| magnitude | u32::from(scaled < 0.0) << self.magnitude_bits)
    }
}

/// 2^`exponent`, exact, for -126 to 127.
const fn power_of_two(exponent: i32) -> f32 {
    const BIAS: i32 = 127;
    const MANTISSA_BITS: u32 = 23;
    f32::from_bits(((exponent + BIAS) as u32) << MANTISSA_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(chip: NexmonChip, word: u32) -> (f32, f32) {
        let mut samples = Vec::new();
        append(chip, &word.to_le_bytes(), &mut samples);
        (samples[0].re, samples[0].im)
    }

    #[test]
    fn integers_have_the_real_part_low() {
        assert_eq!(decoded(NexmonChip::Bcm43455c0, 0x8000_0001), (1.0, -32768.0));
        assert_eq!(decoded(NexmonChip::Bcm4339, 0x7FFF_FFFF), (-1.0, 32767.0));
    }

    #[test]
    #[expect(clippy::unusual_byte_groupings, reason = "grouped as the fields are")]
    fn shared_exponents_scale_both_parts() {
        // 4358: exponent -2, imaginary +3, real -255.
        let word = 0b1_1111_1111_0_0000_0011_11110;
        assert_eq!(decoded(NexmonChip::Bcm4358, word), (-255.0 / 4.0, 0.75));
        // 4366c0: exponent 31, imaginary -2047, real +1.
        let word = 0b0_00000000001_1_11111111111_011111;
        assert_eq!(decoded(NexmonChip::Bcm4366c0, word), (2_147_483_648.0, -2047.0 * 2_147_483_648.0));
        // The most negative exponents.
        assert_eq!(decoded(NexmonChip::Bcm4358, 1 << 5 | 0x10), (0.0, power_of_two(-16)));
        assert_eq!(decoded(NexmonChip::Bcm4366c0, 1 << 6 | 0x20), (0.0, power_of_two(-32)));
    }

    #[test]
    fn what_a_chip_cannot_say_is_refused() {
        for chip in NexmonChip::ALL {
            for part in [f32::NAN, f32::INFINITY, 1e30, 1e-30, 0.1] {
                assert!(encode(chip, Complex32::new(part, 0.0)).is_err(), "{chip:?} {part}");
                assert!(encode(chip, Complex32::new(0.0, part)).is_err(), "{chip:?} {part}");
            }
        }
        // Each part fits alone, but no exponent fits both.
        assert!(encode(NexmonChip::Bcm4358, Complex32::new(1.0, 256.0 * 255.0)).is_err());
    }
}
