//! The thread that writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::file::StoreFile;
use super::{Counters, Records};

/// A recording at full speed hands records over all the time; the disk is asked no more often than this. Shorter than the
/// ten seconds between two hand-overs in life, so that these are written at once.
const APART: Duration = Duration::from_secs(9);

/// Is told whether what it waits for is on the disk.
pub(crate) type Answer = Box<dyn FnOnce(bool) + Send>;

/// Writes records as they are handed over; ends with the last of them.
pub(super) struct Writer {
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

/// Where records are handed over. Only the latest are of interest, so nothing queues up.
#[derive(Default)]
struct Desk {
    tray: Mutex<Tray>,
    changed: Condvar,
}

#[derive(Default)]
struct Tray {
    records: Option<Records>,
    /// Of those who wait for the records. Each of them waits for its own, so they are few.
    answers: Vec<Answer>,
    closed: bool,
}

impl Desk {
    /// A thread that panicked with the tray in its hands has left it whole: each step of it is one assignment.
    fn tray(&self) -> MutexGuard<'_, Tray> {
        self.tray.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next records: at once when somebody waits for them or nothing more comes, otherwise not before `due`. `None` at
    /// the end.
    fn next(&self, due: Instant) -> Option<(Records, Vec<Answer>)> {
        let mut tray = self.tray();
        loop {
            let wait = due.saturating_duration_since(Instant::now());
            let is_urgent = tray.closed || !tray.answers.is_empty() || wait.is_zero();
            if is_urgent && let Some(records) = tray.records.take() {
                return Some((records, std::mem::take(&mut tray.answers)));
            }
            if tray.closed {
                return None;
            }
            tray = if tray.records.is_some() {
                self.changed.wait_timeout(tray, wait).unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.changed.wait(tray).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }
}

impl Writer {
    /// `None` when the system has no thread for it.
    pub(super) fn start(file: StoreFile, in_file: Records, counters: Arc<Counters>) -> Option<Self> {
        let desk = Arc::new(Desk::default());
        let failures = Arc::clone(&counters);
        let inbox = Arc::clone(&desk);
        let work = move || write_all(file, in_file, &inbox, &counters);
        match std::thread::Builder::new().name("store".into()).spawn(work) {
            Ok(thread) => Some(Self { desk, thread: Some(thread) }),
            Err(error) => {
                failures.failures.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%error, "nothing will be remembered over a restart");
                None
            }
        }
    }

    /// Writes `records` soon, and tells `answer` when that is done; with one it is done at once.
    pub(super) fn keep(&self, records: Records, answer: Option<Answer>) {
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            // It has failed, which is told when it is joined.
            if let Some(answer) = answer {
                answer(false);
            }
            return;
        }
        let mut tray = self.desk.tray();
        tray.records = Some(records);
        tray.answers.extend(answer);
        self.desk.changed.notify_one();
    }
}

impl Drop for Writer {
    /// Waits until the last records are written.
    fn drop(&mut self) {
        self.desk.tray().closed = true;
        self.desk.changed.notify_one();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that stores has failed");
        }
    }
}

fn write_all(mut file: StoreFile, mut in_file: Records, desk: &Desk, counters: &Counters) {
    let mut due = Instant::now();
    while let Some((records, answers)) = desk.next(due) {
        due = Instant::now() + APART;
        let written = write(&mut file, &mut in_file, records, counters);
        for answer in answers {
            answer(written);
        }
    }
}

fn write(file: &mut StoreFile, in_file: &mut Records, records: Records, counters: &Counters) -> bool {
    match file.write(in_file, &records) {
        Ok(()) => {
            *in_file = records;
            true
        }
        Err(error) => {
            if counters.failures.fetch_add(1, Ordering::Relaxed) == 0 {
                tracing::error!(%error, "what was learnt cannot be stored; the next attempt is in ten seconds");
            }
            false
        }
    }
}
