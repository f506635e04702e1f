//! Where frames come from. Every source is one [`CaptureAdapter`], so that the engine cannot tell a radio from a recording
//! except by asking [`CaptureAdapter::source`]. No adapter can send: none takes a URL or a remote address.

mod adapter;
#[cfg(target_os = "linux")]
mod af_packet;
mod bfi;
mod capabilities;
mod channel;
mod clock;
mod counters;
mod error;
mod esp32_udp;
mod files;
mod kind;
#[cfg(target_os = "linux")]
mod monitor;
mod nexmon_udp;
mod owners;
mod packets;
mod refusals;
mod replay;
mod simulator;
mod speed;
mod throttle;
mod udp;

pub use adapter::{CaptureAdapter, CaptureEvent, Captured};
pub use bfi::{BfiPair, BfiReport, BfiSession};
pub use capabilities::{Capabilities, HostKind};
pub use channel::{Channel, ChannelError, ChannelWidth, Dwell};
pub use counters::{CaptureCounters, RejectReason};
pub use error::CaptureError;
pub use esp32_udp::{Esp32Udp, Esp32UdpConfig};
pub use files::{
    FileCounts, FileFault, Measurement, MeasurementFile, NexmonFormat, NexmonFrames, NexmonInfo, Progress, Rejection,
};
pub use kind::{PacketKind, ReportShape};
#[cfg(target_os = "linux")]
pub use monitor::{Ax210, Ax210Monitor, MonitorConfig, MonitorRadio, MonitorSource, Nexmon, NexmonBfi};
pub use nexmon_udp::{NexmonUdp, NexmonUdpConfig};
pub use replay::{AtEnd, FileReplay, FileReplayConfig, Line, Lines, OpenRecording, open_recording};
pub use simulator::{
    Activity, BUILT_IN_STORIES, BuiltInStory, Point, Posture, Rest, Room, Segment, SimulatedNode, Simulator,
    SimulatorConfig, Stir, StirKind, Story, StoryError, StoryFile, Timeline, Vital,
};
pub use speed::{Pacer, Speed};
