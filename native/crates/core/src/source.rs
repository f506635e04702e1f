//! Where data comes from, so that nobody takes a demonstration for a home.

/// The origin of a node's data, as every consumer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataSource {
    /// A radio, now.
    Live,
    /// A recording of a radio.
    Replay,
    /// A computed channel: no radio was involved.
    Simulated,
}

impl DataSource {
    /// Every source, in the order in which users see them.
    pub const ALL: [Self; 3] = [Self::Live, Self::Replay, Self::Simulated];

    /// The value that entities show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Replay => "replay",
            Self::Simulated => "simulated",
        }
    }
}
