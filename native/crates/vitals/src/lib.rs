//! Breathing, heart rate, anomalies and their store, from CSI, in four stages.
//!
//! [`CsiVitalPreprocessor`] (static component suppression) → [`BreathingExtractor`] (0.07 to 0.5 Hz) →
//! [`HeartRateExtractor`] (0.8 to 2 Hz) → [`VitalAnomalyDetector`] (Welford statistics); [`VitalSignStore`] keeps what they
//! said. [`VitalsMonitor`] runs them for one node.
//!
//! No rate is better than a wrong one: an empty room, a walking person and held breath have none.

mod anomaly;
mod bins;
mod breathing;
mod evidence;
mod heart;
mod monitor;
mod preprocess;
mod reading;
mod seconds;
mod sinusoid;
mod spectrum;
mod statistics;
mod store;
mod subspace;
mod time;

pub use anomaly::VitalAnomalyDetector;
pub use breathing::BreathingExtractor;
pub use heart::HeartRateExtractor;
pub use monitor::{HeartRate, VitalsMonitor};
pub use preprocess::{CsiVitalPreprocessor, VitalWindow};
pub use reading::{AnomalyAlert, AnomalyKind, Stillness, VitalEstimate, VitalReading, VitalStatus};
pub use seconds::{SecondMonitor, process};
pub use store::{VitalKind, VitalSignStore, VitalStatistics};
