//! How fast a source that owns its clock (a recording, the simulator) plays against the wall clock.

use std::time::Duration;

use ruview_core::StreamTime;
use tokio::time::Instant;

/// The pace of a source that is not a radio.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Speed {
    /// A stream second takes a second.
    #[default]
    Real,
    /// That many stream seconds a second; a factor that is not finite and positive counts as 1.
    Times(f64),
    /// As fast as the consumer takes them.
    Max,
}

impl Speed {
    /// Wall time that `stream` takes at this speed.
    pub fn wall_time(self, stream: Duration) -> Duration {
        match self {
            Self::Times(factor) if factor.is_finite() && factor > 0.0 => {
                Duration::try_from_secs_f64(stream.as_secs_f64() / factor).unwrap_or(stream)
            }
            Self::Real | Self::Times(_) => stream,
            Self::Max => Duration::ZERO,
        }
    }
}

/// Holds events back until their time has come.
#[derive(Debug)]
pub struct Pacer {
    speed: Speed,
    origin: Option<(StreamTime, Instant)>,
}

impl Pacer {
    /// A pacer whose clock starts with the first event.
    pub const fn new(speed: Speed) -> Self {
        Self { speed, origin: None }
    }

    /// Returns when `at` is due. Deadlines are counted from the first event, so that pauses do not add up. Safe to cancel.
    pub async fn until(&mut self, at: StreamTime) {
        if self.speed == Speed::Max {
            // A consumer that never waits must still let its neighbours run.
            tokio::task::yield_now().await;
            return;
        }
        let (first, started) = *self.origin.get_or_insert_with(|| (at, Instant::now()));
        if let Some(due) = started.checked_add(self.speed.wall_time(at.since(first))) {
            tokio::time::sleep_until(due).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_divides_the_time_and_nonsense_is_real_time() {
        let ten = Duration::from_secs(10);
        assert_eq!(Speed::Times(5.0).wall_time(ten), Duration::from_secs(2));
        assert_eq!(Speed::Max.wall_time(ten), Duration::ZERO);
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE] {
            assert_eq!(Speed::Times(factor).wall_time(ten), ten, "{factor}");
        }
    }
}
