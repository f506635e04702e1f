//! One thing that is kept.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// What a node has learnt of its room; the key is the node.
    Baseline,
    /// What the primitives of a room have learnt; the key is the device.
    Room,
    /// All rooms.
    Model,
    /// The privacy class that was asked for.
    Privacy,
    /// The thresholds of a node that stands in no room; the key is the node.
    Thresholds,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Baseline, Self::Room, Self::Model, Self::Privacy, Self::Thresholds];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Room => "room",
            Self::Model => "model",
            Self::Privacy => "privacy",
            Self::Thresholds => "thresholds",
        }
    }

    pub(super) fn from_str(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A value and which version of it this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) version: u32,
    pub(crate) json: String,
}

/// Everything that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Records(pub(super) BTreeMap<(Kind, String), Record>);

impl Records {
    /// Keeps a value; one that is not JSON is a bug, which costs this value only.
    pub(crate) fn put(&mut self, kind: Kind, key: &str, version: u32, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(json) => {
                self.0.insert((kind, key.to_owned()), Record { version, json });
            }
            Err(error) => tracing::error!(%error, kind = kind.as_str(), key, "a value cannot be stored"),
        }
    }

    /// The values of a kind by key. What another version wrote and this one cannot read is left out.
    pub(crate) fn of<T: DeserializeOwned>(&self, kind: Kind) -> BTreeMap<String, T> {
        let read = |key: &str, record: &Record| match serde_json::from_str(&record.json) {
            Ok(value) => Some((key.to_owned(), value)),
            Err(error) => {
                tracing::warn!(%error, kind = kind.as_str(), key, "a stored value cannot be read any more");
                None
            }
        };
        let records = self.0.iter().filter(|((found, _), _)| *found == kind);
        records.filter_map(|((_, key), record)| read(key, record)).collect()
    }
}
