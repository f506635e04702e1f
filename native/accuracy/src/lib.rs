//! The real engine with recordings for input, for `scripts/accuracy` and `scripts/bench sensing`.
//!
//! What is judged is the engine itself and no copy of it, so nothing here knows what is right: plans come in, what homecore
//! held goes out.

pub mod bench;
pub mod bursts;
pub mod plan;
pub mod play;
pub mod replay;
pub mod stream;
