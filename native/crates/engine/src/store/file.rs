//! The files of `SQLite`: opening one that is whole, setting one aside that is not, and the file of records.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, params};

use super::{Kind, Record, Records};

/// Another process that reads the file is waited for.
const BUSY: Duration = Duration::from_secs(2);

/// What a file must hold.
pub(super) struct Schema {
    /// In the file's `user_version`.
    pub(super) version: u32,
    /// What makes it, in an empty file.
    pub(super) tables: &'static str,
}

const RECORDS: Schema = Schema {
    version: 1,
    tables: "CREATE TABLE record (
                 kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL,
                 PRIMARY KEY (kind, key)
             ) WITHOUT ROWID;",
};

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// `SQLite` says so.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// It is whole, and of another version.
    #[error("schema: expected {expected}, found {found}")]
    Schema {
        /// Of this program.
        expected: u32,
        /// In the file.
        found: u32,
    },
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
            Self::Schema { .. } | Self::Damaged(_) | Self::Sqlite(_) => true,
            Self::Aside(_) => false,
        }
    }
}

/// Opens or makes a file of this schema.
pub(super) fn open(path: &Path, schema: &Schema) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        return Err(StoreError::Damaged(check));
    }
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found == 0 {
        let Schema { version, tables } = schema;
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {tables} PRAGMA user_version = {version}; COMMIT;"))?;
    } else if found != schema.version {
        return Err(StoreError::Schema { expected: schema.version, found });
    }
    Ok(connection)
}

/// An open file of records.
pub(super) struct StoreFile {
    connection: Connection,
}

impl StoreFile {
    /// Opens or makes the file, and reads everything.
    pub(super) fn open(path: &Path) -> Result<(Self, Records), StoreError> {
        let file = Self { connection: open(path, &RECORDS)? };
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

/// Moves a file out of the way, under a name with the date, and says where to. Its journals go with it: they would damage the
/// new file, and may help to repair the old one.
pub(super) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let with = |path: &Path, suffix: &str| {
        let mut name = OsString::from(path);
        name.push(suffix);
        PathBuf::from(name)
    };
    let aside = homecore::set_aside(path)?;
    for journal in ["-journal", "-wal", "-shm"] {
        match std::fs::rename(with(path, journal), with(&aside, journal)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}
