//! The reports of a file, one after the other.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use ruview_capture::{FileFault, Measurement, MeasurementFile, Progress};

use super::counts::CaptureCounts;
use super::failure::{broken, not_opened};
use super::report::{BeamformingReport, Decoded};

/// Packets after which signals are looked at: milliseconds.
const PACKETS_AT_ONCE: u64 = 16_384;
/// Reports that are read ahead, and numbers of V in them: a megabyte.
const REPORTS_AT_ONCE: usize = 64;
const NUMBERS_AT_ONCE: usize = 1 << 17;

/// A file that is read for its reports; see the stub.
#[pyclass(module = "wifi_densepose.bfi", frozen)]
pub(crate) struct CaptureReader {
    state: Mutex<State>,
    path: PathBuf,
    progress: Progress,
}

struct State {
    /// None once it was closed or read to its end.
    file: Option<MeasurementFile>,
    /// Reports that are still wanted.
    left: u64,
    counts: CaptureCounts,
    ready: VecDeque<Decoded>,
    /// What is to be said after the last report.
    fault: Option<FileFault>,
}

/// What a look at the state brought.
enum Next {
    Report(Decoded),
    Fault(FileFault),
    End,
    /// Nothing yet.
    Again,
}

#[pyfunction]
#[pyo3(signature = (path, *, limit=None))]
pub(crate) fn read_capture(py: Python<'_>, path: PathBuf, limit: Option<u64>) -> PyResult<CaptureReader> {
    let file = py.detach(|| MeasurementFile::open(&path)).map_err(|error| not_opened(py, &error))?;
    let progress = file.progress().clone();
    let (counts, ready) = (CaptureCounts::default(), VecDeque::new());
    let left = limit.unwrap_or(u64::MAX);
    let state = State { file: Some(file).filter(|_| left > 0), left, counts, ready, fault: None };
    Ok(CaptureReader { state: Mutex::new(state), path, progress })
}

#[pymethods]
impl CaptureReader {
    #[getter]
    fn counts(&self, py: Python<'_>) -> CaptureCounts {
        py.detach(|| self.state().counts.clone())
    }

    #[getter]
    fn position(&self) -> u64 {
        self.progress.read()
    }

    #[getter]
    const fn size(&self) -> u64 {
        self.progress.total
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| {
            let mut state = self.state();
            state.file = None;
            state.ready.clear();
            state.fault = None;
        });
    }

    const fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<BeamformingReport>> {
        loop {
            // Most are there already: no reason to let go of the interpreter.
            let ready = self.state.try_lock().ok().and_then(|mut state| state.ready.pop_front());
            let next = ready.map_or_else(|| py.detach(|| self.state().next()), Next::Report);
            match next {
                Next::Report(decoded) => return BeamformingReport::of(py, decoded).map(Some),
                Next::Fault(fault) => return Err(broken(py, &fault)),
                Next::End => return Ok(None),
                Next::Again => py.check_signals()?,
            }
        }
    }

    const fn __enter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __exit__(
        &self,
        py: Python<'_>,
        _type: &Bound<'_, PyAny>,
        _value: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        format!("CaptureReader('{}')", self.path.display())
    }
}

impl CaptureReader {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self) -> Next {
        if let Some(decoded) = self.ready.pop_front() {
            return Next::Report(decoded);
        }
        if self.file.is_some() {
            self.fill();
            return Next::Again;
        }
        self.fault.take().map_or(Next::End, Next::Fault)
    }

    fn fill(&mut self) {
        let Some(file) = &mut self.file else { return };
        let (ready, left) = (&mut self.ready, &mut self.left);
        let mut numbers = 0;
        let flow = file.read(PACKETS_AT_ONCE, |measurement| {
            if let Measurement::Report { at_ns, received } = measurement {
                let decoded = Decoded::of(at_ns, *received);
                numbers += decoded.size();
                ready.push_back(decoded);
                *left -= 1;
            }
            if *left > 0 && ready.len() < REPORTS_AT_ONCE && numbers < NUMBERS_AT_ONCE {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        self.counts = file.counts().into();
        match flow {
            Ok(ControlFlow::Break(())) if *left > 0 => return,
            Ok(_) => {}
            Err(fault) => self.fault = Some(fault),
        }
        self.file = None;
    }
}
