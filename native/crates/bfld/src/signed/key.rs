//! The key of a server: made once, kept in a file that only its owner can read.

use core::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::owner;

const SEED_LEN: usize = 32;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum EventKeyError {
    /// The file could not be read or written.
    #[error("the signing key at {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds something else. It is left as it is: consumers have pinned the key that was in it.
    #[error("expected {SEED_LEN} octets of a signing key at {}, found {found}. Restore the file, or delete it and let every consumer pin the new key", path.display())]
    Length {
        /// The file.
        path: PathBuf,
        /// Octets that it has, one more than expected if it has more.
        found: usize,
    },
    /// The system has no randomness to give.
    #[error("no randomness for a signing key: {0}")]
    Randomness(getrandom::Error),
}

/// The key that signs a server's events. No serialisation, a `Debug` that tells nothing; wiped on drop.
pub struct EventKey(SigningKey);

/// The half of it that everybody may know: 32 octets, as text in base64url without padding.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an Ed25519 public key: 32 octets in base64url")]
pub struct PublicKeyError;

impl EventKey {
    /// Reads the key at `path`, or makes and keeps a new one where there is no file. The file's mode is 0600 afterwards.
    ///
    /// # Errors
    /// [`EventKeyError`]; a file of another length is an error and not replaced.
    pub fn open(path: &Path) -> Result<Self, EventKeyError> {
        match read(path)? {
            Some(seed) => Ok(Self(SigningKey::from_bytes(&seed))),
            None => make(path),
        }
    }

    /// A new one from the operating system's generator.
    ///
    /// # Errors
    /// [`EventKeyError::Randomness`].
    pub fn random() -> Result<Self, EventKeyError> {
        let mut seed = Zeroizing::new([0; SEED_LEN]);
        getrandom::fill(seed.as_mut()).map_err(EventKeyError::Randomness)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// What consumers pin.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        self.0.sign(message)
    }
}

impl fmt::Debug for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventKey(..)")
    }
}

impl PublicKey {
    /// Strictly: a signature that another implementation might read otherwise is refused too.
    pub(super) fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        self.0.verify_strict(message, signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = PublicKeyError;

    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        let octets = decode(text).ok_or(PublicKeyError)?;
        VerifyingKey::from_bytes(&octets).map(Self).map_err(|_| PublicKeyError)
    }
}

pub(super) fn encode(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// Exactly `N` octets.
pub(super) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

fn read(path: &Path) -> Result<Option<Zeroizing<[u8; SEED_LEN]>>, EventKeyError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error)),
    };
    owner::restrict(&file).map_err(at(path))?;
    let mut octets = Zeroizing::new(Vec::with_capacity(SEED_LEN + 1));
    file.take(SEED_LEN as u64 + 1).read_to_end(&mut octets).map_err(at(path))?;
    let seed = <[u8; SEED_LEN]>::try_from(octets.as_slice());
    let found = octets.len();
    seed.map(|seed| Some(Zeroizing::new(seed))).map_err(|_| EventKeyError::Length { path: path.to_owned(), found })
}

/// Writes beside the file and renames, so that a power cut leaves no half of a key.
fn make(path: &Path) -> Result<EventKey, EventKeyError> {
    let key = EventKey::random()?;
    let beside = path.with_extension("new");
    let write = || {
        let mut file = owner::create(&beside)?;
        file.write_all(Zeroizing::new(key.0.to_bytes()).as_ref())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(at(path))?;
    Ok(key)
}

fn at(path: &Path) -> impl Fn(io::Error) -> EventKeyError {
    move |source| EventKeyError::File { path: path.to_owned(), source }
}
