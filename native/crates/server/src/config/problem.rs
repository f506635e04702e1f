//! What is wrong with a configuration: all of it at once, each with its place.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Where in a file, both counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// From the parser's count, which begins columns at zero.
    pub(super) const fn new(line: usize, column: usize) -> Self {
        Self { line, column: column + 1 }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Problem {
    at: Place,
    what: String,
}

impl Problem {
    pub(super) fn new(at: Place, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.at.line, self.at.column, self.what)
    }
}

/// Why a configuration file cannot be used.
#[derive(Debug)]
pub struct ConfigError {
    path: PathBuf,
    fault: Fault,
}

#[derive(Debug)]
enum Fault {
    Unreadable(io::Error),
    Problems(Vec<Problem>),
}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, error: io::Error) -> Self {
        Self { path: path.to_owned(), fault: Fault::Unreadable(error) }
    }

    /// In the order of the file.
    pub(super) fn problems(path: &Path, mut problems: Vec<Problem>) -> Self {
        problems.sort();
        Self { path: path.to_owned(), fault: Fault::Problems(problems) }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            Fault::Unreadable(error) => write!(f, "cannot read the configuration {path}: {error}"),
            Fault::Problems(problems) => {
                write!(f, "the configuration cannot be used; what is wrong in it:")?;
                problems.iter().try_for_each(|problem| write!(f, "\n{path}:{problem}"))
            }
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Fault::Unreadable(error) => Some(error),
            Fault::Problems(_) => None,
        }
    }
}
