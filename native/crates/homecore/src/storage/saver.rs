//! The thread that writes, so that a slow disk delays nobody who registers something.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::document::Document;
use super::files::write_atomically;
use super::{StorageConfig, StorageStatistics, devices, entities};

/// Everybody may read what Home Assistant lets everybody read; the folder is the owner's.
const MODE: u32 = 0o644;

#[derive(Debug)]
pub(super) struct Saver {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// There is something to do.
    wake: Condvar,
    /// An attempt was made.
    tried: Condvar,
    pub(super) counters: Counters,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) devices: Kept<devices::Data>,
    pub(super) entities: Kept<entities::Data>,
    hurry: bool,
    stop: bool,
    attempts: u64,
}

/// A document and how much of it is in its file.
#[derive(Debug)]
pub(super) struct Kept<T> {
    pub(super) document: Document<T>,
    path: PathBuf,
    changes: u64,
    written: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) set_aside: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) writes: AtomicU64,
}

impl<T> Kept<T> {
    pub(super) fn new(document: Document<T>, path: PathBuf) -> Self {
        Self { document, path, changes: 0, written: 0 }
    }

    /// Its file is not what it is any more.
    pub(super) fn changed(&mut self) {
        self.changes += 1;
    }

    fn is_dirty(&self) -> bool {
        self.written < self.changes
    }
}

impl State {
    pub(super) fn new(devices: Kept<devices::Data>, entities: Kept<entities::Data>) -> Self {
        Self { devices, entities, hurry: false, stop: false, attempts: 0 }
    }

    fn is_dirty(&self) -> bool {
        self.devices.is_dirty() || self.entities.is_dirty()
    }
}

impl Saver {
    /// # Errors
    /// When the system has no thread for it.
    pub(super) fn start(state: State, counters: Counters, config: StorageConfig) -> std::io::Result<Self> {
        let shared =
            Arc::new(Shared { state: Mutex::new(state), wake: Condvar::new(), tried: Condvar::new(), counters });
        let work = Arc::clone(&shared);
        let thread = thread::Builder::new().name("registries".into()).spawn(move || work.save_all(config))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Looks at the documents or changes them; what `change` marks as changed is written within the debounce time.
    pub(super) fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.shared.state.lock();
        let result = change(&mut state);
        if state.is_dirty() {
            self.shared.wake.notify_one();
        }
        result
    }

    /// Writes what is not written yet, now; true when everything is in the files.
    pub(super) fn flush(&self) -> bool {
        let mut state = self.shared.state.lock();
        let (devices, entities) = (state.devices.changes, state.entities.changes);
        // One attempt may be on its way with less than what there is now.
        let last = state.attempts + 2;
        while (state.devices.written < devices || state.entities.written < entities) && state.attempts < last {
            state.hurry = true;
            self.shared.wake.notify_one();
            self.shared.tried.wait(&mut state);
        }
        state.devices.written >= devices && state.entities.written >= entities
    }

    pub(super) fn statistics(&self) -> StorageStatistics {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.shared.counters;
        StorageStatistics {
            registries_set_aside: count(&counters.set_aside),
            registry_writes_failed: count(&counters.failures),
            registry_writes: count(&counters.writes),
        }
    }
}

impl Drop for Saver {
    /// Waits until what is not written yet is written.
    fn drop(&mut self) {
        self.shared.state.lock().stop = true;
        self.shared.wake.notify_one();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes the registries has failed");
        }
    }
}

impl Shared {
    fn save_all(&self, config: StorageConfig) {
        let mut wait = config.debounce;
        let mut state = self.state.lock();
        loop {
            while !state.stop && !state.is_dirty() {
                self.wake.wait(&mut state);
            }
            let until = Instant::now() + wait;
            while !state.stop && !state.hurry && !self.wake.wait_until(&mut state, until).timed_out() {}
            state.hurry = false;
            let stop = state.stop;
            let devices = self.save(&mut state, |state| &mut state.devices);
            let entities = self.save(&mut state, |state| &mut state.entities);
            wait = if devices && entities { config.debounce } else { config.retry };
            state.attempts += 1;
            self.tried.notify_all();
            if stop {
                return;
            }
        }
    }

    /// Writes a document if it is not in its file; false when that failed. Nobody waits for the disk.
    fn save<T: Clone + serde::Serialize>(
        &self,
        state: &mut MutexGuard<'_, State>,
        kept: impl Fn(&mut State) -> &mut Kept<T>,
    ) -> bool {
        let it = kept(state);
        if !it.is_dirty() {
            return true;
        }
        let (document, path, changes) = (it.document.clone(), it.path.clone(), it.changes);
        let written = MutexGuard::unlocked(state, || {
            let bytes = document.to_bytes().map_err(std::io::Error::other)?;
            write_atomically(&path, &bytes, MODE)
        });
        match written {
            Ok(()) => {
                kept(state).written = changes;
                self.counters.writes.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(error) => {
                if self.counters.failures.fetch_add(1, Ordering::Relaxed) == 0 {
                    tracing::error!(%error, path = %path.display(), "a registry cannot be written; it is tried again");
                }
                false
            }
        }
    }
}
