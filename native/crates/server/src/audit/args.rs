//! What can be said of an audit on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ruview_bfld::PrivacyClass;

use crate::cli::{LogArgs, privacy_class};
use crate::mqtt::BrokerAddress;
use crate::mqtt::args::BrokerArgs;

/// Options of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Listen to this broker; the scheme is mqtts with TLS and mqtt without.
    #[arg(
        long,
        value_name = "mqtts://HOST[:PORT]",
        env = "RUVIEW_MQTT",
        required_unless_present = "log",
        conflicts_with = "log"
    )]
    pub mqtt: Option<BrokerAddress>,
    /// For how long: a number with s, m, h or d.
    #[arg(long = "for", value_name = "DURATION", env = "RUVIEW_FOR", default_value = "24h", value_parser = duration)]
    pub duration: Duration,
    /// Read what was recorded instead: lines of `mosquitto_sub -F %j`, any JSON with `topic` and `payload`, or what
    /// --changes wrote; repeatable.
    #[arg(long, value_name = "FILE", env = "RUVIEW_LOG", value_delimiter = ',')]
    pub log: Vec<PathBuf>,
    /// The class by which everything is judged [default: what each server says of itself, else anonymous]
    #[arg(long, value_name = "CLASS", env = "RUVIEW_PRIVACY_CLASS", value_parser = privacy_class)]
    pub privacy_class: Option<PrivacyClass>,
    /// The first level of all topics.
    #[arg(long, value_name = "TOPIC", env = "RUVIEW_MQTT_PREFIX", default_value = "ruview")]
    pub mqtt_prefix: String,
    /// Where Home Assistant's discovery stands.
    #[arg(long, value_name = "TOPIC", env = "RUVIEW_MQTT_DISCOVERY_PREFIX", default_value = "homeassistant")]
    pub mqtt_discovery_prefix: String,
    /// How the broker lets us in.
    #[command(flatten)]
    pub broker: BrokerArgs,
    /// The logs' options.
    #[command(flatten)]
    pub logs: LogArgs,
}

fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a number with s, m, h or d, such as 90s or 24h".to_owned();
    let unit = text.chars().last().ok_or_else(expected)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(expected()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| expected())?;
    if number == 0 { Err(expected()) } else { Ok(Duration::from_secs(u64::from(number) * seconds)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        let seconds = |text| duration(text).map(|d| d.as_secs());
        assert_eq!(
            [seconds("90s"), seconds("5m"), seconds("24h"), seconds("2d")],
            [Ok(90), Ok(300), Ok(86_400), Ok(172_800)]
        );
        for bad in ["", "5", "0s", "h", "-1h", "1.5h", "5 m", "5ü"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
