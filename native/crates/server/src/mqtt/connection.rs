//! From the options to everything that a connection to the broker needs.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rumqttc::v5::MqttOptions;
use rumqttc::{TlsConfiguration, Transport};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::address::BrokerAddress;
use super::args::BrokerArgs;
use super::error::MqttError;

/// Time between two signs of life.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Messages on their way without an acknowledgement: as many as brokers accept unless they say otherwise.
const IN_FLIGHT: u16 = 64;
/// Longer than any message that is published; what is longer is nothing for us.
const MAX_PACKET: u32 = 1024 * 1024;
/// Time for a connection to be made.
const CONNECT_S: u64 = 5;

/// The options for connecting as `client_id`.
pub(crate) fn options(args: &BrokerArgs, address: &BrokerAddress, client_id: &str) -> Result<MqttOptions, MqttError> {
    if !address.tls && !address.is_local() && !args.mqtt_allow_plaintext {
        return Err(MqttError::Plaintext(address.clone()));
    }
    let mut options = MqttOptions::new(client_id, &address.host, address.port);
    options.set_keep_alive(KEEP_ALIVE);
    options.set_clean_start(true);
    options.set_connection_timeout(CONNECT_S);
    options.set_max_packet_size(Some(MAX_PACKET));
    options.set_outgoing_inflight_upper_limit(IN_FLIGHT);
    if let Some(name) = &args.mqtt_username {
        let password = args.mqtt_password_file.as_deref().map(password).transpose()?;
        options.set_credentials(name, password.unwrap_or_default());
    }
    if address.tls {
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::new(tls(args)?))));
    }
    Ok(options)
}

fn password(path: &Path) -> Result<String, MqttError> {
    let option = "--mqtt-password-file";
    let text = fs::read_to_string(path).map_err(|source| MqttError::File { option, path: path.to_owned(), source })?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(MqttError::Contents { option, path: path.to_owned(), expected: "password in its first line" });
    }
    Ok(line.to_owned())
}

fn tls(args: &BrokerArgs) -> Result<ClientConfig, MqttError> {
    let roots = roots(args.mqtt_ca.as_deref())?;
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let (Some(cert), Some(key)) = (&args.mqtt_cert, &args.mqtt_key) else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(cert, "--mqtt-cert")?;
    let option = "--mqtt-key";
    let pem = read(key, option)?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| MqttError::Contents {
        option,
        path: key.clone(),
        expected: "private key in PEM",
    })?;
    Ok(builder.with_client_auth_cert(chain, key)?)
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, MqttError> {
    let mut roots = RootCertStore::empty();
    let trusted = match ca {
        Some(path) => certificates(path, "--mqtt-ca")?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(trusted);
    if roots.is_empty() { Err(MqttError::NoRoots) } else { Ok(roots) }
}

fn certificates(path: &Path, option: &'static str) -> Result<Vec<CertificateDer<'static>>, MqttError> {
    let none = || MqttError::Contents { option, path: path.to_owned(), expected: "certificate in PEM" };
    let pem = read(path, option)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(none)
}

fn read(path: &Path, option: &'static str) -> Result<Vec<u8>, MqttError> {
    fs::read(path).map_err(|source| MqttError::File { option, path: path.to_owned(), source })
}
