//! Which tones a report has angles for.
//!
//! IEEE 802.11ac-2013, 8.4.1.48 and 8.4.1.49 (VHT: the lists for Ng 1, 2 and 4, and twice as wide a spacing for the delta
//! SNR); IEEE 802.11ax-2021, 9.4.1.65 (HE: the lists for Ng 4 and 16) and tables 27-7 to 27-9 (resource units of 26 tones). The
//! lists are written down as the rules that give them, and laid out when the crate is compiled.

use super::mimo_control::{Bandwidth, Grouping, MimoControl, Phy, RuRange};

/// The tones of a report, in order of frequency; 312.5 kHz apart in VHT, 78.125 kHz in HE, 0 is the centre of the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tones {
    bandwidth: Bandwidth,
    /// A run of one of the lists below.
    list: &'static [i16],
    /// Parts of a punctured channel without tones: bits 0 to 7 the subchannels of 20 MHz, 8 and 9 what lies between them
    /// at the centre of each 80 MHz.
    absent: u16,
    len: usize,
}

impl Tones {
    /// The tones that the standard lists for a report's angles.
    ///
    /// In a punctured channel the 26 tones at the centre of 80 MHz are taken to be absent when either neighbour is.
    pub fn of(control: &MimoControl) -> Self {
        let absent = match control.phy {
            Phy::He { disallowed: Some(bitmap), .. } => absent_parts(bitmap, Centre::AbsentWithEither),
            _ => 0,
        };
        Self::without(control, absent)
    }

    /// The reading of the standard under which the tones fit the report. There is more than one only for punctured
    /// channels, where it is not clear to all vendors when the tones at the centre of 80 MHz are absent.
    pub(super) fn that_fit(control: &MimoControl, fits: impl Fn(&Self) -> bool) -> Option<Self> {
        let bitmap = match control.phy {
            Phy::He { disallowed, .. } => disallowed.unwrap_or(0),
            Phy::Vht => 0,
        };
        let readings = [Centre::AbsentWithEither, Centre::AbsentWithBoth, Centre::Present];
        readings.into_iter().map(|centre| Self::without(control, absent_parts(bitmap, centre))).find(fits)
    }

    /// The reading of the standard under which a report has `len` tones, as [`CbfrView::parse`](super::CbfrView::parse)
    /// chose it; `None` where no reading has as many.
    pub fn of_len(control: &MimoControl, len: usize) -> Option<Self> {
        Self::that_fit(control, |tones| tones.len == len)
    }

    /// The tones of a multi-user report's delta SNR: in VHT every second one of those with angles, in HE the same.
    pub fn of_delta_snr(control: &MimoControl, angles: Self) -> Self {
        match (control.phy, control.grouping) {
            (Phy::He { .. }, _) => angles,
            (Phy::Vht, Grouping::Ng1) => Self::whole(control.bandwidth, vht(control.bandwidth, Spacing::Two)),
            (Phy::Vht, Grouping::Ng2) => Self::whole(control.bandwidth, vht(control.bandwidth, Spacing::Four)),
            (Phy::Vht, _) => Self::whole(control.bandwidth, vht(control.bandwidth, Spacing::Eight)),
        }
    }

    /// How many tones there are: Ns.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether puncturing leaves no tone.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The tones' numbers, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = i16> + Clone + use<> {
        let Self { bandwidth, list, absent, .. } = *self;
        list.iter().copied().filter(move |&tone| absent == 0 || absent & part(bandwidth, tone) == 0)
    }

    fn without(control: &MimoControl, absent: u16) -> Self {
        let bandwidth = control.bandwidth;
        let list = match (control.phy, control.grouping) {
            (Phy::Vht, Grouping::Ng1) => vht(bandwidth, Spacing::One),
            (Phy::Vht, Grouping::Ng2) => vht(bandwidth, Spacing::Two),
            (Phy::Vht, _) => vht(bandwidth, Spacing::Four),
            (Phy::He { rus, .. }, grouping) => covered(bandwidth, he(bandwidth, grouping), rus),
        };
        let mut tones = Self::whole(bandwidth, list);
        if absent != 0 {
            tones.absent = absent;
            tones.len = tones.iter().count();
        }
        tones
    }

    const fn whole(bandwidth: Bandwidth, list: &'static [i16]) -> Self {
        Self { bandwidth, list, absent: 0, len: list.len() }
    }
}

/// When the tones at the centre of 80 MHz are absent from a punctured channel.
#[derive(Clone, Copy)]
enum Centre {
    AbsentWithEither,
    AbsentWithBoth,
    Present,
}

fn absent_parts(bitmap: u8, centre: Centre) -> u16 {
    let absent = |shift: u8| match (centre, bitmap >> shift >> 1 & 0b11) {
        (Centre::AbsentWithEither, 1..) | (Centre::AbsentWithBoth, 0b11) => 1,
        _ => 0,
    };
    u16::from(bitmap) | absent(0) << 8 | absent(4) << 9
}

/// The bit of [`Tones::absent`] that a tone of an HE channel falls under.
const fn part(bandwidth: Bandwidth, tone: i16) -> u16 {
    /// The last tone of the centre, and of the inner subchannels.
    const CENTRE: u16 = 16;
    const INNER: u16 = 258;
    const fn of_80_mhz(tone: i16) -> u16 {
        match (tone.unsigned_abs() <= CENTRE, tone.unsigned_abs() <= INNER, tone < 0) {
            (true, ..) => 1 << 8,
            (false, true, true) => 1 << 1,
            (false, true, false) => 1 << 2,
            (false, false, true) => 1 << 0,
            (false, false, false) => 1 << 3,
        }
    }
    match bandwidth {
        Bandwidth::Mhz20 => 1,
        Bandwidth::Mhz40 if tone < 0 => 1,
        Bandwidth::Mhz40 => 2,
        Bandwidth::Mhz80 => of_80_mhz(tone),
        Bandwidth::Mhz160 if tone < 0 => of_80_mhz(tone + HE_HALF),
        Bandwidth::Mhz160 => {
            let upper = of_80_mhz(tone - HE_HALF);
            if upper == 1 << 8 { 1 << 9 } else { upper << 4 }
        }
    }
}

/// The tones of some resource units: from the last one at or below the first unit to the first one at or above the last.
fn covered(bandwidth: Bandwidth, list: &'static [i16], rus: RuRange) -> &'static [i16] {
    let (lowest, _) = ru_edges(bandwidth, rus.start);
    let (_, highest) = ru_edges(bandwidth, rus.end);
    let start = list.partition_point(|&tone| tone <= lowest).saturating_sub(1);
    let end = list.partition_point(|&tone| tone < highest);
    list.get(start..=end).unwrap_or(list)
}

/// The first and last tone of a resource unit of 26 tones.
fn ru_edges(bandwidth: Bandwidth, ru: u8) -> (i16, i16) {
    if bandwidth == Bandwidth::Mhz160 {
        let in_half = Bandwidth::Mhz80.last_ru() + 1;
        let (half, ru) = if ru < in_half { (-HE_HALF, ru) } else { (HE_HALF, ru - in_half) };
        let (lowest, highest) = ru_edges(Bandwidth::Mhz80, ru);
        return (lowest + half, highest + half);
    }
    let upper: &[(i16, i16)] = match bandwidth {
        Bandwidth::Mhz20 => &RUS_20,
        Bandwidth::Mhz40 => &RUS_40,
        Bandwidth::Mhz80 | Bandwidth::Mhz160 => &RUS_80,
    };
    let twin = bandwidth.last_ru().saturating_sub(ru);
    let from_edge = usize::from(ru.min(twin));
    match upper.iter().rev().nth(from_edge) {
        Some(&edges) if ru > twin => edges,
        Some(&(lowest, highest)) => (-highest, -lowest),
        // The unit that is its own twin straddles the centre of the channel.
        None => (-16, 16),
    }
}

/// Resource units of 26 tones above the centre.
const RUS_20: [(i16, i16); 4] = [(17, 42), (43, 68), (70, 95), (96, 121)];
const RUS_40: [(i16, i16); 9] =
    [(4, 29), (30, 55), (58, 83), (84, 109), (111, 136), (138, 163), (164, 189), (192, 217), (218, 243)];
const RUS_80: [(i16, i16); 18] = [
    (18, 43),
    (44, 69),
    (72, 97),
    (98, 123),
    (125, 150),
    (152, 177),
    (178, 203),
    (206, 231),
    (232, 257),
    (260, 285),
    (286, 311),
    (314, 339),
    (340, 365),
    (367, 392),
    (394, 419),
    (420, 445),
    (448, 473),
    (474, 499),
];

/// Tones of a VHT list are this far apart, except around the centre.
#[derive(Clone, Copy)]
enum Spacing {
    One,
    Two,
    Four,
    Eight,
}

const fn vht(bandwidth: Bandwidth, spacing: Spacing) -> &'static [i16] {
    match (bandwidth, spacing) {
        (Bandwidth::Mhz20, Spacing::One) => &VHT_20,
        (Bandwidth::Mhz20, Spacing::Two) => &VHT_20_2,
        (Bandwidth::Mhz20, Spacing::Four) => &VHT_20_4,
        (Bandwidth::Mhz20, Spacing::Eight) => &VHT_20_8,
        (Bandwidth::Mhz40, Spacing::One) => &VHT_40,
        (Bandwidth::Mhz40, Spacing::Two) => &VHT_40_2,
        (Bandwidth::Mhz40, Spacing::Four) => &VHT_40_4,
        (Bandwidth::Mhz40, Spacing::Eight) => &VHT_40_8,
        (Bandwidth::Mhz80, Spacing::One) => &VHT_80,
        (Bandwidth::Mhz80, Spacing::Two) => &VHT_80_2,
        (Bandwidth::Mhz80, Spacing::Four) => &VHT_80_4,
        (Bandwidth::Mhz80, Spacing::Eight) => &VHT_80_8,
        (Bandwidth::Mhz160, Spacing::One) => &VHT_160,
        (Bandwidth::Mhz160, Spacing::Two) => &VHT_160_2,
        (Bandwidth::Mhz160, Spacing::Four) => &VHT_160_4,
        (Bandwidth::Mhz160, Spacing::Eight) => &VHT_160_8,
    }
}

const fn he(bandwidth: Bandwidth, grouping: Grouping) -> &'static [i16] {
    match (bandwidth, grouping) {
        (Bandwidth::Mhz20, Grouping::Ng16) => &HE_20_16,
        (Bandwidth::Mhz20, _) => &HE_20_4,
        (Bandwidth::Mhz40, Grouping::Ng16) => &HE_40_16,
        (Bandwidth::Mhz40, _) => &HE_40_4,
        (Bandwidth::Mhz80, Grouping::Ng16) => &HE_80_16,
        (Bandwidth::Mhz80, _) => &HE_80_4,
        (Bandwidth::Mhz160, Grouping::Ng16) => &HE_160_16,
        (Bandwidth::Mhz160, _) => &HE_160_4,
    }
}

/// Half the distance of the centres of two channels of 80 MHz, in tones.
const VHT_HALF: i16 = 128;
const HE_HALF: i16 = 512;

static VHT_20: [i16; 52] = mirrored(every(1, 1, 28).except(&[7, 21]));
static VHT_20_2: [i16; 30] = mirrored(every(2, 2, 28).and_inner(1));
static VHT_20_4: [i16; 16] = mirrored(every(4, 4, 28).and_inner(1));
static VHT_20_8: [i16; 10] = mirrored(every(4, 8, 28).and_inner(1));
static VHT_40: [i16; 108] = mirrored(every(2, 1, 58).except(&[11, 25, 53]));
static VHT_40_2: [i16; 58] = mirrored(every(2, 2, 58));
static VHT_40_4: [i16; 30] = mirrored(every(2, 4, 58));
static VHT_40_8: [i16; 16] = mirrored(every(2, 8, 58));
static VHT_80: [i16; 234] = mirrored(every(2, 1, 122).except(&[11, 39, 75, 103]));
static VHT_80_2: [i16; 122] = mirrored(every(2, 2, 122));
static VHT_80_4: [i16; 62] = mirrored(every(2, 4, 122));
static VHT_80_8: [i16; 32] = mirrored(every(2, 8, 122));
static VHT_160: [i16; 468] = doubled(&VHT_80, VHT_HALF);
static VHT_160_2: [i16; 244] = doubled(&VHT_80_2, VHT_HALF);
static VHT_160_4: [i16; 124] = doubled(&VHT_80_4, VHT_HALF);
static VHT_160_8: [i16; 64] = doubled(&VHT_80_8, VHT_HALF);

static HE_20_4: [i16; 64] = mirrored(every(4, 4, 120).and_inner(2).and_outer(122));
static HE_20_16: [i16; 20] = mirrored(every(4, 16, 116).and_inner(2).and_outer(122));
static HE_40_4: [i16; 122] = mirrored(every(4, 4, 244));
static HE_40_16: [i16; 32] = mirrored(every(4, 16, 244));
static HE_80_4: [i16; 250] = mirrored(every(4, 4, 500));
static HE_80_16: [i16; 64] = mirrored(every(4, 16, 500));
static HE_160_4: [i16; 500] = doubled(&HE_80_4, HE_HALF);
static HE_160_16: [i16; 128] = doubled(&HE_80_16, HE_HALF);

/// A rule for the tones above the centre of a channel.
#[derive(Clone, Copy)]
struct Rule {
    inner: Option<i16>,
    first: i16,
    step: i16,
    last: i16,
    outer: Option<i16>,
    pilots: &'static [i16],
}

const fn every(first: i16, step: i16, last: i16) -> Rule {
    Rule { inner: None, first, step, last, outer: None, pilots: &[] }
}

impl Rule {
    const fn and_inner(self, tone: i16) -> Self {
        Self { inner: Some(tone), ..self }
    }

    const fn and_outer(self, tone: i16) -> Self {
        Self { outer: Some(tone), ..self }
    }

    const fn except(self, pilots: &'static [i16]) -> Self {
        Self { pilots, ..self }
    }

    const fn is_pilot(&self, tone: i16) -> bool {
        let mut at = 0;
        while at < self.pilots.len() {
            if self.pilots[at] == tone {
                return true;
            }
            at += 1;
        }
        false
    }
}

/// The tones on both sides of the centre.
const fn mirrored<const N: usize>(rule: Rule) -> [i16; N] {
    const fn put(tones: &mut [i16], tone: i16, count: &mut usize) {
        let middle = tones.len() / 2;
        tones[middle + *count] = tone;
        tones[middle - 1 - *count] = -tone;
        *count += 1;
    }
    let mut tones = [0; N];
    let mut count = 0;
    if let Some(tone) = rule.inner {
        put(&mut tones, tone, &mut count);
    }
    let mut tone = rule.first;
    while tone <= rule.last {
        if !rule.is_pilot(tone) {
            put(&mut tones, tone, &mut count);
        }
        tone += rule.step;
    }
    if let Some(tone) = rule.outer {
        put(&mut tones, tone, &mut count);
    }
    assert!(2 * count == N, "the rule gives another number of tones than the standard");
    tones
}

/// The tones of two channels of 80 MHz side by side.
const fn doubled<const N: usize, const M: usize>(one: &[i16; N], half: i16) -> [i16; M] {
    assert!(2 * N == M, "two channels have twice the tones");
    let mut tones = [0; M];
    let mut at = 0;
    while at < N {
        tones[at] = one[at] - half;
        tones[at + N] = one[at] + half;
        at += 1;
    }
    tones
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn of_he(bandwidth: Bandwidth, grouping: Grouping, start: u8, end: u8) -> Vec<i16> {
        covered(bandwidth, he(bandwidth, grouping), RuRange { start, end }).to_vec()
    }

    #[test]
    fn lists_are_the_standards() {
        assert_eq!(VHT_20_2[..16], [-28, -26, -24, -22, -20, -18, -16, -14, -12, -10, -8, -6, -4, -2, -1, 1]);
        assert_eq!(VHT_20_4, [-28, -24, -20, -16, -12, -8, -4, -1, 1, 4, 8, 12, 16, 20, 24, 28]);
        assert_eq!(VHT_20_8, [-28, -20, -12, -4, -1, 1, 4, 12, 20, 28]);
        assert_eq!((VHT_40[0], VHT_40[4], VHT_40[5], VHT_40[53], VHT_40[54]), (-58, -54, -52, -2, 2));
        assert_eq!(VHT_40_8[..8], [-58, -50, -42, -34, -26, -18, -10, -2]);
        assert_eq!(VHT_160_4[29..33], [-134, -130, -126, -122]);
        assert_eq!(VHT_160_4[61..63], [-6, 6]);
        assert_eq!(HE_20_16[..10], [-122, -116, -100, -84, -68, -52, -36, -20, -4, -2]);
        assert_eq!(HE_20_4[..3], [-122, -120, -116]);
        assert_eq!(HE_160_4[124..126], [-516, -508]);
        assert_eq!(HE_160_16[63..65], [-12, 12]);
    }

    #[test]
    fn whole_channels_are_whole() {
        for bandwidth in Bandwidth::ALL {
            for grouping in Grouping::HE {
                let list = he(bandwidth, grouping);
                assert_eq!(of_he(bandwidth, grouping, 0, bandwidth.last_ru()), list, "{bandwidth:?} {grouping:?}");
            }
        }
    }

    #[test]
    fn resource_units_round_outwards() {
        let edges = |bandwidth, grouping, ru| {
            let tones = of_he(bandwidth, grouping, ru, ru);
            (tones[0], tones[tones.len() - 1])
        };
        let ng4 = |ru| edges(Bandwidth::Mhz20, Grouping::Ng4, ru);
        let expected =
            [(-122, -96), (-96, -68), (-68, -40), (-44, -16), (-16, 16), (16, 44), (40, 68), (68, 96), (96, 122)];
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7, 8].map(ng4), expected);
        assert_eq!(edges(Bandwidth::Mhz20, Grouping::Ng16, 0), (-122, -84));
        assert_eq!(edges(Bandwidth::Mhz40, Grouping::Ng4, 8), (-32, -4));
        assert_eq!(edges(Bandwidth::Mhz40, Grouping::Ng4, 9), (4, 32));
        assert_eq!(edges(Bandwidth::Mhz80, Grouping::Ng4, 0), (-500, -472));
        assert_eq!(edges(Bandwidth::Mhz80, Grouping::Ng4, 18), (-16, 16));
        assert_eq!(edges(Bandwidth::Mhz80, Grouping::Ng4, 36), (472, 500));
        assert_eq!(edges(Bandwidth::Mhz160, Grouping::Ng4, 37), (12, 40));
        assert_eq!(edges(Bandwidth::Mhz160, Grouping::Ng16, 18), (-532, -492));
    }

    #[test]
    fn every_tone_of_a_channel_is_in_some_part_of_it() {
        let count = |bandwidth, bit: u16| {
            he(bandwidth, Grouping::Ng4).iter().filter(|&&tone| part(bandwidth, tone) == 1 << bit).count()
        };
        // 121 data positions a side of 80 MHz: subchannels of 61 and 60 tones in steps of four, eight at the centre.
        assert_eq!([0, 1, 8, 2, 3].map(|bit| count(Bandwidth::Mhz80, bit)), [61, 60, 8, 60, 61]);
        let halves = [0, 1, 8, 2, 3, 4, 5, 9, 6, 7].map(|bit| count(Bandwidth::Mhz160, bit));
        assert_eq!(halves, [61, 60, 8, 60, 61, 61, 60, 8, 60, 61]);
    }
}
