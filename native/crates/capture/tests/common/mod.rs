//! Packets to send and to record, and what adapters make of them.
#![allow(dead_code, reason = "each test file uses some of them")]

pub(crate) mod air;
#[cfg(target_os = "linux")]
pub(crate) mod look_alike;

use ruview_capture::{CaptureCounters, RejectReason};
use ruview_core::{Complex32, CsiFrame, EdgeVitals, FeatureState, NodeNumber, NodePacket};

/// A raw CSI packet that its running number tells apart.
pub(crate) fn csi(seq: u32) -> NodePacket {
    let iq = (0..64_i8).map(|i| Complex32::new(i.into(), (-i).into())).collect();
    let mut frame = CsiFrame::new(NodeNumber(1), 1, 64, iq).expect("64 samples");
    frame.seq = Some(seq);
    frame.rssi_dbm = Some(-40);
    frame.noise_floor_dbm = Some(-95);
    NodePacket::Csi(frame)
}

pub(crate) fn edge_vitals() -> NodePacket {
    NodePacket::EdgeVitals(EdgeVitals {
        node: NodeNumber(1),
        presence: true,
        fall: false,
        motion: true,
        breathing_rate_bpm: 14.5,
        heart_rate_bpm: 62.0,
        rssi_dbm: Some(-40),
        n_persons: 1,
        motion_energy: 1.0,
        presence_score: 2.0,
        uptime_ms: Some(1000),
    })
}

pub(crate) fn feature_state() -> NodePacket {
    NodePacket::FeatureState(FeatureState {
        node: NodeNumber(1),
        mode: 1,
        seq: 1,
        node_ts_us: 1,
        motion_score: 0.5,
        presence_score: 0.5,
        respiration_bpm: 14.5,
        respiration_conf: 0.5,
        heartbeat_bpm: 62.0,
        heartbeat_conf: 0.5,
        anomaly_score: 0.0,
        env_shift_score: 0.0,
        node_coherence: 1.0,
        quality_flags: 0,
    })
}

/// The reasons for which anything was refused, with their counts.
pub(crate) fn refused(counters: &CaptureCounters) -> Vec<(RejectReason, u64)> {
    let counts = RejectReason::ALL.map(|reason| (reason, counters.rejected(reason)));
    counts.into_iter().filter(|&(_, count)| count > 0).collect()
}
