//! The fields of a line. Every line has a [`Head`]; its type says which of the other shapes the rest has.

use serde::{Deserialize, Serialize};

use crate::esp32::{MAGIC_EDGE_VITALS, MAGIC_FEATURE_STATE, MAGIC_FEATURE_VECTOR, MAGIC_RAW_CSI};

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordType {
    RawCsi,
    Vitals,
    Feature,
    FeatureState,
}

impl RecordType {
    const ALL: [Self; 4] = [Self::RawCsi, Self::Vitals, Self::Feature, Self::FeatureState];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::RawCsi => "raw_csi",
            Self::Vitals => "vitals",
            Self::Feature => "feature",
            Self::FeatureState => "feature_state",
        }
    }

    pub(super) const fn magic(self) -> u32 {
        match self {
            Self::RawCsi => MAGIC_RAW_CSI,
            Self::Vitals => MAGIC_EDGE_VITALS,
            Self::Feature => MAGIC_FEATURE_VECTOR,
            Self::FeatureState => MAGIC_FEATURE_STATE,
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What lines of every type begin with.
#[derive(Serialize, Deserialize)]
pub(super) struct Head<'a> {
    /// Seconds since the Unix epoch.
    pub(super) timestamp: f64,
    pub(super) node_id: u8,
    /// "0xC5110001": tells what a line without a type was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) magic: Option<&'a str>,
    /// Octets of the packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<usize>,
    /// dBm. Meaningless for features, whose packets carry none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rssi: Option<i8>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct RawCsi<'a> {
    /// The packet's samples as they were sent: imaginary, then real, antenna-major.
    pub(super) iq_hex: &'a str,
    pub(super) subcarriers: u16,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub(super) antennas: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) noise_floor_dbm: Option<i8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) frequency_mhz: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seq: Option<u32>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Vitals {
    /// As in the packet.
    pub(super) flags: u8,
    pub(super) breathing_bpm: f32,
    pub(super) heartrate_bpm: f32,
    pub(super) n_persons: u8,
    pub(super) motion_energy: f32,
    pub(super) presence_score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uptime_ms: Option<u32>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Feature {
    pub(super) features: [f32; 8],
    pub(super) seq: u16,
}

#[derive(Serialize, Deserialize)]
pub(super) struct FeatureState {
    pub(super) mode: u8,
    pub(super) seq: u16,
    pub(super) node_ts_us: u64,
    pub(super) motion_score: f32,
    pub(super) presence_score: f32,
    pub(super) respiration_bpm: f32,
    pub(super) respiration_conf: f32,
    pub(super) heartbeat_bpm: f32,
    pub(super) heartbeat_conf: f32,
    pub(super) anomaly_score: f32,
    pub(super) env_shift_score: f32,
    pub(super) node_coherence: f32,
    pub(super) quality_flags: u16,
}

const fn one() -> u8 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_one(antennas: &u8) -> bool {
    *antennas == 1
}
