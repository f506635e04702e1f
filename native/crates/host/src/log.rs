//! What the crates below have to say, for a program that has a log of its own.
//!
//! Whoever logs never waits: a program that does not read loses records, and is told how many.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use futures_executor::block_on;
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::set_global_default;
use tracing::{Event, Level, Metadata, Subscriber};

/// Records that may wait to be read.
const QUEUE: usize = 1024;

/// Something that was logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// How much it matters.
    pub level: Level,
    /// What was said, and what it was said of.
    pub text: String,
}

/// What is logged in this process from now on, down to the level INFO.
pub struct Logs {
    records: Mutex<mpsc::Receiver<LogRecord>>,
    lost: Arc<AtomicU64>,
    ended: watch::Sender<bool>,
}

impl Logs {
    /// Those of this process; `None` when somebody has them already.
    pub fn of_process() -> Option<Self> {
        static TAKEN: OnceLock<()> = OnceLock::new();
        TAKEN.set(()).ok()?;
        let (logs, tap) = Self::new();
        set_global_default(tap).ok()?;
        Some(logs)
    }

    fn new() -> (Self, Tap) {
        let (sender, records) = mpsc::channel(QUEUE);
        let lost = Arc::<AtomicU64>::default();
        let logs = Self { records: Mutex::new(records), lost: Arc::clone(&lost), ended: watch::Sender::new(false) };
        (logs, Tap { records: sender, lost })
    }

    /// The next record; waits for it. `None` once they have been ended and all are read. Not for asynchronous tasks.
    pub fn next(&self) -> Option<LogRecord> {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            return Some(LogRecord { level: Level::WARN, text: format!("{lost} log records were lost") });
        }
        let (mut records, mut ended) = (self.records.lock(), self.ended.subscribe());
        block_on(async {
            tokio::select! {
                biased;
                record = records.recv() => record,
                _ = ended.wait_for(|&ended| ended) => None,
            }
        })
    }

    /// Ends them: whoever waits for the next record gets none.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }
}

/// Where records come from.
struct Tap {
    records: mpsc::Sender<LogRecord>,
    lost: Arc<AtomicU64>,
}

impl Subscriber for Tap {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let record = LogRecord { level: *event.metadata().level(), text: text.message + &text.fields };
        if self.records.try_send(record).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    // Nothing below has spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// An event as text: its message, then ` name=value` of each field.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a text cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_in_order_and_what_is_lost_is_told() {
        let (logs, tap) = Logs::new();
        tracing::subscriber::with_default(tap, || {
            tracing::warn!(node = "node_1", packets = 3, "too many");
            tracing::debug!("nobody wants to know");
            for number in 0..QUEUE + 4 {
                tracing::info!(number, "again");
            }
        });
        let text = |record: Option<LogRecord>| record.map(|record| (record.level, record.text));
        assert_eq!(text(logs.next()), Some((Level::WARN, "5 log records were lost".into())));
        assert_eq!(text(logs.next()), Some((Level::WARN, "too many node=\"node_1\" packets=3".into())));
        for number in 0..QUEUE - 1 {
            assert_eq!(text(logs.next()), Some((Level::INFO, format!("again number={number}"))));
        }
        logs.end();
        assert_eq!(logs.next(), None);
    }

    #[test]
    fn a_process_has_one_log() {
        let logs = Logs::of_process().unwrap();
        assert!(Logs::of_process().is_none());
        tracing::error!("of the process");
        logs.end();
        // What waits is read all the same; tests that run beside this one log too.
        let texts: Vec<_> = std::iter::from_fn(|| logs.next()).map(|record| record.text).collect();
        assert!(texts.contains(&"of the process".to_owned()), "{texts:?}");
    }
}
