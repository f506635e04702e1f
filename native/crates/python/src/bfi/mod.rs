//! Beamforming feedback as values: a station's feedback matrices, what several of them say together, and the features that
//! the engine computes.

mod frame;
mod kind;
mod report;
mod window;

pub(crate) use frame::BfldFrame;
pub(crate) use kind::BfldKind;
pub(crate) use report::BfldReport;
pub(crate) use window::{BfiFeatures, BfiWindow};
