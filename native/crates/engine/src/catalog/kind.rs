//! What a row of the catalog says, and when the privacy policy lets it exist.

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

pub(super) const DIAGNOSTIC: Option<&str> = Some("diagnostic");
pub(super) const MEASUREMENT: Option<&str> = Some("measurement");
pub(super) const OCCUPANCY: Option<&str> = Some("occupancy");
pub(super) const PERCENT: Option<&str> = Some("%");
pub(super) const PROBLEM: Option<&str> = Some("problem");

/// A kind with what every kind must say, and what most kinds are.
pub(super) const fn kind(key: &'static str, domain: &'static str, says: Says) -> EntityKind {
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

/// Something that is so or not.
pub(super) const fn binary(key: &'static str, fields: &'static [Field], class: Option<&'static str>) -> EntityKind {
    EntityKind { device_class: class, ..kind(key, "binary_sensor", Says::Fields(fields)) }
}

/// A number.
pub(super) const fn measured(key: &'static str, fields: &'static [Field], unit: Option<&'static str>) -> EntityKind {
    EntityKind { state_class: MEASUREMENT, unit, ..kind(key, "sensor", Says::Fields(fields)) }
}

/// Something that happens.
pub(super) const fn happens(key: &'static str, fields: &'static [Field], types: &'static [&'static str]) -> EntityKind {
    EntityKind { options: Some(types), ..kind(key, "event", Says::Fields(fields)) }
}

impl EntityKind {
    /// The same, for users who ask for it.
    pub(super) const fn on_request(self) -> Self {
        Self { enabled_default: false, ..self }
    }

    /// The same, for users who look for the cause of something.
    pub(super) const fn diagnostic(self) -> Self {
        Self { entity_category: DIAGNOSTIC, enabled_default: false, ..self }
    }
}
