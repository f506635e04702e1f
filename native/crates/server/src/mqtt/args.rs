//! What can be said of the broker on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::address::BrokerAddress;

/// Options of MQTT. Without a broker nothing is published.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "MQTT")]
pub struct MqttArgs {
    /// The broker; the scheme is mqtts with TLS and mqtt without.
    #[arg(long, value_name = "mqtts://HOST[:PORT]", env = "RUVIEW_MQTT_URL")]
    pub mqtt_url: Option<BrokerAddress>,
    /// How the broker lets us in.
    #[command(flatten)]
    pub broker: BrokerArgs,
    /// The first level of all topics.
    #[arg(long, value_name = "TOPIC", env = "RUVIEW_MQTT_PREFIX", default_value = "ruview", value_parser = level)]
    pub mqtt_prefix: String,
    /// What stands before the ids of nodes in topics, so that two servers on one broker never meet
    /// [default: the first eight digits of the server's id]
    #[arg(long, value_name = "NAME", env = "RUVIEW_MQTT_SITE", value_parser = level)]
    pub mqtt_site: Option<String>,
    /// Let Home Assistant find the nodes over MQTT. For homes without the RuView integration.
    #[arg(long, env = "RUVIEW_MQTT_DISCOVERY")]
    pub mqtt_discovery: bool,
    /// Take commands over MQTT, from everybody whom the broker lets write there: calibrate, change the privacy class, set
    /// rooms.
    #[arg(long, env = "RUVIEW_MQTT_COMMANDS")]
    pub mqtt_commands: bool,
    /// Where Home Assistant looks for them.
    #[arg(long, value_name = "TOPIC", env = "RUVIEW_MQTT_DISCOVERY_PREFIX", default_value = "homeassistant", value_parser = level)]
    pub mqtt_discovery_prefix: String,
    /// When what is published, and how often.
    #[command(flatten)]
    pub pace: PaceArgs,
}

/// How a broker lets us in.
#[derive(Debug, Clone, Args)]
pub struct BrokerArgs {
    /// Who the broker lets in.
    #[arg(long, value_name = "NAME", env = "RUVIEW_MQTT_USERNAME")]
    pub mqtt_username: Option<String>,
    /// A file whose first line is the password.
    #[arg(long, value_name = "FILE", env = "RUVIEW_MQTT_PASSWORD_FILE")]
    pub mqtt_password_file: Option<PathBuf>,
    /// Certificates (PEM) that are trusted instead of the system's.
    #[arg(long, value_name = "FILE", env = "RUVIEW_MQTT_CA")]
    pub mqtt_ca: Option<PathBuf>,
    /// The certificate (PEM) that this server shows to the broker.
    #[arg(long, value_name = "FILE", env = "RUVIEW_MQTT_CERT", requires = "mqtt_key")]
    pub mqtt_cert: Option<PathBuf>,
    /// Its key (PEM).
    #[arg(long, value_name = "FILE", env = "RUVIEW_MQTT_KEY", requires = "mqtt_cert")]
    pub mqtt_key: Option<PathBuf>,
    /// Talk to a broker on another machine without TLS: everybody on the way can read what is published.
    #[arg(long, env = "RUVIEW_MQTT_ALLOW_PLAINTEXT")]
    pub mqtt_allow_plaintext: bool,
}

/// How often what is published.
#[derive(Debug, Clone, Args)]
pub struct PaceArgs {
    /// Seconds after which a state is said again although it is the same.
    #[arg(long, value_name = "SECONDS", env = "RUVIEW_MQTT_HEARTBEAT", default_value_t = 60, value_parser = clap::value_parser!(u32).range(5..=3600))]
    pub mqtt_heartbeat: u32,
    /// Least seconds between two values of motion, of a count and of every number that is not named here.
    #[arg(long, value_name = "SECONDS", env = "RUVIEW_MQTT_MOTION_INTERVAL", default_value_t = 1.0, value_parser = seconds)]
    pub mqtt_motion_interval: f64,
    /// Least seconds between two values of breathing or heart rate.
    #[arg(long, value_name = "SECONDS", env = "RUVIEW_MQTT_VITALS_INTERVAL", default_value_t = 5.0, value_parser = seconds)]
    pub mqtt_vitals_interval: f64,
    /// Least seconds between two values of signal strength.
    #[arg(long, value_name = "SECONDS", env = "RUVIEW_MQTT_RSSI_INTERVAL", default_value_t = 10.0, value_parser = seconds)]
    pub mqtt_rssi_interval: f64,
}

impl PaceArgs {
    pub(super) fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.mqtt_heartbeat.into())
    }
}

/// One or more levels of a topic, without anything that means something to brokers.
fn level(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
    let is_whole = text.split('/').all(|level| !level.is_empty());
    if text.chars().all(is_plain) && is_whole && text.len() <= 64 {
        Ok(text.to_owned())
    } else {
        Err("expected at most 64 letters, digits, - and _, with / between levels".to_owned())
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected seconds between 0 and 3600".to_owned()),
    }
}
