//! What may leave the process, and what beamforming feedback says about a room and about people.
//!
//! - [`policy`]: the one table that says which field may leave at which privacy class, and the filter that enforces it;
//! - [`PrivacyGate`], [`Classified`] and the sinks: frames of a class that must not leave cannot be given to a sink that
//!   would let them, by type;
//! - [`signature`]: hashes that cannot be compared between two sites or two days;
//! - [`EmbeddingRing`]: what could identify a person lives in memory only, and is wiped;
//! - [`BfiWindow`], [`risk`]: how much the current feedback could identify somebody, and what follows from that;
//! - [`signed`]: events that a consumer can trust, whoever has access to the broker;
//! - [`BfiSensing`]: presence and motion from beamforming feedback alone.

mod class;
mod classified;
mod embedding;
mod event;
mod features;
mod gate;
mod owner;
pub mod policy;
mod presence;
mod report;
pub mod risk;
mod shape;
pub mod signature;
pub mod signed;
mod sink;
mod statistics;
mod window;

pub use class::{Anonymous, AsStrictAs, Class, Derived, FitForHome, LeavesProcess, Raw, Restricted};
pub use classified::Classified;
pub use embedding::{EMBEDDING_DIMENSIONS, EmbeddingRing, IdentityEmbedding, RING_CAPACITY};
pub use event::{Event, Value};
pub use features::{BfiFeatures, PathStability};
pub use gate::{DeliveryError, PrivacyGate, PrivacyViolation};
pub use presence::{BfiAssessment, BfiCalibration, BfiReason, BfiSensing, PairDetector};
pub use report::{BfiPair, BfiReport, ReportError};
pub use ruview_core::PrivacyClass;
pub use sink::{HomeSink, LocalSink, NetworkSink, Sink};
pub use window::{BfiWindow, WINDOW_LEN};
