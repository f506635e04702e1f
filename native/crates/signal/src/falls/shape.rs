//! What a packet says about the room, gain and empty bins taken out: relative amplitudes of the bins that carry signal.
//!
//! A radio that listens on 80 MHz to a sender of 20 MHz fills most bins with noise and now and then with a neighbour's
//! packets. So the bins are judged by the strong ones, not by their median.

use ruview_core::CsiFrame;

use crate::samples::{MAX_SAMPLES, amplitude, grouped};

/// Frames from which the bins with signal are learnt.
const LEARNING_FRAMES: u32 = 16;
/// A bin below this share of the strong bins' amplitude (exceeded by a twentieth of the filled ones) is noise, leakage or a deep fade.
const LEAST_SHARE: f32 = 0.2;
/// A shape needs some width before its changes mean anything.
const MIN_FEATURES: usize = 4;

/// Learns which bins carry signal, then reduces each frame to the relative amplitudes of groups of neighbouring ones.
#[derive(Debug)]
pub(crate) struct ShapeReader {
    /// Most features over all antennas.
    max_features: usize,
    seen: u32,
    /// Per sample the summed square root of its amplitude: a rare strong packet of a neighbour weighs little. Empty once
    /// learnt.
    roots: Vec<f32>,
    /// Per antenna: groups of sample positions.
    groups: Vec<Vec<Vec<u16>>>,
}

impl ShapeReader {
    pub(crate) fn new(max_features: usize) -> Self {
        Self { max_features: max_features.max(MIN_FEATURES), seen: 0, roots: Vec::new(), groups: Vec::new() }
    }

    /// The shape of `frame`, each antenna with mean 1; `None` while learning, and for frames without a usable amplitude.
    /// All frames are to have the same numbers of antennas and subcarriers.
    pub(crate) fn read(&mut self, frame: &CsiFrame) -> Option<Vec<f32>> {
        let iq = frame.iq();
        if iq.len() > MAX_SAMPLES {
            return None;
        }
        let amplitude = |at: usize| iq.get(at).map_or(0.0, |sample| amplitude(*sample));
        if self.seen < LEARNING_FRAMES {
            self.learn(iq.len(), usize::from(frame.n_subcarriers()), amplitude);
            return None;
        }
        let mut shape = Vec::with_capacity(self.max_features);
        for antenna in &self.groups {
            let start = shape.len();
            let of_group =
                |group: &Vec<u16>| group.iter().map(|&at| amplitude(at.into())).sum::<f32>() / group.len() as f32;
            shape.extend(antenna.iter().map(of_group));
            let level = shape[start..].iter().sum::<f32>() / antenna.len() as f32;
            if !(level > 0.0 && level.is_finite()) {
                return None;
            }
            shape[start..].iter_mut().for_each(|feature| *feature /= level);
        }
        (shape.len() >= MIN_FEATURES).then_some(shape)
    }

    fn learn(&mut self, samples: usize, subcarriers: usize, amplitude: impl Fn(usize) -> f32) {
        let total: f32 = (0..samples).map(&amplitude).sum();
        if !(total > 0.0 && total.is_finite()) {
            return;
        }
        self.roots.resize(samples, 0.0);
        self.roots.iter_mut().enumerate().for_each(|(at, sum)| *sum += libm::sqrtf(amplitude(at)));
        self.seen += 1;
        if self.seen == LEARNING_FRAMES {
            let antennas = (samples / subcarriers).clamp(1, self.max_features);
            let per_antenna = (self.max_features / antennas).max(1);
            let bins = self.roots.chunks_exact(subcarriers).take(antennas).enumerate();
            let groups = bins.map(|(antenna, roots)| grouped(&carrying(roots, antenna * subcarriers), per_antenna));
            self.groups = groups.filter(|antenna| !antenna.is_empty()).collect();
            self.roots = Vec::new();
        }
    }
}

/// Positions, counted from `offset`, of the bins that are not far below the strong ones.
fn carrying(roots: &[f32], offset: usize) -> Vec<u16> {
    let mut sorted = roots.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    // Among the filled ones, so that a wide guard band does not count.
    let empty = sorted.partition_point(|root| *root <= 0.0);
    let filled = &sorted[empty..];
    let Some(strong) = filled.get(filled.len() * 19 / 20) else { return Vec::new() };
    let least = strong * libm::sqrtf(LEAST_SHARE);
    let strong_enough = roots.iter().enumerate().filter(|(_, root)| **root >= least);
    strong_enough.filter_map(|(at, _)| u16::try_from(offset + at).ok()).collect()
}

#[cfg(test)]
mod tests {
    use ruview_core::{Complex32, NodeNumber};

    use super::*;

    fn frame(amplitudes: &[f32]) -> CsiFrame {
        let iq = amplitudes.iter().map(|a| Complex32::new(0.6 * a, -0.8 * a)).collect();
        CsiFrame::new(NodeNumber(1), 1, amplitudes.len() as u16, iq).unwrap()
    }

    fn learnt(amplitudes: &[f32]) -> ShapeReader {
        let mut reader = ShapeReader::new(32);
        for _ in 0..LEARNING_FRAMES {
            assert_eq!(reader.read(&frame(amplitudes)), None, "still learning");
        }
        reader
    }

    #[test]
    fn noise_bins_do_not_count_although_they_are_most() {
        let mut amplitudes = [17.0_f32; 64];
        amplitudes[..6].copy_from_slice(&[1000.0, 1200.0, 1400.0, 1400.0, 1200.0, 1000.0]);
        let mut reader = learnt(&amplitudes);
        amplitudes[20..30].fill(900.0);
        let shape = reader.read(&frame(&amplitudes)).unwrap();
        assert_eq!(shape.len(), 6);
        assert!((shape.iter().sum::<f32>() - 6.0).abs() < 1e-4 && (shape[0] - 1.0 / 1.2).abs() < 1e-4, "{shape:?}");
    }

    #[test]
    fn gain_does_not_show_and_groups_are_bounded() {
        let quiet: Vec<f32> = (40_u8..230).map(f32::from).collect();
        let loud: Vec<f32> = quiet.iter().map(|a| a * 7.0).collect();
        let mut reader = learnt(&quiet);
        let (a, b) = (reader.read(&frame(&quiet)).unwrap(), reader.read(&frame(&loud)).unwrap());
        assert!((16..=32).contains(&a.len()), "{}", a.len());
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn frames_without_amplitude_are_neither_learnt_nor_read() {
        let mut reader = ShapeReader::new(32);
        for bad in [0.0, f32::NAN, f32::INFINITY, f32::MAX] {
            (0..40).for_each(|_| assert_eq!(reader.read(&frame(&[bad; 8])), None));
        }
        assert_eq!(reader.seen, 0);
        let mut reader = learnt(&[5.0; 8]);
        for bad in [0.0, f32::NAN, f32::INFINITY] {
            assert_eq!(reader.read(&frame(&[bad; 8])), None);
        }
        assert!(reader.read(&frame(&[4.0; 8])).is_some());
        assert_eq!(learnt(&[5.0; 3]).read(&frame(&[5.0; 3])), None, "three bins are no shape");
    }
}
