//! Why a service was not done, so that a program can react and a person knows what to change.

use std::fmt;

use serde::Serialize;

/// What kind of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceErrorCode {
    /// There is no such service.
    UnknownService,
    /// A field is missing or makes no sense.
    InvalidData,
    /// There is no such node or room.
    NotFound,
    /// The node cannot do that.
    NotSupported,
    /// The node is silent, or sends no CSI now.
    NodeSilent,
    /// Somebody is there, or was a moment ago.
    RoomNotEmpty,
    /// It is done, and a restart will have forgotten it.
    NotStored,
    /// The configuration asks for a stricter privacy class.
    LooserClass,
}

impl ServiceErrorCode {
    /// Every code.
    pub const ALL: [Self; 8] = [
        Self::UnknownService,
        Self::InvalidData,
        Self::NotFound,
        Self::NotSupported,
        Self::NodeSilent,
        Self::RoomNotEmpty,
        Self::NotStored,
        Self::LooserClass,
    ];
}

/// Why a service was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}, found {found}")]
pub struct ServiceError {
    /// For programs.
    pub code: ServiceErrorCode,
    /// The field that is to blame, such as `rooms[0].nodes`.
    pub field: String,
    /// What it may be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

/// Longest text of somebody else's that is repeated.
const MAX_FOUND: usize = 80;

impl ServiceError {
    /// An error of this kind.
    pub fn new(
        code: ServiceErrorCode,
        field: impl Into<String>,
        expected: impl Into<String>,
        found: impl fmt::Display,
    ) -> Self {
        let found = found.to_string().chars().take(MAX_FOUND).collect();
        Self { code, field: field.into(), expected: expected.into(), found }
    }

    /// A field makes no sense.
    pub fn invalid(field: impl Into<String>, expected: impl Into<String>, found: impl fmt::Display) -> Self {
        Self::new(ServiceErrorCode::InvalidData, field, expected, found)
    }

    /// The same of a field of `path`.
    pub(crate) fn below(self, path: &str) -> Self {
        Self { field: format!("{path}.{}", self.field), ..self }
    }
}
