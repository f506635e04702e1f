//! Where frames come from. Every source is one [`CaptureAdapter`], so that the engine cannot tell a radio from a recording
//! except by asking [`CaptureAdapter::source`]. No adapter can send: none takes a URL or a remote address.

mod adapter;
mod counters;

pub use adapter::{CaptureAdapter, CaptureEvent, Captured};
pub use counters::{CaptureCounters, RejectReason};
