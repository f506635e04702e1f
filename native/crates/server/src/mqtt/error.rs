//! Why MQTT cannot be used as it was asked for, each with what to do about it.

use std::io;
use std::path::PathBuf;

use ruview_bfld::signed::EventKeyError;

use super::address::BrokerAddress;

/// Why MQTT cannot be used as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum MqttError {
    /// Everybody on the way could read it.
    #[error(
        "{0} is on another machine and would be reached without TLS. Use mqtts://, or accept that others can read it with --mqtt-allow-plaintext"
    )]
    Plaintext(BrokerAddress),
    /// A file that cannot be read.
    #[error("cannot read {}: {source}. Name another file with {option}", path.display())]
    File {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that holds something else.
    #[error("{} holds no {expected}; see {option}", path.display())]
    Contents {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// Certificate and key, or the trusted certificates, cannot be used together.
    #[error("TLS cannot be used as the options say: {0}")]
    Tls(#[from] rustls::Error),
    /// The system trusts nobody.
    #[error("this system has no trusted certificates. Name the broker's with --mqtt-ca")]
    NoRoots,
    /// Events could not be signed.
    #[error(transparent)]
    Key(#[from] EventKeyError),
}
