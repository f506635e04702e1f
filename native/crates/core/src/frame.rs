//! What a node can say: CSI, and the features that its own firmware computed.

use alloc::vec::Vec;
use core::fmt;

use num_complex::Complex32;

use crate::NodeNumber;

/// One channel measurement: the complex response of every subcarrier at every receive antenna.
#[derive(Debug, Clone, PartialEq)]
pub struct CsiFrame {
    /// The node that measured.
    pub node: NodeNumber,
    /// Received signal strength in dBm; `None` where the radio did not know it.
    pub rssi_dbm: Option<i8>,
    /// Noise floor in dBm; `None` where the container does not carry it.
    pub noise_floor_dbm: Option<i8>,
    /// Centre frequency in MHz; `None` where the container does not carry it.
    pub frequency_mhz: Option<u32>,
    /// The node's running number of this frame; `None` where the container does not carry it.
    pub seq: Option<u32>,
    n_antennas: u8,
    n_subcarriers: u16,
    iq: Vec<Complex32>,
}

/// A frame whose samples do not fill its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameShapeError {
    /// Samples that the shape needs.
    pub expected: usize,
    /// Samples that were given.
    pub found: usize,
}

impl fmt::Display for FrameShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a CSI frame of this shape has {} samples, found {}", self.expected, self.found)
    }
}

impl core::error::Error for FrameShapeError {}

impl CsiFrame {
    /// A frame of `n_antennas` x `n_subcarriers` samples, antenna-major, in the sensor's own subcarrier order.
    ///
    /// # Errors
    /// [`FrameShapeError`] unless `iq` has exactly `n_antennas * n_subcarriers` samples, and at least one.
    pub fn new(
        node: NodeNumber,
        n_antennas: u8,
        n_subcarriers: u16,
        iq: Vec<Complex32>,
    ) -> Result<Self, FrameShapeError> {
        let expected = usize::from(n_antennas) * usize::from(n_subcarriers);
        if expected == 0 || iq.len() != expected {
            return Err(FrameShapeError { expected, found: iq.len() });
        }
        Ok(Self {
            node,
            rssi_dbm: None,
            noise_floor_dbm: None,
            frequency_mhz: None,
            seq: None,
            n_antennas,
            n_subcarriers,
            iq,
        })
    }

    /// Receive antennas.
    pub const fn n_antennas(&self) -> u8 {
        self.n_antennas
    }

    /// Subcarriers per antenna, guard and null bins included.
    pub const fn n_subcarriers(&self) -> u16 {
        self.n_subcarriers
    }

    /// All samples, antenna-major: `[n_antennas * n_subcarriers]`, in the radio's own linear units.
    pub fn iq(&self) -> &[Complex32] {
        &self.iq
    }

    /// The samples of each antenna in turn, `[n_subcarriers]` each.
    pub fn antennas(&self) -> impl Iterator<Item = &[Complex32]> {
        self.iq.chunks_exact(usize::from(self.n_subcarriers))
    }
}

/// What a node's firmware concluded on its own (packet 0xC5110002). Hints, not truth: real nodes send unbounded presence
/// scores and four persons in an empty room.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeVitals {
    /// The node that measured.
    pub node: NodeNumber,
    /// The firmware's presence flag.
    pub presence: bool,
    /// The firmware's fall flag.
    pub fall: bool,
    /// The firmware's motion flag.
    pub motion: bool,
    /// Breaths per minute.
    pub breathing_rate_bpm: f32,
    /// Heart beats per minute.
    pub heart_rate_bpm: f32,
    /// Received signal strength in dBm; `None` where the radio did not know it.
    pub rssi_dbm: Option<i8>,
    /// The firmware's person count.
    pub n_persons: u8,
    /// Motion energy in the firmware's own unit.
    pub motion_energy: f32,
    /// Presence score in the firmware's own unit, unbounded.
    pub presence_score: f32,
    /// Milliseconds since the node started; `None` where the container does not carry it.
    pub uptime_ms: Option<u32>,
}

/// A node's feature vector (packet 0xC5110003): diagnostic only.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureVector {
    /// The node that measured.
    pub node: NodeNumber,
    /// The node's running number of this packet.
    pub seq: u16,
    /// Eight features in the firmware's own units.
    pub features: [f32; 8],
}

/// The node's fused state (packet 0xC5110006), its default stream at 1 to 10 Hz. Every number is finite.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureState {
    /// The node that measured.
    pub node: NodeNumber,
    /// The firmware's operating mode.
    pub mode: u8,
    /// The node's running number of this packet.
    pub seq: u16,
    /// The node's own clock, microseconds.
    pub node_ts_us: u64,
    /// Motion score in the firmware's own unit.
    pub motion_score: f32,
    /// Presence score in the firmware's own unit.
    pub presence_score: f32,
    /// Breaths per minute.
    pub respiration_bpm: f32,
    /// Confidence of the respiration rate.
    pub respiration_conf: f32,
    /// Heart beats per minute.
    pub heartbeat_bpm: f32,
    /// Confidence of the heart rate.
    pub heartbeat_conf: f32,
    /// Anomaly score.
    pub anomaly_score: f32,
    /// Environment shift score.
    pub env_shift_score: f32,
    /// Coherence of the node's link.
    pub node_coherence: f32,
    /// Quality bits, as sent.
    pub quality_flags: u16,
}

/// One packet of a node, whatever carried it.
#[derive(Debug, Clone, PartialEq)]
pub enum NodePacket {
    /// Raw CSI.
    Csi(CsiFrame),
    /// The firmware's own vitals.
    EdgeVitals(EdgeVitals),
    /// The firmware's feature vector.
    FeatureVector(FeatureVector),
    /// The firmware's fused state.
    FeatureState(FeatureState),
}

impl NodePacket {
    /// The node that sent it.
    pub const fn node(&self) -> NodeNumber {
        match self {
            Self::Csi(p) => p.node,
            Self::EdgeVitals(p) => p.node,
            Self::FeatureVector(p) => p.node,
            Self::FeatureState(p) => p.node,
        }
    }
}
