//! An engine at work in a program, whichever that is: where its data is, what it tells and what it answers.
//!
//! What carries that to others is not here. A frame leaves as [`Outgoing`], which there is only behind the privacy policy.

mod about;
mod commands;
mod data_dir;
mod desk;
mod diagnostics;
mod embedded;
mod feed;
pub mod frames;
mod lock;
mod log;
mod sources;
mod start;
mod subscription;

pub use about::{API, About, CAPABILITIES, VERSION};
pub use commands::{Command, NAMES, PastEvents, Request, Service};
pub use data_dir::{DataDirError, make_dir, server_id};
pub use desk::Desk;
pub use embedded::{Embedded, EmbeddedConfig, EmbeddedError, LiveConfig, SourceConfig, Times};
pub use feed::Feed;
pub use frames::Outgoing;
pub use homecore::StorageError;
pub use lock::{Lock, lock};
pub use log::{LogRecord, Logs};
pub use sources::{Simulation, Sources};
pub use start::{core, engine};
pub use subscription::Subscription;
