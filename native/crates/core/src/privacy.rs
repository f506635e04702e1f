//! How much a piece of data may say about people, and therefore where it may go.

use core::fmt;

/// The privacy class of a frame, a node or an installation: one octet on the wire. Greater is stricter.
///
/// There is no way back from a stricter class: nothing in the workspace turns a value of one class into one of a lower.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PrivacyClass {
    /// Tests and signal processing inside the process: never leaves it.
    Raw = 0,
    /// Research that its owner asked for: the local network only.
    Derived = 1,
    /// Homes.
    #[default]
    Anonymous = 2,
    /// Care homes, rentals, offices.
    Restricted = 3,
}

impl PrivacyClass {
    /// Every class, least strict first.
    pub const ALL: [Self; 4] = [Self::Raw, Self::Derived, Self::Anonymous, Self::Restricted];

    /// The class of this number.
    pub const fn from_u8(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Raw),
            1 => Some(Self::Derived),
            2 => Some(Self::Anonymous),
            3 => Some(Self::Restricted),
            _ => None,
        }
    }

    /// The number on the wire.
    pub const fn as_u8(self) -> u8 {
        self as u8
    }

    /// The name that users see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Derived => "derived",
            Self::Anonymous => "anonymous",
            Self::Restricted => "restricted",
        }
    }
}

impl fmt::Display for PrivacyClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_classes_correspond() {
        for class in PrivacyClass::ALL {
            assert_eq!(PrivacyClass::from_u8(class.as_u8()), Some(class));
        }
        assert_eq!(PrivacyClass::from_u8(4), None);
        assert_eq!(PrivacyClass::default(), PrivacyClass::Anonymous);
        assert!(PrivacyClass::Restricted > PrivacyClass::Raw);
    }
}
