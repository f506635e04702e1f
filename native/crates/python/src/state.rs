//! Processors that remember: one thread at a time looks at them, and none of them waits for another with the interpreter held.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

/// A state behind a lock.
#[derive(Debug, Default)]
pub(crate) struct State<T>(Mutex<T>);

impl<T: Send> State<T> {
    pub(crate) fn new(state: T) -> Self {
        Self(Mutex::new(state))
    }

    /// Does `work` on the state, with the interpreter released.
    pub(crate) fn with<R: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut T) -> R + Send) -> R {
        py.detach(|| self.with_released(work))
    }

    /// The same where the interpreter is released already.
    pub(crate) fn with_released<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        // Nothing that is done to a state panics half way: what is there is whole.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
