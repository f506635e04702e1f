//! The one table of everything that a node can show, and what each says in the words of the privacy policy. Home
//! Assistant's side is generated from it.

use ruview_bfld::policy::{Field, Outlet, Terms};
use serde::{Serialize, Serializer};

/// A kind of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EntityKind {
    /// Names it: part of entity ids and unique ids, and the key of its translations.
    pub key: &'static str,
    /// Home Assistant's platform.
    pub domain: &'static str,
    /// What its state tells: decides whether it may exist.
    pub says: Says,
    /// Home Assistant's device class.
    pub device_class: Option<&'static str>,
    /// Home Assistant's state class.
    pub state_class: Option<&'static str>,
    /// Unit of the state.
    pub unit: Option<&'static str>,
    /// Home Assistant's entity category.
    pub entity_category: Option<&'static str>,
    /// Whether users see it without asking.
    pub enabled_default: bool,
    /// The states or event types that it can have, where they are few.
    pub options: Option<&'static [&'static str]>,
}

/// What an entity's state tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// How a machine is. It measures nobody.
    Machine,
    /// Fields of the privacy policy, which must all be permitted.
    Fields(&'static [Field]),
}

impl Says {
    /// The fields of the policy, none for a machine's state.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Machine => &[],
            Self::Fields(fields) => fields,
        }
    }
}

impl Serialize for Says {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.fields().iter().map(|field| field.row().key))
    }
}

impl EntityKind {
    /// Whether an entity of this kind may exist under `terms`.
    pub fn is_permitted(&self, terms: Terms) -> bool {
        let outlet = if self.entity_category == DIAGNOSTIC { Outlet::Diagnostic } else { Outlet::Public };
        self.says.fields().iter().all(|field| Terms { outlet, ..terms }.permit(*field))
    }
}

const DIAGNOSTIC: Option<&str> = Some("diagnostic");
const MEASUREMENT: Option<&str> = Some("measurement");
const PERCENT: Option<&str> = Some("%");

/// Somebody was there and nobody expected it. Fired by `activity`.
pub const UNKNOWN_PRESENCE: &str = "unknown_presence";

/// What `data_source` shows while a node is silent.
pub const NO_SOURCE: &str = "none";

/// A kind with what every kind must say, and what most kinds are.
const fn kind(key: &'static str, domain: &'static str, says: Says) -> EntityKind {
    EntityKind {
        key,
        domain,
        says,
        device_class: None,
        state_class: None,
        unit: None,
        entity_category: None,
        enabled_default: true,
        options: None,
    }
}

/// Somebody is there.
pub const PRESENCE: EntityKind = EntityKind {
    device_class: Some("occupancy"),
    ..kind("presence", "binary_sensor", Says::Fields(&[Field::Presence]))
};

/// Somebody moves.
pub const MOTION: EntityKind =
    EntityKind { device_class: Some("motion"), ..kind("motion", "binary_sensor", Says::Fields(&[Field::Motion])) };

/// How much somebody moves.
pub const MOTION_LEVEL: EntityKind = EntityKind {
    state_class: MEASUREMENT,
    unit: PERCENT,
    enabled_default: false,
    ..kind("motion_level", "sensor", Says::Fields(&[Field::MotionLevel]))
};

/// Somebody is there, from beamforming feedback alone.
pub const BFLD_PRESENCE: EntityKind = EntityKind {
    device_class: Some("occupancy"),
    ..kind("bfld_presence", "binary_sensor", Says::Fields(&[Field::Presence]))
};

/// Somebody moves, from beamforming feedback alone.
pub const BFLD_MOTION: EntityKind =
    EntityKind { device_class: Some("motion"), ..kind("bfld_motion", "binary_sensor", Says::Fields(&[Field::Motion])) };

/// How good the feedback is that the other two are made of.
pub const BFLD_CONFIDENCE: EntityKind = EntityKind {
    state_class: MEASUREMENT,
    unit: PERCENT,
    entity_category: DIAGNOSTIC,
    enabled_default: false,
    ..kind("bfld_confidence", "sensor", Says::Fields(&[Field::Confidence]))
};

/// How much the feedback could identify somebody, 0 to 1.
pub const BFLD_IDENTITY_RISK: EntityKind = EntityKind {
    state_class: MEASUREMENT,
    entity_category: DIAGNOSTIC,
    enabled_default: false,
    ..kind("bfld_identity_risk", "sensor", Says::Fields(&[Field::IdentityRisk]))
};

/// Where the node's data originates.
pub const DATA_SOURCE: EntityKind = EntityKind {
    device_class: Some("enum"),
    entity_category: DIAGNOSTIC,
    options: Some(&["live", "replay", "simulated", NO_SOURCE]),
    ..kind("data_source", "sensor", Says::Machine)
};

/// When the node was last heard.
pub const LAST_SEEN: EntityKind = EntityKind {
    device_class: Some("timestamp"),
    entity_category: DIAGNOSTIC,
    enabled_default: false,
    ..kind("last_seen", "sensor", Says::Machine)
};

/// Things that happen.
pub const ACTIVITY: EntityKind = EntityKind {
    options: Some(&[UNKNOWN_PRESENCE]),
    ..kind("activity", "event", Says::Fields(&[Field::UnknownPresence]))
};

/// Every kind.
pub const CATALOG: [EntityKind; 10] = [
    PRESENCE,
    MOTION,
    MOTION_LEVEL,
    BFLD_PRESENCE,
    BFLD_MOTION,
    BFLD_CONFIDENCE,
    BFLD_IDENTITY_RISK,
    DATA_SOURCE,
    LAST_SEEN,
    ACTIVITY,
];

#[cfg(test)]
mod tests {
    use ruview_bfld::PrivacyClass;
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
    fn every_event_is_a_field_that_its_entity_says() {
        for kind in CATALOG.iter().filter(|kind| kind.domain == "event") {
            let options = kind.options.unwrap();
            assert!(kind.says.fields().iter().map(|field| field.row().key).eq(options.iter().copied()), "{}", kind.key);
        }
    }

    #[test]
    fn the_policy_decides_what_exists() {
        let withheld = |class| {
            let terms = Terms { class, ..Terms::default() };
            CATALOG.iter().filter(|kind| !kind.is_permitted(terms)).map(|kind| kind.key).collect::<Vec<_>>()
        };
        assert!(withheld(PrivacyClass::Anonymous).is_empty());
        assert_eq!(withheld(PrivacyClass::Restricted), ["bfld_identity_risk"]);
        assert!(!EntityKind { entity_category: None, ..BFLD_IDENTITY_RISK }.is_permitted(Terms::default()));
    }
}
