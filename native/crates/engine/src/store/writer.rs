//! The thread that writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::file::StoreFile;
use super::{Counters, Records};

/// A recording at full speed hands records over all the time; the disk is asked no more often than this. Shorter than the
/// ten seconds between two hand-overs in life, so that these are written at once.
const APART: Duration = Duration::from_secs(9);

/// Writes records as they are handed over; ends with the last of them.
pub(super) struct Writer {
    records: Option<Sender<Records>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// `None` when the system has no thread for it.
    pub(super) fn start(file: StoreFile, in_file: Records, counters: Arc<Counters>) -> Option<Self> {
        let (records, inbox) = channel();
        let failures = Arc::clone(&counters);
        let work = move || write_all(file, in_file, &inbox, &counters);
        match std::thread::Builder::new().name("store".into()).spawn(work) {
            Ok(thread) => Some(Self { records: Some(records), thread: Some(thread) }),
            Err(error) => {
                failures.failures.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%error, "nothing will be remembered over a restart");
                None
            }
        }
    }

    pub(super) fn keep(&self, records: Records) {
        if let Some(inbox) = &self.records {
            // An error means that the thread has failed, which was logged.
            let _ = inbox.send(records);
        }
    }
}

impl Drop for Writer {
    /// Waits until the last records are written.
    fn drop(&mut self) {
        self.records.take();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that stores has failed");
        }
    }
}

fn write_all(mut file: StoreFile, mut in_file: Records, inbox: &Receiver<Records>, counters: &Counters) {
    while let Ok(first) = inbox.recv() {
        let asked = Instant::now();
        write(&mut file, &mut in_file, first, counters);
        // Only the latest of what comes too early is of interest.
        let mut latest = None;
        while let Ok(records) = inbox.recv_timeout(APART.saturating_sub(asked.elapsed())) {
            latest = Some(records);
        }
        if let Some(records) = latest {
            write(&mut file, &mut in_file, records, counters);
        }
    }
}

fn write(file: &mut StoreFile, in_file: &mut Records, records: Records, counters: &Counters) {
    match file.write(in_file, &records) {
        Ok(()) => *in_file = records,
        Err(error) => {
            if counters.failures.fetch_add(1, Ordering::Relaxed) == 0 {
                tracing::error!(%error, "what was learnt cannot be stored; the next attempt is in ten seconds");
            }
        }
    }
}
