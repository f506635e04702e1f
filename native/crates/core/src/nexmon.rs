//! What a Broadcom radio with Nexmon firmware measured: one receive core's view of one spatial stream.

use crate::{CsiFrame, MacAddress};

/// The radios for which Nexmon CSI firmware exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NexmonChip {
    /// Nexus 5.
    Bcm4339,
    /// Nexus 6P.
    Bcm4358,
    /// Raspberry Pi 3B+, 4 and 5.
    Bcm43455c0,
    /// Asus RT-AC86U.
    Bcm4366c0,
}

impl NexmonChip {
    /// Every chip, in the order of their numbers on the wire.
    pub const ALL: [Self; 4] = [Self::Bcm4339, Self::Bcm4358, Self::Bcm43455c0, Self::Bcm4366c0];

    /// Broadcom's name for it, without "BCM".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bcm4339 => "4339",
            Self::Bcm4358 => "4358",
            Self::Bcm43455c0 => "43455c0",
            Self::Bcm4366c0 => "4366c0",
        }
    }
}

/// The width of the channel that a measurement spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NexmonBandwidth {
    /// 20 MHz, 64 bins.
    Mhz20,
    /// 40 MHz, 128 bins.
    Mhz40,
    /// 80 MHz, 256 bins.
    Mhz80,
}

impl NexmonBandwidth {
    /// Every width, narrowest first.
    pub const ALL: [Self; 3] = [Self::Mhz20, Self::Mhz40, Self::Mhz80];

    /// The width in MHz.
    pub const fn mhz(self) -> u16 {
        match self {
            Self::Mhz20 => 20,
            Self::Mhz40 => 40,
            Self::Mhz80 => 80,
        }
    }

    /// Bins of the FFT, 312.5 kHz each.
    pub const fn bins(self) -> u16 {
        match self {
            Self::Mhz20 => 64,
            Self::Mhz40 => 128,
            Self::Mhz80 => 256,
        }
    }
}

/// A channel as Broadcom's drivers write it (`chanspec`, the D11AC form): octet 0 the centre channel, bits 11 to 13 the
/// width, bits 14 and 15 the band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelSpec(pub u16);

impl ChannelSpec {
    const BANDWIDTH_MASK: u16 = 0x3800;
    const BANDWIDTH_SHIFT: u16 = 11;
    const BAND_MASK: u16 = 0xC000;
    const BAND_2_4_GHZ: u16 = 0x0000;
    const BAND_5_GHZ: u16 = 0xC000;

    /// The number of the centre channel.
    pub const fn channel(self) -> u8 {
        self.0 as u8
    }

    /// The width; `None` for one that no Nexmon firmware measures.
    pub const fn bandwidth(self) -> Option<NexmonBandwidth> {
        match (self.0 & Self::BANDWIDTH_MASK) >> Self::BANDWIDTH_SHIFT {
            2 => Some(NexmonBandwidth::Mhz20),
            3 => Some(NexmonBandwidth::Mhz40),
            4 => Some(NexmonBandwidth::Mhz80),
            _ => None,
        }
    }

    /// The centre frequency in MHz (IEEE 802.11-2020, 15.4.4.3 and 17.3.8.4.2); `None` for a band that is neither
    /// 2.4 nor 5 GHz and for channel 0.
    pub const fn frequency_mhz(self) -> Option<u32> {
        match (self.0 & Self::BAND_MASK, self.channel()) {
            (_, 0) => None,
            (Self::BAND_2_4_GHZ, 14) => Some(2484),
            (Self::BAND_2_4_GHZ, channel) => Some(2407 + 5 * channel as u32),
            (Self::BAND_5_GHZ, channel) => Some(5000 + 5 * channel as u32),
            _ => None,
        }
    }
}

/// One datagram of a Nexmon radio.
#[derive(Debug, Clone, PartialEq)]
pub struct NexmonFrame {
    /// Which radio measured.
    pub chip: NexmonChip,
    /// The channel it was tuned to.
    pub channel: ChannelSpec,
    /// Who sent the frame whose preamble was measured.
    pub transmitter: MacAddress,
    /// The first octet of that frame's header (type and subtype); `None` in the old format.
    pub frame_control: Option<u8>,
    /// That frame's sequence control field: fragment in bits 0 to 3, sequence number above. 0 for control frames, which
    /// carry none.
    pub sequence_control: u16,
    /// The receive core, 0 to 7.
    pub core: u8,
    /// The spatial stream, 0 to 7.
    pub stream: u8,
    /// The channel itself: 1 antenna x 64, 128 or 256 bins, order 0 … N/2-1, -N/2 … -1, unmasked.
    pub csi: CsiFrame,
}

/// What the datagrams of one measurement have in common.
///
/// Frames that carry no sequence number (control frames) share the number 0, so a measurement also ends where a
/// (`core`, `stream`) comes that it already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NexmonMeasurement {
    /// Who sent the frame.
    pub transmitter: MacAddress,
    /// The frame's sequence number, 0 to 4095.
    pub sequence: u16,
}

impl NexmonFrame {
    /// The measurement to which this core's and stream's part belongs.
    pub const fn measurement(&self) -> NexmonMeasurement {
        NexmonMeasurement { transmitter: self.transmitter, sequence: self.sequence_control >> 4 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_read_as_broadcom_writes_them() {
        let of = |spec| (ChannelSpec(spec).channel(), ChannelSpec(spec).bandwidth(), ChannelSpec(spec).frequency_mhz());
        assert_eq!(of(0xE02A), (42, Some(NexmonBandwidth::Mhz80), Some(5210)));
        assert_eq!(of(0xD826), (38, Some(NexmonBandwidth::Mhz40), Some(5190)));
        assert_eq!(of(0x1006), (6, Some(NexmonBandwidth::Mhz20), Some(2437)));
        assert_eq!(of(0x100E), (14, Some(NexmonBandwidth::Mhz20), Some(2484)));
        assert_eq!(of(0x6806), (6, None, None));
        assert_eq!(of(0x1000).2, None);
    }
}
