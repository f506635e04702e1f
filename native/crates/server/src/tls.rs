//! TLS by files: a certificate chain and its key in PEM, read at the start and again on SIGHUP.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Why a certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that cannot be read, or is not PEM.
    #[error("cannot use {} for {option}: {source}", path.display())]
    File {
        /// What it is for.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: PemError,
    },
    /// A file of something else.
    #[error("cannot use {} for --tls-cert: expected a certificate in PEM, found none", .0.display())]
    NoCertificate(PathBuf),
    /// Both files are in order, and do not belong together.
    #[error("{} and {} cannot be used together: {source}", cert.display(), key.display())]
    Mismatch {
        /// The certificate.
        cert: PathBuf,
        /// The key.
        key: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
}

/// The certificate that clients are shown.
#[derive(Debug)]
pub struct Tls {
    cert: PathBuf,
    key: PathBuf,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads both files.
    ///
    /// # Errors
    /// [`TlsError`] says which of them cannot be used and why.
    pub fn open(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let config = RwLock::new(read(cert, key)?);
        Ok(Self { cert: cert.to_owned(), key: key.to_owned(), config })
    }

    /// Reads both files again; whoever connects from now on sees what is in them.
    ///
    /// # Errors
    /// [`TlsError`] as for [`open`](Self::open); what was used before is used on.
    pub fn reload(&self) -> Result<(), TlsError> {
        *self.config.write() = read(&self.cert, &self.key)?;
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.config.read()).into()
    }
}

fn read(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let unusable = |option, path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::File { option, path, source }
    };
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(unusable("--tls-cert", cert))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(cert.to_owned()));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(unusable("--tls-key", key))?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret));
    let mismatch = |source| TlsError::Mismatch { cert: cert.to_owned(), key: key.to_owned(), source };
    let mut config = config.map_err(mismatch)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
