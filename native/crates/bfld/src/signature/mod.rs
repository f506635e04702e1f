//! Hashes that say "the same again" within one site and one day, and nothing beyond.
//!
//! `BLAKE3-keyed(site_salt, day_epoch_le ‖ canonical features)`: without the salt, which never leaves the site, two sites'
//! hashes of one person are unrelated; with the day in it, so are two days'.

mod salt;
mod store;

use core::fmt;

use ruview_core::StreamTime;

pub use salt::{SALT_LEN, SiteSalt};
pub use store::{SaltStore, SaltStoreError};

const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Days since 1970-01-01, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayEpoch(pub u32);

impl DayEpoch {
    /// The day of `at`; day 0 for times before 1970.
    pub fn of(at: StreamTime) -> Self {
        Self(u32::try_from(at.as_micros().div_euclid(MICROS_PER_DAY)).unwrap_or(0))
    }
}

/// A site's hash of a day's features: 32 octets, shown as hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RfSignature(pub [u8; 32]);

impl fmt::Display for RfSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for RfSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RfSignature(..)")
    }
}
