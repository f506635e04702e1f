//! From the clock of a source to the times that are published.

use jiff::Timestamp;
use ruview_core::StreamTime;

/// Gives the published time of something that happened at a stream time.
pub type Clock = Box<dyn Fn(StreamTime) -> Timestamp + Send>;

/// The wall clock: whatever a recording says, it is published now.
pub fn system_clock() -> Clock {
    Box::new(|_| Timestamp::now())
}

/// The stream's own time, for work without an audience: the same input gives the same output.
pub fn stream_clock() -> Clock {
    Box::new(published_at)
}

/// A stream time as a timestamp; times beyond the calendar become its ends.
pub fn published_at(at: StreamTime) -> Timestamp {
    let end = if at.as_micros() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_microsecond(at.as_micros()).unwrap_or(end)
}
