//! From a captured packet of any link type to the 802.11 frame in it: the header before it removed and understood, the
//! frame check sequence after it checked and removed.

use crate::dot11::{FCS_LEN, Fcs, check_fcs};
use crate::{Layer, WireError, WireErrorKind, prism, radiotap};

/// What a captured packet begins with, by the registered numbers (<https://www.tcpdump.org/linktypes.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// Ethernet: what Nexmon datagrams come in. It holds no 802.11 frame.
    pub const ETHERNET: Self = Self(1);
    /// An 802.11 frame and nothing before it.
    pub const IEEE802_11: Self = Self(105);
    /// A Prism header, then an 802.11 frame.
    pub const PRISM: Self = Self(119);
    /// A radiotap header, then an 802.11 frame.
    pub const RADIOTAP: Self = Self(127);
}

/// What the receiving radio said about a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RadioInfo {
    /// Microseconds on the radio's own clock at which the frame arrived.
    pub tsft_us: Option<u64>,
    /// The centre of the primary channel.
    pub frequency_mhz: Option<u16>,
    /// Signal strength over all antennas.
    pub rssi_dbm: Option<i8>,
    /// Noise level.
    pub noise_floor_dbm: Option<i8>,
    /// What is known of the frame check sequence.
    pub fcs: Fcs,
    /// Whether the radio found the frame check sequence to be wrong.
    pub marked_bad: bool,
}

/// An 802.11 frame without its frame check sequence, borrowed from the captured packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RadioFrame<'a> {
    /// What the radio said; `fcs` is what was found.
    pub info: RadioInfo,
    /// From frame control to the last octet of the body.
    pub mpdu: &'a [u8],
    /// Octets of the packet before `mpdu`.
    pub offset: usize,
}

/// Finds and checks the 802.11 frame in a captured packet.
///
/// # Errors
/// - `UnsupportedLinkType` for a link type without 802.11 frames, Ethernet among them;
/// - those of [`radiotap::parse`] and [`prism::parse`];
/// - `Checksum` for a damaged frame, `MarkedBad` for one of which only the radio knew that it is damaged.
pub fn open(link: LinkType, packet: &[u8]) -> Result<RadioFrame<'_>, WireError> {
    open_with(link, Fcs::Unknown, packet)
}

/// As [`open`], for a file that says whether its frames end with a frame check sequence. What the frame's own header says
/// goes first.
///
/// # Errors
/// As [`open`].
pub fn open_with(link: LinkType, fcs: Fcs, packet: &[u8]) -> Result<RadioFrame<'_>, WireError> {
    let (mut info, offset) = match link {
        LinkType::RADIOTAP => radiotap::parse(packet)?,
        LinkType::PRISM => prism::parse(packet)?,
        LinkType::IEEE802_11 => (RadioInfo::default(), 0),
        LinkType(found) => {
            let kind = WireErrorKind::UnsupportedLinkType { found };
            return Err(WireError { layer: Layer::LinkLayer, offset: 0, kind });
        }
    };
    if info.fcs == Fcs::Unknown {
        info.fcs = fcs;
    }
    let octets = packet.get(offset..).unwrap_or_default();
    info.fcs = check_fcs(octets, info.fcs).map_err(|error| error.after(offset))?;
    if info.marked_bad && info.fcs != Fcs::Present {
        return Err(WireError { layer: Layer::Dot11, offset, kind: WireErrorKind::MarkedBad });
    }
    let trailer = if info.fcs == Fcs::Present { FCS_LEN } else { 0 };
    let mpdu = octets.get(..octets.len().saturating_sub(trailer)).unwrap_or_default();
    Ok(RadioFrame { info, mpdu, offset })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::dot11::append_fcs;

    fn frame(with_fcs: bool) -> Vec<u8> {
        let mut frame = Vec::from(*b"any frame, for nothing here looks into it");
        if with_fcs {
            append_fcs(&mut frame);
        }
        frame
    }

    fn with_radiotap(info: &RadioInfo, frame: &[u8]) -> Vec<u8> {
        [&radiotap::build(info)[..], frame].concat()
    }

    #[test]
    fn frame_check_sequence_is_found_where_nobody_tells() {
        for (with_fcs, found) in [(true, Fcs::Present), (false, Fcs::Unknown)] {
            let packet = frame(with_fcs);
            let opened = open(LinkType::IEEE802_11, &packet).unwrap();
            assert_eq!((opened.mpdu, opened.info.fcs, opened.offset), (&frame(false)[..], found, 0));
        }
    }

    #[test]
    fn damage_is_noticed_where_the_radio_or_the_file_tells() {
        let mut damaged = frame(true);
        damaged[3] ^= 1;
        let told = RadioInfo { fcs: Fcs::Present, ..RadioInfo::default() };
        let packet = with_radiotap(&told, &damaged);
        let kind = |result: Result<RadioFrame<'_>, WireError>| result.unwrap_err().kind;
        assert!(matches!(kind(open(LinkType::RADIOTAP, &packet)), WireErrorKind::Checksum { .. }));
        assert!(matches!(
            kind(open_with(LinkType::IEEE802_11, Fcs::Present, &damaged)),
            WireErrorKind::Checksum { .. }
        ));

        let marked = RadioInfo { marked_bad: true, fcs: Fcs::Absent, ..RadioInfo::default() };
        assert_eq!(kind(open(LinkType::RADIOTAP, &with_radiotap(&marked, &frame(false)))), WireErrorKind::MarkedBad);
    }

    #[test]
    fn link_types_without_frames_are_named() {
        for link in [LinkType::ETHERNET, LinkType(228)] {
            let kind = WireErrorKind::UnsupportedLinkType { found: link.0 };
            assert_eq!(open(link, &[]).unwrap_err().kind, kind);
        }
    }
}
