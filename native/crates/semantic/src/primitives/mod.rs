//! One file for each primitive and named event.

pub(crate) mod bathroom_occupied;
pub(crate) mod bed_exit;
pub(crate) mod elderly_inactivity_anomaly;
pub(crate) mod fall_risk_elevated;
pub(crate) mod meeting_in_progress;
pub mod multi_room_transition;
pub(crate) mod no_movement;
pub(crate) mod possible_distress;
pub(crate) mod room_active;
pub(crate) mod someone_sleeping;
pub(crate) mod unexpected_occupancy;
pub(crate) mod unknown_presence;
pub(crate) mod unrecognized_activity_pattern;
