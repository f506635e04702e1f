//! The log of events: what happened is on the disk before anybody is told of it, so that a process that is killed forgets
//! nothing that somebody has seen.
//!
//! A file of its own in WAL mode: one small write and one `fsync` an event, which the engine waits for. Events are rare, and
//! readers do not hold it up. When the disk refuses, that is counted and the event is told all the same: a fall matters more
//! than its record.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use homecore::Attributes;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, named_params, params};
use ruview_bfld::policy::{self, Terms};
use serde::Serialize;
use serde_json::Value;

use super::file::{self, Schema, StoreError};
use crate::catalog::CATALOG;

/// The name of the file in the data directory.
pub const EVENTS_FILE: &str = "events.db";

const EVENTS: Schema = Schema {
    version: 1,
    // Ids never come again, so that a reader that knows the last one it saw misses nothing.
    tables: "CREATE TABLE event (
                 id INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, event_type TEXT NOT NULL,
                 kind TEXT NOT NULL, device_id TEXT NOT NULL, entity_id TEXT NOT NULL, json TEXT NOT NULL
             );
             CREATE INDEX event_at ON event (at_us);",
};
/// The engine waits no longer than this for another process that holds the file.
const BUSY: Duration = Duration::from_millis(250);
/// After a failure the file is left alone for as long.
const RETRY: Duration = Duration::from_secs(30);
/// What is too old or too much is removed every so many events.
const PRUNE_EVERY: u32 = 128;
/// More than anybody reads at once.
const MAX_READ: u32 = 1000;

/// How much of the past is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// What is older goes.
    pub age: Duration,
    /// The latest so many stay.
    pub count: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self { age: Duration::from_hours(30 * 24), count: 100_000 }
    }
}

/// What happened to the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct EventLogStatistics {
    /// Events that are on the disk.
    pub events_stored: u64,
    /// Events that were told although they could not be stored.
    pub events_not_stored: u64,
    /// Logs that could not be read and were set aside.
    pub events_set_aside: u64,
}

/// Something that happened, on its way into the log.
pub(crate) struct Happened<'a> {
    pub(crate) at: Timestamp,
    pub(crate) event_type: &'a str,
    /// The key of its entity's kind: decides who may read it.
    pub(crate) kind: &'a str,
    pub(crate) device_id: &'a str,
    pub(crate) entity_id: &'a str,
    pub(crate) data: &'a Attributes,
}

/// Writes events.
pub struct EventLog {
    path: PathBuf,
    keep: Keep,
    connection: Option<Connection>,
    failed: Option<Instant>,
    until_pruned: u32,
    statistics: EventLogStatistics,
}

impl EventLog {
    /// Opens the log of a data directory. One that cannot be read is set aside and a new one is begun.
    pub fn open(dir: &Path, keep: Keep) -> Self {
        let mut log = Self {
            path: dir.join(EVENTS_FILE),
            keep,
            connection: None,
            failed: None,
            until_pruned: 0,
            statistics: EventLogStatistics::default(),
        };
        if let Err(error) = log.connect() {
            log.fail(&error);
        }
        log
    }

    /// Where what was written can be read.
    pub(crate) fn archive(&self) -> EventArchive {
        EventArchive { path: self.path.clone() }
    }

    pub(crate) fn statistics(&self) -> EventLogStatistics {
        self.statistics
    }

    /// Returns when the event is on the disk, or when the disk has refused it.
    pub(crate) fn append(&mut self, event: &Happened<'_>) {
        match self.try_append(event) {
            Ok(true) => self.statistics.events_stored += 1,
            Ok(false) => self.statistics.events_not_stored += 1,
            Err(error) => {
                self.statistics.events_not_stored += 1;
                self.fail(&error);
            }
        }
    }

    /// False when the disk was not asked, because it has refused a moment ago.
    fn try_append(&mut self, event: &Happened<'_>) -> Result<bool, StoreError> {
        if self.failed.is_some_and(|failed| failed.elapsed() < RETRY) {
            return Ok(false);
        }
        self.failed = None;
        let keep = self.keep;
        match insert(self.connect()?, event) {
            Err(error) if error.is_of_content() => {
                self.connection = None;
                self.set_aside(&error)?;
                insert(self.connect()?, event)?;
            }
            other => other?,
        }
        if self.until_pruned == 0 {
            prune(self.connect()?, keep, event.at)?;
            self.until_pruned = PRUNE_EVERY;
        }
        self.until_pruned -= 1;
        Ok(true)
    }

    fn connect(&mut self) -> Result<&mut Connection, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => match connect(&self.path) {
                Err(error) if error.is_of_content() => {
                    self.set_aside(&error)?;
                    connect(&self.path)?
                }
                other => other?,
            },
        };
        Ok(self.connection.insert(connection))
    }

    fn set_aside(&mut self, error: &StoreError) -> Result<(), StoreError> {
        self.statistics.events_set_aside += 1;
        let aside = file::set_aside(&self.path)?;
        tracing::error!(%error, aside = %aside.display(), "the log of events cannot be read; it is set aside");
        Ok(())
    }

    fn fail(&mut self, error: &StoreError) {
        self.connection = None;
        self.failed = Some(Instant::now());
        tracing::error!(%error, path = %self.path.display(), "events are told and not stored; the next attempt is in 30 s");
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = file::open(path, &EVENTS)?;
    connection.busy_timeout(BUSY)?;
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304;")?;
    Ok(connection)
}

fn insert(connection: &mut Connection, event: &Happened<'_>) -> Result<(), StoreError> {
    let Happened { at, event_type, kind, device_id, entity_id, data } = event;
    let json = Value::Object((*data).clone()).to_string();
    connection.execute(
        "INSERT INTO event (at_us, event_type, kind, device_id, entity_id, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![at.as_microsecond(), event_type, kind, device_id, entity_id, json],
    )?;
    Ok(())
}

/// Removes what is too old by the clock of `now`, and what is too much.
fn prune(connection: &mut Connection, keep: Keep, now: Timestamp) -> Result<(), StoreError> {
    let age = i64::try_from(keep.age.as_micros()).unwrap_or(i64::MAX);
    let oldest = now.as_microsecond().saturating_sub(age);
    connection.execute("DELETE FROM event WHERE at_us < ?1", [oldest])?;
    connection.execute("DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?1", [keep.count])?;
    Ok(())
}

/// Which events somebody wants to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Those behind this one.
    pub after: Option<i64>,
    /// Those from then on.
    pub since: Option<Timestamp>,
    /// Those of this type.
    pub event_type: Option<String>,
    /// At most so many, and never more than 1,000: the first ones, or the last ones where neither `after` nor `since` is given.
    pub limit: Option<u32>,
}

/// An event of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Its number. Later events have greater ones.
    pub id: i64,
    /// What.
    pub event_type: String,
    /// On which device.
    pub device_id: String,
    /// On which entity.
    pub entity_id: String,
    /// What is to be known about it.
    pub data: Attributes,
    /// When.
    pub time_fired: Timestamp,
}

/// The log cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the log of events cannot be read: {0}")]
pub struct EventArchiveError(#[from] rusqlite::Error);

/// Reads events, in any process.
#[derive(Debug, Clone)]
pub struct EventArchive {
    path: PathBuf,
}

impl EventArchive {
    /// The log of a data directory.
    pub fn of(dir: &Path) -> Self {
        Self { path: dir.join(EVENTS_FILE) }
    }

    /// The events that `query` asks for and `terms` permit now, whatever was permitted when they were stored; oldest first.
    /// None when there is no log yet.
    ///
    /// # Errors
    /// [`EventArchiveError`] when the file cannot be read.
    pub fn read(&self, query: &EventQuery, terms: Terms) -> Result<Vec<StoredEvent>, EventArchiveError> {
        if !self.path.exists() {
            return Ok(Vec::new());
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY)?;
        let kinds = CATALOG.iter().filter(|kind| kind.is_permitted(terms)).map(|kind| kind.key);
        let kinds = Value::from(kinds.collect::<Vec<_>>()).to_string();
        let from_the_start = query.after.is_some() || query.since.is_some();
        let order = if from_the_start { "ASC" } else { "DESC" };
        let mut statement = connection.prepare(&format!(
            "SELECT id, at_us, event_type, device_id, entity_id, json FROM event
             WHERE id > :after AND at_us >= :since AND (:type IS NULL OR event_type = :type)
                 AND kind IN (SELECT value FROM json_each(:kinds))
             ORDER BY id {order} LIMIT :limit"
        ))?;
        let rows = statement.query_map(
            named_params! {
                ":after": query.after.unwrap_or(i64::MIN),
                ":since": query.since.map_or(i64::MIN, Timestamp::as_microsecond),
                ":type": query.event_type,
                ":kinds": kinds,
                ":limit": query.limit.unwrap_or(MAX_READ).min(MAX_READ),
            },
            |row| {
                let at_us = row.get(1)?;
                Ok(StoredEvent {
                    id: row.get(0)?,
                    time_fired: Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::MIN),
                    event_type: row.get(2)?,
                    device_id: row.get(3)?,
                    entity_id: row.get(4)?,
                    data: permitted(&row.get::<_, String>(5)?, terms),
                })
            },
        )?;
        let mut events = rows.collect::<Result<Vec<_>, _>>()?;
        events.sort_by_key(|event| event.id);
        Ok(events)
    }
}

fn permitted(json: &str, terms: Terms) -> Attributes {
    let mut data = serde_json::from_str(json).unwrap_or_default();
    policy::filter(&mut data, terms);
    match data {
        Value::Object(data) => data,
        _ => Attributes::new(),
    }
}
