//! The IEEE 802.11 frame around a report: the management header, the frame check sequence, the action field (IEEE
//! 802.11-2020, 9.3.3.1, 9.2.4.8 and 9.4.1.11).

use alloc::vec::Vec;

use ruview_core::MacAddress;

use crate::{Layer, WireError, WireErrorKind};

/// Octets of the frame check sequence.
pub const FCS_LEN: usize = 4;
/// Octets of a management frame before its body.
pub const MANAGEMENT_HEADER_LEN: usize = 24;
/// Octets of the HT Control field, which follows the header where the +HTC bit is set.
pub const HT_CONTROL_LEN: usize = 4;
/// Octets of category and action.
const ACTION_FIELD_LEN: usize = 2;

const LAYER: Layer = Layer::Dot11;

mod at {
    pub(super) const FRAME_CONTROL: usize = 0;
    pub(super) const RECEIVER: usize = 4;
    pub(super) const TRANSMITTER: usize = 10;
    pub(super) const BSSID: usize = 16;
    pub(super) const SEQUENCE_CONTROL: usize = 22;
}

/// Bits of the first octet of frame control.
mod kind_bits {
    pub(super) const VERSION: u8 = 0b11;
    pub(super) const TYPE_SHIFT: u8 = 2;
    pub(super) const SUBTYPE_SHIFT: u8 = 4;
    pub(super) const MANAGEMENT: u8 = 0;
    pub(super) const ACTION: u8 = 13;
    pub(super) const ACTION_NO_ACK: u8 = 14;
}

/// Bits of the second octet of frame control.
mod flag_bits {
    pub(super) const MORE_FRAGMENTS: u8 = 0x04;
    pub(super) const RETRY: u8 = 0x08;
    pub(super) const PROTECTED: u8 = 0x40;
    /// In management frames, whether the HT Control field is there.
    pub(super) const HTC: u8 = 0x80;
}

const FRAGMENT_MASK: u16 = 0x000F;
const SEQUENCE_SHIFT: u16 = 4;

/// What is known of the frame check sequence at the end of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Fcs {
    /// Nobody said, and the last four octets are none.
    #[default]
    Unknown,
    /// There is none.
    Absent,
    /// The last four octets.
    Present,
}

/// The organisation that assigned an address: the first three octets. Carried for who wants to tell radios apart; nothing
/// is read differently because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vendor(pub [u8; 3]);

impl Vendor {
    const LOCALLY_ADMINISTERED: u8 = 0x02;

    /// `None` for an address that no organisation assigned, such as a randomised one.
    pub const fn of(address: MacAddress) -> Option<Self> {
        let [first, second, third, ..] = address.octets();
        if first & Self::LOCALLY_ADMINISTERED == 0 { Some(Self([first, second, third])) } else { None }
    }
}

/// The header of a management frame, as far as reports need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionHeader {
    /// Address 1: for whom the frame is.
    pub receiver: MacAddress,
    /// Address 2: who sent it.
    pub transmitter: MacAddress,
    /// Address 3: the network.
    pub bssid: MacAddress,
    /// The running number of the transmitter's frames, 0 to 4095.
    pub sequence: u16,
    /// The fragment's number, 0 to 15. Some radios put anything here, and yet the frame is whole.
    pub fragment: u8,
    /// Whether the frame was sent before.
    pub retry: bool,
    /// Action No Ack instead of Action.
    pub no_ack: bool,
    /// The HT Control field.
    pub ht_control: Option<[u8; HT_CONTROL_LEN]>,
}

/// An action frame, borrowed from the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionFrame<'a> {
    /// Who sent it to whom.
    pub header: ActionHeader,
    /// What the action is about (IEEE 802.11-2020, table 9-51).
    pub category: u8,
    /// Which action of the category.
    pub action: u8,
    /// What follows the action octet.
    pub body: &'a [u8],
    /// Octets of the frame before `body`.
    pub body_offset: usize,
}

/// Reads an action frame; `mpdu` ends before the frame check sequence.
///
/// # Errors
/// - `TooShort` for a frame without room for its header and the action field;
/// - `NotAnAction` for every other type of frame, `Protected` for an encrypted one;
/// - `InvalidField` for another protocol version and for a frame of which more fragments follow.
pub fn parse_action(mpdu: &[u8]) -> Result<ActionFrame<'_>, WireError> {
    // The type first: acknowledgements are shorter than any header, and no fault.
    let Some(&[kind, flags]) = mpdu.first_chunk() else { return Err(too_short(mpdu, 2)) };
    let no_ack = action_subtype(kind)?;
    if flags & flag_bits::PROTECTED != 0 {
        return Err(refused(at::FRAME_CONTROL, WireErrorKind::Protected));
    }
    if flags & flag_bits::MORE_FRAGMENTS != 0 {
        let kind = WireErrorKind::InvalidField { field: "more fragments", expected: "0", found: 1.0 };
        return Err(refused(at::FRAME_CONTROL, kind));
    }
    let Some((header, rest)) = mpdu.split_first_chunk::<MANAGEMENT_HEADER_LEN>() else {
        return Err(too_short(mpdu, MANAGEMENT_HEADER_LEN + ACTION_FIELD_LEN));
    };
    let sequence_control = u16::from_le_bytes([header[at::SEQUENCE_CONTROL], header[at::SEQUENCE_CONTROL + 1]]);

    let has_htc = flags & flag_bits::HTC != 0;
    let (ht_control, rest) = match rest.split_first_chunk::<HT_CONTROL_LEN>() {
        Some((htc, rest)) if has_htc => (Some(*htc), rest),
        None if has_htc => return Err(too_short(mpdu, MANAGEMENT_HEADER_LEN + HT_CONTROL_LEN + ACTION_FIELD_LEN)),
        _ => (None, rest),
    };
    let before_body = mpdu.len() - rest.len() + ACTION_FIELD_LEN;
    let Some((&[category, action], body)) = rest.split_first_chunk::<ACTION_FIELD_LEN>() else {
        return Err(too_short(mpdu, before_body));
    };
    let header = ActionHeader {
        receiver: address(header, at::RECEIVER),
        transmitter: address(header, at::TRANSMITTER),
        bssid: address(header, at::BSSID),
        sequence: sequence_control >> SEQUENCE_SHIFT,
        fragment: (sequence_control & FRAGMENT_MASK) as u8,
        retry: flags & flag_bits::RETRY != 0,
        no_ack,
        ht_control,
    };
    Ok(ActionFrame { header, category, action, body, body_offset: before_body })
}

/// Whether an action frame's subtype is Action No Ack.
fn action_subtype(kind: u8) -> Result<bool, WireError> {
    let version = kind & kind_bits::VERSION;
    if version != 0 {
        let kind = WireErrorKind::InvalidField { field: "protocol version", expected: "0", found: version.into() };
        return Err(refused(at::FRAME_CONTROL, kind));
    }
    let frame_type = kind >> kind_bits::TYPE_SHIFT & 0b11;
    match (frame_type, kind >> kind_bits::SUBTYPE_SHIFT) {
        (kind_bits::MANAGEMENT, kind_bits::ACTION) => Ok(false),
        (kind_bits::MANAGEMENT, kind_bits::ACTION_NO_ACK) => Ok(true),
        (_, subtype) => Err(refused(at::FRAME_CONTROL, WireErrorKind::NotAnAction { frame_type, subtype })),
    }
}

/// An action frame's octets, without a frame check sequence.
///
/// # Errors
/// `InvalidField` for a sequence number above 4095 and a fragment number above 15.
pub fn build_action(header: &ActionHeader, category: u8, action: u8, body: &[u8]) -> Result<Vec<u8>, WireError> {
    const LAST_SEQUENCE: u16 = u16::MAX >> SEQUENCE_SHIFT;
    for (field, expected, found, last) in [
        ("sequence", "0 to 4095", header.sequence, LAST_SEQUENCE),
        ("fragment", "0 to 15", header.fragment.into(), FRAGMENT_MASK),
    ] {
        if found > last {
            let kind = WireErrorKind::InvalidField { field, expected, found: found.into() };
            return Err(refused(at::SEQUENCE_CONTROL, kind));
        }
    }
    let subtype = if header.no_ack { kind_bits::ACTION_NO_ACK } else { kind_bits::ACTION };
    let flag = |set, bit| if set { bit } else { 0 };
    let flags = flag(header.retry, flag_bits::RETRY) | flag(header.ht_control.is_some(), flag_bits::HTC);

    let length = MANAGEMENT_HEADER_LEN + HT_CONTROL_LEN + ACTION_FIELD_LEN + body.len() + FCS_LEN;
    let mut mpdu = Vec::with_capacity(length);
    mpdu.extend([subtype << kind_bits::SUBTYPE_SHIFT | kind_bits::MANAGEMENT << kind_bits::TYPE_SHIFT, flags, 0, 0]);
    for address in [header.receiver, header.transmitter, header.bssid] {
        mpdu.extend(address.octets());
    }
    mpdu.extend((header.sequence << SEQUENCE_SHIFT | u16::from(header.fragment)).to_le_bytes());
    mpdu.extend(header.ht_control.iter().flatten());
    mpdu.extend([category, action]);
    mpdu.extend_from_slice(body);
    Ok(mpdu)
}

/// Appends the frame check sequence of all octets.
pub fn append_fcs(mpdu: &mut Vec<u8>) {
    mpdu.extend(crc32fast::hash(mpdu).to_le_bytes());
}

/// Whether the last four octets are the frame check sequence of those before them.
///
/// Where nobody said, a match settles it: one frame in 2^32 matches by accident. A match also overrules "absent", for some
/// drivers pass the checksum on and do not say so.
///
/// # Errors
/// `Checksum` where the checksum is known to be there and does not match; `TooShort` where there is no room for it.
pub(crate) fn check_fcs(mpdu: &[u8], told: Fcs) -> Result<Fcs, WireError> {
    let Some((covered, trailer)) = mpdu.split_last_chunk::<FCS_LEN>() else {
        return if told == Fcs::Present { Err(too_short(mpdu, FCS_LEN)) } else { Ok(told) };
    };
    let (expected, found) = (crc32fast::hash(covered), u32::from_le_bytes(*trailer));
    match told {
        _ if expected == found => Ok(Fcs::Present),
        Fcs::Present => Err(refused(covered.len(), WireErrorKind::Checksum { expected, found })),
        told => Ok(told),
    }
}

fn address(header: &[u8; MANAGEMENT_HEADER_LEN], at: usize) -> MacAddress {
    let mut octets = [0; 6];
    octets.copy_from_slice(&header[at..at + 6]);
    MacAddress::new(octets)
}

const fn refused(offset: usize, kind: WireErrorKind) -> WireError {
    WireError { layer: LAYER, offset, kind }
}

const fn too_short(mpdu: &[u8], expected: usize) -> WireError {
    refused(0, WireErrorKind::TooShort { expected, found: mpdu.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> ActionHeader {
        ActionHeader {
            receiver: MacAddress::new([1, 2, 3, 4, 5, 6]),
            transmitter: MacAddress::new([0xA0, 8, 9, 10, 11, 12]),
            bssid: MacAddress::new([13, 14, 15, 16, 17, 18]),
            sequence: 0xABC,
            fragment: 0,
            retry: true,
            no_ack: true,
            ht_control: None,
        }
    }

    const FRAME: [u8; 28] =
        [0xE0, 0x08, 0, 0, 1, 2, 3, 4, 5, 6, 0xA0, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 0xC0, 0xAB, 21, 0, 7, 9];

    #[test]
    fn every_field_is_in_its_place() {
        let frame = parse_action(&FRAME).unwrap();
        assert_eq!(frame, ActionFrame { header: header(), category: 21, action: 0, body: &[7, 9], body_offset: 26 });
        assert_eq!(build_action(&header(), 21, 0, &[7, 9]).unwrap(), FRAME);
        assert_eq!(Vendor::of(frame.header.transmitter), Some(Vendor([0xA0, 8, 9])));
        assert_eq!(Vendor::of(MacAddress::new([0xA2, 8, 9, 10, 11, 12])), None);
    }

    #[test]
    fn ht_control_moves_the_body() {
        let header = ActionHeader { ht_control: Some([0xAA; 4]), no_ack: false, ..header() };
        let octets = build_action(&header, 30, 0, &[1]).unwrap();
        let frame = parse_action(&octets).unwrap();
        assert_eq!((frame.header, frame.category, frame.body, frame.body_offset), (header, 30, &[1][..], 30));
        let kind = WireErrorKind::TooShort { expected: 30, found: 27 };
        assert_eq!(parse_action(&octets[..27]).unwrap_err().kind, kind);
    }

    #[test]
    fn other_frames_are_named() {
        let kind = |at: usize, octet: u8| {
            let mut frame = FRAME;
            frame[at] = octet;
            parse_action(&frame).unwrap_err().kind
        };
        assert_eq!(kind(0, 0x80), WireErrorKind::NotAnAction { frame_type: 0, subtype: 8 });
        assert_eq!(kind(0, 0x88), WireErrorKind::NotAnAction { frame_type: 2, subtype: 8 });
        assert_eq!(kind(1, 0x40), WireErrorKind::Protected);
        assert!(matches!(kind(0, 0xE1), WireErrorKind::InvalidField { field: "protocol version", .. }));
        assert!(matches!(kind(1, 0x04), WireErrorKind::InvalidField { field: "more fragments", .. }));
        // An acknowledgement is too short for a header, but not wrong.
        let ack = WireErrorKind::NotAnAction { frame_type: 1, subtype: 13 };
        assert_eq!(parse_action(&[0xD4, 0, 0, 0, 1, 2, 3, 4, 5, 6]).unwrap_err().kind, ack);
    }

    #[test]
    fn truncation_is_noticed_up_to_the_body() {
        for len in 0..26 {
            assert!(matches!(parse_action(&FRAME[..len]).unwrap_err().kind, WireErrorKind::TooShort { .. }), "{len}");
        }
        assert_eq!(parse_action(&FRAME[..26]).unwrap().body, b"");
    }

    #[test]
    fn sequence_control_has_twelve_and_four_bits() {
        for (sequence, fragment) in [(4096, 0), (0, 16)] {
            let header = ActionHeader { sequence, fragment, ..header() };
            assert_eq!(build_action(&header, 21, 0, &[]).unwrap_err().offset, 22);
        }
        let header = ActionHeader { sequence: 4095, fragment: 9, ..header() };
        let octets = build_action(&header, 21, 0, &[]).unwrap();
        assert_eq!(octets[22..24], [0xF9, 0xFF]);
        assert_eq!(parse_action(&octets).unwrap().header, header);
    }
}
