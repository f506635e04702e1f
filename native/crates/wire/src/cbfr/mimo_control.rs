//! The MIMO Control field before a report: what shape it has (IEEE 802.11ac-2013, 8.4.1.47; IEEE 802.11ax-2021,
//! 9.4.1.64).

use alloc::vec::Vec;

use super::angles::AngleWidths;
use crate::{Layer, WireError, WireErrorKind};

const LAYER: Layer = Layer::MimoControl;

/// Octets of the VHT field.
pub const VHT_MIMO_CONTROL_LEN: usize = 3;
/// Octets of the HE field, without the bitmap of disallowed subchannels.
pub const HE_MIMO_CONTROL_LEN: usize = 5;

/// A frame without a report says so with this number of remaining segments, none of them the first.
const NO_REPORT_REMAINING: u8 = 7;

/// First bit and width of each subfield.
mod field {
    pub(super) type Subfield = (u8, u8);

    pub(super) const NC: Subfield = (0, 3);
    pub(super) const NR: Subfield = (3, 3);
    pub(super) const BANDWIDTH: Subfield = (6, 2);
    pub(super) const REMAINING: Subfield = (12, 3);
    pub(super) const FIRST: Subfield = (15, 1);

    pub(super) mod vht {
        use super::Subfield;

        pub(in super::super) const GROUPING: Subfield = (8, 2);
        pub(in super::super) const CODEBOOK: Subfield = (10, 1);
        pub(in super::super) const FEEDBACK: Subfield = (11, 1);
        pub(in super::super) const TOKEN: Subfield = (18, 6);
    }

    pub(super) mod he {
        use super::Subfield;

        pub(in super::super) const GROUPING: Subfield = (8, 1);
        pub(in super::super) const CODEBOOK: Subfield = (9, 1);
        pub(in super::super) const FEEDBACK: Subfield = (10, 2);
        pub(in super::super) const RU_START: Subfield = (16, 7);
        pub(in super::super) const RU_END: Subfield = (23, 7);
        pub(in super::super) const TOKEN: Subfield = (30, 6);
        pub(in super::super) const DISALLOWED_PRESENT: Subfield = (36, 1);
    }
}
use field::{BANDWIDTH, FIRST, NC, NR, REMAINING, Subfield, he, vht};

/// The width of the channel that was sounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bandwidth {
    /// 20 MHz.
    Mhz20,
    /// 40 MHz.
    Mhz40,
    /// 80 MHz.
    Mhz80,
    /// 160 MHz, or two channels of 80 MHz.
    Mhz160,
}

impl Bandwidth {
    /// All widths, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Mhz20, Self::Mhz40, Self::Mhz80, Self::Mhz160];

    /// The width in MHz.
    pub const fn mhz(self) -> u16 {
        20 << self as u16
    }

    /// The number of its last resource unit of 26 tones.
    pub const fn last_ru(self) -> u8 {
        match self {
            Self::Mhz20 => 8,
            Self::Mhz40 => 17,
            Self::Mhz80 => 36,
            Self::Mhz160 => 73,
        }
    }
}

/// How many neighbouring tones share the angles of one: Ng.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grouping {
    /// Every tone; VHT only.
    Ng1,
    /// Every second tone; VHT only.
    Ng2,
    /// Every fourth tone.
    Ng4,
    /// Every sixteenth tone; HE only.
    Ng16,
}

impl Grouping {
    /// The groupings of VHT reports, in the order of their codes.
    pub const VHT: [Self; 3] = [Self::Ng1, Self::Ng2, Self::Ng4];
    /// The groupings of HE reports, in the order of their codes.
    pub const HE: [Self; 2] = [Self::Ng4, Self::Ng16];
}

/// How finely angles are quantised; how many bits that means depends on the feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codebook {
    /// Codebook information 0.
    Coarse,
    /// Codebook information 1.
    Fine,
}

/// For what the report is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedbackType {
    /// Beamforming towards one station.
    Su,
    /// Beamforming towards several stations at once: finer angles, and an SNR a tone.
    Mu,
    /// Channel quality only, no angles; HE only.
    Cqi,
}

/// The resource units of 26 tones that an HE report covers, both ends included, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RuRange {
    /// The first unit.
    pub start: u8,
    /// The last unit.
    pub end: u8,
}

impl RuRange {
    /// The whole channel.
    pub const fn full(bandwidth: Bandwidth) -> Self {
        Self { start: 0, end: bandwidth.last_ru() }
    }
}

/// The generation of WiFi whose report this is, with what only that generation has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phy {
    /// 802.11ac.
    Vht,
    /// 802.11ax.
    He {
        /// The part of the channel.
        rus: RuRange,
        /// Subchannels of 20 MHz that carry nothing: bit 0 is the lowest in frequency.
        disallowed: Option<u8>,
    },
}

/// What shape a report has, and which part of it a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MimoControl {
    /// The generation.
    pub phy: Phy,
    /// Columns of V: spatial streams, 1 to `nr`.
    pub nc: u8,
    /// Rows of V: antennas of the beamformer, 1 to 8.
    pub nr: u8,
    /// The width of the channel.
    pub bandwidth: Bandwidth,
    /// Tones that share angles.
    pub grouping: Grouping,
    /// The fineness of angles.
    pub codebook: Codebook,
    /// What the report is for.
    pub feedback: FeedbackType,
    /// Segments of the report that are still to come, 0 to 7.
    pub remaining_segments: u8,
    /// Whether the report begins here.
    pub first_segment: bool,
    /// Which sounding this answers, 0 to 63.
    pub token: u8,
}

impl MimoControl {
    /// Reads the field of a VHT frame: the control and what follows it; `None` for a frame that says that it has no
    /// report.
    ///
    /// # Errors
    /// `TooShort` for a cut field; `InvalidField` for a reserved grouping and for more columns than rows.
    pub fn parse_vht(body: &[u8]) -> Result<Option<(Self, &[u8])>, WireError> {
        let Some((octets, rest)) = body.split_first_chunk::<VHT_MIMO_CONTROL_LEN>() else {
            return Err(too_short(VHT_MIMO_CONTROL_LEN, body));
        };
        let bits = Bits(octets.iter().rev().fold(0, |bits, &octet| bits << 8 | u64::from(octet)));
        if bits.says_no_report() {
            return Ok(None);
        }
        let feedback = if bits.get(vht::FEEDBACK) == 0 { FeedbackType::Su } else { FeedbackType::Mu };
        let Some(&grouping) = Grouping::VHT.get(usize::from(bits.get(vht::GROUPING))) else {
            return Err(invalid(vht::GROUPING, "grouping", "0, 1 or 2", bits.get(vht::GROUPING)));
        };
        let control = Self {
            phy: Phy::Vht,
            grouping,
            codebook: codebook(bits.get(vht::CODEBOOK)),
            feedback,
            token: bits.get(vht::TOKEN),
            ..bits.common()
        };
        control.check()?;
        Ok(Some((control, rest)))
    }

    /// Reads the field of an HE frame, as [`MimoControl::parse_vht`] does.
    ///
    /// # Errors
    /// `TooShort` for a cut field; `InvalidField` for a reserved feedback type, more columns than rows and resource units
    /// that the channel does not have.
    pub fn parse_he(body: &[u8]) -> Result<Option<(Self, &[u8])>, WireError> {
        let Some((octets, mut rest)) = body.split_first_chunk::<HE_MIMO_CONTROL_LEN>() else {
            return Err(too_short(HE_MIMO_CONTROL_LEN, body));
        };
        let bits = Bits(octets.iter().rev().fold(0, |bits, &octet| bits << 8 | u64::from(octet)));
        if bits.says_no_report() {
            return Ok(None);
        }
        let mut disallowed = None;
        if bits.get(he::DISALLOWED_PRESENT) == 1 {
            let Some((&bitmap, after)) = rest.split_first() else {
                return Err(too_short(HE_MIMO_CONTROL_LEN + 1, body));
            };
            (disallowed, rest) = (Some(bitmap), after);
        }
        let feedback = match bits.get(he::FEEDBACK) {
            0 => FeedbackType::Su,
            1 => FeedbackType::Mu,
            2 => FeedbackType::Cqi,
            found => return Err(invalid(he::FEEDBACK, "feedback type", "0, 1 or 2", found)),
        };
        let rus = RuRange { start: bits.get(he::RU_START), end: bits.get(he::RU_END) };
        let control = Self {
            phy: Phy::He { rus, disallowed },
            grouping: Grouping::HE[usize::from(bits.get(he::GROUPING))],
            codebook: codebook(bits.get(he::CODEBOOK)),
            feedback,
            token: bits.get(he::TOKEN),
            ..bits.common()
        };
        control.check()?;
        Ok(Some((control, rest)))
    }

    /// The field that [`MimoControl::parse_vht`] or [`MimoControl::parse_he`] reads as this.
    ///
    /// # Errors
    /// `InvalidField` for what no field can say.
    pub fn build(&self) -> Result<Vec<u8>, WireError> {
        self.check()?;
        let mut bits = Bits(0);
        bits.set(NC, self.nc - 1);
        bits.set(NR, self.nr - 1);
        bits.set(BANDWIDTH, self.bandwidth as u8);
        bits.set(REMAINING, self.remaining_segments);
        bits.set(FIRST, self.first_segment.into());
        let position =
            |groupings: &[Grouping]| groupings.iter().position(|&one| one == self.grouping).unwrap_or(0) as u8;
        let feedback = self.feedback as u8;
        let (length, bitmap) = match self.phy {
            Phy::Vht => {
                bits.set(vht::GROUPING, position(&Grouping::VHT));
                bits.set(vht::CODEBOOK, self.codebook as u8);
                bits.set(vht::FEEDBACK, feedback);
                bits.set(vht::TOKEN, self.token);
                (VHT_MIMO_CONTROL_LEN, None)
            }
            Phy::He { rus, disallowed } => {
                bits.set(he::GROUPING, position(&Grouping::HE));
                bits.set(he::CODEBOOK, self.codebook as u8);
                bits.set(he::FEEDBACK, feedback);
                bits.set(he::RU_START, rus.start);
                bits.set(he::RU_END, rus.end);
                bits.set(he::TOKEN, self.token);
                bits.set(he::DISALLOWED_PRESENT, disallowed.is_some().into());
                (HE_MIMO_CONTROL_LEN, disallowed)
            }
        };
        Ok(bits.0.to_le_bytes().into_iter().take(length).chain(bitmap).collect())
    }

    /// The field of a frame without a report.
    pub fn build_no_report(phy: Phy) -> Vec<u8> {
        let mut bits = Bits(0);
        bits.set(REMAINING, NO_REPORT_REMAINING);
        let length = if phy == Phy::Vht { VHT_MIMO_CONTROL_LEN } else { HE_MIMO_CONTROL_LEN };
        bits.0.to_le_bytes().into_iter().take(length).collect()
    }

    /// The bits of the report's angles.
    pub const fn angle_widths(&self) -> AngleWidths {
        match (self.feedback, self.codebook, self.grouping) {
            (FeedbackType::Su | FeedbackType::Cqi, Codebook::Coarse, _) => AngleWidths { psi: 2, phi: 4 },
            (FeedbackType::Su | FeedbackType::Cqi, Codebook::Fine, _) => AngleWidths { psi: 4, phi: 6 },
            (FeedbackType::Mu, Codebook::Fine, _) | (FeedbackType::Mu, Codebook::Coarse, Grouping::Ng16) => {
                AngleWidths { psi: 7, phi: 9 }
            }
            (FeedbackType::Mu, Codebook::Coarse, _) => AngleWidths { psi: 5, phi: 7 },
        }
    }

    /// The same for every segment of a report.
    pub(super) const fn without_segment(self) -> Self {
        Self { first_segment: true, remaining_segments: 0, ..self }
    }

    /// Whether the field can say this.
    pub(super) fn check(&self) -> Result<(), WireError> {
        const MAX_SIDE: u8 = 8;
        if !(1..=MAX_SIDE).contains(&self.nr) {
            return Err(invalid(NR, "nr", "1 to 8", self.nr));
        }
        // Channel quality has no matrix: its number of rows means nothing.
        let columns = if self.feedback == FeedbackType::Cqi { MAX_SIDE } else { self.nr };
        if !(1..=columns).contains(&self.nc) {
            return Err(invalid(NC, "nc", "1 to the number of rows", self.nc));
        }
        if self.remaining_segments > mask(REMAINING) {
            return Err(invalid(REMAINING, "remaining segments", "0 to 7", self.remaining_segments));
        }
        if self.token > mask(vht::TOKEN) {
            return Err(invalid(vht::TOKEN, "token", "0 to 63", self.token));
        }
        match self.phy {
            Phy::Vht => self.check_vht(),
            Phy::He { rus, .. } => self.check_he(rus),
        }
    }

    fn check_vht(&self) -> Result<(), WireError> {
        if self.grouping == Grouping::Ng16 {
            return Err(invalid(vht::GROUPING, "grouping", "1, 2 or 4 in VHT reports", 16));
        }
        if self.feedback == FeedbackType::Cqi {
            return Err(invalid(vht::FEEDBACK, "feedback type", "SU or MU in VHT reports", self.feedback as u8));
        }
        Ok(())
    }

    fn check_he(&self, rus: RuRange) -> Result<(), WireError> {
        if !Grouping::HE.contains(&self.grouping) {
            return Err(invalid(he::GROUPING, "grouping", "4 or 16 in HE reports", self.grouping as u8));
        }
        if rus.end > self.bandwidth.last_ru() {
            return Err(invalid(he::RU_END, "RU end index", "a unit of the channel", rus.end));
        }
        if rus.start > rus.end {
            return Err(invalid(he::RU_START, "RU start index", "at most the RU end index", rus.start));
        }
        Ok(())
    }
}

/// The field as a number, its first bit lowest.
struct Bits(u64);

impl Bits {
    const fn get(&self, (at, width): Subfield) -> u8 {
        (self.0 >> at) as u8 & mask((at, width))
    }

    fn set(&mut self, (at, _): Subfield, value: u8) {
        self.0 |= u64::from(value) << at;
    }

    const fn says_no_report(&self) -> bool {
        self.get(FIRST) == 0 && self.get(REMAINING) == NO_REPORT_REMAINING
    }

    /// What VHT and HE have in the same place; the rest is to be filled in.
    fn common(&self) -> MimoControl {
        MimoControl {
            phy: Phy::Vht,
            nc: self.get(NC) + 1,
            nr: self.get(NR) + 1,
            bandwidth: Bandwidth::ALL[usize::from(self.get(BANDWIDTH))],
            grouping: Grouping::Ng1,
            codebook: Codebook::Coarse,
            feedback: FeedbackType::Su,
            remaining_segments: self.get(REMAINING),
            first_segment: self.get(FIRST) == 1,
            token: 0,
        }
    }
}

const fn mask((_, width): Subfield) -> u8 {
    (1 << width) - 1
}

const fn codebook(bit: u8) -> Codebook {
    if bit == 0 { Codebook::Coarse } else { Codebook::Fine }
}

fn invalid((bit, _): Subfield, field: &'static str, expected: &'static str, found: u8) -> WireError {
    let kind = WireErrorKind::InvalidField { field, expected, found: found.into() };
    WireError { layer: LAYER, offset: usize::from(bit / 8), kind }
}

const fn too_short(expected: usize, body: &[u8]) -> WireError {
    WireError { layer: LAYER, offset: 0, kind: WireErrorKind::TooShort { expected, found: body.len() } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_fields_are_read() {
        let (control, rest) = MimoControl::parse_vht(&[0x50, 0x84, 0x14, 0x66]).unwrap().unwrap();
        let expected = MimoControl {
            phy: Phy::Vht,
            nc: 1,
            nr: 3,
            bandwidth: Bandwidth::Mhz40,
            grouping: Grouping::Ng1,
            codebook: Codebook::Fine,
            feedback: FeedbackType::Su,
            remaining_segments: 0,
            first_segment: true,
            token: 5,
        };
        assert_eq!((control, rest), (expected, &[0x66][..]));
        assert_eq!(control.build().unwrap(), [0x50, 0x84, 0x14]);

        let (control, _) = MimoControl::parse_he(&[0x19, 0x82, 0x00, 0xC4, 0x0D]).unwrap().unwrap();
        let expected = MimoControl {
            phy: Phy::He { rus: RuRange::full(Bandwidth::Mhz20), disallowed: None },
            nc: 2,
            nr: 4,
            bandwidth: Bandwidth::Mhz20,
            grouping: Grouping::Ng4,
            token: 55,
            ..expected
        };
        assert_eq!(control, expected);
        assert_eq!(control.build().unwrap(), [0x19, 0x82, 0x00, 0xC4, 0x0D]);
    }

    #[test]
    fn bitmap_of_subchannels_follows_the_field() {
        let octets = [0x99, 0x82, 0x00, 0x52, 0x12, 0b0100, 7];
        let (control, rest) = MimoControl::parse_he(&octets).unwrap().unwrap();
        let rus = RuRange::full(Bandwidth::Mhz80);
        assert_eq!((control.phy, rest), (Phy::He { rus, disallowed: Some(4) }, &[7][..]));
        assert_eq!(control.build().unwrap(), octets[..6]);
        assert!(MimoControl::parse_he(&octets[..5]).is_err());
    }

    #[test]
    fn frames_without_a_report_say_so() {
        for phy in [Phy::Vht, Phy::He { rus: RuRange::full(Bandwidth::Mhz20), disallowed: None }] {
            let octets = MimoControl::build_no_report(phy);
            let parse = if phy == Phy::Vht { MimoControl::parse_vht } else { MimoControl::parse_he };
            assert_eq!(parse(&octets), Ok(None));
        }
    }

    #[test]
    fn reserved_and_impossible_values_are_named() {
        let field = |result: Result<Option<(MimoControl, &[u8])>, WireError>| {
            let error = result.unwrap_err();
            (error.kind.subject(), error.offset)
        };
        assert_eq!(field(MimoControl::parse_vht(&[0x50, 0x87, 0x14])), ("grouping", 1));
        assert_eq!(field(MimoControl::parse_vht(&[0x53, 0x84, 0x14])), ("nc", 0));
        assert_eq!(field(MimoControl::parse_vht(&[0x50, 0x84])), ("length", 0));
        assert_eq!(field(MimoControl::parse_he(&[0x19, 0x8E, 0x00, 0xC4, 0x0D])), ("feedback type", 1));
        assert_eq!(field(MimoControl::parse_he(&[0x19, 0x82, 0x80, 0xC4, 0x0D])), ("RU end index", 2));
        assert_eq!(field(MimoControl::parse_he(&[0x19, 0x82, 0x09, 0xC4, 0x0D])), ("RU start index", 2));
        // Channel quality with more columns than rows is none of that.
        assert!(MimoControl::parse_he(&[0x0B, 0x8A, 0x00, 0xC4, 0x0D]).is_ok());
    }
}
