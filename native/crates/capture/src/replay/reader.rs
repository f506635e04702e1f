//! The thread that reads recordings, so that disk and decompression keep nobody else waiting.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use ruview_core::StreamTime;
use tokio::sync::mpsc;

use super::file;
use crate::packets::Content;
use crate::refusals::Refusals;
use crate::{CaptureCounters, CaptureError, RejectReason};

/// Records that are read ahead: seconds of a recording, some hundred kilobytes.
const READ_AHEAD: usize = 256;

/// One thing that was recorded, with the time at which it was.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) at: StreamTime,
    pub(super) content: Content,
}

/// A record, and whether it is the first of its file.
#[derive(Debug)]
pub(super) struct FileRecord {
    pub(super) record: Record,
    pub(super) opens_file: bool,
}

/// The records of one file, in order.
pub(super) trait Records {
    /// Reads a little further, and refuses what is none.
    fn step(&mut self, refusals: &mut Refusals) -> Step;
}

/// What a step brought.
#[derive(Debug)]
pub(super) enum Step {
    Record(Record),
    Nothing,
    /// The file ends here, or cannot be read further.
    End,
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
        let octets = match file::open(path) {
            Ok(octets) => octets,
            Err(error) => return self.send(Err(error)).map_continue(|()| false),
        };
        let mut records = match file::records(path, octets) {
            Ok(records) => records,
            Err(error) => {
                self.refusals.refuse(RejectReason::Truncated, &path.display(), &error);
                return ControlFlow::Continue(false);
            }
        };
        let mut opens_file = true;
        while !self.records.is_closed() {
            match records.step(&mut self.refusals) {
                Step::Record(record) => {
                    self.send(Ok(FileRecord { record, opens_file }))?;
                    opens_file = false;
                }
                Step::Nothing => {}
                Step::End => return ControlFlow::Continue(!opens_file),
            }
        }
        ControlFlow::Break(())
    }

    fn send(&self, item: Result<FileRecord, CaptureError>) -> Flow {
        match self.records.blocking_send(item) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}
