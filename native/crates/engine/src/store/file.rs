//! The file of `SQLite`: its schema, reading all of it, writing what differs.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, params};

use super::{Kind, Record, Records};

/// The schema that this version reads and writes, in the file's `user_version`.
const SCHEMA: u32 = 1;
/// Another process that reads the file is waited for.
const BUSY: Duration = Duration::from_secs(2);

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// `SQLite` says so.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// It is whole, and of another version.
    #[error("schema: expected {SCHEMA}, found {0}")]
    Schema(u32),
    /// Its pages contradict each other.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// It cannot be moved out of the way.
    #[error("it cannot be set aside: {0}")]
    Aside(#[from] io::Error),
}

impl StoreError {
    /// Whether another file would be read: the fault is not the disk's or the directory's.
    pub(super) fn is_of_content(&self) -> bool {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => {
                matches!(error.code, ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown)
            }
            Self::Schema(_) | Self::Damaged(_) | Self::Sqlite(_) => true,
            Self::Aside(_) => false,
        }
    }
}

/// An open file.
pub(super) struct StoreFile {
    connection: Connection,
}

impl StoreFile {
    /// Opens or makes the file, and reads everything.
    pub(super) fn open(path: &Path) -> Result<(Self, Records), StoreError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if check != "ok" {
            return Err(StoreError::Damaged(check));
        }
        let schema: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        match schema {
            0 => {
                connection.execute_batch(&format!(
                    "BEGIN;
                     CREATE TABLE record (
                         kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL,
                         PRIMARY KEY (kind, key)
                     ) WITHOUT ROWID;
                     PRAGMA user_version = {SCHEMA};
                     COMMIT;"
                ))?;
            }
            SCHEMA => {}
            other => return Err(StoreError::Schema(other)),
        }
        let file = Self { connection };
        let records = file.read()?;
        Ok((file, records))
    }

    fn read(&self) -> Result<Records, StoreError> {
        let mut statement = self.connection.prepare("SELECT kind, key, version, json FROM record")?;
        let mut rows = statement.query([])?;
        let mut records = Records::default();
        while let Some(row) = rows.next()? {
            let kind: String = row.get(0)?;
            if let Some(kind) = Kind::from_str(&kind) {
                records.0.insert((kind, row.get(1)?), Record { version: row.get(2)?, json: row.get(3)? });
            }
        }
        Ok(records)
    }

    /// Writes what differs between `before`, which is in the file, and `now`, all or nothing.
    pub(super) fn write(&mut self, before: &Records, now: &Records) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for ((kind, key), record) in &now.0 {
            if before.0.get(&(*kind, key.clone())) != Some(record) {
                transaction.execute(
                    "INSERT OR REPLACE INTO record (kind, key, version, json) VALUES (?1, ?2, ?3, ?4)",
                    params![kind.as_str(), key, record.version, record.json],
                )?;
            }
        }
        for (kind, key) in before.0.keys().filter(|key| !now.0.contains_key(*key)) {
            transaction.execute("DELETE FROM record WHERE kind = ?1 AND key = ?2", params![kind.as_str(), key])?;
        }
        Ok(transaction.commit()?)
    }
}

/// Moves a file out of the way, under a name with the date, and says where to.
pub(super) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let aside = homecore::set_aside(path)?;
    // A journal belongs to the file that is gone, and would damage the new one.
    let mut journal = OsString::from(path);
    journal.push("-journal");
    match std::fs::remove_file(journal) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(aside),
    }
}
