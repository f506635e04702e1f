//! What can be said on the command line. Every option can be set by a variable `RUVIEW_…` too.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use ruview_capture::{ESP32_PORT, Speed};
use tracing_subscriber::filter::LevelFilter;

use crate::api;

/// Presence and motion from WiFi, for Home Assistant.
#[derive(Debug, Parser)]
#[command(name = "ruview-server", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Listen to ESP32 nodes.
    Run(RunArgs),
    /// Play recordings.
    Replay(ReplayArgs),
    /// Play a computed room, for demonstrations without hardware.
    Simulate(SimulateArgs),
    /// Show the secret that Home Assistant asks for.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print the entity catalog and the API's constants as JSON.
    Schema,
    /// Print the versions of program and API.
    Version,
}

/// What to do with the token.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Print it. It is made first if there is none.
    Show(DataDirArgs),
}

/// Where identity and token are kept.
#[derive(Debug, Clone, Args)]
pub struct DataDirArgs {
    /// Directory of the server's identity and token [default: ~/.local/share/ruview]
    #[arg(long, value_name = "DIR", env = "RUVIEW_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Options of everything that serves.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address and port of HTTP and the WebSocket API; with port 0 the system chooses one.
    #[arg(long, value_name = "IP:PORT", env = "RUVIEW_LISTEN", default_value_t = loopback(api::DEFAULT_PORT), value_parser = address)]
    pub listen: SocketAddr,
    /// Where identity and token are kept.
    #[command(flatten)]
    pub data_dir: DataDirArgs,
    /// The engine's options.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// The logs' options.
    #[command(flatten)]
    pub log: LogArgs,
}

/// Options of the engine.
#[derive(Debug, Clone, Args)]
pub struct EngineArgs {
    /// What Home Assistant calls this server.
    #[arg(long, env = "RUVIEW_NAME", default_value = "RuView", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub name: String,
    /// Seconds of silence after which a node is unavailable.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "RUVIEW_STALE_AFTER",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=86_400)
    )]
    pub stale_after: u32,
}

impl EngineArgs {
    /// Silence after which a node is unavailable.
    pub fn stale_after(&self) -> Duration {
        Duration::from_secs(self.stale_after.into())
    }
}

/// Options of the logs.
#[derive(Debug, Clone, Args)]
pub struct LogArgs {
    /// How logs look.
    #[arg(long, env = "RUVIEW_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What is logged.
    #[arg(long, env = "RUVIEW_LOG_LEVEL", default_value = "info")]
    pub log_level: LogLevel,
}

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// What needs somebody's help.
    Error,
    /// And what may.
    Warn,
    /// And what comes and goes.
    Info,
    /// And what developers want to know.
    Debug,
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
        }
    }
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Address and port on which nodes' packets are received; 0.0.0.0:5005 for all of this machine's addresses.
    #[arg(long, value_name = "IP:PORT", env = "RUVIEW_UDP_BIND", default_value_t = loopback(ESP32_PORT), value_parser = address)]
    pub udp_bind: SocketAddr,
    /// A subnet whose packets are read, repeatable; without any, all are.
    #[arg(long, value_name = "CIDR", env = "RUVIEW_UDP_ALLOW", value_delimiter = ',', value_parser = subnet)]
    pub udp_allow: Vec<IpNet>,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// Options of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Recordings, played one after the other.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Pace: real, max, or how many times faster than recorded.
    #[arg(long, env = "RUVIEW_SPEED", default_value = "real", value_parser = speed)]
    pub speed: Speed,
    /// Start again at the end.
    #[arg(long = "loop", env = "RUVIEW_LOOP")]
    pub repeat: bool,
    /// Write every state change and event to PATH, one JSON object a line, with the recording's times; - for stdout.
    #[arg(long, value_name = "PATH", env = "RUVIEW_CHANGES")]
    pub changes: Option<PathBuf>,
    /// Exit when the recording ends. Nobody can connect meanwhile, and everything happens at the recording's own times, so
    /// that the same recording gives the same changes.
    #[arg(long, env = "RUVIEW_ONCE", conflicts_with = "repeat")]
    pub once: bool,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// Options of `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Pace: real, max, or how many times faster than life.
    #[arg(long, env = "RUVIEW_SPEED", default_value = "real", value_parser = speed)]
    pub speed: Speed,
    /// The same seed gives the same packets.
    #[arg(long, env = "RUVIEW_SEED", default_value_t = 1)]
    pub seed: u64,
    /// Nodes in the room.
    #[arg(long, env = "RUVIEW_NODES", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub nodes: u8,
    /// Packets a second that each node hears.
    #[arg(long, value_name = "HZ", env = "RUVIEW_PACKET_RATE", default_value_t = 50.0, value_parser = packet_rate)]
    pub packet_rate: f64,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// Nobody else is listened to unless somebody asks for it.
fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000".to_owned())
}

fn subnet(text: &str) -> Result<IpNet, String> {
    text.parse()
        .map_err(|_| "expected a subnet with its prefix length, such as 192.168.1.0/24 or 192.168.1.7/32".to_owned())
}

fn speed(text: &str) -> Result<Speed, String> {
    match text {
        "real" => Ok(Speed::Real),
        "max" => Ok(Speed::Max),
        _ => match text.parse() {
            Ok(factor) if f64::is_finite(factor) && factor > 0.0 => Ok(Speed::Times(factor)),
            _ => Err("expected real, max, or a factor above 0 such as 10".to_owned()),
        },
    }
}

fn packet_rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.1..=1000.0).contains(&rate) => Ok(rate),
        _ => Err("expected packets a second between 0.1 and 1000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_has_a_variable() {
        for command in Cli::command().get_subcommands() {
            for argument in command.get_arguments().filter(|a| a.get_long().is_some_and(|l| l != "help")) {
                let expected = format!("RUVIEW_{}", argument.get_long().unwrap().to_uppercase().replace('-', "_"));
                let found = argument.get_env().and_then(|name| name.to_str());
                assert_eq!(found, Some(expected.as_str()), "{}", command.get_name());
            }
        }
    }

    #[test]
    fn speeds() {
        assert_eq!(speed("real"), Ok(Speed::Real));
        assert_eq!(speed("max"), Ok(Speed::Max));
        assert_eq!(speed("2.5"), Ok(Speed::Times(2.5)));
        for bad in ["", "0", "-1", "nan", "inf", "fast"] {
            assert!(speed(bad).is_err(), "{bad}");
        }
    }
}
