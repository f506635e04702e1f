//! `ruview-server`: sources, the engine, and the interfaces through which others see what it found.
//!
//! A new source of the command line goes into `sources.rs`, a new option into `cli.rs`, from where it is a setting of
//! configuration files too. What the WebSocket API says and answers is in `ruview-host`.

pub mod api;
pub mod audit;
pub mod cli;
pub mod config;
mod counters;
mod decode;
mod engine;
mod error;
mod events;
mod files;
mod http;
mod identity;
mod logging;
pub mod mdns;
mod monitor;
pub mod mqtt;
mod offline;
mod ready;
mod recent;
pub mod record;
mod reload;
mod run;
mod schema;
mod server;
mod sources;
mod tls;
mod token;
pub mod ws;

pub use counters::{Counters, CountersView};
pub use error::StartError;
pub use http::attempts::AttemptLimits;
pub use identity::Identity;
pub use run::run;
pub use ruview_host::About;
pub use server::{Limits, Listener, Server};
pub use tls::{Tls, TlsError};
pub use token::{Scope, Token, TokenError, Tokens};
