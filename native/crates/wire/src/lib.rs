//! Bytes to types and back: what nodes send and what recordings hold.
//!
//! Every parser takes octets and returns a [`WireError`] that names the layer, the offset, the expected and the found
//! value; none panics on any input, and none allocates from a length that it has not checked. Every parser has a builder
//! that is its inverse. No I/O: `no_std` + `alloc`.
#![no_std]

extern crate alloc;

mod error;
pub mod esp32;
pub mod jsonl;

pub use error::{Layer, WireError, WireErrorKind};
