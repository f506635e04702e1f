//! Which bins of a stream's frames carry the channel. Their order differs from chip to chip, so it is never assumed.

use ruview_core::CsiFrame;
use ruview_signal::samples::{LEAKAGE, MAX_SAMPLES, amplitude, grouped};

use crate::preprocess::MAX_FEATURES;

/// Frames from which the occupied bins are learnt.
const FRAMES: u32 = 8;
/// A bin above this many times the median amplitude is none of the channel's: the first word of an ESP32's estimate is a
/// header.
const HEADER: f32 = 4.0;
/// Neighbouring bins are averaged into at most this many groups an antenna.
const GROUPS: usize = 32;
/// Antennas that are looked at.
const MAX_ANTENNAS: usize = 9;
/// A shape needs some width before its changes mean anything.
const MIN_BINS: usize = 4;

/// The occupied bins of one antenna.
#[derive(Debug)]
pub(crate) struct AntennaBins {
    /// Its place in the frame.
    pub(crate) number: usize,
    /// Positions of its occupied bins.
    pub(crate) occupied: Vec<usize>,
    /// The same in groups, at most 32.
    pub(crate) groups: Vec<Vec<usize>>,
}

/// The occupied bins of a stream.
#[derive(Debug)]
pub(crate) struct Bins {
    /// Antennas with a channel, at most 9.
    pub(crate) antennas: Vec<AntennaBins>,
    /// For each antenna but the last: groups of the bins that it shares with the next.
    pub(crate) pairs: Vec<Vec<Vec<usize>>>,
}

/// Learns the bins of a stream of equally shaped frames.
#[derive(Debug, Default)]
pub(crate) struct BinLearner {
    seen: u32,
    /// Per sample: frames in which it was not zero, and its mean amplitude so far.
    filled: Vec<(u32, f32)>,
}

impl BinLearner {
    /// Takes in one frame; the bins once enough were seen and there are any.
    pub(crate) fn learn(&mut self, frame: &CsiFrame) -> Option<Bins> {
        let amplitudes = || frame.iq().iter().copied().map(amplitude);
        let sum: f32 = amplitudes().sum();
        if !sum.is_finite() || sum <= 0.0 || frame.iq().len() > MAX_SAMPLES {
            return None;
        }
        self.filled.resize(frame.iq().len(), (0, 0.0));
        for ((count, level), amplitude) in self.filled.iter_mut().zip(amplitudes()) {
            *count += u32::from(amplitude > 0.0);
            *level += amplitude / FRAMES as f32;
        }
        self.seen += 1;
        if self.seen < FRAMES {
            return None;
        }
        let filled = std::mem::take(&mut self.filled);
        self.seen = 0;
        Bins::new(&filled, usize::from(frame.n_subcarriers()))
    }
}

impl Bins {
    fn new(filled: &[(u32, f32)], n_subcarriers: usize) -> Option<Self> {
        let antennas = filled.chunks_exact(n_subcarriers).map(occupied).enumerate();
        let antennas = antennas.filter(|(_, occupied)| occupied.len() >= MIN_BINS).take(MAX_ANTENNAS);
        let antenna = |(number, occupied): (usize, Vec<usize>)| {
            let groups = grouped(&occupied, GROUPS);
            AntennaBins { number, occupied, groups }
        };
        let antennas: Vec<AntennaBins> = antennas.map(antenna).collect();
        let groups_a_pair = MAX_FEATURES / 2 / antennas.len().saturating_sub(1).max(1);
        let shared = |pair: &[AntennaBins]| {
            let both = pair[0].occupied.iter().filter(|at| pair[1].occupied.binary_search(at).is_ok());
            grouped(&both.copied().collect::<Vec<_>>(), groups_a_pair.min(GROUPS))
        };
        let pairs = antennas.windows(2).map(shared).collect();
        (!antennas.is_empty()).then_some(Self { antennas, pairs })
    }
}

/// Positions of the bins that are filled in most frames, by more than leakage and less than a header.
fn occupied(bins: &[(u32, f32)]) -> Vec<usize> {
    let mostly = |count: u32| 2 * count > FRAMES;
    let mut levels: Vec<f32> = bins.iter().filter(|(count, _)| mostly(*count)).map(|(_, level)| *level).collect();
    if levels.is_empty() {
        return Vec::new();
    }
    let middle = levels.len() / 2;
    let median = *levels.select_nth_unstable_by(middle, f32::total_cmp).1;
    let carries = |(count, level): (u32, f32)| mostly(count) && level > LEAKAGE * median && level < HEADER * median;
    (0..bins.len()).filter(|at| carries(bins[*at])).collect()
}

#[cfg(test)]
mod tests {
    use ruview_core::{Complex32, NodeNumber};

    use super::*;

    fn learnt(antennas: u8, amplitudes: &[f32]) -> Option<Bins> {
        let iq: Vec<_> = amplitudes.iter().map(|a| Complex32::new(*a, 0.0)).collect();
        let frame =
            CsiFrame::new(NodeNumber(1), antennas, (amplitudes.len() / usize::from(antennas)) as u16, iq).unwrap();
        let mut learner = BinLearner::default();
        assert!((1..FRAMES).all(|_| learner.learn(&frame).is_none()));
        learner.learn(&frame)
    }

    #[test]
    fn null_leaking_and_header_bins_are_left_out() {
        let bins = learnt(1, &[93.0, 4.0, 0.0, 14.0, 15.0, 0.9, 16.0, 20.0, 19.0]).unwrap();
        assert_eq!(bins.antennas[0].occupied, [1, 3, 4, 6, 7, 8]);
        assert!(bins.pairs.is_empty());
    }

    #[test]
    fn a_dead_antenna_is_left_out_and_the_others_are_paired() {
        let mut amplitudes = vec![5.0; 24];
        amplitudes[8..16].fill(0.0);
        let bins = learnt(3, &amplitudes).unwrap();
        assert_eq!(bins.antennas.iter().map(|antenna| antenna.number).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(bins.pairs.len(), 1);
        assert!(learnt(1, &[1.0, 2.0]).is_none(), "two bins are no shape");
    }

    #[test]
    fn features_are_bounded_whatever_the_shape() {
        for antennas in [1, 2, 8, 16, 128] {
            let bins = learnt(antennas, &vec![1.0; 8192]).unwrap();
            let products: usize = bins.pairs.iter().map(|groups| 2 * groups.len()).sum();
            let single = if bins.antennas.len() == 1 { bins.antennas[0].groups.len() } else { 0 };
            assert!(products + single <= MAX_FEATURES && products + single > 0);
        }
    }
}
