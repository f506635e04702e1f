//! How a node is. This measures nobody.

use super::kind::{DIAGNOSTIC, EntityKind, Says, kind};

/// What `data_source` shows while a node is silent.
pub const NO_SOURCE: &str = "none";

/// No quiet stretch was seen yet.
pub const LEARNING: &str = "learning";
/// The quietest stretch that was seen so far is taken for the empty room.
pub const SELF_CALIBRATED: &str = "self_calibrated";
/// Somebody asked for a calibration, and it is under way.
pub const CALIBRATING: &str = "calibrating";
/// Somebody asked for a calibration, and the room was empty.
pub const CALIBRATED: &str = "calibrated";

/// The event that tells how a calibration that somebody asked for has ended.
pub const CALIBRATION_FINISHED: &str = "calibration_finished";

/// Where the node's data originates.
pub const DATA_SOURCE: EntityKind = EntityKind {
    device_class: Some("enum"),
    entity_category: DIAGNOSTIC,
    options: Some(&["live", "replay", "simulated", NO_SOURCE]),
    ..kind("data_source", "sensor", Says::Machine)
};

/// What presence is judged against.
pub const CALIBRATION: EntityKind = EntityKind {
    device_class: Some("enum"),
    options: Some(&[LEARNING, SELF_CALIBRATED, CALIBRATING, CALIBRATED]),
    ..kind("calibration", "sensor", Says::Machine).diagnostic()
};

/// When the node was last heard.
pub const LAST_SEEN: EntityKind =
    EntityKind { device_class: Some("timestamp"), ..kind("last_seen", "sensor", Says::Machine).diagnostic() };
