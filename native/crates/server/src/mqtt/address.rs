//! Where the broker is, and whether the way there may be without TLS.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use axum::http::Uri;

/// A broker's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    /// A name or an IP address; an IPv6 address in brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

impl BrokerAddress {
    /// Whether what is sent stays on this machine. A name other than `localhost` may mean anything.
    pub(super) fn is_local(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

impl FromStr for BrokerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "expected mqtts://HOST[:PORT], or mqtt://HOST[:PORT] for a broker on this machine".to_owned();
        let uri: Uri = text.parse().map_err(|_| form())?;
        let tls = match uri.scheme_str() {
            Some("mqtts") => true,
            Some("mqtt") => false,
            _ => return Err(form()),
        };
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(
                "user and password do not belong into the address: --mqtt-username and --mqtt-password-file".to_owned()
            );
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(form());
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(form)?.to_owned();
        if tls && host.starts_with('[') {
            return Err("certificates are for names: give the broker's name instead of its IPv6 address".to_owned());
        }
        let standard = if tls { 8883 } else { 1883 };
        // A port that is no number is none to the parser.
        let has_port = uri.authority().is_some_and(|authority| authority.as_str() != host);
        let port = if has_port { uri.port_u16().ok_or_else(form)? } else { standard };
        Ok(Self { host, port, tls })
    }
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", if self.tls { "mqtts" } else { "mqtt" }, self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let read = |text: &str| text.parse::<BrokerAddress>().map(|a| (a.to_string(), a.is_local()));
        for (text, whole, local) in [
            ("mqtt://localhost", "mqtt://localhost:1883", true),
            ("mqtt://127.0.0.9:1884/", "mqtt://127.0.0.9:1884", true),
            ("mqtt://[::1]:1884", "mqtt://[::1]:1884", true),
            ("mqtts://broker.lan", "mqtts://broker.lan:8883", false),
            ("mqtt://192.168.1.2", "mqtt://192.168.1.2:1883", false),
            ("mqtt://localhost.lan", "mqtt://localhost.lan:1883", false),
        ] {
            assert_eq!(read(text), Ok((whole.to_owned(), local)));
        }
        for bad in [
            "",
            "broker",
            "http://broker",
            "mqtt://",
            "mqtt://a:b@broker",
            "mqtt://broker/a",
            "mqtt://b:99999",
            "mqtts://[::1]",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
