//! What is measured at a node, or fused from the nodes of a room.

use ruview_bfld::policy::Field;

use super::kind::{EntityKind, OCCUPANCY, PERCENT, binary, happens, measured};

/// Somebody fell. Fired by `fall`.
pub const FALL_DETECTED: &str = "fall_detected";

/// Somebody is there.
pub const PRESENCE: EntityKind = binary("presence", &[Field::Presence], OCCUPANCY);

/// Somebody moves.
pub const MOTION: EntityKind = binary("motion", &[Field::Motion], Some("motion"));

/// How much somebody moves.
pub const MOTION_LEVEL: EntityKind = measured("motion_level", &[Field::MotionLevel], PERCENT).on_request();

/// How much power the motion has; no unit, and only comparable with itself.
pub const MOTION_ENERGY: EntityKind = measured("motion_energy", &[Field::MotionEnergy], None).on_request();

/// How many people are there, 0 to 4.
pub const PERSON_COUNT: EntityKind = measured("person_count", &[Field::PersonCount], Some("persons"));

/// How sure presence is.
pub const PRESENCE_SCORE: EntityKind = measured("presence_score", &[Field::PresenceScore], PERCENT).diagnostic();

/// How loud the node hears its transmitter.
pub const RSSI: EntityKind =
    EntityKind { device_class: Some("signal_strength"), ..measured("rssi", &[Field::Rssi], Some("dBm")).diagnostic() };

/// Breaths per minute of somebody who is still.
pub const BREATHING_RATE: EntityKind =
    measured("breathing_rate", &[Field::BreathingRate], Some("breaths/min")).on_request();

/// Heart beats per minute of somebody who is still and alone.
pub const HEART_RATE: EntityKind = measured("heart_rate", &[Field::HeartRate], Some("bpm")).on_request();

/// Somebody fell.
pub const FALL: EntityKind = happens("fall", &[Field::Fall], &[FALL_DETECTED]);

/// How many people an external estimator of poses sees. Exists while one feeds poses in.
pub const POSE: EntityKind = measured("pose", &[Field::PoseKeypoints], Some("persons")).on_request();

/// Somebody whom that estimator follows is there. One for each that it follows at once, on a device of its own.
pub const TRACKED_PERSON: EntityKind = binary("tracked_person", &[Field::TrackedPersons], OCCUPANCY);

/// Somebody is in a zone: on one of the links that it consists of.
pub const ZONE_OCCUPANCY: EntityKind = binary("zone_occupancy", &[Field::ZoneOccupancy], OCCUPANCY);
