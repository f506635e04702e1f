//! From capture to homecore: which node said what, what that means, and which entities show it.
//!
//! The engine has no clock. Packets and ticks carry the time of their source, and a function turns it into published time;
//! so the same recording gives the same states at any speed. A new kind of entity starts in `catalog.rs` and gets its value
//! in `node/`. What it may show is decided in one place, by the table of [`ruview_bfld::policy`].

pub mod catalog;
mod changes;
mod clock;
mod commands;
mod engine;
mod flood;
mod identity;
mod latency;
mod look;
mod memory;
mod node;
mod observation;
mod pose;
mod publisher;
mod room;
mod runtime;
pub mod services;
mod show;
mod statistics;
mod store;

pub use changes::{ChangeLog, ChangeLogError};
pub use clock::{Clock, published_at, stream_clock, system_clock};
pub use engine::{Engine, EngineConfig, Source};
pub use flood::PacketLimits;
pub use identity::{NodeId, NodeIdError, SourceName, SourceNameError};
pub use latency::{LATENCY_BOUNDS_S, Latencies, LatencyView};
pub use look::{CsiWindow, NodeKind, NodeNow, WINDOW_FRAMES};
pub use pose::{KEYPOINTS, PoseReport, PosedPerson};
pub use room::{HOLD_RANGE_S, MAX_ID, MAX_NAME, MAX_ROOMS, ROOM_PREFIX, RoomConfig, RoomModel, Tuning, ZoneConfig};
pub use runtime::{NamedAdapter, Runtime, RuntimeError, RuntimeHandle};
pub use ruview_signal::{DEFAULT_HOLD, Sensitivity};
pub use statistics::{NodeStatistics, Statistics};
pub use store::{
    EVENTS_FILE, EventArchive, EventArchiveError, EventLog, EventLogStatistics, EventQuery, Keep, STORE_FILE, Store,
    StoreStatistics, StoredEvent,
};
