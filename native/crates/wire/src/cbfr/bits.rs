//! Angle codes are packed least significant bit first, without padding between codes or tones.

use alloc::vec::Vec;

/// The bits of a [`window`] that are sure to be filled.
pub(super) const WINDOW_BITS: usize = 57;

/// The bits from `bit` on, the first one lowest: at least [`WINDOW_BITS`] of them, zeros after the last octet.
pub(super) fn window(octets: &[u8], bit: usize) -> u64 {
    let rest = octets.get(bit / 8..).unwrap_or_default();
    let whole = match rest.first_chunk() {
        Some(&eight) => u64::from_le_bytes(eight),
        None => rest.iter().rev().fold(0, |value, &octet| value << 8 | u64::from(octet)),
    };
    whole >> (bit % 8)
}

/// The lowest `width` bits set.
pub(super) const fn mask(width: u8) -> u64 {
    (1 << width) - 1
}

/// Packs codes as [`window`] reads them.
pub(super) struct BitWriter<'a> {
    octets: &'a mut Vec<u8>,
    pending: u32,
    bits: u8,
}

impl<'a> BitWriter<'a> {
    pub(super) const fn new(octets: &'a mut Vec<u8>) -> Self {
        Self { octets, pending: 0, bits: 0 }
    }

    /// Appends the lowest `width` bits of `code`, 16 at most.
    pub(super) fn put(&mut self, code: u16, width: u8) {
        self.pending |= ((u64::from(code) & mask(width)) as u32) << self.bits;
        self.bits += width;
        while self.bits >= 8 {
            self.octets.push(self.pending as u8);
            self.pending >>= 8;
            self.bits -= 8;
        }
    }

    /// Fills the last octet with zeros.
    pub(super) fn finish(self) {
        if self.bits > 0 {
            self.octets.push(self.pending as u8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest_bit_comes_first() {
        let mut octets = Vec::new();
        let mut writer = BitWriter::new(&mut octets);
        for (code, width) in [(0b10_1100, 6), (0b0110, 4), (0b1_0000_0001, 9)] {
            writer.put(code, width);
        }
        writer.finish();
        assert_eq!(octets, [0b1010_1100, 0b0000_0101, 0b0000_0100]);
        assert_eq!(window(&octets, 0) & mask(6), 0b10_1100);
        assert_eq!(window(&octets, 6) & mask(4), 0b0110);
        assert_eq!(window(&octets, 10) & mask(9), 0b1_0000_0001);
    }

    #[test]
    fn windows_reach_across_eight_octets_and_end_in_zeros() {
        let octets = [0xFF; 9];
        for bit in 0..=80 {
            let filled = 72_usize.saturating_sub(bit).min(WINDOW_BITS);
            assert_eq!(window(&octets, bit) & mask(57), (1 << filled) - 1, "{bit}");
        }
    }
}
