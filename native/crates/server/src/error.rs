//! Why the server cannot start or go on, each with what to do about it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use homecore::StorageError;
use ruview_capture::{CaptureError, StoryError};
use ruview_engine::{EventArchiveError, RuntimeError, SourceName};
use ruview_host::DataDirError;

use crate::audit::AuditError;
use crate::config::ConfigError;
use crate::mqtt::MqttError;
use crate::record::RecordError;
use crate::tls::TlsError;
use crate::token::TokenError;

/// Why the server cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The HTTP port belongs to somebody else.
    #[error(
        "cannot listen on {address}: {source}. Choose another address or port with --listen, or stop the program that uses this one"
    )]
    Listen {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A configuration file has mistakes.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A source cannot be opened.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// A story that cannot be played.
    #[error("--story: {0}")]
    Story(#[from] StoryError),
    /// The system does not let this program listen in monitor mode.
    #[error(
        "{source}. Give it that capability with `sudo setcap cap_net_raw,cap_net_admin+ep {}`, or run it as root",
        program.display()
    )]
    MonitorPermission {
        /// What the system says.
        source: CaptureError,
        /// This program's file.
        program: PathBuf,
    },
    /// Another system than Linux.
    #[cfg(not(target_os = "linux"))]
    #[error("--monitor works on Linux only")]
    MonitorNeedsLinux,
    /// Nothing would ever come.
    #[error("there is nothing to listen to: --no-esp32 is set without --nexmon-udp or --monitor")]
    NoSource,
    /// Class 1 is for research, and research is agreed to.
    #[error("privacy class 1 (derived) is for research only: set --research-mode too, or choose class 2 or 3")]
    NotResearch,
    /// Two sources would be one node.
    #[error("two sources of one kind are called '{name}'; give each its own name, such as {option} attic={example}")]
    SameName {
        /// The name.
        name: SourceName,
        /// The option that takes names.
        option: &'static str,
        /// What it can be given.
        example: &'static str,
    },
    /// No place for identity and token.
    #[error("no data directory: neither XDG_DATA_HOME nor HOME is set. Name one with --data-dir")]
    NoDataDir,
    /// The data directory cannot be used.
    #[error("{}{}", .0, advice(.0))]
    DataDir(#[from] DataDirError),
    /// A certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A token was not made or revoked.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// What is known of devices and entities cannot be used.
    #[error(transparent)]
    Registries(#[from] StorageError),
    /// What happened cannot be told.
    #[error(transparent)]
    Events(#[from] EventArchiveError),
    /// The file of changes cannot be created.
    #[error("cannot write changes to {}: {source}. Choose another file with --changes", path.display())]
    Changes {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file of rooms cannot be read, or makes no sense.
    #[error("cannot use {} for --rooms: {why}", path.display())]
    Rooms {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It is not proven that nothing was published that must not be.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// A recording cannot be made.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// MQTT cannot be used as it was asked for.
    #[error(transparent)]
    Mqtt(#[from] MqttError),
    /// Recordings of which nothing could be told; each was complained about.
    #[error("{failed} of {files} files could not be read")]
    NotDecoded {
        /// How many.
        failed: usize,
        /// Of how many.
        files: usize,
    },
    /// The system refuses something that every process has.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
    /// The engine stopped.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// What to do about it on a command line.
fn advice(error: &DataDirError) -> &'static str {
    match error {
        DataDirError::Io { .. } => ". Choose a directory that this user can write to with --data-dir",
        DataDirError::InUse { .. } => ". Stop that one, or choose another directory with --data-dir",
        DataDirError::Damaged { .. } => "",
    }
}
