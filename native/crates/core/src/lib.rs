//! The vocabulary of the engine: what a node said and when, free of any container, socket or algorithm.
//!
//! Everything here is plain data. `no_std` + `alloc`, so that firmware can speak it too.
#![no_std]

extern crate alloc;

mod frame;
mod node;
mod source;
mod time;

pub use frame::{CsiFrame, EdgeVitals, FeatureState, FeatureVector, FrameShapeError, NodePacket};
pub use node::NodeNumber;
pub use num_complex::Complex32;
pub use source::DataSource;
pub use time::StreamTime;
