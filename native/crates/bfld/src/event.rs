//! What leaves is made of fields of the policy's table: a field that is not in it cannot be named.

use std::collections::BTreeMap;

use serde_json::Map;

use crate::policy::{Field, Terms};

/// The value of a field.
pub type Value = serde_json::Value;

/// Fields with their values, before the policy has decided which of them may leave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    fields: BTreeMap<Field, Value>,
}

impl Event {
    /// An event without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The event with this field too; the later value counts.
    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<Value>) -> Self {
        self.fields.insert(field, value.into());
        self
    }

    /// What may leave under `terms`, keyed by the fields' names.
    pub fn release(&self, terms: Terms) -> Map<String, Value> {
        let permitted = self.fields.iter().filter(|(field, _)| terms.permit(**field));
        permitted.map(|(field, value)| (field.row().key.to_owned(), value.clone())).collect()
    }
}
