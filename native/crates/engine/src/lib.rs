//! From capture to homecore: which node said what, what that means, and which entities show it.
//!
//! The engine has no clock. Packets and ticks carry the time of their source, and a function turns it into published time;
//! so the same recording gives the same states at any speed. A new kind of entity starts in `catalog.rs` and gets its value
//! in `node/`.

pub mod catalog;
mod changes;
mod clock;
mod engine;
mod node;
mod publisher;
mod runtime;
mod statistics;

pub use changes::{ChangeLog, ChangeLogError};
pub use clock::{Clock, published_at, stream_clock, system_clock};
pub use engine::{Engine, EngineConfig, Source};
pub use runtime::{Runtime, RuntimeError, RuntimeHandle};
pub use statistics::{NodeStatistics, Statistics};
