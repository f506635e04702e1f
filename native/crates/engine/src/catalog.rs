//! The one table of everything that a node can show. Home Assistant's side is generated from it.

use serde::Serialize;

/// A kind of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EntityKind {
    /// Names it: part of entity ids and unique ids, and the key of its translations.
    pub key: &'static str,
    /// Home Assistant's platform.
    pub domain: &'static str,
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

/// Somebody was there and nobody expected it. Fired by `activity`.
pub const UNKNOWN_PRESENCE: &str = "unknown_presence";

/// What `data_source` shows while a node is silent.
pub const NO_SOURCE: &str = "none";

/// What most kinds are.
const PLAIN: EntityKind = EntityKind {
    key: "",
    domain: "sensor",
    device_class: None,
    state_class: None,
    unit: None,
    entity_category: None,
    enabled_default: true,
    options: None,
};

/// Somebody is there.
pub const PRESENCE: EntityKind =
    EntityKind { key: "presence", domain: "binary_sensor", device_class: Some("occupancy"), ..PLAIN };

/// Somebody moves.
pub const MOTION: EntityKind =
    EntityKind { key: "motion", domain: "binary_sensor", device_class: Some("motion"), ..PLAIN };

/// How much somebody moves.
pub const MOTION_LEVEL: EntityKind = EntityKind {
    key: "motion_level",
    state_class: Some("measurement"),
    unit: Some("%"),
    enabled_default: false,
    ..PLAIN
};

/// Where the node's data originates.
pub const DATA_SOURCE: EntityKind = EntityKind {
    key: "data_source",
    device_class: Some("enum"),
    entity_category: Some("diagnostic"),
    options: Some(&["live", "replay", "simulated", NO_SOURCE]),
    ..PLAIN
};

/// When the node was last heard.
pub const LAST_SEEN: EntityKind = EntityKind {
    key: "last_seen",
    device_class: Some("timestamp"),
    entity_category: Some("diagnostic"),
    enabled_default: false,
    ..PLAIN
};

/// Things that happen.
pub const ACTIVITY: EntityKind =
    EntityKind { key: "activity", domain: "event", options: Some(&[UNKNOWN_PRESENCE]), ..PLAIN };

/// Every kind.
pub const CATALOG: [EntityKind; 6] = [PRESENCE, MOTION, MOTION_LEVEL, DATA_SOURCE, LAST_SEEN, ACTIVITY];

#[cfg(test)]
mod tests {
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
}
