//! Compressed beamforming reports: what a station tells an access point about the channel between them, in the clear, so
//! that anybody who listens learns how the channel changes (IEEE 802.11ac-2013, 8.4.1.47 to 8.4.1.49 for VHT; IEEE
//! 802.11ax-2021, 9.4.1.64 to 9.4.1.66 for HE).
//!
//! [`CbfrReader`] takes captured packets and gives reports. Below it, each for itself: [`link`](crate::link) and
//! [`dot11`](crate::dot11) find the frame, [`parse_frame`] and [`CbfrView`] read it without copying anything.
//!
//! ```
//! use ruview_wire::capture_file::CaptureReader;
//! use ruview_wire::cbfr::{CbfrReader, Reading};
//!
//! /// The first tone's V of every report in a capture file.
//! fn first_tones(file: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<ruview_core::Complex32>> {
//!     let (mut capture, mut reader) = (CaptureReader::new(), CbfrReader::default());
//!     let mut first_tones = Vec::new();
//!     for piece in file {
//!         capture.push(&piece);
//!         while let Some(record) = capture.next_record() {
//!             let Ok(record) = record else { continue };
//!             let Some(at) = record.meta.at() else { continue };
//!             if let Ok(Reading::Report(received)) = reader.read(at, record.meta.link, record.meta.fcs, record.octets) {
//!                 let control = received.report.control;
//!                 let v = received.report.v();
//!                 first_tones.push(v[..usize::from(control.nr * control.nc)].to_vec());
//!             }
//!         }
//!     }
//!     first_tones
//! }
//! # assert!(first_tones(std::iter::once(b"no capture".to_vec())).is_empty());
//! ```

mod angles;
mod bits;
mod frame;
mod mimo_control;
mod reader;
mod report;
mod segments;
pub mod snr;
mod tones;
mod v_matrix;

pub use angles::{Angle, AngleKind, AngleWidths, MAX_ANGLES, ToneAngles, n_angles, order};
pub use frame::{Feedback, action_of, build_segments, parse_feedback, parse_frame};
pub use mimo_control::{
    Bandwidth, Codebook, FeedbackType, Grouping, HE_MIMO_CONTROL_LEN, MimoControl, Phy, RuRange, VHT_MIMO_CONTROL_LEN,
};
pub use reader::{CbfrReader, ReaderCounts, Reading, ReceivedReport};
pub use report::{CbfrReport, CbfrView, TailNote};
pub use segments::{SegmentCounts, SegmentJoiner, SegmentKey};
pub use tones::Tones;
