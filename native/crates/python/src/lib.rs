//! `wifi_densepose._core`: the engine's types and algorithms as Python sees them.
//!
//! This crate converts and nothing else: what is computed is computed by the crates below, which know nothing of Python.
//! One file here is one module of the package. Names, units and errors are documented where Python programmers look: in
//! `native/python/wifi_densepose/_core.pyi`.

mod arrays;
mod bfi;
mod capture;
mod csi;
mod engine;
mod error;
mod frames;
mod json;
mod names;
mod privacy;
mod recording;
mod signal;
mod state;
mod time;
mod vitals;
mod witness;

/// The compiled part of `wifi_densepose`.
#[pyo3::pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::bfi::{BfiFeatures, BfiWindow, BfldFrame, BfldKind, BfldReport};
    #[pymodule_export]
    use crate::capture::{BeamformingReport, CaptureCounts, CaptureReader, MimoControl, read_capture, read_nexmon};
    #[pymodule_export]
    use crate::csi::{CsiFrame, CsiMetadata};
    #[pymodule_export]
    use crate::engine::{EngineCore, EngineError, Feed, Logs};
    #[pymodule_export]
    use crate::error::WireError;
    #[pymodule_export]
    use crate::privacy::{PrivacyClass, allows_hap, allows_matter, allows_network};
    #[pymodule_export]
    use crate::recording::{CsiBatch, RecordingParser};
    #[pymodule_export]
    use crate::signal::{
        CsiFeatures, CsiProcessor, CsiProcessorConfig, FeatureExtractor, HampelFilter, HardwareNormalizer,
        MotionDetector, MotionScore, PhaseSanitizer,
    };
    #[pymodule_export]
    use crate::vitals::{
        AnomalyAlert, AnomalyKind, BreathingExtractor, CsiVitalPreprocessor, HeartRateExtractor, VitalAnomalyDetector,
        VitalEstimate, VitalKind, VitalReading, VitalSignStore, VitalStatistics, VitalStatus, VitalWindow,
        VitalsMonitor, process,
    };
    #[pymodule_export]
    use crate::witness::witness_features;

    /// What is public is what the public modules name, not a list here.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.delattr("__all__")
    }
}
