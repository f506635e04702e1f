//! The thread that reads recordings, so that disk and decompression keep nobody else waiting.

use std::io::BufRead;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use ruview_wire::WireErrorKind;
use ruview_wire::jsonl::{Record, parse_line};
use tokio::sync::mpsc;

use super::file;
use super::lines::{Line, Lines, MAX_LINE_LEN};
use crate::refusals::Refusals;
use crate::{CaptureCounters, CaptureError, RejectReason};

/// Records that are read ahead: seconds of a recording, some hundred kilobytes.
const READ_AHEAD: usize = 256;

/// A record, and whether it is the first of its file.
#[derive(Debug)]
pub(super) struct FileRecord {
    pub(super) record: Record,
    pub(super) opens_file: bool,
}

/// Starts to read. What comes first is the error of the first file that cannot be opened, or a record; the channel closes
/// after the last one, or never with `repeat`. The thread ends when the receiver is dropped.
pub(super) fn spawn(
    files: Vec<PathBuf>,
    repeat: bool,
    counters: Arc<CaptureCounters>,
) -> Result<mpsc::Receiver<Result<FileRecord, CaptureError>>, CaptureError> {
    let (records, received) = mpsc::channel(READ_AHEAD);
    let mut reader = Reader { records, refusals: Refusals::new(counters) };
    thread::Builder::new()
        .name(String::from("ruview-replay"))
        .spawn(move || {
            // How it ended is seen by the receiver, which is either gone or finds the channel closed.
            let _ = reader.read_all(&files, repeat);
        })
        .map_err(|source| CaptureError::Thread { source })?;
    Ok(received)
}

struct Reader {
    records: mpsc::Sender<Result<FileRecord, CaptureError>>,
    refusals: Refusals,
}

/// Breaks when nobody listens any more.
type Flow<T = ()> = ControlFlow<(), T>;

impl Reader {
    fn read_all(&mut self, files: &[PathBuf], repeat: bool) -> Flow {
        for path in files {
            if let Err(error) = file::open(path) {
                return self.send(Err(error));
            }
        }
        loop {
            let mut found_any = false;
            for path in files {
                found_any |= self.read_file(path)?;
            }
            // Files that were emptied meanwhile must not be read in circles.
            if !(repeat && found_any) {
                return ControlFlow::Continue(());
            }
        }
    }

    /// Returns whether the file has a record.
    fn read_file(&mut self, path: &Path) -> Flow<bool> {
        let mut lines = match file::open(path) {
            Ok(file) => Lines::new(file),
            Err(error) => return self.send(Err(error)).map_continue(|()| false),
        };
        let mut opens_file = true;
        while let Some(record) = self.next_record(path, &mut lines)? {
            self.send(Ok(FileRecord { record, opens_file }))?;
            opens_file = false;
        }
        ControlFlow::Continue(!opens_file)
    }

    /// The next line that is a record; `None` at the end of the file, and where it cannot be read further.
    fn next_record(&mut self, path: &Path, lines: &mut Lines<impl BufRead>) -> Flow<Option<Record>> {
        while !self.records.is_closed() {
            let refusal = match lines.next() {
                Ok(None) => return ControlFlow::Continue(None),
                Err(error) => {
                    self.refuse(path, lines.number(), &Refusal::new(RejectReason::Truncated, &error));
                    return ControlFlow::Continue(None);
                }
                Ok(Some(line)) => match record_in(&line) {
                    Ok(Some(record)) => return ControlFlow::Continue(Some(record)),
                    Ok(None) => continue,
                    Err(refusal) => refusal,
                },
            };
            self.refuse(path, lines.number(), &refusal);
        }
        ControlFlow::Break(())
    }

    fn refuse(&mut self, path: &Path, line: u64, refusal: &Refusal) {
        let source = format_args!("{}, line {line}", path.display());
        self.refusals.refuse(refusal.reason, &source, &refusal.error);
    }

    fn send(&self, item: Result<FileRecord, CaptureError>) -> Flow {
        match self.records.blocking_send(item) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

/// Why a line is no record.
struct Refusal {
    reason: RejectReason,
    error: String,
}

impl Refusal {
    fn new(reason: RejectReason, error: &impl ToString) -> Self {
        Self { reason, error: error.to_string() }
    }
}

/// The record of a line; `None` for a blank one.
fn record_in(line: &Line<'_>) -> Result<Option<Record>, Refusal> {
    let (text, ended) = match line {
        Line::Whole(text) => (text, true),
        Line::Unended(text) => (text, false),
        Line::TooLong => {
            let error = format!("a line of more than {MAX_LINE_LEN} octets is no record");
            return Err(Refusal { reason: RejectReason::MalformedLine, error });
        }
    };
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    parse_line(text).map(Some).map_err(|error| match error.kind {
        // The recorder was stopped while it wrote.
        WireErrorKind::NotARecord { .. } if !ended => Refusal::new(RejectReason::Truncated, &error),
        ref kind => Refusal::new(RejectReason::from(kind), &error),
    })
}
