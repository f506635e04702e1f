//! Recordings as a source: the same files give the same events, at any speed.

mod clock;
mod file;
mod lines;
mod packets;
mod reader;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ruview_core::{DataSource, StreamTime};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::bfi::Sessions;
use crate::packets::Content;
use crate::speed::{Pacer, Speed};
use crate::{Capabilities, CaptureAdapter, CaptureCounters, CaptureError, CaptureEvent, Captured, HostKind};
use clock::RecordingClock;
pub use file::{OpenRecording, open_recording};
pub use lines::{Line, Lines};
use reader::FileRecord;

const TICK: Duration = Duration::from_secs(1);

/// What a replay does after its last record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AtEnd {
    /// It ends.
    #[default]
    Stop,
    /// It goes on with a tick a second of wall time, so that the silence shows.
    KeepTicking,
    /// It starts again, its times shifted on.
    Loop,
}

/// What to replay, and how.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FileReplayConfig {
    /// JSON lines, pcap or pcapng, plain or gzip, whatever their names; played one after the other. Capture files hold
    /// beamforming reports behind radiotap, Prism or nothing, and Nexmon CSI in Ethernet, which becomes that of node 0.
    pub files: Vec<PathBuf>,
    /// The pace against the wall clock.
    pub speed: Speed,
    /// What happens after the last record.
    pub at_end: AtEnd,
}

/// A [`CaptureAdapter`] for recordings.
///
/// Events carry the recording's own times, and a tick comes with every second from its first record on. A time that steps
/// back by no more than a minute stands still instead; one that steps back further, and a file that begins before the
/// last one ended, is shifted on. Of a gap of more than a minute only the first minute is played (60 ticks); then time
/// jumps.
///
/// Files are read by a thread of their own, which ends when the adapter is dropped. Lines and packets that are no records are counted
/// and passed over; a file that breaks off counts as truncated, and what came before stays.
#[derive(Debug)]
pub struct FileReplay {
    records: mpsc::Receiver<Result<FileRecord, CaptureError>>,
    /// What comes next and its time, while the ticks before it are handed over.
    content: Option<(StreamTime, Content)>,
    /// The event that waits for its time.
    due: Option<Captured>,
    clock: RecordingClock,
    sessions: Sessions,
    pacer: Pacer,
    at_end: AtEnd,
    /// When the next tick after the end is due.
    idle_until: Option<Instant>,
    counters: Arc<CaptureCounters>,
}

impl FileReplay {
    /// Checks every file, and reads as far as the first record.
    ///
    /// # Errors
    /// - [`CaptureError::NoFiles`] for an empty list;
    /// - [`CaptureError::Unreadable`], [`CaptureError::NotAFile`] and [`CaptureError::InvalidGzip`] for the first file that
    ///   is so;
    /// - [`CaptureError::NoRecords`] where no file has a single record;
    /// - [`CaptureError::Thread`] where the reading thread cannot be started.
    pub async fn open(config: FileReplayConfig) -> Result<Self, CaptureError> {
        let FileReplayConfig { files, speed, at_end } = config;
        if files.is_empty() {
            return Err(CaptureError::NoFiles);
        }
        let counters = Arc::<CaptureCounters>::default();
        let records = reader::spawn(files.clone(), at_end == AtEnd::Loop, Arc::clone(&counters))?;
        let mut replay = Self {
            records,
            content: None,
            due: None,
            clock: RecordingClock::default(),
            sessions: Sessions::default(),
            pacer: Pacer::new(speed),
            at_end,
            idle_until: None,
            counters,
        };
        let first = replay.records.recv().await.ok_or(CaptureError::NoRecords { paths: files })??;
        replay.keep(first);
        Ok(replay)
    }

    async fn next_event(&mut self) -> Option<Captured> {
        if self.due.is_none() {
            self.due = self.upcoming().await;
        }
        let Some(due) = &self.due else {
            return match self.at_end {
                AtEnd::KeepTicking => Some(self.idle_tick().await),
                AtEnd::Stop | AtEnd::Loop => None,
            };
        };
        self.pacer.until(self.clock.playing_time(due.at)).await;
        if due.event != CaptureEvent::Tick {
            self.counters.accept();
        }
        self.due.take()
    }

    /// The next event of the recording, whatever the wall clock says.
    async fn upcoming(&mut self) -> Option<Captured> {
        while self.content.is_none() {
            match self.records.recv().await? {
                Ok(record) => self.keep(record),
                Err(error) => tracing::warn!("going on without: {error}"),
            }
        }
        let (at, content) = self.content.take()?;
        if let Some(tick) = self.clock.tick_before(at) {
            self.content = Some((at, content));
            return Some(Captured { at: tick, event: CaptureEvent::Tick });
        }
        self.clock.pass(at);
        Some(Captured { at, event: content.into_event(at, &mut self.sessions) })
    }

    fn keep(&mut self, FileRecord { record, opens_file }: FileRecord) {
        self.content = Some((self.clock.place(record.at, opens_file), record.content));
    }

    async fn idle_tick(&mut self) -> Captured {
        let due = *self.idle_until.get_or_insert_with(|| Instant::now() + TICK);
        sleep_until(due).await;
        self.idle_until = Some(due + TICK);
        Captured { at: self.clock.tick_after_end(), event: CaptureEvent::Tick }
    }
}

impl CaptureAdapter for FileReplay {
    fn source(&self) -> DataSource {
        DataSource::Replay
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { he: true, width_160: true, max_rx: 8, host: HostKind::Recording }
    }

    fn counters(&self) -> Arc<CaptureCounters> {
        Arc::clone(&self.counters)
    }

    fn next(&mut self) -> BoxFuture<'_, Option<Captured>> {
        self.next_event().boxed()
    }
}
