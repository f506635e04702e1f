//! What survives a restart: in one `SQLite` file baselines, what rooms have learnt, the rooms themselves; in another one the
//! log of events.
//!
//! The engine hands over everything every ten seconds and when it ends; a thread of its own writes what differs, so that a
//! slow disk delays no packet. A process that is killed loses what it has learnt in the last ten seconds, but nothing that
//! somebody was told: events and what services change are on the disk before anybody hears of them.

mod events;
mod file;
mod record;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

pub(crate) use events::Happened;
pub use events::{
    EVENTS_FILE, EventArchive, EventArchiveError, EventLog, EventLogStatistics, EventQuery, Keep, StoredEvent,
};
pub(crate) use record::{Kind, Record, Records};
pub(crate) use writer::Answer;

use file::StoreFile;
use writer::Writer;

/// The name of the file in the data directory.
pub const STORE_FILE: &str = "ruview.db";

/// What happened to the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StoreStatistics {
    /// Files that could not be read and were set aside.
    pub store_set_aside: u64,
    /// Writes that failed.
    pub store_failures: u64,
}

#[derive(Debug, Default)]
struct Counters {
    set_aside: AtomicU64,
    failures: AtomicU64,
}

/// Keeps records. When it cannot, it counts that and the service goes on.
pub struct Store {
    counters: Arc<Counters>,
    writer: Option<Writer>,
    found: Records,
}

impl Store {
    /// Opens the store of a data directory. A file that cannot be read is set aside under a name with the date, and a new
    /// one is begun; if that fails too, nothing is kept.
    pub fn open(dir: &Path) -> Self {
        let counters = Arc::new(Counters::default());
        let path = dir.join(STORE_FILE);
        let opened = StoreFile::open(&path).or_else(|error| {
            if !error.is_of_content() {
                return Err(error);
            }
            counters.set_aside.fetch_add(1, Ordering::Relaxed);
            let aside = file::set_aside(&path)?;
            tracing::error!(%error, aside = %aside.display(), "what was stored cannot be read; it is set aside");
            StoreFile::open(&path)
        });
        let (file, found) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                counters.failures.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%error, path = %path.display(), "nothing will be remembered over a restart");
                return Self { counters, writer: None, found: Records::default() };
            }
        };
        let writer = Writer::start(file, found.clone(), Arc::clone(&counters));
        Self { counters, writer, found }
    }

    /// What an earlier process left; empty the second time.
    pub(crate) fn take_found(&mut self) -> Records {
        std::mem::take(&mut self.found)
    }

    /// Whether anything is kept.
    pub(crate) fn is_open(&self) -> bool {
        self.writer.is_some()
    }

    /// These are all records from now on. Returns at once; `answer` is told when they are on the disk.
    pub(crate) fn keep(&self, records: Records, answer: Option<Answer>) {
        if let Some(writer) = &self.writer {
            writer.keep(records, answer);
        }
    }

    /// What happened so far.
    pub fn statistics(&self) -> StoreStatistics {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StoreStatistics {
            store_set_aside: count(&self.counters.set_aside),
            store_failures: count(&self.counters.failures),
        }
    }
}
