//! Time and memory of this process, as the system tells them.

use std::fs::read_to_string;
use std::time::Instant;

/// Measures what passes from its start on.
pub(super) struct Meter {
    processor_ns: Option<u64>,
    wall: Instant,
}

impl Meter {
    pub(super) fn start() -> Self {
        Self { processor_ns: processor_ns(), wall: Instant::now() }
    }

    /// Seconds since the start.
    pub(super) fn seconds(&self) -> f64 {
        match (self.processor_ns, processor_ns()) {
            (Some(from), Some(to)) => to.saturating_sub(from) as f64 / 1e9,
            _ => self.wall.elapsed().as_secs_f64(),
        }
    }

    /// Whose time it is.
    pub(super) fn clock(&self) -> &'static str {
        if self.processor_ns.is_some() { "processor" } else { "wall" }
    }
}

/// What the main thread, the only one, has spent on a processor; `None` where the kernel does not count it.
fn processor_ns() -> Option<u64> {
    let spent = read_to_string("/proc/self/schedstat").ok()?;
    spent.split_whitespace().next()?.parse().ok().filter(|ns| *ns > 0)
}

/// Memory that this process has now; 0 where the system does not tell.
pub(super) fn resident_kib() -> u64 {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
