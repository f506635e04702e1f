//! `ruview-server record`: what nodes send, as `replay` reads it.
//!
//! A recording is raw CSI, class 0: it can say more of people than anything that a server publishes. It is written to files
//! that only their owner can read, and nothing here sends them anywhere.

pub mod args;
mod files;

use std::io::{self, Write};
use std::path::PathBuf;

use ruview_capture::{CaptureAdapter, CaptureError, CaptureEvent, Captured, Esp32Udp, Esp32UdpConfig};
use ruview_wire::jsonl::{Record, build_line};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

pub use args::RecordArgs;

use files::Files;

const MEGABYTE: u64 = 1_000_000;
/// Seconds between two lines of the log that say how far it is.
const PROGRESS_S: u64 = 10;

/// Why a recording cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Nodes cannot be heard.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The file cannot be written.
    #[error("cannot write {}: {source}. Choose another file, on a disk with room", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system refuses something that every process has.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

/// What was recorded.
#[derive(Debug, Default)]
struct Progress {
    packets: u64,
    /// Packets that the format cannot hold.
    left_out: u64,
    seconds: u64,
}

/// Records until somebody ends it.
pub(crate) async fn record(args: &RecordArgs) -> Result<(), RecordError> {
    let mut source = Esp32Udp::bind(Esp32UdpConfig { bind: args.udp_bind, allow: args.udp_allow.clone() })?;
    let wrong = |source| RecordError::File { path: args.file.clone(), source };
    let mut files = Files::create(&args.file, args.max_mb * MEGABYTE, args.keep).map_err(wrong)?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tracing::warn!(
        file = %args.file.display(),
        "recordings hold raw CSI, from which more can be told of people than what this server publishes; keep them on this host"
    );
    let line = json!({"event": "recording", "udp": source.local_addr()});
    let mut stdout = io::stdout().lock();
    // Nobody needs to read it.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    drop(stdout);

    let mut progress = Progress::default();
    loop {
        let captured = tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            captured = source.next() => captured,
        };
        let Some(captured) = captured else { break };
        take(captured, &mut files, &mut progress).map_err(wrong)?;
    }
    files.finish().map_err(wrong)?;
    let Progress { packets, left_out, seconds } = progress;
    tracing::info!(packets, left_out, seconds, "the recording is complete");
    Ok(())
}

fn take(captured: Captured, files: &mut Files, progress: &mut Progress) -> io::Result<()> {
    match captured.event {
        CaptureEvent::Packet(packet) => match build_line(&Record { at: captured.at, packet }) {
            Ok(line) => {
                files.line(&line)?;
                progress.packets += 1;
            }
            Err(error) => {
                progress.left_out += 1;
                tracing::debug!(%error, "a packet that recordings cannot hold");
            }
        },
        CaptureEvent::Tick => {
            files.flush()?;
            progress.seconds += 1;
            if progress.seconds.is_multiple_of(PROGRESS_S) {
                tracing::info!(packets = progress.packets, seconds = progress.seconds, "recording");
            }
        }
        CaptureEvent::Nexmon(_) | CaptureEvent::Bfi(_) | CaptureEvent::Duplicate(_) => progress.left_out += 1,
    }
    Ok(())
}
