//! Logs go to stderr; stdout belongs to what was asked for.

use std::io;

use tracing_subscriber::filter::LevelFilter;

use crate::cli::{LogArgs, LogFormat};

/// Starts logging for the rest of the process.
pub(crate) fn start(args: &LogArgs) {
    let level: LevelFilter = args.log_level.into();
    let logs = tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(level).with_target(false);
    // An error means that a logger is there already.
    let _ = match args.log_format {
        LogFormat::Text => logs.with_ansi(false).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
}
