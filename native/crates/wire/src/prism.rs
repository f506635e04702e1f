//! The Prism header that older drivers put before a frame: a message code, a length, a device name, then items of twelve
//! octets, each with a number, whether it holds a value, and the value. In the byte order of the machine that captured.
//!
//! Source: the linux-wlan-ng drivers' `p80211msg_lnxind_wlansniffrm_t`; its length does not include a frame check
//! sequence's presence, so that is found out from the frame.

use alloc::vec::Vec;

use crate::link::RadioInfo;
use crate::{ByteOrder, Layer, WireError, WireErrorKind};

const LAYER: Layer = Layer::Prism;

/// Octets of a header with the usual ten items.
pub const PRISM_HEADER_LEN: usize = FIXED_LEN + ITEM_LEN * ITEMS;

const FIXED_LEN: usize = 24;
const ITEM_LEN: usize = 12;
const ITEMS: usize = 10;
const LENGTH_AT: usize = 4;
const DEVICE_AT: usize = 8;

/// The message codes of the two generations of drivers. The second one counts its items in another place of the number.
const CODE: u32 = 0x44;
const CODE_OLD: u32 = 0x41;
const CODE_MASK: u32 = 0x0FFF;

/// Item numbers.
mod item {
    pub(super) const MAC_TIME: u32 = 2;
    pub(super) const SIGNAL: u32 = 6;
    pub(super) const NOISE: u32 = 7;
}

/// Reads the header: what it says, and its length. A signal or noise that is no level in dBm (drivers differ) is unknown.
///
/// # Errors
/// `InvalidField` for another message; `TooShort` and `Length` where the packet cannot hold what the header announces.
pub fn parse(packet: &[u8]) -> Result<(RadioInfo, usize), WireError> {
    let Some((fixed, _)) = packet.split_first_chunk::<FIXED_LEN>() else {
        return Err(refused(0, WireErrorKind::TooShort { expected: FIXED_LEN, found: packet.len() }));
    };
    let order = byte_order([fixed[0], fixed[1], fixed[2], fixed[3]])?;
    let length = order.u32([fixed[4], fixed[5], fixed[6], fixed[7]]) as usize;
    if length < FIXED_LEN {
        return Err(refused(LENGTH_AT, WireErrorKind::TooShort { expected: FIXED_LEN, found: length }));
    }
    let Some(items) = packet.get(FIXED_LEN..length) else {
        return Err(refused(LENGTH_AT, WireErrorKind::Length { expected: length, found: packet.len() }));
    };
    let mut info = RadioInfo::default();
    for item in items.as_chunks::<ITEM_LEN>().0 {
        note(order, item, &mut info);
    }
    Ok((info, length))
}

fn byte_order(code: [u8; 4]) -> Result<ByteOrder, WireError> {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        if [CODE, CODE_OLD].contains(&order.u32(code)) {
            return Ok(order);
        }
    }
    let found = u32::from_le_bytes(code).into();
    Err(refused(0, WireErrorKind::InvalidField { field: "message code", expected: "0x44 or 0x41", found }))
}

fn note(order: ByteOrder, item: &[u8; ITEM_LEN], info: &mut RadioInfo) {
    let [a, b, c, d, status_0, status_1, _, _, value @ ..] = *item;
    let has_value = order.u16([status_0, status_1]) == 0;
    if !has_value {
        return;
    }
    let (id, value) = (order.u32([a, b, c, d]), order.u32(value));
    let number = if id & CODE_MASK == CODE_OLD { id >> 12 } else { id >> 16 };
    let level = || i8::try_from(value as i32).ok().filter(|&dbm| dbm < 0);
    match number {
        item::MAC_TIME => info.tsft_us = Some(value.into()),
        item::SIGNAL => info.rssi_dbm = level(),
        item::NOISE => info.noise_floor_dbm = level(),
        _ => {}
    }
}

/// A header that [`parse`] reads as `info`, little-endian, with the usual ten items. It has no place for a frequency or
/// the frame check sequence, and for time it has 32 bits.
///
/// # Errors
/// `InvalidField` for a time that does not fit and for a level above -1 dBm.
pub fn build(info: &RadioInfo) -> Result<Vec<u8>, WireError> {
    let level = |field, level: Option<i8>| match level {
        Some(found) if found >= 0 => {
            Err(refused(0, WireErrorKind::InvalidField { field, expected: "a negative level", found: found.into() }))
        }
        level => Ok(level.map(|dbm| i32::from(dbm) as u32)),
    };
    let time = info.tsft_us.map(u32::try_from).transpose().map_err(|_| {
        let found = info.tsft_us.unwrap_or_default() as f64;
        refused(0, WireErrorKind::InvalidField { field: "tsft_us", expected: "32 bits", found })
    })?;
    let (signal, noise) = (level("rssi_dbm", info.rssi_dbm)?, level("noise_floor_dbm", info.noise_floor_dbm)?);

    let mut header = Vec::with_capacity(PRISM_HEADER_LEN);
    header.extend(CODE.to_le_bytes());
    header.extend((PRISM_HEADER_LEN as u32).to_le_bytes());
    header.extend([0; FIXED_LEN - DEVICE_AT]);
    for number in 1..=ITEMS as u32 {
        let value = match number {
            item::MAC_TIME => time,
            item::SIGNAL => signal,
            item::NOISE => noise,
            _ => None,
        };
        header.extend((number << 16 | CODE).to_le_bytes());
        header.extend(u16::from(value.is_none()).to_le_bytes());
        header.extend((size_of::<u32>() as u16).to_le_bytes());
        header.extend(value.unwrap_or(0).to_le_bytes());
    }
    Ok(header)
}

const fn refused(offset: usize, kind: WireErrorKind) -> WireError {
    WireError { layer: LAYER, offset, kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> RadioInfo {
        let levels = RadioInfo { rssi_dbm: Some(-55), noise_floor_dbm: Some(-96), ..RadioInfo::default() };
        RadioInfo { tsft_us: Some(0xFEDC_BA98), ..levels }
    }

    #[test]
    fn what_is_built_is_read_back() {
        let header = build(&info()).unwrap();
        assert_eq!(header.len(), 144);
        assert_eq!(parse(&header).unwrap(), (info(), 144));
        assert!(build(&RadioInfo { rssi_dbm: Some(0), ..info() }).is_err());
        assert!(build(&RadioInfo { tsft_us: Some(1 << 32), ..info() }).is_err());
    }

    #[test]
    fn either_byte_order_and_generation_is_read() {
        let mut header = Vec::from([0, 0, 0, 0x41, 0, 0, 0, 36]);
        header.extend([0; 16]);
        header.extend([0, 0, 0x60, 0x41, 0, 0, 0, 4, 0xFF, 0xFF, 0xFF, 0xC4]);
        let (info, length) = parse(&header).unwrap();
        assert_eq!((info.rssi_dbm, length), (Some(-60), 36));
    }

    #[test]
    fn values_that_are_no_levels_are_unknown() {
        let mut header = build(&info()).unwrap();
        let signal = FIXED_LEN + 5 * ITEM_LEN + 8;
        header[signal..signal + 4].copy_from_slice(&97_u32.to_le_bytes());
        assert_eq!(parse(&header).unwrap().0.rssi_dbm, None);
    }

    #[test]
    fn lying_lengths_and_other_messages_are_refused() {
        let header = build(&info()).unwrap();
        for len in 0..header.len() {
            assert!(parse(&header[..len]).is_err(), "{len}");
        }
        let with = |at: usize, octet: u8| {
            let mut header = header.clone();
            header[at] = octet;
            parse(&header).unwrap_err().kind
        };
        assert_eq!(with(LENGTH_AT, 145), WireErrorKind::Length { expected: 145, found: 144 });
        assert_eq!(with(LENGTH_AT, 23), WireErrorKind::TooShort { expected: 24, found: 23 });
        assert_eq!(with(LENGTH_AT + 3, 0xFF), WireErrorKind::Length { expected: 0xFF00_0090, found: 144 });
        assert!(matches!(with(0, 0x45), WireErrorKind::InvalidField { field: "message code", .. }));
    }
}
