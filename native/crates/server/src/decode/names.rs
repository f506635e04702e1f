//! What transmitters are called. Addresses follow people from home to home, and what this command prints is pasted into
//! forums: unless the user asks for addresses, a transmitter has a name that means nothing the next time.

use std::io;

use ruview_core::MacAddress;

/// Digits of a hash that are shown: two of a thousand transmitters share them once in half a billion files.
const SHOWN: usize = 12;
const KEY_LEN: usize = 32;
/// "00:11:22:33:44:55"
const ADDRESS_LEN: usize = 17;

/// Names transmitters, the same one always the same in one run.
pub(super) enum Names {
    Addresses,
    Hashes { key: [u8; KEY_LEN] },
}

impl Names {
    pub(super) fn new(show_addresses: bool) -> io::Result<Self> {
        if show_addresses {
            return Ok(Self::Addresses);
        }
        let mut key = [0; KEY_LEN];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        Ok(Self::Hashes { key })
    }

    pub(super) fn of(&self, address: MacAddress) -> String {
        match self {
            Self::Addresses => address.in_full().to_string(),
            Self::Hashes { key } => {
                let mut hash = blake3::keyed_hash(key, &address.octets()).to_hex().to_string();
                hash.truncate(SHOWN);
                hash
            }
        }
    }

    /// A message in which a file may be quoted, without the addresses in it.
    pub(super) fn clean(&self, message: String) -> String {
        if matches!(self, Self::Addresses) {
            return message;
        }
        let mut octets = message.into_bytes();
        while let Some(at) = octets.windows(ADDRESS_LEN).position(is_address) {
            octets[at..at + ADDRESS_LEN].fill(b'*');
        }
        String::from_utf8_lossy(&octets).into_owned()
    }
}

fn is_address(text: &[u8]) -> bool {
    text.iter().enumerate().all(|(at, octet)| match at % 3 {
        2 => matches!(octet, b':' | b'-'),
        _ => octet.is_ascii_hexdigit(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: MacAddress = MacAddress::new([0x98, 0xDE, 0xD0, 0x48, 0x92, 0x66]);

    #[test]
    fn names_hold_within_a_run_only() {
        let (one, other) = (Names::new(false).unwrap(), Names::new(false).unwrap());
        assert_eq!(one.of(ADDRESS), one.of(ADDRESS));
        assert_ne!(one.of(ADDRESS), other.of(ADDRESS));
        assert_ne!(one.of(ADDRESS), one.of(MacAddress::new([0; 6])));
        assert_eq!(one.of(ADDRESS).len(), SHOWN);
    }

    #[test]
    fn addresses_are_shown_on_request_only() {
        let message = || String::from("found 98:de:d0:48:92:66 and 98-DE-D0-48-92-66, after 1:2");
        let hidden = Names::new(false).unwrap();
        assert_eq!(hidden.clean(message()), "found ***************** and *****************, after 1:2");
        let shown = Names::new(true).unwrap();
        assert_eq!((shown.of(ADDRESS).as_str(), shown.clean(message())), ("98:de:d0:48:92:66", message()));
    }
}
