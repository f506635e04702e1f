//! From raw frames to what can be compared over time: occupied bins only, gain taken out, odd packets refused.

use ruview_core::CsiFrame;

/// Frames from which the occupied bins are learnt. Their order differs from chip to chip, so it is never assumed.
const MASK_FRAMES: u32 = 16;
/// A bin below this share of the occupied bins' median amplitude is a guard bin into which something leaks.
const LEAKAGE: f32 = 0.1;
/// Neighbouring bins are averaged into at most this many groups an antenna. An indoor channel hardly changes within a
/// megahertz, so this loses noise, not signal.
const GROUPS: usize = 32;
/// Most features a frame yields, over all antennas.
pub(crate) const MAX_FEATURES: usize = 64;
/// A shape needs some width before its changes mean anything.
const MIN_FEATURES: usize = 4;
/// Most samples a frame may have: 160 MHz at four antennas.
pub(crate) const MAX_SAMPLES: usize = 8192;

/// Relative amplitudes of the subcarrier groups, `[at most 64]`, each antenna with mean 1.
pub(crate) type Shape = Vec<f32>;

/// Learns which bins a lane's radio fills, then reduces each frame to its shape.
#[derive(Debug, Default)]
pub(crate) struct Conditioner {
    seen: u32,
    /// Per sample: frames in which it was not zero, and its summed amplitude. Empty once learnt.
    filled: Vec<(u32, f32)>,
    /// Per antenna: groups of sample positions.
    groups: Vec<Vec<Vec<usize>>>,
}

impl Conditioner {
    /// The shape of `frame`; `None` while learning, and for frames without a usable amplitude.
    ///
    /// Dividing by the mean amplitude of the packet takes out gain control and power steps, which scale all bins together.
    pub(crate) fn shape(&mut self, frame: &CsiFrame) -> Option<Shape> {
        let amplitudes = amplitudes(frame)?;
        if self.seen < MASK_FRAMES {
            self.learn(&amplitudes, usize::from(frame.n_subcarriers()));
            return None;
        }
        let mut shape = Shape::with_capacity(MAX_FEATURES);
        for antenna in &self.groups {
            let start = shape.len();
            shape.extend(antenna.iter().map(|group| mean(group.iter().map(|&at| amplitudes[at]))));
            let level = mean(shape[start..].iter().copied());
            if level <= 0.0 {
                return None;
            }
            shape[start..].iter_mut().for_each(|feature| *feature /= level);
        }
        (shape.len() >= MIN_FEATURES).then_some(shape)
    }

    fn learn(&mut self, amplitudes: &[f32], n_subcarriers: usize) {
        self.filled.resize(amplitudes.len(), (0, 0.0));
        for ((count, sum), amplitude) in self.filled.iter_mut().zip(amplitudes) {
            *count += u32::from(*amplitude > 0.0);
            *sum += amplitude / MASK_FRAMES as f32;
        }
        self.seen += 1;
        if self.seen == MASK_FRAMES {
            let antennas = self.filled.len() / n_subcarriers;
            let groups = (MAX_FEATURES / antennas).clamp(1, GROUPS);
            self.groups = self
                .filled
                .chunks_exact(n_subcarriers)
                .take(MAX_FEATURES)
                .enumerate()
                .map(|(antenna, bins)| grouped(&occupied(bins, antenna * n_subcarriers), groups))
                .filter(|antenna| !antenna.is_empty())
                .collect();
            self.filled = Vec::new();
        }
    }
}

/// The amplitude of every sample; `None` when one is not finite, all are zero, or there are too many.
fn amplitudes(frame: &CsiFrame) -> Option<Vec<f32>> {
    if frame.iq().len() > MAX_SAMPLES {
        return None;
    }
    let amplitudes: Vec<f32> = frame.iq().iter().map(|sample| libm::hypotf(sample.re, sample.im)).collect();
    let sum: f32 = amplitudes.iter().sum();
    (sum.is_finite() && sum > 0.0).then_some(amplitudes)
}

/// Positions of the bins that are filled in most frames and by more than leakage, counted from `offset`.
fn occupied(bins: &[(u32, f32)], offset: usize) -> Vec<usize> {
    let mostly = |count: u32| 2 * count > MASK_FRAMES;
    let mut levels: Vec<f32> = bins.iter().filter(|(count, _)| mostly(*count)).map(|(_, level)| *level).collect();
    let threshold = median(&mut levels).unwrap_or(0.0) * LEAKAGE;
    let is_occupied = |&(_, (count, level)): &(usize, &(u32, f32))| mostly(*count) && *level > threshold;
    bins.iter().enumerate().filter(is_occupied).map(|(at, _)| offset + at).collect()
}

/// `positions` in runs of equal length, at most `groups` of them.
fn grouped(positions: &[usize], groups: usize) -> Vec<Vec<usize>> {
    let width = positions.len().div_ceil(groups).max(1);
    positions.chunks(width).map(<[usize]>::to_vec).collect()
}

/// Refuses packets that do not belong to their neighbours: another transmitter's, or a damaged estimate's. Hampel's
/// identifier (Hampel, JASA 69, 1974) on whole packets: bins of one packet are wrong together.
#[derive(Debug, Default)]
pub(crate) struct PacketGate {
    recent: Vec<Shape>,
    oldest: usize,
}

/// Packets that are compared, and how many times the median distance from their median is still one of them.
const GATE_PACKETS: usize = 7;
const GATE_WIDTH: f32 = 4.0;

impl PacketGate {
    /// Whether `shape` belongs to the packets before it. The first ones always do.
    pub(crate) fn admits(&mut self, shape: &[f32]) -> bool {
        if self.recent.len() < GATE_PACKETS {
            self.recent.push(shape.to_vec());
            return true;
        }
        self.recent[self.oldest].copy_from_slice(shape);
        self.oldest = (self.oldest + 1) % GATE_PACKETS;
        let centre: Shape = (0..shape.len()).map(|feature| self.median_of(feature)).collect();
        let mut distances: Vec<f32> = self.recent.iter().map(|other| squared_distance(other, &centre)).collect();
        let typical = median(&mut distances).unwrap_or(0.0);
        squared_distance(shape, &centre) <= GATE_WIDTH * GATE_WIDTH * typical
    }

    fn median_of(&self, feature: usize) -> f32 {
        let mut values: [f32; GATE_PACKETS] = std::array::from_fn(|packet| self.recent[packet][feature]);
        median(&mut values).unwrap_or(0.0)
    }
}

/// Mean squared difference; 0 for empty shapes.
pub(crate) fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    mean(a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)))
}

/// The mean; 0 of nothing.
pub(crate) fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / count as f32 }
}

/// The upper median; `None` of nothing. Leaves `values` in another order.
fn median(values: &mut [f32]) -> Option<f32> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f32::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use ruview_core::{Complex32, NodeNumber};

    use super::*;

    fn frame(amplitudes: &[f32]) -> CsiFrame {
        let iq = amplitudes.iter().map(|a| Complex32::new(0.6 * a, 0.8 * a)).collect();
        CsiFrame::new(NodeNumber(1), 1, amplitudes.len() as u16, iq).unwrap()
    }

    fn conditioned(amplitudes: &[f32], last: &[f32]) -> Option<Shape> {
        let mut conditioner = Conditioner::default();
        for _ in 0..MASK_FRAMES {
            assert_eq!(conditioner.shape(&frame(amplitudes)), None, "still learning");
        }
        conditioner.shape(&frame(last))
    }

    #[test]
    fn leaves_out_null_and_leaking_bins_wherever_they_are() {
        let shape =
            conditioned(&[0.0, 8.0, 12.0, 10.0, 10.0, 0.5, 0.0, 10.0], &[9.0, 8.0, 12.0, 10.0, 10.0, 9.0, 9.0, 10.0]);
        let expected = [0.8, 1.2, 1.0, 1.0, 1.0];
        assert!(shape.unwrap().iter().zip(expected).all(|(found, wanted)| (found - wanted).abs() < 1e-5));
    }

    #[test]
    fn gain_does_not_show() {
        let quiet: Vec<f32> = (20_u8..72).map(f32::from).collect();
        let loud: Vec<f32> = quiet.iter().map(|a| a * 3.0).collect();
        let (a, b) = (conditioned(&quiet, &quiet).unwrap(), conditioned(&quiet, &loud).unwrap());
        assert_eq!(a.len(), 26);
        assert!(squared_distance(&a, &b) < 1e-10);
    }

    #[test]
    fn frames_without_amplitude_have_no_shape() {
        assert_eq!(conditioned(&[5.0; 8], &[0.0; 8]), None);
        assert_eq!(conditioned(&[5.0; 8], &[f32::NAN; 8]), None);
        assert_eq!(conditioned(&[5.0; 8], &[f32::INFINITY; 8]), None);
        assert_eq!(conditioned(&[5.0], &[5.0]), None, "one subcarrier has no shape");
    }

    #[test]
    fn an_odd_packet_is_refused_and_a_lasting_change_is_not() {
        let mut gate = PacketGate::default();
        let usual = |i: u8| [1.0 + f32::from(i % 3) * 0.01, 1.0, 1.0 - f32::from(i % 2) * 0.01, 1.0];
        let odd = [1.5, 0.5, 1.5, 0.5];
        assert!((0..20).all(|i| gate.admits(&usual(i))));
        assert!(!gate.admits(&odd));
        assert!(gate.admits(&usual(0)));
        let admitted = (0..10).filter(|_| gate.admits(&odd)).count();
        assert!(admitted >= 6, "{admitted}");
    }
}
