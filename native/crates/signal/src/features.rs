//! What the detectors see of the channel, as numbers of the last two seconds.

use ruview_core::{CsiFrame, StreamTime};

use crate::conditioning::{Conditioner, PacketGate};
use crate::motion::Slots;

/// A stream that was silent for longer starts its window afresh.
const GAP_US: i64 = 2_000_000;

/// How a stream was in its last two seconds, against no baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct CsiFeatures {
    /// Variance of the shape in slots of 30 ms about a straight line through the window, mean over the groups of
    /// subcarriers: relative to the mean amplitude squared.
    pub variance: f32,
    /// The part of it that is correlated from one slot to the next: the power of what moves, without noise; negative by
    /// chance when nothing does. `None` of fewer than 20 neighbouring slots.
    pub motion_power: Option<f32>,
    /// Its share, the lag-one autocorrelation in [-1, 1]; `None` as above.
    pub correlation: Option<f32>,
    /// The mean amplitude, in the receiver's own linear units.
    pub level: f32,
    /// The mean shape: relative amplitudes of the groups of subcarriers, at most 64, with mean 1 for each antenna.
    pub shape: Vec<f32>,
}

/// Takes features of the stream of one node, for models of others.
///
/// Learns the occupied bins from the first 16 usable frames. Frames of another shape or format than these, and without a
/// finite, non-zero amplitude, are passed over; single packets that do not belong to their neighbours are too.
#[derive(Debug, Default)]
pub struct FeatureExtractor {
    conditioner: Conditioner,
    shape: Option<(u8, u16)>,
    gate: PacketGate,
    slots: Slots,
    last: Option<StreamTime>,
}

impl FeatureExtractor {
    /// An extractor that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one frame. One from before the last one counts as arriving with it, unless the clock was set back by two
    /// seconds.
    pub fn push(&mut self, at: StreamTime, frame: &CsiFrame) {
        let shape = (frame.n_antennas(), frame.n_subcarriers());
        if self.shape.is_some_and(|own| own != shape) || !self.conditioner.is_of_format(frame) {
            return;
        }
        let Some(amplitudes) = self.conditioner.shape(frame) else {
            self.shape.get_or_insert(shape);
            return;
        };
        let apart = |last: StreamTime| at.as_micros().saturating_sub(last.as_micros()).saturating_abs() > GAP_US;
        if self.last.is_some_and(apart) {
            self.slots.clear();
            self.last = None;
        }
        let at = self.last.map_or(at, |last| last.max(at));
        self.last = Some(at);
        if self.gate.admits(&amplitudes) {
            self.slots.push(at, &amplitudes, self.conditioner.level());
        }
    }

    /// The features of the last two seconds; `None` of fewer than five slots.
    pub fn features(&self) -> Option<CsiFeatures> {
        let found = self.slots.fluctuation(None)?;
        Some(CsiFeatures {
            variance: found.power,
            motion_power: found.pairs.map(|_| found.moving),
            correlation: found.pairs.map(|_| found.correlation()),
            level: self.slots.level(),
            shape: self.slots.mean_shape()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use ruview_core::{Complex32, NodeNumber};

    use super::*;

    /// Noise that is the same each time, uniform in [-0.5, 0.5].
    fn noise(n: i64, bin: i64) -> f32 {
        let mixed = (n as u64 * 1_000_003 + bin as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((mixed ^ (mixed >> 32)) & 0xFFFF) as f32 / 65_535.0 - 0.5
    }

    /// Features after 5 s at 50 Hz of a channel that swings by `swing` at 2 Hz.
    fn features(swing: f32) -> CsiFeatures {
        let mut extractor = FeatureExtractor::new();
        for n in 0..250 {
            let wave = swing * (n as f32 / 50.0 * 2.0 * std::f32::consts::TAU).sin();
            let sample = |bin: i64| Complex32::new(0.0, 20.0 + wave * (bin as f32 / 9.0).sin() + noise(n, bin));
            let frame = CsiFrame::new(NodeNumber(1), 1, 56, (0..56).map(sample).collect()).unwrap();
            extractor.push(StreamTime::from_micros(n * 20_000), &frame);
        }
        extractor.features().unwrap()
    }

    #[test]
    fn movement_shows_in_power_and_correlation() {
        let (still, moving) = (features(0.0), features(2.0));
        assert!(still.correlation.unwrap().abs() < 0.2, "{still:?}");
        assert!(moving.correlation.unwrap() > 0.5, "{moving:?}");
        assert!(moving.motion_power.unwrap() > 50.0 * still.motion_power.unwrap().abs());
        assert!(moving.variance > 5.0 * still.variance);
        assert!((still.level - 20.0).abs() < 0.1 && still.shape.len() == 28);
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        let mut extractor = FeatureExtractor::new();
        let frame = CsiFrame::new(NodeNumber(1), 1, 56, vec![Complex32::new(1.0, 0.0); 56]).unwrap();
        for n in 0..1000 {
            assert_eq!(extractor.features(), None);
            extractor.push(StreamTime::from_micros(n * 3_000_000), &frame);
        }
    }
}
