//! A whole report: SNRs, angles, and in multi-user reports the SNR of each tone (IEEE 802.11ac-2013, 8.4.1.48 and
//! 8.4.1.49; IEEE 802.11ax-2021, 9.4.1.65 and 9.4.1.66).

use alloc::vec;
use alloc::vec::Vec;

use ruview_core::Complex32;

use super::angles::{AngleShape, ToneAngles, bits_per_tone, n_angles, order, unpack};
use super::bits::BitWriter;
use super::mimo_control::{FeedbackType, MimoControl, Phy, RuRange};
use super::snr;
use super::tones::Tones;
use super::v_matrix::v_matrices;
use crate::{Layer, UnsupportedReport, WireError, WireErrorKind};

const LAYER: Layer = Layer::Cbfr;

/// What is odd about the octets after a report's angles. The report is whole without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TailNote {
    /// The delta SNR of a multi-user report has another size than the standard's: which octet means which tone is not
    /// known, so none is read.
    DeltaSnr {
        /// Octets by the standard.
        expected: usize,
        /// Octets that there are.
        found: usize,
    },
    /// Octets after the end of a single-user report.
    Extra {
        /// How many.
        octets: usize,
    },
}

/// A report that borrows its octets.
#[derive(Debug, Clone, Copy)]
pub struct CbfrView<'a> {
    control: MimoControl,
    tones: Tones,
    snr: &'a [u8],
    angles: &'a [u8],
    tail: &'a [u8],
}

impl<'a> CbfrView<'a> {
    /// Reads what follows the MIMO Control field: of one frame, or of all segments joined.
    ///
    /// # Errors
    /// - `InvalidField` for a shape that no MIMO Control field can say, and for channel quality;
    /// - `Length` for a report without room for its angles; the offset counts from the start of `octets`;
    /// - `UnsupportedReport` for a part of a channel or a punctured one where the tones do not add up to the octets.
    pub fn parse(control: MimoControl, octets: &'a [u8]) -> Result<Self, WireError> {
        let control = control.without_segment();
        check_shape(&control)?;
        let tones = match unsure_of_tones(&control) {
            None => Tones::of(&control),
            Some(unsupported) => {
                let fits = |tones: &Tones| !tones.is_empty() && octets.len() == report_len(&control, *tones);
                Tones::that_fit(&control, fits).ok_or(refused(0, WireErrorKind::UnsupportedReport(unsupported)))?
            }
        };
        let (n_snr, n_angle_octets) = (usize::from(control.nc), angle_octets(&control, tones));
        let expected = n_snr + n_angle_octets;
        let cut = || {
            let kind = WireErrorKind::Length { expected, found: octets.len() };
            WireError { layer: LAYER, offset: octets.len(), kind }
        };
        let (snr, rest) = octets.split_at_checked(n_snr).ok_or_else(cut)?;
        let (angles, tail) = rest.split_at_checked(n_angle_octets).ok_or_else(cut)?;
        Ok(Self { control, tones, snr, angles, tail })
    }

    /// The report's shape; a report of one segment, whatever it came in.
    pub const fn control(&self) -> &MimoControl {
        &self.control
    }

    /// The tones that have angles.
    pub const fn tones(&self) -> Tones {
        self.tones
    }

    /// The average SNR of each spatial stream, as sent; [`snr::average_db`] gives it in dB.
    pub fn snr_codes(&self) -> impl Iterator<Item = i8> + Clone + use<'a> {
        self.snr.iter().map(|&octet| octet as i8)
    }

    /// The average SNR of each spatial stream in dB.
    pub fn snr_db(&self) -> impl Iterator<Item = f32> + Clone + use<'a> {
        self.snr_codes().map(snr::average_db)
    }

    /// Angles of each tone: Na.
    pub const fn n_angles(&self) -> usize {
        n_angles(self.control.nr, self.control.nc)
    }

    /// The tones in order of frequency, each with its angles.
    pub fn iter(&self) -> impl Iterator<Item = ToneAngles<'a>> + Clone + use<'a> {
        let Self { angles, .. } = *self;
        let shape = self.shape();
        self.tones.iter().enumerate().map(move |(at, tone)| ToneAngles::new(tone, at, angles, shape))
    }

    /// All angle codes, tone after tone, each in the order of [`order`]: Ns × Na of them.
    pub fn codes(&self) -> Vec<u16> {
        let mut codes = Vec::new();
        self.codes_into(&mut codes);
        codes
    }

    /// As [`CbfrView::codes`], into memory that is already there.
    pub fn codes_into(&self, codes: &mut Vec<u16>) {
        codes.resize(self.tones.len() * self.n_angles(), 0);
        unpack(self.angles, self.shape(), codes);
    }

    /// V of every tone: Ns × Nr × Nc, the last index fastest.
    pub fn v(&self) -> Vec<Complex32> {
        let mut v = Vec::new();
        self.v_into(&mut Vec::new(), &mut v);
        v
    }

    /// As [`CbfrView::codes_into`] and [`CbfrView::v`] together, into memory that is already there.
    pub fn v_into(&self, codes: &mut Vec<u16>, v: &mut Vec<Complex32>) {
        self.codes_into(codes);
        v.resize(v_len(&self.control, self.tones), Complex32::default());
        v_matrices(self.shape(), codes, v);
    }

    /// In a multi-user report how much the SNR of a tone and stream differs from the stream's average, in dB: tone after
    /// tone of [`Tones::of_delta_snr`], each with Nc streams. `None` where [`CbfrView::tail_note`] says why.
    pub fn delta_snr_db(&self) -> Option<impl Iterator<Item = i8> + Clone + use<'a>> {
        let has_it = self.control.feedback == FeedbackType::Mu && self.tail_note().is_none();
        has_it.then(|| snr::deltas(self.tail).take(n_deltas(&self.control, self.tones)))
    }

    /// What is odd about the octets after the angles.
    pub fn tail_note(&self) -> Option<TailNote> {
        let (expected, found) = (delta_octets(&self.control, self.tones), self.tail.len());
        match self.control.feedback {
            _ if expected == found => None,
            FeedbackType::Mu => Some(TailNote::DeltaSnr { expected, found }),
            FeedbackType::Su | FeedbackType::Cqi => Some(TailNote::Extra { octets: found }),
        }
    }

    /// The octets after the angles.
    pub const fn tail_octets(&self) -> &'a [u8] {
        self.tail
    }

    /// The report on its own.
    pub fn to_report(&self) -> CbfrReport {
        CbfrReport {
            control: self.control,
            tones: self.tones,
            snr_codes: self.snr_codes().collect(),
            codes: self.codes(),
            delta_snr_db: self.delta_snr_db().map(Iterator::collect),
            tail_note: self.tail_note(),
        }
    }

    fn shape(&self) -> AngleShape {
        shape(&self.control)
    }
}

/// A report that owns what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct CbfrReport {
    /// The shape.
    pub control: MimoControl,
    /// The tones that have angles.
    pub tones: Tones,
    /// The average SNR of each spatial stream, as sent: [`snr::average_db`] gives it in dB.
    pub snr_codes: Vec<i8>,
    /// Angle codes: Ns × Na, each tone's in the order of [`order`].
    pub codes: Vec<u16>,
    /// In multi-user reports, as [`CbfrView::delta_snr_db`].
    pub delta_snr_db: Option<Vec<i8>>,
    /// What was odd about the octets after the angles.
    pub tail_note: Option<TailNote>,
}

impl CbfrReport {
    /// V of every tone: Ns × Nr × Nc, the last index fastest; the identity for tones without codes.
    pub fn v(&self) -> Vec<Complex32> {
        let mut v = vec![Complex32::default(); v_len(&self.control, self.tones)];
        v_matrices(shape(&self.control), &self.codes, &mut v);
        v
    }

    /// The octets that [`CbfrView::parse`] reads as this report; a tail note's octets are not made up.
    ///
    /// # Errors
    /// - `InvalidField` for a shape that no MIMO Control field can say, and for channel quality;
    /// - `Length` where there are not as many SNRs, codes or differences as the shape says;
    /// - `InvalidField` for a code that has more bits than its field;
    /// - `Missing` for a multi-user report without delta SNR.
    pub fn build(&self) -> Result<Vec<u8>, WireError> {
        let Self { control, tones, .. } = self;
        check_shape(control)?;
        let widths = control.angle_widths();
        let n_angles = n_angles(control.nr, control.nc);
        check_count(0, self.snr_codes.len(), control.nc.into())?;
        check_count(self.snr_codes.len(), self.codes.len(), tones.len() * n_angles)?;

        let mut octets = Vec::with_capacity(report_len(control, *tones));
        octets.extend(self.snr_codes.iter().map(|&code| code as u8));
        let mut writer = BitWriter::new(&mut octets);
        for (&code, angle) in self.codes.iter().zip(order(control.nr, control.nc).cycle()) {
            let width = widths.of(angle.kind);
            if code >> width != 0 {
                let (field, expected, found) = ("angle code", "a code of the codebook", code.into());
                return Err(refused(self.snr_codes.len(), WireErrorKind::InvalidField { field, expected, found }));
            }
            writer.put(code, width);
        }
        writer.finish();
        self.append_delta_snr(&mut octets)?;
        Ok(octets)
    }

    fn append_delta_snr(&self, octets: &mut Vec<u8>) -> Result<(), WireError> {
        let at = octets.len();
        if self.control.feedback != FeedbackType::Mu {
            return check_count(at, self.delta_snr_db.as_ref().map_or(0, Vec::len), 0);
        }
        let field = "delta SNR";
        let deltas = self.delta_snr_db.as_ref().ok_or_else(|| refused(at, WireErrorKind::Missing { field }))?;
        check_count(at, deltas.len(), n_deltas(&self.control, self.tones))?;
        if let Some(&delta) = deltas.iter().find(|delta| !(-8..=7).contains(*delta)) {
            let kind = WireErrorKind::InvalidField { field, expected: "-8 to 7 dB", found: delta.into() };
            return Err(refused(at, kind));
        }
        octets.extend(snr::delta_octets(deltas));
        Ok(())
    }
}

fn check_shape(control: &MimoControl) -> Result<(), WireError> {
    control.check()?;
    if control.feedback == FeedbackType::Cqi {
        let (field, expected) = ("feedback type", "a report with angles");
        return Err(refused(0, WireErrorKind::InvalidField { field, expected, found: 2.0 }));
    }
    Ok(())
}

/// Why a report's tones may not be what the standard's lists say, if so.
fn unsure_of_tones(control: &MimoControl) -> Option<UnsupportedReport> {
    match control.phy {
        Phy::He { disallowed: Some(1..), .. } => Some(UnsupportedReport::Punctured),
        Phy::He { rus, .. } if rus != RuRange::full(control.bandwidth) => Some(UnsupportedReport::PartialBandwidth),
        _ => None,
    }
}

const fn shape(control: &MimoControl) -> AngleShape {
    AngleShape { nr: control.nr, nc: control.nc, widths: control.angle_widths() }
}

const fn angle_octets(control: &MimoControl, tones: Tones) -> usize {
    (tones.len() * bits_per_tone(control.nr, control.nc, control.angle_widths())).div_ceil(8)
}

fn n_deltas(control: &MimoControl, tones: Tones) -> usize {
    Tones::of_delta_snr(control, tones).len() * usize::from(control.nc)
}

fn delta_octets(control: &MimoControl, tones: Tones) -> usize {
    if control.feedback == FeedbackType::Mu { n_deltas(control, tones).div_ceil(2) } else { 0 }
}

fn report_len(control: &MimoControl, tones: Tones) -> usize {
    usize::from(control.nc) + angle_octets(control, tones) + delta_octets(control, tones)
}

const fn v_len(control: &MimoControl, tones: Tones) -> usize {
    tones.len() * control.nr as usize * control.nc as usize
}

fn check_count(offset: usize, found: usize, expected: usize) -> Result<(), WireError> {
    if found == expected { Ok(()) } else { Err(refused(offset, WireErrorKind::Length { expected, found })) }
}

const fn refused(offset: usize, kind: WireErrorKind) -> WireError {
    WireError { layer: LAYER, offset, kind }
}
