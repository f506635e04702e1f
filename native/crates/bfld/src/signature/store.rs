//! Where a site keeps its salt: one file that only its owner can read.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{SALT_LEN, SiteSalt};
use crate::owner;

/// Why there is no salt.
#[derive(Debug, thiserror::Error)]
pub enum SaltStoreError {
    /// The file could not be read or written.
    #[error("the salt at {} cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds something else. It is left as it is: whoever removes it gets a new salt.
    #[error("expected {SALT_LEN} octets of salt at {}, found {found}", path.display())]
    Length {
        /// The file.
        path: PathBuf,
        /// Octets that it has, one more than expected if it has more.
        found: usize,
    },
    /// The system has no randomness to give.
    #[error("no randomness for a new salt: {0}")]
    Randomness(getrandom::Error),
}

/// A site's salt and the file that keeps it.
#[derive(Debug)]
pub struct SaltStore {
    path: PathBuf,
    salt: SiteSalt,
}

impl SaltStore {
    /// Reads the salt at `path`, or makes and keeps a new one where there is no file. The file's mode is 0600 afterwards.
    ///
    /// # Errors
    /// [`SaltStoreError`]; a file of another length is an error and not replaced.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, SaltStoreError> {
        let path = path.into();
        let salt = match read(&path)? {
            Some(salt) => salt,
            None => make(&path)?,
        };
        Ok(Self { path, salt })
    }

    /// The salt.
    pub const fn salt(&self) -> &SiteSalt {
        &self.salt
    }

    /// Replaces the salt by a new one, so that no hash from before can be compared with one from now on.
    ///
    /// # Errors
    /// [`SaltStoreError`]; the old salt then stays.
    pub fn rotate(&mut self) -> Result<(), SaltStoreError> {
        self.salt = make(&self.path)?;
        Ok(())
    }
}

fn read(path: &Path) -> Result<Option<SiteSalt>, SaltStoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error)),
    };
    owner::restrict(&file).map_err(at(path))?;
    let mut octets = Zeroizing::new(Vec::with_capacity(SALT_LEN + 1));
    file.take(SALT_LEN as u64 + 1).read_to_end(&mut octets).map_err(at(path))?;
    let Ok(salt) = <[u8; SALT_LEN]>::try_from(octets.as_slice()) else {
        return Err(SaltStoreError::Length { path: path.to_owned(), found: octets.len() });
    };
    Ok(Some(SiteSalt::from_octets(Zeroizing::new(salt))))
}

/// Writes beside the file and renames, so that a power cut leaves the old salt or the new one.
fn make(path: &Path) -> Result<SiteSalt, SaltStoreError> {
    let salt = SiteSalt::random().map_err(SaltStoreError::Randomness)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let write = || {
        let mut file = owner::create(&beside)?;
        file.write_all(salt.octets())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(at(path))?;
    Ok(salt)
}

fn at(path: &Path) -> impl Fn(io::Error) -> SaltStoreError {
    move |source| SaltStoreError::File { path: path.to_owned(), source }
}
