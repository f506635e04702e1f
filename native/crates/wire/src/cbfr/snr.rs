//! Signal-to-noise ratios: one of each spatial stream over all tones (IEEE 802.11ac-2013, 8.4.1.48), and in multi-user
//! reports how much each tone differs from it (8.4.1.49).

/// The average SNR in dB that an octet stands for: -10 to 53.75, in quarters.
pub fn average_db(code: i8) -> f32 {
    22.0 + f32::from(code) / 4.0
}

/// Reads differences in whole dB, -8 to 7: four bits each, the low ones of an octet first.
pub(super) fn deltas(octets: &[u8]) -> impl Iterator<Item = i8> + Clone + '_ {
    octets.iter().flat_map(|&octet| [octet << 4, octet]).map(|high_bits| high_bits as i8 >> 4)
}

/// The octets that [`deltas`] reads as these differences.
pub(super) fn delta_octets(deltas: &[i8]) -> impl Iterator<Item = u8> + '_ {
    let nibble = |delta: i8| delta as u8 & 0x0F;
    deltas.chunks(2).map(move |pair| nibble(pair[0]) | pair.get(1).copied().map_or(0, nibble) << 4)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn codes_are_quarters_around_22_db() {
        let expected = [-10.0_f32, 22.0, 42.75, 53.75].map(f32::to_bits);
        assert_eq!([-128, 0, 83, 127].map(|code| average_db(code).to_bits()), expected);
    }

    #[test]
    fn low_nibble_comes_first() {
        let read: Vec<i8> = deltas(&[0x7F, 0x80]).collect();
        assert_eq!(read, [-1, 7, 0, -8]);
        let octets: Vec<u8> = delta_octets(&[-1, 7, 0]).collect();
        assert_eq!(octets, [0x7F, 0x00]);
    }
}
