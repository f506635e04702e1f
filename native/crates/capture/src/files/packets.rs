//! A capture file, packet by packet, in constant memory.

use std::fs::File;
use std::io::{self, BufRead, Cursor, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ruview_core::StreamTime;
use ruview_wire::capture_file::{CaptureReader, Record};
use ruview_wire::{Layer, WireError, WireErrorKind};

use crate::{CaptureError, OpenRecording, open_recording};

/// Octets that tell capture files from others.
const MAGIC_LEN: usize = 4;

/// A pcap or pcapng file, plain or gzip.
pub(super) struct PacketFile {
    path: PathBuf,
    octets: Box<dyn BufRead + Send>,
    file: CaptureReader,
    progress: Progress,
    last: StreamTime,
    ended: bool,
}

/// A packet, and when it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a> {
    /// Its time; that of the packet before it where the file does not say.
    pub(super) at: StreamTime,
    /// The packet as the file has it.
    pub(super) record: Record<'a>,
}

/// Why a file could not be read to its end. What came before is whole.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// It ends inside a record, or nothing after a damaged one can be found.
    #[error("{}: {error}", path.display())]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        error: WireError,
    },
    /// It cannot be read on, or its compression is damaged.
    #[error("{}: after {} octets: {error}", path.display(), octets)]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Octets of the file, compressed if it is, that were read before.
        octets: u64,
        /// What the system says.
        error: io::Error,
    },
}

/// How far a file has been read; another thread may look.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    read: Arc<AtomicU64>,
    /// Octets of the file, compressed if it is.
    pub total: u64,
}

impl Progress {
    /// Octets that were read, compressed if the file is.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// A file whose octets are counted as they are read.
struct Watched {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.file.read(buffer)?;
        self.read.fetch_add(len as u64, Ordering::Relaxed);
        Ok(len)
    }
}

impl PacketFile {
    /// Opens a file, and looks whether it is a capture.
    ///
    /// # Errors
    /// Those of [`open_recording`]; [`CaptureError::NotACapture`] for a file of another kind.
    pub(super) fn open(path: &Path) -> Result<Self, CaptureError> {
        let unreadable = |source| CaptureError::Unreadable { path: path.to_owned(), source };
        let mut progress = Progress::default();
        let OpenRecording { mut octets, .. } = open_recording(path, |file| {
            progress.total = file.metadata().map_or(0, |metadata| metadata.len());
            Watched { file, read: progress.read.clone() }
        })?;
        let mut magic = Vec::new();
        octets.by_ref().take(MAGIC_LEN as u64).read_to_end(&mut magic).map_err(unreadable)?;
        check_magic(&magic).map_err(|error| CaptureError::NotACapture { path: path.to_owned(), error })?;
        Ok(Self {
            path: path.to_owned(),
            octets: Box::new(Cursor::new(magic).chain(octets)),
            file: CaptureReader::new(),
            progress,
            last: StreamTime::from_micros(0),
            ended: false,
        })
    }

    /// How far the file has been read.
    pub(super) const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Gives packets to `take`, damaged ones as errors, until it breaks or the file ends: then this gives `Continue`, and
    /// will again.
    ///
    /// # Errors
    /// [`FileFault`] once, where the file cannot be read to its end.
    pub(super) fn read(
        &mut self,
        mut take: impl FnMut(Result<Packet<'_>, WireError>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, FileFault> {
        while !self.ended {
            while let Some(record) = self.file.next_record() {
                let flow = match record {
                    Ok(record) => {
                        self.last = record.meta.at().unwrap_or(self.last);
                        take(Ok(Packet { at: self.last, record }))
                    }
                    Err(error) => {
                        if self.file.is_lost() {
                            return Err(self.broken(error));
                        }
                        take(Err(error))
                    }
                };
                if flow.is_break() {
                    return Ok(flow);
                }
            }
            self.fill()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn fill(&mut self) -> Result<(), FileFault> {
        match self.octets.fill_buf() {
            Ok([]) => {
                self.ended = true;
                std::mem::take(&mut self.file).finish().map_err(|error| self.broken(error))
            }
            Ok(octets) => {
                let len = octets.len();
                self.file.push(octets);
                self.octets.consume(len);
                Ok(())
            }
            Err(error) => {
                self.ended = true;
                Err(FileFault::Unreadable { path: self.path.clone(), octets: self.progress.read(), error })
            }
        }
    }

    fn broken(&mut self, error: WireError) -> FileFault {
        self.ended = true;
        FileFault::Broken { path: self.path.clone(), error }
    }
}

fn check_magic(magic: &[u8]) -> Result<(), WireError> {
    if magic.len() < MAGIC_LEN {
        let kind = WireErrorKind::TooShort { expected: MAGIC_LEN, found: magic.len() };
        return Err(WireError { layer: Layer::CaptureFile, offset: 0, kind });
    }
    let mut reader = CaptureReader::new();
    reader.push(magic);
    // It finds no record in so little, but it looks.
    match reader.next_record() {
        Some(Err(error)) => Err(error),
        _ => Ok(()),
    }
}
