//! 0xC5110002, edge vitals: what the firmware concluded, rates in fixed point.

use ruview_core::{EdgeVitals, NodeNumber};

use super::layout::edge_vitals::{
    BREATHING_RATE, BREATHING_STEPS_PER_BPM, FLAGS, HEART_RATE, HEART_STEPS_PER_BPM, MOTION_ENERGY, N_PERSONS,
    PRESENCE_SCORE, RSSI_DBM, UPTIME_MS,
};
use super::layout::{EDGE_VITALS_LEN, MAGIC, MAGIC_EDGE_VITALS, NODE_ID};
use super::levels;
use crate::fields::{exactly, f32_at, put, put_f32, u16_at, u32_at};
use crate::{Layer, WireError, WireErrorKind};

const LAYER: Layer = Layer::Esp32EdgeVitals;

const PRESENCE_BIT: u8 = 0;
const FALL_BIT: u8 = 1;
const MOTION_BIT: u8 = 2;

/// Presence, fall and motion of a flags octet.
pub(crate) fn flags(octet: u8) -> [bool; 3] {
    [PRESENCE_BIT, FALL_BIT, MOTION_BIT].map(|bit| octet >> bit & 1 == 1)
}

/// The octet that [`flags`] takes apart.
pub(crate) fn flags_octet(vitals: &EdgeVitals) -> u8 {
    u8::from(vitals.presence) << PRESENCE_BIT
        | u8::from(vitals.fall) << FALL_BIT
        | u8::from(vitals.motion) << MOTION_BIT
}

pub(super) fn parse(datagram: &[u8]) -> Result<EdgeVitals, WireError> {
    let packet = exactly::<EDGE_VITALS_LEN>(LAYER, datagram)?;
    let [presence, fall, motion] = flags(packet[FLAGS]);
    Ok(EdgeVitals {
        node: NodeNumber(packet[NODE_ID]),
        presence,
        fall,
        motion,
        breathing_rate_bpm: (f64::from(u16_at(packet, BREATHING_RATE)) / BREATHING_STEPS_PER_BPM) as f32,
        heart_rate_bpm: (f64::from(u32_at(packet, HEART_RATE)) / HEART_STEPS_PER_BPM) as f32,
        rssi_dbm: levels::known(packet[RSSI_DBM] as i8),
        n_persons: packet[N_PERSONS],
        motion_energy: f32_at(LAYER, packet, MOTION_ENERGY, "motion_energy")?,
        presence_score: f32_at(LAYER, packet, PRESENCE_SCORE, "presence_score")?,
        uptime_ms: Some(u32_at(packet, UPTIME_MS)),
    })
}

/// An edge vitals packet. Rates are rounded to the packet's steps: 0.01 breaths and 0.0001 beats a minute.
///
/// # Errors
/// - `Missing` without an uptime (a packet cannot say that it has none);
/// - `InvalidField` for a rate that does not fit (0 to 655.35 breaths, 0 to 429,496 beats a minute) and for an RSSI above
///   0 dBm;
/// - `NotFinite` for the two scores.
pub fn build_edge_vitals(vitals: &EdgeVitals) -> Result<[u8; EDGE_VITALS_LEN], WireError> {
    let uptime_ms = vitals.uptime_ms.ok_or(WireError {
        layer: LAYER,
        offset: UPTIME_MS,
        kind: WireErrorKind::Missing { field: "uptime_ms" },
    })?;
    let breathing = Rate {
        field: "breathing_rate_bpm",
        offset: BREATHING_RATE,
        steps_per_bpm: BREATHING_STEPS_PER_BPM,
        max_steps: u16::MAX.into(),
        range: "0 to 655.35 bpm",
    };
    let heart = Rate {
        field: "heart_rate_bpm",
        offset: HEART_RATE,
        steps_per_bpm: HEART_STEPS_PER_BPM,
        max_steps: u32::MAX,
        range: "0 to 429496.7295 bpm",
    };
    let mut packet = [0; EDGE_VITALS_LEN];
    put(&mut packet, MAGIC, MAGIC_EDGE_VITALS.to_le_bytes());
    packet[NODE_ID] = vitals.node.0;
    packet[FLAGS] = flags_octet(vitals);
    put(&mut packet, BREATHING_RATE, (breathing.steps(vitals.breathing_rate_bpm)? as u16).to_le_bytes());
    put(&mut packet, HEART_RATE, heart.steps(vitals.heart_rate_bpm)?.to_le_bytes());
    packet[RSSI_DBM] = levels::sent(LAYER, RSSI_DBM, "rssi_dbm", vitals.rssi_dbm)? as u8;
    packet[N_PERSONS] = vitals.n_persons;
    put_f32(LAYER, &mut packet, MOTION_ENERGY, "motion_energy", vitals.motion_energy)?;
    put_f32(LAYER, &mut packet, PRESENCE_SCORE, "presence_score", vitals.presence_score)?;
    put(&mut packet, UPTIME_MS, uptime_ms.to_le_bytes());
    Ok(packet)
}

/// A fixed-point field.
struct Rate {
    field: &'static str,
    offset: usize,
    steps_per_bpm: f64,
    max_steps: u32,
    range: &'static str,
}

impl Rate {
    fn steps(&self, bpm: f32) -> Result<u32, WireError> {
        // The greatest rate as a reader gets it: as `f32` it can lie above the greatest number of steps.
        let max_bpm = (f64::from(self.max_steps) / self.steps_per_bpm) as f32;
        if (0.0..=max_bpm).contains(&bpm) {
            return Ok((libm::round(f64::from(bpm) * self.steps_per_bpm) as u32).min(self.max_steps));
        }
        let kind = WireErrorKind::InvalidField { field: self.field, expected: self.range, found: bpm.into() };
        Err(WireError { layer: LAYER, offset: self.offset, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Node 2: motion only, 22.42 breaths, 85 beats, -19 dBm, four persons, energy 4.5, score 6.25, up for 60 s.
    const PACKET: [u8; EDGE_VITALS_LEN] = [
        0x02, 0x00, 0x11, 0xC5, 2, 0b100, 0xC2, 0x08, 0x50, 0xF8, 0x0C, 0x00, 0xED, 4, 0,
        0, // up to the reserved octets
        0, 0, 0x90, 0x40, 0, 0, 0xC8, 0x40, 0x60, 0xEA, 0, 0, 0, 0, 0, 0,
    ];

    fn vitals() -> EdgeVitals {
        EdgeVitals {
            node: NodeNumber(2),
            presence: false,
            fall: false,
            motion: true,
            breathing_rate_bpm: 22.42,
            heart_rate_bpm: 85.0,
            rssi_dbm: Some(-19),
            n_persons: 4,
            motion_energy: 4.5,
            presence_score: 6.25,
            uptime_ms: Some(60_000),
        }
    }

    #[test]
    fn reads_and_builds() {
        assert_eq!(parse(&PACKET).unwrap(), vitals());
        assert_eq!(build_edge_vitals(&vitals()).unwrap(), PACKET);
    }

    #[test]
    fn flags_are_presence_fall_motion() {
        assert_eq!(flags(0b001), [true, false, false]);
        assert_eq!(flags(0b010), [false, true, false]);
        assert_eq!(flags(0b1111_1100), [false, false, true]);
    }

    #[test]
    fn length_is_fixed() {
        for len in [4, EDGE_VITALS_LEN - 1] {
            let kind = WireErrorKind::Length { expected: EDGE_VITALS_LEN, found: len };
            assert_eq!(parse(&PACKET[..len]).unwrap_err().kind, kind);
        }
    }

    #[test]
    fn scores_must_be_finite() {
        for (at, field) in [(MOTION_ENERGY, "motion_energy"), (PRESENCE_SCORE, "presence_score")] {
            let mut packet = PACKET;
            put(&mut packet, at, f32::NAN.to_le_bytes());
            let kind = WireErrorKind::NotFinite { field, found: "NaN" };
            assert_eq!(parse(&packet).unwrap_err(), WireError { layer: LAYER, offset: at, kind });
        }
    }

    #[test]
    fn rates_must_fit() {
        for rate in [-0.5, 655.36, f32::NAN] {
            let error = build_edge_vitals(&EdgeVitals { breathing_rate_bpm: rate, ..vitals() }).unwrap_err();
            assert_eq!(error.offset, BREATHING_RATE, "{rate}");
        }
        let error = build_edge_vitals(&EdgeVitals { uptime_ms: None, ..vitals() }).unwrap_err();
        assert_eq!(error.kind, WireErrorKind::Missing { field: "uptime_ms" });
    }
}
