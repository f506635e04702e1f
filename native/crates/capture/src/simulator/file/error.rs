//! Why a story cannot be played.

use std::io;
use std::path::PathBuf;

/// A story that cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// A file that is missing, may not be read or is no text.
    #[error(
        "cannot read the story {}: {source}; name a file, or a built-in story (`ruview-server simulate --list-stories`)",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Text that is no TOML.
    #[error("line {line}: not TOML: {message}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A field that is not what it should be.
    #[error("{field}: expected {expected}, found {found}")]
    Field {
        /// Where, such as `persons[0].timeline[2].breaths_per_minute`.
        field: String,
        /// What it may be.
        expected: String,
        /// What it is.
        found: String,
    },
}

impl StoryError {
    pub(super) fn field(field: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Field { field: field.into(), expected: expected.into(), found: found.into() }
    }

    pub(super) fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        Self::Syntax { line: before.matches('\n').count() + 1, message: error.message().to_owned() }
    }
}
