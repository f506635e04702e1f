//! The last frames of a node on the canonical grid, for research on this host. Kept only where the privacy class permits it:
//! what is not kept cannot leave.

use std::collections::VecDeque;

use ruview_core::{Complex32, CsiFrame};
use ruview_signal::{BinLayout, CANONICAL_BINS, HardwareNormalizer};

use crate::look::WINDOW_FRAMES;

/// Frames from which the order of the bins is learnt.
const LEARNT_FROM: u32 = 16;

/// Amplitudes relative to each frame's mean, `[frame][bin]`, oldest frame first, and the receive antennas of the radio.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frames {
    pub(crate) antennas: u8,
    pub(crate) amplitudes: Vec<[f32; CANONICAL_BINS]>,
}

/// The last frames of the first antenna, and what is known of its bins.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Antennas and subcarriers. Another shape is another radio setting: everything begins anew.
    shape: (u8, u16),
    learning: Learning,
    normalizer: Option<HardwareNormalizer>,
    rows: VecDeque<[f32; CANONICAL_BINS]>,
}

/// Per bin: the summed amplitude, and the frames in which it was not zero.
#[derive(Debug, Default)]
struct Learning {
    frames: u32,
    bins: Vec<(f32, u32)>,
}

impl Window {
    pub(super) fn push(&mut self, frame: &CsiFrame) {
        let shape = (frame.n_antennas(), frame.n_subcarriers());
        if self.shape != shape {
            *self = Self { shape, ..Self::default() };
        }
        let Some(antenna) = frame.antennas().next() else { return };
        let Some(normalizer) = &self.normalizer else {
            self.normalizer = self.learning.push(antenna);
            return;
        };
        let Some(row) = normalizer.normalize(antenna) else { return };
        if self.rows.len() == WINDOW_FRAMES {
            self.rows.pop_front();
        }
        self.rows.push_back(row);
    }

    /// The frames, once there are enough.
    pub(super) fn frames(&self) -> Option<Frames> {
        let amplitudes: Vec<_> = self.rows.iter().copied().collect();
        (amplitudes.len() == WINDOW_FRAMES).then_some(Frames { antennas: self.shape.0, amplitudes })
    }
}

impl Learning {
    /// What the bins are, once enough frames have told. Frames that tell nothing usable are learnt from anew.
    fn push(&mut self, antenna: &[Complex32]) -> Option<HardwareNormalizer> {
        self.bins.resize(antenna.len(), (0.0, 0));
        for ((sum, filled), sample) in self.bins.iter_mut().zip(antenna) {
            let amplitude = sample.norm();
            *sum += amplitude;
            *filled += u32::from(amplitude > 0.0);
        }
        self.frames += 1;
        if self.frames < LEARNT_FROM {
            return None;
        }
        let Self { frames, bins } = std::mem::take(self);
        let levels: Vec<f32> = bins.iter().map(|(sum, _)| sum / frames as f32).collect();
        let filled: Vec<f32> = bins.iter().map(|(_, count)| *count as f32 / frames as f32).collect();
        HardwareNormalizer::new(&BinLayout::detect(&levels, &filled))
    }
}

#[cfg(test)]
mod tests {
    use ruview_core::NodeNumber;

    use super::*;

    fn frame(level: f32, subcarriers: u16) -> CsiFrame {
        let iq = (0..subcarriers).map(|at| Complex32::new(level * (1.0 + f32::from(at) / 64.0), 0.0)).collect();
        CsiFrame::new(NodeNumber(1), 1, subcarriers, iq).unwrap()
    }

    #[test]
    fn frames_are_there_once_the_bins_are_known_and_enough_came() {
        let mut window = Window::default();
        for _ in 0..LEARNT_FROM as usize + WINDOW_FRAMES - 1 {
            window.push(&frame(1.0, 56));
            assert_eq!(window.frames(), None);
        }
        window.push(&frame(5.0, 56));
        let frames = window.frames().unwrap();
        assert_eq!((frames.antennas, frames.amplitudes.len()), (1, WINDOW_FRAMES));
        let (first, last) = (frames.amplitudes[0], frames.amplitudes[WINDOW_FRAMES - 1]);
        assert!(first.iter().zip(last).all(|(a, b)| (a - b).abs() < 1e-5), "gain is taken out");
    }

    #[test]
    fn another_shape_begins_anew_and_damaged_frames_are_passed_over() {
        let mut window = Window::default();
        let enough = LEARNT_FROM as usize + WINDOW_FRAMES;
        (0..enough).for_each(|_| window.push(&frame(1.0, 56)));
        window.push(&frame(f32::NAN, 56));
        window.push(&frame(0.0, 56));
        assert!(window.frames().is_some_and(|frames| frames.amplitudes.iter().flatten().all(|a| a.is_finite())));
        window.push(&frame(1.0, 64));
        assert_eq!(window.frames(), None);
        (0..3 * LEARNT_FROM).for_each(|_| window.push(&frame(f32::NAN, 64)));
        assert_eq!(window.frames(), None);
    }
}
