//! Which channels a monitor interface listens to, and for how long each.

use std::time::Duration;

/// The width of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelWidth {
    /// 20 MHz.
    Mhz20,
    /// 40 MHz.
    Mhz40,
    /// 80 MHz.
    Mhz80,
    /// 160 MHz.
    Mhz160,
}

impl ChannelWidth {
    /// The width in MHz.
    pub const fn mhz(self) -> u32 {
        match self {
            Self::Mhz20 => 20,
            Self::Mhz40 => 40,
            Self::Mhz80 => 80,
            Self::Mhz160 => 160,
        }
    }
}

/// A channel to listen to: the primary 20 MHz and the block around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Channel {
    primary_mhz: u32,
    centre_mhz: u32,
    width: ChannelWidth,
}

/// A frequency that is no channel's, or is not part of a channel of this width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{primary_mhz} MHz is not the centre of a 20 MHz channel within a {} MHz channel; expected for instance 2437 (20 MHz \
     only), 5180 or 5955",
    width.mhz()
)]
pub struct ChannelError {
    /// The frequency that was asked for.
    pub primary_mhz: u32,
    /// The width that was asked for.
    pub width: ChannelWidth,
}

/// Channels that lie side by side and are joined in pairs from the first one on.
struct Band {
    first_mhz: u32,
    last_mhz: u32,
    /// Of the whole band; wider blocks would overlap in the 2.4 GHz band, where nobody sounds more than 20 MHz.
    widest: ChannelWidth,
    spacing_mhz: u32,
}

/// IEEE 802.11-2020, annex E, and 802.11ax, table E-4: channels 1 to 13; 36 to 64, 100 to 144 and 149 to 177; 1 to 233.
const BANDS: [Band; 5] = [
    Band { first_mhz: 2412, last_mhz: 2472, widest: ChannelWidth::Mhz20, spacing_mhz: 5 },
    Band { first_mhz: 5180, last_mhz: 5320, widest: ChannelWidth::Mhz160, spacing_mhz: 20 },
    Band { first_mhz: 5500, last_mhz: 5720, widest: ChannelWidth::Mhz160, spacing_mhz: 20 },
    Band { first_mhz: 5745, last_mhz: 5885, widest: ChannelWidth::Mhz160, spacing_mhz: 20 },
    Band { first_mhz: 5955, last_mhz: 7115, widest: ChannelWidth::Mhz160, spacing_mhz: 20 },
];

impl Channel {
    /// The channel of this width around the 20 MHz channel centred on `primary_mhz`.
    ///
    /// # Errors
    /// [`ChannelError`] where there is none.
    pub fn new(primary_mhz: u32, width: ChannelWidth) -> Result<Self, ChannelError> {
        let centre_mhz = BANDS.iter().find_map(|band| band.centre_mhz(primary_mhz, width));
        let centre_mhz = centre_mhz.ok_or(ChannelError { primary_mhz, width })?;
        Ok(Self { primary_mhz, centre_mhz, width })
    }

    /// The centre of the primary 20 MHz, MHz.
    pub const fn primary_mhz(self) -> u32 {
        self.primary_mhz
    }

    /// The centre of the whole channel, MHz.
    pub const fn centre_mhz(self) -> u32 {
        self.centre_mhz
    }

    /// The width of the whole channel.
    pub const fn width(self) -> ChannelWidth {
        self.width
    }
}

impl Band {
    /// The centre of the block of this width that holds the channel; `None` where the band has no such block.
    fn centre_mhz(&self, primary_mhz: u32, width: ChannelWidth) -> Option<u32> {
        let above_first = primary_mhz.checked_sub(self.first_mhz)?;
        if primary_mhz > self.last_mhz || above_first % self.spacing_mhz != 0 || width > self.widest {
            return None;
        }
        if width == ChannelWidth::Mhz20 {
            return Some(primary_mhz);
        }
        let block_first = self.first_mhz + above_first / width.mhz() * width.mhz();
        let centre = block_first + (width.mhz() - ChannelWidth::Mhz20.mhz()) / 2;
        let block_last = block_first + width.mhz() - ChannelWidth::Mhz20.mhz();
        (block_last <= self.last_mhz).then_some(centre)
    }
}

/// One stop of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dwell {
    /// Where to listen.
    pub channel: Channel,
    /// For how long. Stations sound every two seconds or so; shorter stops hear some of them by luck only.
    pub duration: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_those_of_the_standard() {
        use ChannelWidth::{Mhz20, Mhz40, Mhz80, Mhz160};
        let cases = [
            (2437, Mhz20, Some(2437)),
            (2437, Mhz40, None),
            (2439, Mhz20, None),
            (5180, Mhz20, Some(5180)),
            (5180, Mhz40, Some(5190)),
            (5200, Mhz40, Some(5190)),
            (5200, Mhz80, Some(5210)),
            (5320, Mhz160, Some(5250)),
            (5500, Mhz160, Some(5570)),
            (5660, Mhz160, None),
            (5660, Mhz80, Some(5690)),
            (5745, Mhz80, Some(5775)),
            (5885, Mhz160, Some(5815)),
            (5955, Mhz160, Some(6025)),
            (7115, Mhz20, Some(7115)),
            (7115, Mhz40, None),
            (5190, Mhz20, None),
            (0, Mhz20, None),
            (u32::MAX, Mhz160, None),
        ];
        for (primary, width, centre) in cases {
            let found = Channel::new(primary, width).ok().map(Channel::centre_mhz);
            assert_eq!(found, centre, "{primary} MHz, {width:?}");
        }
    }

    #[test]
    fn errors_say_what_was_asked_for() {
        let error = Channel::new(2437, ChannelWidth::Mhz80).unwrap_err();
        assert!(
            error.to_string().starts_with("2437 MHz is not the centre of a 20 MHz channel within a 80 MHz channel")
        );
    }
}
