//! The one table of everything that a node, a room or a zone can show, and what each says in the words of the privacy
//! policy. Home Assistant's side is generated from it.

mod feedback;
mod kind;
mod machine;
mod measured;
mod semantic;

use ruview_semantic::ROOM_KEYS;

pub use feedback::{BFLD_CONFIDENCE, BFLD_IDENTITY_RISK, BFLD_MOTION, BFLD_PRESENCE};
pub use kind::{EntityKind, Says};
pub use machine::{
    CALIBRATED, CALIBRATING, CALIBRATION, CALIBRATION_FINISHED, DATA_SOURCE, LAST_SEEN, LEARNING, NO_SOURCE,
    SELF_CALIBRATED,
};
pub use measured::{
    BREATHING_RATE, FALL, FALL_DETECTED, HEART_RATE, MOTION, MOTION_ENERGY, MOTION_LEVEL, PERSON_COUNT, POSE, PRESENCE,
    PRESENCE_SCORE, RSSI, TRACKED_PERSON, ZONE_OCCUPANCY,
};
pub use semantic::{
    ACTIVITY, BATHROOM_OCCUPIED, BED_EXIT, BED_EXIT_EVENT, ELDERLY_INACTIVITY_ANOMALY, FALL_RISK_ELEVATED,
    MEETING_IN_PROGRESS, MULTI_ROOM_TRANSITION, NO_MOVEMENT, POSSIBLE_DISTRESS, ROOM_ACTIVE, SOMEONE_SLEEPING,
    TRANSITION, UNEXPECTED_OCCUPANCY, UNKNOWN_PRESENCE, UNRECOGNIZED_ACTIVITY_PATTERN,
};

/// Every kind.
pub const CATALOG: [EntityKind; 31] = [
    PRESENCE,
    MOTION,
    MOTION_LEVEL,
    MOTION_ENERGY,
    PERSON_COUNT,
    PRESENCE_SCORE,
    RSSI,
    BREATHING_RATE,
    HEART_RATE,
    FALL,
    ZONE_OCCUPANCY,
    SOMEONE_SLEEPING,
    POSSIBLE_DISTRESS,
    ROOM_ACTIVE,
    ELDERLY_INACTIVITY_ANOMALY,
    MEETING_IN_PROGRESS,
    BATHROOM_OCCUPIED,
    FALL_RISK_ELEVATED,
    BED_EXIT,
    NO_MOVEMENT,
    POSE,
    TRACKED_PERSON,
    MULTI_ROOM_TRANSITION,
    ACTIVITY,
    BFLD_PRESENCE,
    BFLD_MOTION,
    BFLD_CONFIDENCE,
    BFLD_IDENTITY_RISK,
    DATA_SOURCE,
    CALIBRATION,
    LAST_SEEN,
];

/// What a room of several nodes tells beside its primitives.
const OF_ROOMS: [EntityKind; 4] = [PRESENCE, MOTION, PERSON_COUNT, ACTIVITY];

impl EntityKind {
    /// Whether it is one of the primitives of a room.
    pub fn is_primitive(&self) -> bool {
        ROOM_KEYS.contains(&self.key)
    }

    /// Whether a room that is made of several nodes tells it. On its nodes the same starts disabled.
    pub fn is_of_rooms(&self) -> bool {
        self.is_primitive() || OF_ROOMS.contains(self)
    }
}

#[cfg(test)]
mod tests {
    use ruview_bfld::PrivacyClass;
    use ruview_bfld::policy::{Field, Terms};
    use ruview_core::DataSource;

    use super::*;

    #[test]
    fn keys_are_unique() {
        let mut keys: Vec<_> = CATALOG.iter().map(|kind| kind.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), CATALOG.len());
    }

    #[test]
    fn every_primitive_of_a_room_is_an_entity_or_an_activity() {
        for key in ROOM_KEYS {
            let is_entity = CATALOG.iter().any(|kind| kind.key == *key && kind.is_primitive());
            assert!(is_entity || ACTIVITY.options.unwrap().contains(key), "{key}");
        }
    }

    #[test]
    fn data_source_has_every_source_and_none() {
        let expected: Vec<_> = DataSource::ALL.iter().map(|source| source.as_str()).chain([NO_SOURCE]).collect();
        assert_eq!(DATA_SOURCE.options, Some(expected.as_slice()));
    }

    #[test]
    fn an_entity_of_a_fields_name_says_that_field() {
        for kind in CATALOG {
            let named = Field::from_key(kind.key.trim_start_matches("bfld_"));
            assert!(named.is_none_or(|field| kind.says.fields() == [field]), "{}", kind.key);
        }
    }

    #[test]
    fn an_event_of_a_fields_name_says_that_field() {
        for kind in CATALOG.iter().filter(|kind| kind.domain == "event") {
            assert!(!kind.says.fields().is_empty(), "{}", kind.key);
            for field in kind.options.unwrap().iter().filter_map(|option| Field::from_key(option)) {
                assert!(kind.says.fields().contains(&field), "{}: {field:?}", kind.key);
            }
        }
        assert!(
            ACTIVITY.says.fields().iter().map(|field| field.row().key).eq(ACTIVITY.options.unwrap().iter().copied())
        );
    }

    #[test]
    fn few_entities_of_a_node_are_seen_unasked() {
        let mut enabled: Vec<_> = CATALOG.iter().filter(|kind| kind.enabled_default).map(|kind| kind.key).collect();
        // Those of a monitor, and those that exist because somebody made a zone or feeds poses in.
        enabled.retain(|key| !key.starts_with("bfld_") && ![ZONE_OCCUPANCY.key, TRACKED_PERSON.key].contains(key));
        assert_eq!(enabled, ["presence", "motion", "person_count", "fall", "room_active", "activity", "data_source"]);
    }

    #[test]
    fn the_policy_decides_what_exists() {
        let withheld = |terms: Terms| {
            CATALOG.iter().filter(|kind| !kind.is_permitted(terms)).map(|kind| kind.key).collect::<Vec<_>>()
        };
        let terms = Terms { tracking_opt_in: true, ..Terms::default() };
        assert!(withheld(terms).is_empty());
        let opt_in = ["pose", "tracked_person", "multi_room_transition"];
        assert_eq!(withheld(Terms::default()), opt_in);
        let of_bodies = ["breathing_rate", "heart_rate", "someone_sleeping", "possible_distress"];
        let biometric = [&of_bodies[..], &opt_in].concat();
        assert_eq!(withheld(Terms { privacy_mode: true, ..terms }), biometric);
        let restricted = Terms { class: PrivacyClass::Restricted, ..terms };
        assert_eq!(withheld(restricted), [&biometric[..], &["bfld_identity_risk"]].concat());
        assert!(!EntityKind { entity_category: None, ..BFLD_IDENTITY_RISK }.is_permitted(Terms::default()));
    }
}
