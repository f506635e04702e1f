//! A plan played by several threads. Each run is one JSON line, written when it has ended, whole.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde::Serialize;

use crate::plan::{Plan, Run};
use crate::play::{Played, play};

#[derive(Serialize)]
struct Line<'a> {
    run: &'a str,
    #[serde(flatten)]
    result: Outcome,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Played(Played),
    Error(String),
}

/// Plays all runs on `jobs` threads. Lines come in the order in which runs end, which is not that of the plan.
///
/// # Errors
/// [`io::Error`] when nobody reads what is written.
pub fn replay(plan: &Plan, jobs: usize, out: impl Write + Send) -> io::Result<()> {
    let next = AtomicUsize::new(0);
    let out = Mutex::new(out);
    thread::scope(|scope| {
        let work = || {
            while let Some(run) = plan.runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let line = line(run)?;
                let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
                out.write_all(&line)?;
                out.flush()?;
            }
            Ok(())
        };
        let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(io::Error::other("a thread that plays recordings failed")))
        })
    })
}

fn line(run: &Run) -> io::Result<Vec<u8>> {
    let result = match play(run) {
        Ok(played) => Outcome::Played(played),
        Err(error) => Outcome::Error(error.to_string()),
    };
    let mut line = serde_json::to_vec(&Line { run: &run.id, result })?;
    line.push(b'\n');
    Ok(line)
}
