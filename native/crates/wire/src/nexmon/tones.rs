//! Which bins of a measurement are the channel. Samples come unmasked; whoever computes with them masks first: guard bins
//! hold garbage up to 10,000 times a real sample.

use ruview_core::NexmonBandwidth;

/// How the measured frame occupied the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ToneLayout {
    /// HT, VHT and HE-preamble frames: one block of tones across the channel (IEEE 802.11-2020, 19.3.7 and 21.3.7).
    Wide,
    /// Legacy frames, repeated in each 20 MHz (17.3.5.10, 21.3.10.12): control frames, among others.
    NonHtDuplicate,
}

impl ToneLayout {
    /// The layout of a frame whose header begins with `frame_control`: control and management frames are sent as legacy
    /// frames. What is not known is taken as one too, since a legacy frame's tones are a part of every other frame's.
    pub const fn of_frame_control(frame_control: Option<u8>) -> Self {
        const TYPE_MASK: u8 = 0b1100;
        const DATA: u8 = 0b1000;
        match frame_control {
            Some(octet) if octet & TYPE_MASK == DATA => Self::Wide,
            _ => Self::NonHtDuplicate,
        }
    }
}

/// Whether each bin is the channel: `[64 | 128 | 256]` in the order of the samples (0 … N/2-1, -N/2 … -1).
///
/// False for guard bins, for the nulls around DC, and for the three bins that the firmware overwrites with its own receive
/// status: at 40 and 80 MHz these are bins 0 to 2 (tone +2 is a data tone, and lost), at 20 MHz bins 28 to 30 (tone +28).
pub const fn usable_tones(bandwidth: NexmonBandwidth, layout: ToneLayout) -> &'static [bool] {
    match (bandwidth, layout) {
        (NexmonBandwidth::Mhz20, ToneLayout::Wide) => &const { wide::<64>(1, 28) },
        (NexmonBandwidth::Mhz40, ToneLayout::Wide) => &const { wide::<128>(2, 58) },
        (NexmonBandwidth::Mhz80, ToneLayout::Wide) => &const { wide::<256>(2, 122) },
        (NexmonBandwidth::Mhz20, ToneLayout::NonHtDuplicate) => &const { duplicate::<64>() },
        (NexmonBandwidth::Mhz40, ToneLayout::NonHtDuplicate) => &const { duplicate::<128>() },
        (NexmonBandwidth::Mhz80, ToneLayout::NonHtDuplicate) => &const { duplicate::<256>() },
    }
}

/// Bins of 20 MHz.
const SUBCHANNEL: i32 = 64;
/// The outermost tone of a legacy frame, counted from the centre of its 20 MHz.
const LEGACY_EDGE: i32 = 26;

const fn wide<const BINS: usize>(first: i32, last: i32) -> [bool; BINS] {
    let mut usable = [false; BINS];
    let mut bin = 0;
    while bin < BINS {
        let distance = tone(bin, BINS).abs();
        usable[bin] = first <= distance && distance <= last && !overwritten(bin, BINS);
        bin += 1;
    }
    usable
}

const fn duplicate<const BINS: usize>() -> [bool; BINS] {
    let mut usable = [false; BINS];
    let mut bin = 0;
    while bin < BINS {
        let from_lower_edge = tone(bin, BINS) + BINS as i32 / 2;
        let distance = (from_lower_edge % SUBCHANNEL - SUBCHANNEL / 2).abs();
        usable[bin] = 1 <= distance && distance <= LEGACY_EDGE && !overwritten(bin, BINS);
        bin += 1;
    }
    usable
}

/// The tone that a bin measures: its distance from the centre of the channel.
const fn tone(bin: usize, bins: usize) -> i32 {
    if bin < bins / 2 { bin as i32 } else { bin as i32 - bins as i32 }
}

const fn overwritten(bin: usize, bins: usize) -> bool {
    let first = if bins == 64 { 28 } else { 0 };
    first <= bin && bin < first + 3
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn usable(bandwidth: NexmonBandwidth, layout: ToneLayout) -> Vec<i32> {
        let mask = usable_tones(bandwidth, layout);
        assert_eq!(mask.len(), usize::from(bandwidth.bins()));
        let mut tones: Vec<i32> = (0..mask.len()).filter(|&bin| mask[bin]).map(|bin| tone(bin, mask.len())).collect();
        tones.sort_unstable();
        tones
    }

    #[test]
    fn wide_frames_have_the_standards_tones_but_the_overwritten_ones() {
        let count = |bandwidth| usable(bandwidth, ToneLayout::Wide).len();
        assert_eq!(NexmonBandwidth::ALL.map(count), [56 - 1, 114 - 1, 242 - 1]);
        let tones = usable(NexmonBandwidth::Mhz80, ToneLayout::Wide);
        assert_eq!((tones[0], tones[tones.len() - 1]), (-122, 122));
        assert!(tones.contains(&-2) && !tones.contains(&2) && !tones.contains(&-1));
    }

    #[test]
    fn unknown_frames_are_masked_as_legacy_ones() {
        // A block acknowledgement and QoS data.
        assert_eq!(ToneLayout::of_frame_control(Some(0x94)), ToneLayout::NonHtDuplicate);
        assert_eq!(ToneLayout::of_frame_control(Some(0x88)), ToneLayout::Wide);
        assert_eq!(ToneLayout::of_frame_control(None), ToneLayout::NonHtDuplicate);
        for bandwidth in NexmonBandwidth::ALL {
            let wide = usable(bandwidth, ToneLayout::Wide);
            assert!(usable(bandwidth, ToneLayout::NonHtDuplicate).iter().all(|tone| wide.contains(tone)));
        }
    }

    #[test]
    fn legacy_frames_repeat_every_20_mhz() {
        let count = |bandwidth| usable(bandwidth, ToneLayout::NonHtDuplicate).len();
        assert_eq!(NexmonBandwidth::ALL.map(count), [52, 104, 208]);
        let tones = usable(NexmonBandwidth::Mhz40, ToneLayout::NonHtDuplicate);
        assert!(tones.contains(&-58) && tones.contains(&-6) && !tones.contains(&-32) && !tones.contains(&-5));
    }
}
