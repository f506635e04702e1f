//! Capture files: the beamforming reports in them one by one, the Nexmon CSI in them at once.

mod control;
mod counts;
mod failure;
mod nexmon;
mod reader;
mod report;

pub(crate) use control::MimoControl;
pub(crate) use counts::CaptureCounts;
pub(crate) use nexmon::read_nexmon;
pub(crate) use reader::{CaptureReader, read_capture};
pub(crate) use report::BeamformingReport;
