//! Where frames come from. Every source is one [`CaptureAdapter`], so that the engine cannot tell a radio from a recording
//! except by asking [`CaptureAdapter::source`]. No adapter can send: none takes a URL or a remote address.

mod adapter;
mod clock;
mod counters;
mod error;
mod esp32_udp;
mod refusals;
mod replay;
mod simulator;
mod speed;
mod throttle;

pub use adapter::{CaptureAdapter, CaptureEvent, Captured};
pub use counters::{CaptureCounters, RejectReason};
pub use error::CaptureError;
pub use esp32_udp::{Esp32Udp, Esp32UdpConfig};
pub use replay::{AtEnd, FileReplay, FileReplayConfig};
pub use ruview_wire::esp32::DEFAULT_PORT as ESP32_PORT;
pub use simulator::{Activity, Point, Segment, SimulatedNode, Simulator, SimulatorConfig, Timeline};
pub use speed::{Pacer, Speed};
