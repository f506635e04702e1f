//! How often which state is said.

use std::time::Duration;

use ruview_engine::catalog::{BREATHING_RATE, EntityKind, HEART_RATE, RSSI};

use super::args::PaceArgs;

/// How a kind of state is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Least time between two values.
    pub(crate) every: Duration,
    /// The broker keeps the last value for whoever comes later.
    pub(crate) retain: bool,
}

/// The paces of all kinds.
#[derive(Debug, Clone)]
pub(crate) struct Paces {
    /// Time after which a value is said again although it is the same.
    pub(crate) heartbeat: Duration,
    motion: Duration,
    vitals: Duration,
    rssi: Duration,
}

/// Heartbeats that a state outlives. After that nobody knows whether it still holds.
const HEARTBEATS: u32 = 3;

impl Paces {
    pub(crate) fn new(args: &PaceArgs) -> Self {
        Self {
            heartbeat: args.heartbeat(),
            motion: Duration::from_secs_f64(args.mqtt_motion_interval),
            vitals: Duration::from_secs_f64(args.mqtt_vitals_interval),
            rssi: Duration::from_secs_f64(args.mqtt_rssi_interval),
        }
    }

    /// What is so or not is said at once and kept; numbers wait for their turn and are not.
    pub(crate) fn of(&self, kind: &EntityKind) -> Pace {
        if kind.domain == "binary_sensor" {
            return Pace { every: Duration::ZERO, retain: true };
        }
        let is = |other: EntityKind| kind.key == other.key;
        let every = if kind.device_class == Some("enum") {
            // Few words, that change when something happens.
            Duration::ZERO
        } else if is(BREATHING_RATE) || is(HEART_RATE) {
            self.vitals
        } else if is(RSSI) {
            self.rssi
        } else {
            self.motion
        };
        Pace { every, retain: false }
    }

    /// Seconds after which a state says nothing any more.
    pub(crate) fn expiry_s(&self) -> u32 {
        u32::try_from((self.heartbeat * HEARTBEATS).as_secs()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use ruview_engine::catalog::{BFLD_MOTION, CALIBRATION, CATALOG, MOTION, MOTION_LEVEL, PERSON_COUNT, PRESENCE};

    use super::*;

    fn paces() -> Paces {
        let args = PaceArgs {
            mqtt_heartbeat: 60,
            mqtt_motion_interval: 1.0,
            mqtt_vitals_interval: 5.0,
            mqtt_rssi_interval: 10.0,
        };
        Paces::new(&args)
    }

    #[test]
    fn rates_are_those_of_the_interface() {
        let seconds = |kind| paces().of(&kind).every.as_secs();
        assert_eq!([PRESENCE, MOTION, BFLD_MOTION, CALIBRATION].map(seconds), [0; 4]);
        assert_eq!([MOTION_LEVEL, PERSON_COUNT].map(seconds), [1; 2]);
        assert_eq!([BREATHING_RATE, HEART_RATE].map(seconds), [5; 2]);
        assert_eq!(seconds(RSSI), 10);
        assert_eq!(paces().expiry_s(), 180);
    }

    #[test]
    fn only_what_is_so_or_not_is_kept() {
        for kind in CATALOG {
            assert_eq!(paces().of(&kind).retain, kind.domain == "binary_sensor", "{}", kind.key);
        }
    }
}
