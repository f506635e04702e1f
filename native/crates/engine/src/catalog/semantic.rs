//! What it means for a room that somebody is there, moves, breathes.

use ruview_bfld::policy::Field;

use super::kind::{EntityKind, OCCUPANCY, PERCENT, PROBLEM, binary, happens, measured};

/// Somebody came whom no linked person explains. Fired by `activity`.
pub const UNKNOWN_PRESENCE: &str = "unknown_presence";
/// Somebody is there outside the schedule. Fired by `activity`.
pub const UNEXPECTED_OCCUPANCY: &str = "unexpected_occupancy";
/// Activity that this home has not shown before. Fired by `activity`.
pub const UNRECOGNIZED_ACTIVITY_PATTERN: &str = "unrecognized_activity_pattern";
/// Somebody left the bed at night. The one type of the entity of this name.
pub const BED_EXIT_EVENT: &str = "bed_exit";
/// Somebody went from one room to the next. Fired by `multi_room_transition`.
pub const TRANSITION: &str = "transition";

/// Somebody sleeps. Inferred from breathing.
pub const SOMEONE_SLEEPING: EntityKind = binary("someone_sleeping", &[Field::SomeoneSleeping], OCCUPANCY).on_request();

/// A heart beats fast for long. Exists only where a heart rate does.
pub const POSSIBLE_DISTRESS: EntityKind = binary("possible_distress", &[Field::PossibleDistress], PROBLEM).on_request();

/// The room is in use.
pub const ROOM_ACTIVE: EntityKind = binary("room_active", &[Field::RoomActive], OCCUPANCY);

/// Somebody is still for much longer than usual in this room.
pub const ELDERLY_INACTIVITY_ANOMALY: EntityKind =
    binary("elderly_inactivity_anomaly", &[Field::ElderlyInactivityAnomaly], PROBLEM).on_request();

/// Several people sit together.
pub const MEETING_IN_PROGRESS: EntityKind =
    binary("meeting_in_progress", &[Field::MeetingInProgress], OCCUPANCY).on_request();

/// Somebody is in a bathroom. Exists in rooms that are tagged so.
pub const BATHROOM_OCCUPIED: EntityKind =
    binary("bathroom_occupied", &[Field::BathroomOccupied], OCCUPANCY).on_request();

/// How much near-falls and gait of the last 24 h suggest care.
pub const FALL_RISK_ELEVATED: EntityKind =
    measured("fall_risk_elevated", &[Field::FallRiskElevated], PERCENT).on_request();

/// Somebody left the bed at night. Exists in rooms that are tagged bedroom.
pub const BED_EXIT: EntityKind = happens("bed_exit", &[Field::BedExit], &[BED_EXIT_EVENT]).on_request();

/// Somebody is there and has not moved for half an hour.
pub const NO_MOVEMENT: EntityKind = binary("no_movement", &[Field::NoMovement], PROBLEM).on_request();

/// Somebody went from one room to the next. On the server's device.
pub const MULTI_ROOM_TRANSITION: EntityKind =
    happens("multi_room_transition", &[Field::MultiRoomTransition], &[TRANSITION]).on_request();

/// The named events.
pub const ACTIVITY: EntityKind = happens(
    "activity",
    &[Field::UnknownPresence, Field::UnexpectedOccupancy, Field::UnrecognizedActivityPattern],
    &[UNKNOWN_PRESENCE, UNEXPECTED_OCCUPANCY, UNRECOGNIZED_ACTIVITY_PATTERN],
);
