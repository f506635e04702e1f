//! CSI samples: pairs of signed octets, imaginary first (Espressif's order: amplitude does not care, phase does).

use alloc::vec::Vec;

use ruview_core::{Complex32, CsiFrame};

use super::layout::{MAX_SUBCARRIERS, SAMPLE_LEN};
use crate::{Layer, WireError, WireErrorKind};

/// The sample of one pair of octets.
pub(crate) fn from_octets(octets: [u8; SAMPLE_LEN]) -> Complex32 {
    let [imaginary, real] = octets.map(|octet| f32::from(octet as i8));
    Complex32::new(real, imaginary)
}

/// Appends a frame's samples as pairs of octets, none of them rounded.
pub(crate) fn append(layer: Layer, frame: &CsiFrame, octets: &mut Vec<u8>) -> Result<(), WireError> {
    for sample in frame.iq() {
        for part in [sample.im, sample.re] {
            let Some(octet) = octet(part) else {
                let expected = "whole numbers from -128 to 127";
                let kind = WireErrorKind::InvalidField { field: "samples", expected, found: part.into() };
                return Err(WireError { layer, offset: octets.len() / SAMPLE_LEN * SAMPLE_LEN, kind });
            };
            octets.push(octet);
        }
    }
    Ok(())
}

fn octet(part: f32) -> Option<u8> {
    let whole = part as i8;
    #[expect(clippy::float_cmp, reason = "any other value would come back as another")]
    let fits = f32::from(whole) == part;
    fits.then_some(whole as u8)
}

/// Refuses a frame of no antennas.
pub(crate) fn check_antennas(n_antennas: u8) -> Result<(), WireErrorKind> {
    if n_antennas > 0 {
        return Ok(());
    }
    Err(WireErrorKind::InvalidField { field: "n_antennas", expected: "1 to 255", found: 0.0 })
}

/// Refuses a frame of no subcarriers, and of more than any node has.
pub(crate) fn check_subcarriers(n_subcarriers: u16) -> Result<(), WireErrorKind> {
    if (1..=MAX_SUBCARRIERS).contains(&n_subcarriers) {
        return Ok(());
    }
    Err(WireErrorKind::InvalidField { field: "n_subcarriers", expected: "1 to 512", found: n_subcarriers.into() })
}
