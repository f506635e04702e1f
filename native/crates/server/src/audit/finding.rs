//! What an audit found.

use std::fmt;

/// Findings that are told one by one.
const TOLD: usize = 20;

/// Something that should not have been published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The topic, or the entity in a list of changes.
    pub place: String,
    /// The offending key, joined by dots; empty where the whole message offends.
    pub key: String,
    /// What is wrong with it.
    pub why: String,
}

/// What an audit saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Messages that were judged.
    pub messages: u64,
    /// Events among them.
    pub events: u64,
    /// Keys by which events were signed.
    pub keys: usize,
    /// Things that should not have been published.
    pub findings: u64,
    /// The first of them.
    pub first: Vec<Finding>,
}

impl Report {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings += 1;
        if self.first.len() < TOLD {
            self.first.push(finding);
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, why } = self;
        if key.is_empty() { write!(f, "{place}: {why}") } else { write!(f, "{place}: {key}: {why}") }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, events, keys, findings, first } = self;
        write!(f, "{messages} messages, {events} of them events, signed by {keys} keys: ")?;
        if *findings == 0 {
            return f.write_str("nothing was published that must not be");
        }
        write!(f, "{findings} findings")?;
        first.iter().try_for_each(|finding| write!(f, "\n{finding}"))
    }
}
