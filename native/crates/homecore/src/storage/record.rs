//! One entry of a registry's file.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An entry with every key that its file has: what is not understood here is written back as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Record(Map<String, Value>);

impl Record {
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str)
    }

    pub(super) fn is_true(&self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(super) fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Takes over what `other` has under these keys.
    pub(super) fn take_over(&mut self, other: &Self, keys: impl IntoIterator<Item = &'static str>) {
        for key in keys {
            if let Some(value) = other.0.get(key) {
                self.0.insert(key.to_owned(), value.clone());
            }
        }
    }

    /// Takes over all that `other` has but what is under these keys.
    pub(super) fn take_over_but(&mut self, other: Self, keys: &[&str]) {
        self.0.extend(other.0.into_iter().filter(|(key, _)| !keys.contains(&key.as_str())));
    }

    /// Only what is under these keys.
    pub(super) fn only(mut self, keys: &[&str]) -> Self {
        self.0.retain(|key, _| keys.contains(&key.as_str()));
        self
    }
}

impl From<Value> for Record {
    /// Anything but an object is an entry without keys.
    fn from(value: Value) -> Self {
        match value {
            Value::Object(map) => Self(map),
            _ => Self(Map::new()),
        }
    }
}

/// A time as Home Assistant writes it.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// An id as Home Assistant makes them.
pub(super) fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
