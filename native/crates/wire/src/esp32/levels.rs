//! Signal levels in dBm. Nodes send +1 where the radio gave none; nothing that a node receives is above 0 dBm.

use crate::{Layer, WireError, WireErrorKind};

/// What stands for "unknown".
pub(crate) const UNKNOWN_DBM: i8 = 1;

/// The level, unless it is one that cannot be.
pub(crate) const fn known(dbm: i8) -> Option<i8> {
    if dbm > 0 { None } else { Some(dbm) }
}

/// The octet that [`known`] reads as `level`.
pub(crate) fn sent(layer: Layer, offset: usize, field: &'static str, level: Option<i8>) -> Result<i8, WireError> {
    match level {
        None => Ok(UNKNOWN_DBM),
        Some(dbm) if dbm <= 0 => Ok(dbm),
        Some(dbm) => {
            let kind = WireErrorKind::InvalidField { field, expected: "at most 0 dBm", found: dbm.into() };
            Err(WireError { layer, offset, kind })
        }
    }
}
