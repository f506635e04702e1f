//! The constants of the API, in one place: the server acts by them, and `ruview-server schema` tells them to others.

use std::time::Duration;

pub use ruview_host::{API, CAPABILITIES, VERSION};

/// Where it is.
pub const WS_PATH: &str = "/ws/v1";
/// Where the stream for older clients is.
pub const LEGACY_WS_PATH: &str = "/ws/sensing";
/// How often that stream says what it knows.
pub const LEGACY_PERIOD: Duration = Duration::from_secs(1);
/// The port of HTTP and the WebSocket API unless told otherwise: where `@ruvnet/rvagent` looks for it too.
pub const DEFAULT_PORT: u16 = 3000;

/// Time to authenticate in.
pub const AUTH_TIMEOUT: Duration = Duration::from_secs(10);
/// Time between pings.
pub const HEARTBEAT: Duration = Duration::from_secs(20);
/// Pings that may go unanswered.
pub const MISSED_PINGS: u32 = 2;
/// Largest message of a client.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Failed authentications of one address that are accepted within [`FAILED_ATTEMPTS_WINDOW`].
pub const FAILED_ATTEMPTS: usize = 10;
/// See [`FAILED_ATTEMPTS`].
pub const FAILED_ATTEMPTS_WINDOW: Duration = Duration::from_mins(1);

/// Close codes that mean something.
pub mod close {
    /// The server stops.
    pub const GOING_AWAY: u16 = 1001;
    /// Text frames only.
    pub const BINARY: u16 = 1003;
    /// Text that is not UTF-8.
    pub const NOT_UTF8: u16 = 1007;
    /// Over [`super::MAX_MESSAGE_BYTES`].
    pub const TOO_BIG: u16 = 1009;
    /// Not authenticated.
    pub const NOT_AUTHENTICATED: u16 = 4401;
}
