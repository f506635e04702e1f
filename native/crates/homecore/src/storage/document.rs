//! The frame that Home Assistant puts around the data of each of its stores.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::StorageError;

/// The name of a store and the versions of it that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    /// The store's name, which is its file's too.
    pub(super) key: &'static str,
    /// The major versions that were read from files which Home Assistant itself wrote.
    pub(super) majors: &'static [u32],
    /// What a new file is: major and minor version.
    pub(super) new: (u32, u32),
}

/// A store's file. What is not understood stays in `rest`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Document<T> {
    pub(super) version: u32,
    // Files from before there were minor versions.
    #[serde(default = "first_minor")]
    minor_version: u32,
    key: String,
    pub(super) data: T,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

const fn first_minor() -> u32 {
    1
}

/// What is asked of every file before its data is looked at.
#[derive(Deserialize)]
struct Head {
    version: u32,
    key: String,
}

impl<T: Default + DeserializeOwned> Document<T> {
    pub(super) fn new(format: Format) -> Self {
        let (version, minor_version) = format.new;
        Self { version, minor_version, key: format.key.to_owned(), data: T::default(), rest: Map::new() }
    }

    /// Reads the file; `None` when there is none.
    pub(super) fn read(path: &Path, format: Format) -> Result<Option<Self>, StorageError> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StorageError::Io { path: path.to_owned(), source }),
        };
        let head: Head = serde_json::from_slice(&text).map_err(|error| damaged(path, &error))?;
        if head.key != format.key {
            let found = format!("the store '{}'", head.key);
            return Err(StorageError::Damaged { path: path.to_owned(), found });
        }
        if !format.majors.contains(&head.version) {
            return Err(StorageError::Version { path: path.to_owned(), expected: format.majors, found: head.version });
        }
        serde_json::from_slice(&text).map(Some).map_err(|error| damaged(path, &error))
    }
}

impl<T: Serialize> Document<T> {
    /// As Home Assistant writes it.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }
}

fn damaged(path: &Path, error: &serde_json::Error) -> StorageError {
    StorageError::Damaged { path: PathBuf::from(path), found: error.to_string() }
}
