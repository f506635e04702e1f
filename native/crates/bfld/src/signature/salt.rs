//! The secret of a site, and hashing with it.

use core::fmt;

use zeroize::Zeroizing;

use super::{DayEpoch, RfSignature};

/// Octets of a salt.
pub const SALT_LEN: usize = 32;

/// 32 random octets that are the site's alone. No copy, no serialisation, a `Debug` that tells nothing; wiped on drop.
pub struct SiteSalt(Zeroizing<[u8; SALT_LEN]>);

impl SiteSalt {
    /// From octets that somebody has kept.
    pub const fn from_octets(octets: Zeroizing<[u8; SALT_LEN]>) -> Self {
        Self(octets)
    }

    /// A new one from the operating system's generator.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut octets = Zeroizing::new([0; SALT_LEN]);
        getrandom::fill(octets.as_mut())?;
        Ok(Self(octets))
    }

    pub(super) fn octets(&self) -> &[u8; SALT_LEN] {
        &self.0
    }

    /// The site's hash of `features` on `day`.
    ///
    /// Features are canonical in steps of 1/256, rounded half to even and saturated at ±128, as 16-bit integers,
    /// little-endian; NaN is 0. Equal rooms give equal octets on every machine.
    pub fn signature(&self, day: DayEpoch, features: &[f32]) -> RfSignature {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&day.0.to_le_bytes());
        for feature in features {
            hasher.update(&canonical(*feature).to_le_bytes());
        }
        RfSignature(*hasher.finalize().as_bytes())
    }
}

impl fmt::Debug for SiteSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SiteSalt(..)")
    }
}

/// The number of steps; the conversion saturates, and makes NaN zero.
fn canonical(feature: f32) -> i16 {
    const STEPS: f32 = 256.0;
    libm::rintf(feature * STEPS) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_rounded_half_to_even_and_saturated() {
        let steps = [0.5, 1.5, 2.5, -0.5, -1.5].map(|steps| canonical(steps / 256.0));
        assert_eq!(steps, [0, 2, 2, 0, -2]);
        assert_eq!([1e9, -1e9, f32::NAN, -0.0].map(canonical), [i16::MAX, i16::MIN, 0, 0]);
    }

    #[test]
    fn signature_is_blake3_of_day_and_features_under_the_salt() {
        let salt = SiteSalt::from_octets(Zeroizing::new([7; SALT_LEN]));
        let message = [&20_000_u32.to_le_bytes()[..], &256_i16.to_le_bytes(), &(-128_i16).to_le_bytes()].concat();
        let expected = blake3::keyed_hash(&[7; SALT_LEN], &message);
        assert_eq!(salt.signature(DayEpoch(20_000), &[1.0, -0.5]), RfSignature(*expected.as_bytes()));
        assert_eq!(format!("{salt:?}"), "SiteSalt(..)");
    }
}
