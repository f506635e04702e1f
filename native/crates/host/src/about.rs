//! What an engine's host says of itself.

use std::time::Duration;

use ruview_core::DataSource;

/// The number of the API.
pub const API: u32 = 1;
/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What it can tell.
pub const CAPABILITIES: [&str; 9] =
    ["presence", "motion", "vitals", "person_count", "fall", "semantics", "unknown_presence", "rooms", "services"];

/// What an engine's host says of itself.
#[derive(Debug, Clone)]
pub struct About {
    /// What users call it.
    pub name: String,
    /// Where its data originates.
    pub source: DataSource,
    /// Silence after which nothing is known any more.
    pub stale_after: Duration,
}
