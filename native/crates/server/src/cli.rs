//! What can be said on the command line. Every option can be set by a variable `RUVIEW_…` too.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ruview_bfld::PrivacyClass;
use ruview_bfld::policy::Terms;
use ruview_capture::{Channel, ChannelWidth, Speed};
use ruview_core::StreamTime;
use ruview_engine::{EngineConfig, Keep, PacketLimits, SourceName};
use ruview_wire::esp32;
use tracing_subscriber::filter::LevelFilter;

use crate::api;
use crate::audit::AuditArgs;
use crate::config::Home;
use crate::error::StartError;
use crate::mdns::MdnsArgs;
use crate::mqtt::MqttArgs;
use crate::record::RecordArgs;
use crate::token::Scope;

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
    /// Listen to ESP32 nodes, Nexmon radios and network cards in monitor mode.
    Run(RunArgs),
    /// Play recordings.
    Replay(ReplayArgs),
    /// Play a computed room, for demonstrations without hardware.
    Simulate(SimulateArgs),
    /// Tell what recordings hold.
    Decode(DecodeArgs),
    /// Record what nodes send, as replay reads it.
    Record(RecordArgs),
    /// Prove that nothing was published that must not be: exit code 0, or 1 and what it was.
    Audit(AuditArgs),
    /// Show the secret that Home Assistant asks for; make and revoke others.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Tell what happened: events that a server has kept, one JSON object a line.
    Events(EventsArgs),
    /// Check a configuration file, or print one to begin with.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the entity catalog and the API's constants as JSON.
    Schema,
    /// Print the versions of program and API.
    Version,
}

impl Command {
    /// How it serves; `None` for commands that do not.
    pub(crate) fn serve_mut(&mut self) -> Option<&mut ServeArgs> {
        match self {
            Self::Run(args) => Some(&mut args.serve),
            Self::Replay(args) => Some(&mut args.serve),
            Self::Simulate(args) => Some(&mut args.serve),
            _ => None,
        }
    }
}

/// Options of `events`.
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Those from then on, such as 2026-01-15T22:30:00+01:00 [default: the last ones]
    #[arg(long, value_name = "DATE-TIME", env = "RUVIEW_SINCE", value_parser = timestamp)]
    pub since: Option<Timestamp>,
    /// Those behind the one of this number.
    #[arg(long, value_name = "ID", env = "RUVIEW_AFTER")]
    pub after: Option<i64>,
    /// Those of this type, such as `fall_detected`.
    #[arg(long = "type", value_name = "TYPE", env = "RUVIEW_TYPE")]
    pub event_type: Option<String>,
    /// At most so many, up to 1000.
    #[arg(long, value_name = "COUNT", env = "RUVIEW_LIMIT", default_value_t = 100)]
    pub limit: u32,
    /// What may be told of people.
    #[command(flatten)]
    pub privacy: PrivacyArgs,
    /// Where they are kept.
    #[command(flatten)]
    pub place: DataDirArgs,
}

/// What to do with configuration files.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Tell everything that is wrong with a file.
    Check {
        /// The file, in YAML.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print every setting with its help, commented out at its default.
    Example,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make one, and print it: this is the only time that it can be seen.
    Create(TokenCreateArgs),
    /// Tell which there are, and when each was last used.
    List(DataDirArgs),
    /// Take one's power away. What it has opened in a running server is closed.
    Revoke(TokenRevokeArgs),
    /// Print the one of the first start, called default. It is made first if there is none.
    Show(DataDirArgs),
}

/// Options of `token create`.
#[derive(Debug, Args)]
pub struct TokenCreateArgs {
    /// What it is for, such as "kitchen display".
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What it is good for.
    #[arg(long, env = "RUVIEW_SCOPE", default_value = "control")]
    pub scope: Scope,
    /// Where it is kept.
    #[command(flatten)]
    pub place: DataDirArgs,
}

/// Options of `token revoke`.
#[derive(Debug, Args)]
pub struct TokenRevokeArgs {
    /// Its name or its id. Without default, the next start makes a new one.
    #[arg(value_name = "NAME|ID")]
    pub token: String,
    /// Where it is kept.
    #[command(flatten)]
    pub place: DataDirArgs,
}

/// Where things are kept that outlive the process.
#[derive(Debug, Clone, Args)]
pub struct DataDirArgs {
    /// A YAML file with settings, each called like its option: `udp_bind` for --udp-bind. Options and variables win over it.
    #[arg(long, value_name = "FILE", env = "RUVIEW_CONFIG")]
    pub config: Option<PathBuf>,
    /// Directory of the server's identity, tokens and memory [default: ~/.local/share/ruview]
    #[arg(long, value_name = "DIR", env = "RUVIEW_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Options of everything that serves.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address and port of HTTP and the WebSocket API; with port 0 the system chooses one.
    #[arg(long, value_name = "IP:PORT", env = "RUVIEW_LISTEN", default_value_t = loopback(api::DEFAULT_PORT), value_parser = address)]
    pub listen: SocketAddr,
    /// Certificate chain in PEM, with which HTTP and the WebSocket API are served over TLS. SIGHUP reads it again.
    #[arg(long, value_name = "FILE", env = "RUVIEW_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM.
    #[arg(long, value_name = "FILE", env = "RUVIEW_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// The one address whose requests need no token when they carry X-Ingress-Path: a proxy that lets nobody through who is not
    /// logged in. 172.30.32.2 is Home Assistant's Supervisor, for the app.
    #[arg(long, value_name = "IP", env = "RUVIEW_INGRESS_FROM")]
    pub ingress_from: Option<IpAddr>,
    /// Where things are kept that outlive the process.
    #[command(flatten)]
    pub data_dir: DataDirArgs,
    /// The engine's options.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// The broker's options.
    #[command(flatten)]
    pub mqtt: MqttArgs,
    /// The announcement's options.
    #[command(flatten)]
    pub mdns: MdnsArgs,
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
    /// How many nodes are let in; packets of further ones are dropped and counted.
    #[arg(
        long,
        value_name = "COUNT",
        env = "RUVIEW_MAX_NODES",
        default_value_t = EngineConfig::MAX_NODES,
        value_parser = clap::value_parser!(u16).range(1..=1_000)
    )]
    pub max_nodes: u16,
    /// How many packets of a node are looked at in a second; further ones are dropped and counted.
    #[arg(
        long,
        value_name = "COUNT",
        env = "RUVIEW_MAX_PACKETS_PER_NODE",
        default_value_t = PacketLimits::DEFAULT.of_a_node,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub max_packets_per_node: u32,
    /// How many packets of all nodes of one source are looked at in a second.
    #[arg(
        long,
        value_name = "COUNT",
        env = "RUVIEW_MAX_PACKETS",
        default_value_t = PacketLimits::DEFAULT.of_a_source,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub max_packets: u32,
    /// A JSON or YAML file with a list `rooms`, as the service `set_rooms` takes it: for homes without Home Assistant.
    #[arg(long, value_name = "FILE", env = "RUVIEW_ROOMS")]
    pub rooms: Option<PathBuf>,
    /// What the configuration file says of the home.
    #[arg(skip)]
    pub home: Home,
    /// Where the rooms are, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "IANA", env = "RUVIEW_TIMEZONE", value_parser = timezone)]
    pub timezone: Option<TimeZone>,
    /// Estimate heart rates too. Measured on recordings by others, they are not better than guessing: for research only.
    #[arg(long, env = "RUVIEW_EXPERIMENTAL_HEART_RATE")]
    pub experimental_heart_rate: bool,
    /// Believe the person counts and heart rates that the nodes' own firmware reports. Real firmware counts four persons in
    /// empty rooms: only for one that is known to be better.
    #[arg(long, env = "RUVIEW_TRUST_FIRMWARE")]
    pub trust_firmware: bool,
    /// Days for which events are kept.
    #[arg(
        long,
        value_name = "DAYS",
        env = "RUVIEW_EVENTS_KEEP_DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=3650)
    )]
    pub events_keep_days: u32,
    /// How many events are kept at most.
    #[arg(
        long,
        value_name = "COUNT",
        env = "RUVIEW_EVENTS_KEEP",
        default_value_t = 100_000,
        value_parser = clap::value_parser!(u32).range(100..=10_000_000)
    )]
    pub events_keep: u32,
    /// What may be told of people.
    #[command(flatten)]
    pub privacy: PrivacyArgs,
}

impl EngineArgs {
    /// How much of what happened is kept.
    pub fn keep(&self) -> Keep {
        Keep { age: Duration::from_hours(24 * u64::from(self.events_keep_days)), count: self.events_keep }
    }

    /// Silence after which a node is unavailable.
    pub fn stale_after(&self) -> Duration {
        Duration::from_secs(self.stale_after.into())
    }
}

/// What may be told of people. The policy's table says what that means field by field.
#[derive(Debug, Clone, Args)]
pub struct PrivacyArgs {
    /// What may leave: 2 or anonymous for homes; 3 or restricted for care homes, rentals and offices; 1 or derived for
    /// research, with --research-mode only.
    #[arg(long, value_name = "CLASS", env = "RUVIEW_PRIVACY_CLASS", default_value = "anonymous", value_parser = privacy_class)]
    pub privacy_class: PrivacyClass,
    /// Withhold everything biometric. Class 3 does so anyway.
    #[arg(long, env = "RUVIEW_PRIVACY_MODE")]
    pub privacy_mode: bool,
    /// Tell who went from room to room, and take in poses. Never at class 3 or in privacy mode.
    #[arg(long, env = "RUVIEW_TRACKING")]
    pub tracking: bool,
    /// Everybody whom this server measures has agreed to research: class 1 may be chosen, which serves CSI to programs on
    /// this host that have the token.
    #[arg(long, env = "RUVIEW_RESEARCH_MODE")]
    pub research_mode: bool,
}

impl PrivacyArgs {
    /// Nobody gets class 1 by one option alone.
    ///
    /// # Errors
    /// [`StartError::NotResearch`] for class 1 without research mode.
    pub fn check(&self) -> Result<(), StartError> {
        match self.privacy_class {
            PrivacyClass::Derived if !self.research_mode => Err(StartError::NotResearch),
            _ => Ok(()),
        }
    }

    /// The terms under which everything leaves.
    pub fn terms(&self) -> Terms {
        Terms::configured(self.privacy_class, self.privacy_mode, self.tracking)
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
    #[arg(long, value_name = "IP:PORT", env = "RUVIEW_UDP_BIND", default_value_t = loopback(esp32::DEFAULT_PORT), value_parser = address)]
    pub udp_bind: SocketAddr,
    /// A subnet whose packets are read, repeatable; without any, all are.
    #[arg(long, value_name = "CIDR", env = "RUVIEW_UDP_ALLOW", value_delimiter = ',', value_parser = subnet)]
    pub udp_allow: Vec<IpNet>,
    /// Do not listen to ESP32 nodes.
    #[arg(long, env = "RUVIEW_NO_ESP32")]
    pub no_esp32: bool,
    /// Address and port on which a Nexmon radio's CSI is received, such as 0.0.0.0:5500; repeatable. The name tells its
    /// node from others; the only radio needs none.
    #[arg(long, value_name = "[NAME=]IP:PORT", env = "RUVIEW_NEXMON_UDP", value_delimiter = ',', value_parser = nexmon_radio)]
    pub nexmon_udp: Vec<NexmonRadio>,
    /// A subnet from which CSI of Nexmon radios is read, repeatable; without any, all are. The firmware sends as 10.10.10.10.
    #[arg(long, value_name = "CIDR", env = "RUVIEW_NEXMON_ALLOW", value_delimiter = ',', value_parser = subnet)]
    pub nexmon_allow: Vec<IpNet>,
    /// A network interface in monitor mode, whose card overhears beamforming feedback; repeatable. Without a name, its node
    /// is called like the interface.
    #[arg(long, value_name = "[NAME=]INTERFACE", env = "RUVIEW_MONITOR", value_delimiter = ',', value_parser = monitor_card)]
    pub monitor: Vec<MonitorCard>,
    /// What kind of card is behind the monitor interfaces.
    #[arg(long, env = "RUVIEW_MONITOR_RADIO", default_value = "ax210")]
    pub monitor_radio: MonitorRadioKind,
    /// A channel that monitor interfaces listen to, in turn with others; without any, they stay on the one they are tuned
    /// to. The centre of its first 20 MHz and its width, in MHz.
    #[arg(long, value_name = "MHZ/WIDTH", env = "RUVIEW_MONITOR_CHANNELS", value_delimiter = ',', value_parser = channel)]
    pub monitor_channels: Vec<Channel>,
    /// Seconds on each channel. Stations send feedback every two seconds or so.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "RUVIEW_MONITOR_DWELL",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=3600)
    )]
    pub monitor_dwell: u32,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// Where a Nexmon radio's CSI arrives.
#[derive(Debug, Clone)]
pub struct NexmonRadio {
    /// What its node is called.
    pub name: SourceName,
    /// Where to receive.
    pub bind: SocketAddr,
}

/// A card in monitor mode.
#[derive(Debug, Clone)]
pub struct MonitorCard {
    /// What its node is called.
    pub name: SourceName,
    /// Its interface.
    pub interface: String,
}

/// Kinds of cards that overhear beamforming feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MonitorRadioKind {
    /// Intel AX210, and other 802.11ax cards.
    Ax210,
    /// A Broadcom radio with Nexmon firmware, as in a Raspberry Pi.
    Nexmon,
}

/// Whether what is learnt from data that is not live is kept.
#[derive(Debug, Clone, Args)]
pub struct PersistArgs {
    /// Remember what is learnt over a restart, as `run` does. Without it, the same data gives the same states every time.
    #[arg(long, env = "RUVIEW_PERSIST")]
    pub persist: bool,
}

/// Options of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Recordings, played one after the other: JSON lines, pcap or pcapng, compressed or not.
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
    /// Whether what is learnt is kept.
    #[command(flatten)]
    pub persist: PersistArgs,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// Options of `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// What happens: a built-in story, or a TOML file [default: the demonstration]
    #[arg(long, value_name = "NAME|FILE", env = "RUVIEW_STORY")]
    pub story: Option<PathBuf>,
    /// Print the built-in stories and exit.
    #[arg(long, env = "RUVIEW_LIST_STORIES")]
    pub list_stories: bool,
    /// Pace: real, max, or how many times faster than life.
    #[arg(long, env = "RUVIEW_SPEED", default_value = "real", value_parser = speed)]
    pub speed: Speed,
    /// When it happens, such as 2026-01-15T22:30:00+01:00 [default: the story's own time, or now]
    #[arg(long, value_name = "DATE-TIME", env = "RUVIEW_START", value_parser = instant)]
    pub start: Option<StreamTime>,
    /// The same seed gives the same packets [default: the story's own, or 1]
    #[arg(long, env = "RUVIEW_SEED")]
    pub seed: Option<u64>,
    /// Nodes, spread over the story's first room [default: the story's own, or 1]
    #[arg(long, env = "RUVIEW_NODES", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub nodes: Option<u8>,
    /// Packets a second that each node hears [default: the story's own, or 50]
    #[arg(long, value_name = "HZ", env = "RUVIEW_PACKET_RATE", value_parser = packet_rate)]
    pub packet_rate: Option<f64>,
    /// Whether what is learnt is kept.
    #[command(flatten)]
    pub persist: PersistArgs,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// Options of `decode`.
#[derive(Debug, Args)]
pub struct DecodeArgs {
    /// Recordings: JSON lines, pcap or pcapng, plain or gzip.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// One JSON document instead of tables.
    #[arg(long, env = "RUVIEW_JSON")]
    pub json: bool,
    /// Show the transmitters' addresses. Without it they have names that are others in every run.
    #[arg(long, env = "RUVIEW_SHOW_MAC")]
    pub show_mac: bool,
}

fn timezone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "expected the name of a time zone, such as Europe/Berlin or UTC".to_owned())
}

/// Nobody else is listened to unless somebody asks for it.
pub(crate) fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 127.0.0.1:3000 or [::1]:3000".to_owned())
}

pub(crate) fn subnet(text: &str) -> Result<IpNet, String> {
    text.parse()
        .map_err(|_| "expected a subnet with its prefix length, such as 192.168.1.0/24 or 192.168.1.7/32".to_owned())
}

pub(crate) fn privacy_class(text: &str) -> Result<PrivacyClass, String> {
    let served = [PrivacyClass::Derived, PrivacyClass::Anonymous, PrivacyClass::Restricted];
    let named = |class: &PrivacyClass| text == class.as_str() || text == class.as_u8().to_string();
    served
        .into_iter()
        .find(named)
        .ok_or_else(|| "expected 2 or anonymous, 3 or restricted, or, for research, 1 or derived".to_owned())
}

fn nexmon_radio(text: &str) -> Result<NexmonRadio, String> {
    let (name, bind) = match text.split_once('=') {
        Some((name, bind)) => (source_name(name)?, bind),
        None => (SourceName::FIRST, text),
    };
    Ok(NexmonRadio { name, bind: address(bind)? })
}

fn monitor_card(text: &str) -> Result<MonitorCard, String> {
    let (name, interface) = match text.split_once('=') {
        Some((name, interface)) => (source_name(name)?, interface),
        None => (interface_name(text)?, text),
    };
    if interface.is_empty() {
        return Err("expected the name of a network interface, such as wlan1".to_owned());
    }
    Ok(MonitorCard { name, interface: interface.to_owned() })
}

fn interface_name(interface: &str) -> Result<SourceName, String> {
    let example = |error| format!("{error}: --monitor attic={interface}, for instance");
    SourceName::of_interface(interface).map_err(example)
}

fn source_name(text: &str) -> Result<SourceName, String> {
    SourceName::new(text).map_err(|error| error.to_string())
}

fn channel(text: &str) -> Result<Channel, String> {
    let form = || "expected a frequency and a width in MHz, such as 5180/80".to_owned();
    let (primary, width) = text.split_once('/').ok_or_else(form)?;
    let width = match width {
        "20" => ChannelWidth::Mhz20,
        "40" => ChannelWidth::Mhz40,
        "80" => ChannelWidth::Mhz80,
        "160" => ChannelWidth::Mhz160,
        _ => return Err("expected a width of 20, 40, 80 or 160 MHz".to_owned()),
    };
    let primary_mhz = primary.parse().map_err(|_| form())?;
    Channel::new(primary_mhz, width).map_err(|error| error.to_string())
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

fn timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a date and time with its offset, such as 2026-01-15T22:30:00+01:00".to_owned())
}

fn instant(text: &str) -> Result<StreamTime, String> {
    timestamp(text).map(|timestamp| StreamTime::from_micros(timestamp.as_microsecond()))
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
    fn time_zones_have_names() {
        assert!(timezone("Europe/Berlin").is_ok() && timezone("UTC").is_ok());
        assert!(timezone("Berlin").is_err());
    }

    #[test]
    fn sources_have_names() {
        assert_eq!(nexmon_radio("0.0.0.0:5500").unwrap().name, SourceName::FIRST);
        let radio = nexmon_radio("kitchen=[::1]:5501").unwrap();
        assert_eq!((radio.name.as_str(), radio.bind), ("kitchen", "[::1]:5501".parse().unwrap()));
        let card = monitor_card("wlan1").unwrap();
        assert_eq!((card.name.as_str(), card.interface.as_str()), ("wlan1", "wlan1"));
        let card = monitor_card("attic=wlx00c0caad12ef").unwrap();
        assert_eq!((card.name.as_str(), card.interface.as_str()), ("attic", "wlx00c0caad12ef"));
        for bad in ["", "attic=", "At tic=wlan1"] {
            assert!(monitor_card(bad).is_err(), "{bad}");
        }
        let said = monitor_card("wlx00c0caad12ef").unwrap_err();
        assert!(said.contains("hardware address") && said.contains("--monitor attic="), "{said}");
    }

    #[test]
    fn channels() {
        let channel_of = |text| channel(text).map(|channel| (channel.primary_mhz(), channel.width().mhz()));
        assert_eq!(channel_of("5180/80"), Ok((5180, 80)));
        for bad in ["", "36", "5180", "5180/30", "5181/80", "x/80"] {
            assert!(channel(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn homes_have_two_classes() {
        for (text, class) in [("2", PrivacyClass::Anonymous), ("restricted", PrivacyClass::Restricted)] {
            assert_eq!(privacy_class(text), Ok(class));
        }
        for bad in ["0", "raw", "4", ""] {
            assert!(privacy_class(bad).is_err(), "{bad}");
        }
        let args = |privacy_class, research_mode| PrivacyArgs {
            privacy_class,
            privacy_mode: false,
            tracking: false,
            research_mode,
        };
        assert!(args(PrivacyClass::Restricted, true).terms().privacy_mode);
        assert!(args(PrivacyClass::Derived, false).check().is_err());
        assert!(args(PrivacyClass::Derived, true).check().is_ok());
        assert!(args(PrivacyClass::Anonymous, false).check().is_ok());
    }

    #[test]
    fn a_story_starts_at_any_time_of_day() {
        assert_eq!(instant("1970-01-01T01:00:02+01:00"), Ok(StreamTime::from_micros(2_000_000)));
        for bad in ["", "22:30", "2026-01-15T22:30:00", "tonight"] {
            assert!(instant(bad).is_err(), "{bad}");
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
