//! The vocabulary of the engine: what a node said and when, free of any container, socket or algorithm.
//!
//! Everything here is plain data. `no_std` + `alloc`, so that firmware can speak it too.
#![no_std]

extern crate alloc;

mod frame;
mod mac;
mod nexmon;
mod node;
mod privacy;
mod source;
mod time;

pub use frame::{CsiFrame, EdgeVitals, FeatureState, FeatureVector, FrameShapeError, NodePacket};
pub use mac::{MacAddress, MacAddressError};
pub use nexmon::{ChannelSpec, NexmonBandwidth, NexmonChip, NexmonFrame, NexmonMeasurement};
pub use node::NodeNumber;
pub use num_complex::Complex32;
pub use privacy::PrivacyClass;
pub use source::DataSource;
pub use time::StreamTime;
