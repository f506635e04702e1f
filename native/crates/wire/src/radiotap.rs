//! The radiotap header that monitor interfaces put before a frame (<https://www.radiotap.org>), little-endian: a length,
//! present words of one bit a field, then the fields that are present, each aligned to its own size.

use alloc::vec::Vec;

use crate::dot11::Fcs;
use crate::link::RadioInfo;
use crate::{Layer, WireError, WireErrorKind};

const LAYER: Layer = Layer::Radiotap;

/// Version, padding, length, the first present word.
const FIXED_LEN: usize = 8;
const LENGTH_AT: usize = 2;
const WORD_LEN: usize = 4;

/// Numbers of the fields that are read, and of the bits that say how to go on.
mod bit {
    pub(super) const TSFT: u32 = 0;
    pub(super) const FLAGS: u32 = 1;
    pub(super) const CHANNEL: u32 = 3;
    pub(super) const SIGNAL: u32 = 5;
    pub(super) const NOISE: u32 = 6;
    pub(super) const RADIOTAP_NAMESPACE: u32 = 29;
    pub(super) const VENDOR_NAMESPACE: u32 = 30;
    pub(super) const MORE_WORDS: u32 = 31;
}

mod flags {
    pub(super) const FCS_AT_END: u8 = 0x10;
    pub(super) const BAD_FCS: u8 = 0x40;
}

/// Alignment and octets of the fields 0 to 27, from TSFT to L-SIG. What follows (TLVs) has no size of its own.
const FIELDS: [(usize, usize); 28] = [
    (8, 8),
    (1, 1),
    (1, 1),
    (2, 4),
    (2, 2),
    (1, 1),
    (1, 1),
    (2, 2),
    (2, 2),
    (2, 2),
    (1, 1),
    (1, 1),
    (1, 1),
    (1, 1),
    (2, 2),
    (2, 2),
    (1, 1),
    (1, 1),
    (4, 8),
    (1, 3),
    (4, 8),
    (2, 12),
    (8, 12),
    (2, 12),
    (2, 12),
    (2, 6),
    (1, 1),
    (2, 4),
];

/// Reads the header: what it says, and its length. Fields of unknown size end the reading, not the frame.
///
/// # Errors
/// `TooShort` and `Length` where the packet or the header cannot hold what the header announces; `InvalidField` for a
/// version other than 0.
pub fn parse(packet: &[u8]) -> Result<(RadioInfo, usize), WireError> {
    let Some(&[version, _, low, high]) = packet.first_chunk() else {
        return Err(refused(0, WireErrorKind::TooShort { expected: FIXED_LEN, found: packet.len() }));
    };
    if version != 0 {
        let kind = WireErrorKind::InvalidField { field: "version", expected: "0", found: version.into() };
        return Err(refused(0, kind));
    }
    let length = usize::from(u16::from_le_bytes([low, high]));
    if length < FIXED_LEN {
        return Err(refused(LENGTH_AT, WireErrorKind::TooShort { expected: FIXED_LEN, found: length }));
    }
    let Some(header) = packet.get(..length) else {
        return Err(refused(LENGTH_AT, WireErrorKind::Length { expected: length, found: packet.len() }));
    };
    let mut info = RadioInfo::default();
    let mut reader = Fields { header, at: words_end(header)? };
    let mut word_at = LENGTH_AT + 2;
    loop {
        let word = word(header, word_at)?;
        if !reader.read_word(word, &mut info)? || !has(word, bit::MORE_WORDS) {
            return Ok((info, length));
        }
        word_at += WORD_LEN;
    }
}

/// Where the fields begin: after the last present word.
fn words_end(header: &[u8]) -> Result<usize, WireError> {
    let mut at = LENGTH_AT + 2;
    while has(word(header, at)?, bit::MORE_WORDS) {
        at += WORD_LEN;
    }
    Ok(at + WORD_LEN)
}

fn word(header: &[u8], at: usize) -> Result<u32, WireError> {
    let octets = header.get(at..).and_then(<[u8]>::first_chunk);
    octets.map(|&octets| u32::from_le_bytes(octets)).ok_or_else(|| beyond(header, at, WORD_LEN))
}

const fn has(word: u32, bit: u32) -> bool {
    word >> bit & 1 == 1
}

struct Fields<'a> {
    header: &'a [u8],
    at: usize,
}

impl Fields<'_> {
    /// Reads the fields of one present word; whether the next word's fields can be found.
    fn read_word(&mut self, word: u32, info: &mut RadioInfo) -> Result<bool, WireError> {
        for bit in 0..bit::RADIOTAP_NAMESPACE {
            if !has(word, bit) {
                continue;
            }
            let Some(&(alignment, octets)) = FIELDS.get(bit as usize) else { return Ok(false) };
            let field = self.take(alignment, octets)?;
            note(info, bit, field);
        }
        if has(word, bit::VENDOR_NAMESPACE) {
            self.skip_vendor()?;
            // The next word is the vendor's; the one after it may be ours again, but nothing of use follows there.
            return Ok(false);
        }
        // Without a new namespace the next word's bits count on from 32, and no such field exists.
        Ok(has(word, bit::RADIOTAP_NAMESPACE))
    }

    fn skip_vendor(&mut self) -> Result<(), WireError> {
        const ORGANISATION_AND_LENGTH: usize = 6;
        let field = self.take(2, ORGANISATION_AND_LENGTH)?;
        let skipped = field.last_chunk().map_or(0, |&octets| u16::from_le_bytes(octets));
        self.take(1, skipped.into()).map(|_| ())
    }

    fn take(&mut self, alignment: usize, octets: usize) -> Result<&[u8], WireError> {
        let start = self.at.next_multiple_of(alignment);
        let field = self.header.get(start..start + octets).ok_or_else(|| beyond(self.header, start, octets))?;
        self.at = start + octets;
        Ok(field)
    }
}

/// Keeps the first of each: later ones are about single antennas.
fn note(info: &mut RadioInfo, bit: u32, field: &[u8]) {
    match (bit, field) {
        (bit::TSFT, octets) => info.tsft_us = info.tsft_us.or(octets.first_chunk().map(|&us| u64::from_le_bytes(us))),
        (bit::FLAGS, &[octet]) if info.fcs == Fcs::Unknown => {
            info.fcs = if octet & flags::FCS_AT_END == 0 { Fcs::Absent } else { Fcs::Present };
            info.marked_bad = octet & flags::BAD_FCS != 0;
        }
        (bit::CHANNEL, &[low, high, ..]) => {
            info.frequency_mhz.get_or_insert(u16::from_le_bytes([low, high]));
        }
        (bit::SIGNAL, &[octet]) => {
            info.rssi_dbm.get_or_insert(octet as i8);
        }
        (bit::NOISE, &[octet]) => {
            info.noise_floor_dbm.get_or_insert(octet as i8);
        }
        _ => {}
    }
}

/// A header that [`parse`] reads as `info`.
///
/// A frame that is marked as damaged needs the flags field, which also says whether there is a frame check sequence: with
/// `Fcs::Unknown` it comes back as `Fcs::Absent`.
pub fn build(info: &RadioInfo) -> Vec<u8> {
    let mut present = 0;
    let mut header = Vec::from([0; FIXED_LEN]);
    let mut field = |bit: u32, octets: &[u8]| {
        present |= 1 << bit;
        let alignment = FIELDS[bit as usize].0;
        header.resize(header.len().next_multiple_of(alignment), 0);
        header.extend_from_slice(octets);
    };
    if let Some(us) = info.tsft_us {
        field(bit::TSFT, &us.to_le_bytes());
    }
    if info.marked_bad || info.fcs != Fcs::Unknown {
        let fcs = if info.fcs == Fcs::Present { flags::FCS_AT_END } else { 0 };
        let bad = if info.marked_bad { flags::BAD_FCS } else { 0 };
        field(bit::FLAGS, &[fcs | bad]);
    }
    if let Some(mhz) = info.frequency_mhz {
        let [low, high] = mhz.to_le_bytes();
        field(bit::CHANNEL, &[low, high, 0, 0]);
    }
    if let Some(dbm) = info.rssi_dbm {
        field(bit::SIGNAL, &[dbm as u8]);
    }
    if let Some(dbm) = info.noise_floor_dbm {
        field(bit::NOISE, &[dbm as u8]);
    }
    let length = header.len() as u16;
    header[LENGTH_AT..LENGTH_AT + 2].copy_from_slice(&length.to_le_bytes());
    header[LENGTH_AT + 2..FIXED_LEN].copy_from_slice(&u32::to_le_bytes(present));
    header
}

const fn refused(offset: usize, kind: WireErrorKind) -> WireError {
    WireError { layer: LAYER, offset, kind }
}

/// A word or field that lies beyond the header's length.
const fn beyond(header: &[u8], at: usize, octets: usize) -> WireError {
    refused(LENGTH_AT, WireErrorKind::Length { expected: at + octets, found: header.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a real capture: three present words, antenna by antenna.
    const REAL: [u8; 56] = [
        0x00, 0x00, 0x38, 0x00, 0x2F, 0x40, 0x40, 0xA0, 0x20, 0x08, 0x00, 0xA0, 0x20, 0x08, 0x00, 0x00, // words
        0x6B, 0x25, 0x35, 0, 0, 0, 0, 0, 0x10, 0x0C, 0x99, 0x16, 0x40, 0x01, 0xE9, 0, // up to the signal
        0, 0, 0, 0, 0, 0, 0, 0, 0xBC, 0x7E, 0x35, 0, 0, 0, 0, 0, 0x16, 0, 0x11, 0x03, 0xE8, 0, 0xE9, 0x01,
    ];

    #[test]
    fn several_present_words_are_read() {
        let (info, length) = parse(&REAL).unwrap();
        assert_eq!(length, 56);
        let expected = RadioInfo {
            tsft_us: Some(0x35_256B),
            frequency_mhz: Some(5785),
            rssi_dbm: Some(-23),
            noise_floor_dbm: None,
            fcs: Fcs::Present,
            marked_bad: false,
        };
        assert_eq!(info, expected);
    }

    #[test]
    fn no_field_at_all_is_a_header() {
        let header = [0, 0, 8, 0, 0, 0, 0, 0, 0xFF];
        assert_eq!(parse(&header).unwrap(), (RadioInfo::default(), 8));
    }

    #[test]
    fn fields_of_unknown_size_end_the_reading() {
        // Signal, then a field of TLVs.
        let header = [0, 0, 13, 0, 0x20, 0, 0, 0x10, 0xD0, 1, 2, 3, 4];
        let (info, length) = parse(&header).unwrap();
        assert_eq!((info.rssi_dbm, length), (Some(-48), 13));
        // A vendor's namespace of two octets after the signal.
        let header = [0, 0, 22, 0, 0x20, 0, 0, 0xC0, 0xFF, 0, 0, 0, 0xD0, 0, 1, 2, 3, 4, 2, 0, 9, 9];
        let (info, length) = parse(&header).unwrap();
        assert_eq!((info.rssi_dbm, length), (Some(-48), 22));
    }

    #[test]
    fn lying_lengths_are_refused() {
        let with = |at: usize, octet: u8| {
            let mut header = REAL;
            header[at] = octet;
            parse(&header).unwrap_err()
        };
        let length = |expected, found| WireErrorKind::Length { expected, found };
        assert_eq!(with(2, 0x39), refused(2, length(57, 56)));
        assert_eq!(with(2, 7).kind, WireErrorKind::TooShort { expected: 8, found: 7 });
        // The header ends among its present words, and among its fields.
        assert_eq!(with(2, 12).kind, length(16, 12));
        assert_eq!(with(2, 40).kind, length(52, 40));
        assert!(matches!(with(0, 1).kind, WireErrorKind::InvalidField { field: "version", .. }));
    }

    #[test]
    fn truncation_is_noticed_at_every_octet() {
        for len in 0..REAL.len() {
            assert!(parse(&REAL[..len]).is_err(), "{len}");
        }
    }
}
