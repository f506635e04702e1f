//! Channel measurements of Broadcom radios with Nexmon firmware: one UDP datagram a receive core and spatial stream.
//!
//! Source: seemoo-lab/nexmon_csi and its recordings. Samples are given as they came; [`usable_tones`] says which of them
//! are the channel.

mod framing;
mod layout;
mod payload;
mod samples;
mod tones;

pub use framing::{build_ethernet, udp_payload};
pub use layout::{HEADER_LEN, PORT, SAMPLE_LEN};
pub use payload::{NexmonView, build_payload, parse_payload, payload_len};
pub use tones::{ToneLayout, usable_tones};
