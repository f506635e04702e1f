//! `wifi_densepose.vitals`: breathing, heart rate, anomalies and their store.

mod monitor;
mod names;
mod stages;
mod store;
mod values;
mod window;

pub(crate) use monitor::{VitalsMonitor, process};
pub(crate) use names::{AnomalyKind, VitalKind, VitalStatus};
pub(crate) use stages::{BreathingExtractor, CsiVitalPreprocessor, HeartRateExtractor, VitalAnomalyDetector};
pub(crate) use store::{VitalSignStore, VitalStatistics};
pub(crate) use values::{AnomalyAlert, VitalEstimate, VitalReading};
pub(crate) use window::VitalWindow;
