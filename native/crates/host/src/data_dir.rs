//! The data directory: who this installation is, made once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use homecore::{make_private_dir, write_atomically};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const SERVER_FILE: &str = "server.json";

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another engine has it.
    #[error(
        "{} is used by another engine{}", dir.display(),
        process.map(|process| format!(" (process {process})")).unwrap_or_default()
    )]
    InUse {
        /// The directory.
        dir: PathBuf,
        /// Who has it, if it says so.
        process: Option<u32>,
    },
    /// A file in it is not what was written.
    #[error("{} is damaged: expected {expected}, found {found}. Restore it, or delete it to get a new one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What it holds.
        found: String,
    },
}

impl DataDirError {
    /// The system does not let `path` be used.
    pub fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}

#[derive(Serialize, Deserialize)]
struct ServerFile {
    server_id: Uuid,
}

/// Makes the data directory where there is none.
///
/// # Errors
/// [`DataDirError::Io`].
pub fn make_dir(dir: &Path) -> Result<(), DataDirError> {
    make_private_dir(dir).map_err(|source| DataDirError::io(dir, source))
}

/// Who the owner of `dir` is: never changes, so that Home Assistant knows it again whatever its address.
///
/// # Errors
/// [`DataDirError::Io`], and [`DataDirError::Damaged`] when the file is not what was written: a new identity would orphan
/// everything that Home Assistant knows, so it is never made silently.
pub fn server_id(dir: &Path) -> Result<Uuid, DataDirError> {
    let path = dir.join(SERVER_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => match serde_json::from_str::<ServerFile>(&text) {
            Ok(file) => Ok(file.server_id),
            Err(error) => Err(DataDirError::Damaged {
                path,
                expected: "a JSON object with a UUID as server_id",
                found: error.to_string(),
            }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let file = ServerFile { server_id: Uuid::new_v4() };
            let written = serde_json::to_string_pretty(&file).map_err(io::Error::from).and_then(|text| {
                // Everybody may know who it is.
                write_atomically(&path, format!("{text}\n").as_bytes(), 0o644)
            });
            written.map(|()| file.server_id).map_err(|source| DataDirError::io(&path, source))
        }
        Err(source) => Err(DataDirError::io(&path, source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a/b");
        make_dir(&place).unwrap();
        let first = server_id(&place).unwrap();
        assert_eq!(server_id(&place).unwrap(), first);
        assert_ne!(server_id(dir.path()).unwrap(), first);
    }

    #[test]
    fn damage_is_told_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(SERVER_FILE);
        for damaged in ["", "{}", r#"{"server_id": 1}"#, "not json"] {
            fs::write(&path, damaged).unwrap();
            let error = server_id(dir.path()).unwrap_err();
            assert!(matches!(error, DataDirError::Damaged { .. }), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
        }
    }
}
