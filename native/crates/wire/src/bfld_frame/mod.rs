//! Frames of features that were taken from 802.11 beamforming feedback: a header of 86 octets, then sections with their
//! lengths, under a CRC-32/ISO-HDLC.
//!
//! Whether a frame may leave the process is not a matter of its format: that is the gate's (crate `ruview-bfld`).

mod build;
mod frame;
mod layout;
mod parse;
mod self_only;

pub use build::{append_frame, build_frame};
pub use frame::{BfldFrame, BfldHeader, BfldPayload, Quantization};
pub use layout::{HEADER_LEN, MAGIC, VERSION};
pub use parse::parse_frame;
pub use self_only::Esp32SelfOnly;
