//! Logs go to stderr; stdout belongs to what was asked for.

use std::io;
use std::sync::OnceLock;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, reload};

use crate::cli::{LogArgs, LogFormat, LogLevel};

/// How much is logged; there is one logger in a process.
static LEVEL: OnceLock<reload::Handle<LevelFilter, Registry>> = OnceLock::new();

/// Starts logging for the rest of the process.
pub(crate) fn start(args: &LogArgs) {
    let (level, handle) = reload::Layer::new(args.log_level.into());
    let logs = tracing_subscriber::registry().with(level).with(libraries());
    let lines = fmt::layer().with_writer(io::stderr).with_target(false);
    let started = match args.log_format {
        LogFormat::Text => logs.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => logs.with(lines.json().flatten_event(true)).try_init(),
    };
    // An error means that a logger is there already.
    if started.is_ok() {
        let _ = LEVEL.set(handle);
    }
}

/// Logs as much as `level` says from now on.
pub(crate) fn set_level(level: LogLevel) {
    if let Some(Err(error)) = LEVEL.get().map(|handle| handle.reload(LevelFilter::from(level))) {
        tracing::error!(%error, "the level of the logs cannot be changed");
    }
}

/// Libraries that log every message say only what is wrong.
fn libraries() -> Targets {
    let wrong = LevelFilter::WARN;
    Targets::new().with_default(LevelFilter::TRACE).with_targets([("rumqttc", wrong), ("mdns_sd", wrong)])
}
