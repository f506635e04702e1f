//! Bytes to types and back: what nodes send and what recordings hold.
//!
//! Every parser takes octets and returns a [`WireError`] that names the layer, the offset, the expected and the found
//! value; none panics on any input, and none allocates from a length that it has not checked. Every parser has a builder
//! that is its inverse. No I/O: `no_std` + `alloc`.
#![no_std]

extern crate alloc;

pub mod bfld_frame;
mod byte_order;
pub mod capture_file;
pub mod cbfr;
pub mod dot11;
mod error;
pub mod esp32;
mod fields;
pub mod jsonl;
pub mod link;
pub mod nexmon;
pub mod prism;
pub mod radiotap;

pub use byte_order::ByteOrder;
pub use error::{Layer, UnsupportedReport, WireError, WireErrorKind};
