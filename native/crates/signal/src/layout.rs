//! Which bin of a frame is which subcarrier. Chips differ: the C3, the S3 and the classic ESP32 deliver the order of the FFT, the
//! C5 and C6 rising frequency, and some firmware reorders. The bins that every transmitter leaves empty tell, so nothing is assumed.

use num_complex::Complex32;
use serde::{Deserialize, Serialize};

use crate::samples::LEAKAGE;

/// The order in which a radio delivers its bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinOrder {
    /// 0 … N/2-1, -N/2 … -1: the centre comes first, the guard band lies in the middle.
    Fft,
    /// -N/2 … N/2-1: the centre lies in the middle, the guard band at both ends.
    Shifted,
    /// Nothing tells, because nulls were removed before. Rising frequency is the only sensible reading.
    Unknown,
}

/// What a radio's bins are, found from their mean amplitudes.
#[derive(Debug, Clone, PartialEq)]
pub struct BinLayout {
    order: BinOrder,
    subcarriers: Vec<Option<i16>>,
}

/// A band this much weaker than the other is empty. Guard bins next to the edge leak up to a quarter.
const EMPTY: f32 = 0.3;
/// Frames whose bins come in several training fields of this length one after another (ESP32: 128 or 192 bins).
const FIELD: usize = 64;

impl BinLayout {
    /// From `levels`, the mean amplitude of each bin of one antenna, and `filled`, the share of frames (0 to 1) in which it was not
    /// exactly zero. Both `[n_subcarriers]`; what is missing in `filled` counts as never filled.
    pub fn detect(levels: &[f32], filled: &[f32]) -> Self {
        let filled = |at: usize| filled.get(at).is_some_and(|share| *share > 0.5);
        let mut usual: Vec<f32> = (0..levels.len()).filter(|at| filled(*at)).map(|at| levels[at]).collect();
        let median = crate::conditioning::median(&mut usual).unwrap_or(0.0);
        let levels: Vec<f32> = levels
            .iter()
            .enumerate()
            .map(|(at, level)| if filled(at) { level.min(2.0 * median) } else { 0.0 })
            .collect();
        let (order, field) = order(&levels);
        let mut subcarriers: Vec<Option<i16>> = Vec::with_capacity(levels.len());
        for field in levels.chunks(field.max(1)) {
            let header = has_header(field, order);
            subcarriers.extend((0..field.len()).map(|at| {
                let k = subcarrier(at, field.len(), order);
                let is_data = field[at] > LEAKAGE * median && !(header && at < 2) && is_used(k, field.len(), order);
                is_data.then_some(k)
            }));
        }
        Self { order, subcarriers }
    }

    /// From the samples of one antenna in some packets, `[n_subcarriers]` each; of too few packets, bins that are rarely zero
    /// look empty.
    pub fn learn<'a>(packets: impl Iterator<Item = &'a [Complex32]>) -> Self {
        let (mut levels, mut filled, mut count) = (Vec::new(), Vec::new(), 0_u32);
        for packet in packets {
            levels.resize(levels.len().max(packet.len()), 0.0);
            filled.resize(levels.len(), 0.0);
            for (at, sample) in packet.iter().enumerate() {
                let level = libm::hypotf(sample.re, sample.im);
                levels[at] += level;
                filled[at] += f32::from(u8::from(level > 0.0));
            }
            count += 1;
        }
        for sum in levels.iter_mut().chain(&mut filled) {
            *sum /= count as f32;
        }
        Self::detect(&levels, &filled)
    }

    /// The order of the bins.
    pub fn order(&self) -> BinOrder {
        self.order
    }

    /// Per bin, the number of its subcarrier counted from the centre of the channel in steps of 312.5 kHz (802.11n/ac); `None`
    /// for null, guard and header bins. For [`BinOrder::Unknown`] counted from the middle bin.
    pub fn subcarriers(&self) -> &[Option<i16>] {
        &self.subcarriers
    }

    /// The selected bins, in order of rising frequency: those that carry the channel. Selected by occupation alone; how much
    /// each counts is decided by the noise of the quiet room.
    pub fn selected(&self) -> Vec<usize> {
        let mut bins: Vec<(i16, usize)> =
            self.subcarriers.iter().enumerate().filter_map(|(at, k)| k.map(|k| (k, at))).collect();
        bins.sort_unstable();
        bins.into_iter().map(|(_, at)| at).collect()
    }
}

/// The order, and after how many bins it begins again.
fn order(levels: &[f32]) -> (BinOrder, usize) {
    let whole = order_of_field(levels);
    if whole != BinOrder::Unknown || levels.len() <= FIELD || !levels.len().is_multiple_of(FIELD) {
        return (whole, levels.len());
    }
    let mut fields = levels.chunks(FIELD).map(order_of_field);
    let first = fields.next().unwrap_or(BinOrder::Unknown);
    let agree = first != BinOrder::Unknown && fields.all(|other| other == first);
    if agree { (first, FIELD) } else { (BinOrder::Unknown, levels.len()) }
}

fn order_of_field(levels: &[f32]) -> BinOrder {
    let n = levels.len();
    if n < 16 {
        return BinOrder::Unknown;
    }
    let level = |bins: &[usize]| bins.iter().map(|at| levels[*at]).sum::<f32>() / bins.len() as f32;
    if !n.is_power_of_two() {
        // Without its guard band: a null in the very middle is the centre.
        let middle = level(&[(n - 1) / 2, n / 2]);
        return if middle < EMPTY * level(&[0, 1, n - 2, n - 1]) { BinOrder::Shifted } else { BinOrder::Unknown };
    }
    // Beside the middle, but not at it: the centre may be null in either order. The first bins may hold a header.
    let half = n / 2;
    let middle = level(&[half - 3, half - 2, half + 2, half + 3]);
    let ends = level(&[n - 3, n - 2]);
    if middle < EMPTY * ends {
        BinOrder::Fft
    } else if ends < EMPTY * middle {
        BinOrder::Shifted
    } else {
        BinOrder::Unknown
    }
}

fn subcarrier(at: usize, n: usize, order: BinOrder) -> i16 {
    let (at, half) = (at as i16, (n / 2) as i16);
    match order {
        BinOrder::Fft if at >= half => at - n as i16,
        BinOrder::Fft => at,
        BinOrder::Shifted | BinOrder::Unknown => at - half,
    }
}

/// ESP32s write two bins of something else in front of an empty centre or guard bin ("first word invalid").
fn has_header(levels: &[f32], order: BinOrder) -> bool {
    order != BinOrder::Unknown && levels.len().is_power_of_two() && levels[0] > 0.0
}

/// Whether 802.11 uses subcarrier `k` of `n`: the edges of HT20, HT40 and VHT80 (802.11-2020, 19.3.7 and 21.3.7).
fn is_used(k: i16, n: usize, order: BinOrder) -> bool {
    let edge = match n {
        64 => 28,
        128 => 58,
        256 => 122,
        _ => i16::MAX,
    };
    order == BinOrder::Unknown || (k != 0 && k.abs() <= edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(levels: &[f32]) -> BinLayout {
        let filled: Vec<f32> = levels.iter().map(|level| if *level > 0.0 { 1.0 } else { 0.0 }).collect();
        BinLayout::detect(levels, &filled)
    }

    fn ht20(order: BinOrder) -> Vec<f32> {
        (0..64).map(|at| if is_used(subcarrier(at, 64, order), 64, order) { 20.0 } else { 0.0 }).collect()
    }

    #[test]
    fn null_bins_tell_the_order() {
        for order in [BinOrder::Fft, BinOrder::Shifted] {
            let found = detect(&ht20(order));
            assert_eq!((found.order(), found.selected().len()), (order, 56));
            let rising: Vec<i16> = found.selected().iter().filter_map(|at| found.subcarriers()[*at]).collect();
            assert!(rising.is_sorted() && rising[0] == -28 && rising[55] == 28);
        }
    }

    #[test]
    fn a_header_is_no_channel() {
        for (order, expected) in [(BinOrder::Fft, 55), (BinOrder::Shifted, 56)] {
            let mut levels = ht20(order);
            (levels[0], levels[1]) = (126.0, 10.0);
            let found = detect(&levels);
            assert_eq!((found.order(), found.selected().len()), (order, expected));
            assert_eq!(&found.subcarriers()[..2], &[None, None]);
        }
    }

    #[test]
    fn several_training_fields_have_their_own_centres() {
        let levels = [ht20(BinOrder::Fft), ht20(BinOrder::Fft)].concat();
        let found = detect(&levels);
        assert_eq!((found.order(), found.selected().len()), (BinOrder::Fft, 112));
    }

    #[test]
    fn packets_tell_the_same_as_their_means() {
        let levels = ht20(BinOrder::Fft);
        let packet = |gain: f32| levels.iter().map(|level| Complex32::new(0.0, gain * level)).collect::<Vec<_>>();
        let packets = [packet(1.0), packet(0.5), packet(2.0)];
        assert_eq!(BinLayout::learn(packets.iter().map(Vec::as_slice)), detect(&levels));
        assert!(BinLayout::learn(std::iter::empty()).selected().is_empty());
    }

    #[test]
    fn trimmed_and_unmarked_frames() {
        let mut c5 = vec![20.0; 117];
        c5[57..60].fill(0.0);
        let found = detect(&c5);
        assert_eq!((found.order(), found.selected().len()), (BinOrder::Shifted, 114));
        assert_eq!((found.subcarriers()[0], found.subcarriers()[116]), (Some(-58), Some(58)));
        assert_eq!(detect(&[20.0; 30]).order(), BinOrder::Unknown);
        assert_eq!(detect(&[20.0; 64]).order(), BinOrder::Unknown);
        assert!(detect(&[]).selected().is_empty() && detect(&[f32::NAN; 64]).selected().is_empty());
    }
}
