//! Hardware addresses, which follow a person from home to home: they are shown in full only where the code says so.

use core::fmt;
use core::str::FromStr;

/// The IEEE 802 address of a radio. [`Debug`](fmt::Debug) and [`Display`](fmt::Display) give its last octet only, so that
/// no log, error or diagnostics file names a device by accident.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddress([u8; 6]);

impl MacAddress {
    /// From its octets in the order in which they are sent.
    pub const fn new(octets: [u8; 6]) -> Self {
        Self(octets)
    }

    /// Its octets in the order in which they are sent.
    pub const fn octets(self) -> [u8; 6] {
        self.0
    }

    /// The whole address as text, for the few places where a user asked for it.
    pub const fn in_full(self) -> impl fmt::Display + fmt::Debug {
        InFull(self.0)
    }
}

/// Text that is no hardware address. It does not say which: it may be one with a slip in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacAddressError;

impl fmt::Display for MacAddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected six octets as aa:bb:cc:dd:ee:ff")
    }
}

impl core::error::Error for MacAddressError {}

impl FromStr for MacAddress {
    type Err = MacAddressError;

    /// Six octets of two hexadecimal digits, with colons or hyphens between them.
    fn from_str(text: &str) -> Result<Self, MacAddressError> {
        const TEXT_LEN: usize = 17;
        if text.len() != TEXT_LEN || !text.is_ascii() {
            return Err(MacAddressError);
        }
        let mut octets = [0; 6];
        for (octet, part) in octets.iter_mut().zip(text.as_bytes().chunks(3)) {
            let digit = |at: usize| part.get(at).and_then(|&digit| char::from(digit).to_digit(16));
            let (Some(high), Some(low), b':' | b'-') = (digit(0), digit(1), part.get(2).copied().unwrap_or(b':'))
            else {
                return Err(MacAddressError);
            };
            *octet = (high << 4 | low) as u8;
        }
        Ok(Self(octets))
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "**:**:**:**:**:{:02x}", self.0[5])
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MacAddress({self})")
    }
}

#[derive(Debug)]
struct InFull([u8; 6]);

impl fmt::Display for InFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, octet) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { ":" };
            write!(f, "{separator}{octet:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn is_shown_in_full_on_request_only() {
        let address = MacAddress::new([0x98, 0xde, 0xd0, 0x48, 0x92, 0x66]);
        assert_eq!(format!("{address} {address:?}"), "**:**:**:**:**:66 MacAddress(**:**:**:**:**:66)");
        assert_eq!(format!("{}", address.in_full()), "98:de:d0:48:92:66");
    }
    #[test]
    fn is_read_in_the_usual_ways_of_writing_it() {
        let address = Ok(MacAddress::new([0x98, 0xde, 0xd0, 0x48, 0x92, 0x66]));
        assert_eq!("98:de:d0:48:92:66".parse(), address);
        assert_eq!("98-DE-D0-48-92-66".parse(), address);
        for text in
            ["", "98:de:d0:48:92", "98:de:d0:48:92:6", "98:de:d0:48:92:6g", "98.de.d0.48.92.66", "98:de:d0:48:92:é"]
        {
            assert_eq!(text.parse::<MacAddress>(), Err(MacAddressError), "{text}");
        }
    }
}
