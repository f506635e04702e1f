//! From raw frames to what can be compared over time: occupied bins only, gain taken out, odd packets refused.

use ruview_core::CsiFrame;
use serde::{Deserialize, Serialize};

use crate::layout::{BinLayout, BinOrder};
use crate::samples::{MAX_SAMPLES, amplitude, grouped};

/// Frames from which the occupied bins are learnt. Their order differs from chip to chip, so it is never assumed.
const MASK_FRAMES: u32 = 16;
/// Neighbouring bins are averaged into at most this many groups an antenna.
const GROUPS: usize = 32;
/// Most features a frame yields, over all antennas.
pub(crate) const MAX_FEATURES: usize = 64;
/// A shape needs some width before its changes mean anything.
const MIN_FEATURES: usize = 4;

/// Relative amplitudes of the subcarrier groups, `[at most 64]`, each antenna with mean 1.
pub(crate) type Shape = Vec<f32>;

/// What a conditioner learnt, in a form to be stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bins {
    order: BinOrder,
    /// Per antenna: groups of sample positions.
    groups: Vec<Vec<Vec<u16>>>,
    /// Outermost used bins of the first antenna, and the empty ones beyond them: what tells formats apart.
    edge: Vec<u16>,
    beyond: Vec<u16>,
}

impl Bins {
    /// Features that a frame yields.
    pub(crate) fn n_features(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    /// Everything as numbers, for a checksum.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> {
        let groups = self.groups.iter().flat_map(|antenna| {
            let group = |group: &Vec<u16>| [vec![u16::MAX], group.clone()].concat();
            antenna.iter().flat_map(group).chain([u16::MAX - 1])
        });
        let edges = self.edge.iter().chain([&u16::MAX]).chain(&self.beyond).copied();
        [self.order as u64].into_iter().chain(groups.chain(edges).map(u64::from))
    }

    /// Whether every position lies within a frame of `samples`.
    pub(crate) fn fits(&self, samples: usize) -> bool {
        let positions = self.groups.iter().flatten().flatten().chain(&self.edge).chain(&self.beyond);
        let features = (MIN_FEATURES..=MAX_FEATURES).contains(&self.n_features());
        features
            && self.groups.iter().flatten().all(|group| !group.is_empty())
            && positions.max().is_some_and(|at| usize::from(*at) < samples)
    }
}

/// Learns which bins a lane's radio fills, then reduces each frame to its shape.
#[derive(Debug, Default)]
pub(crate) struct Conditioner {
    seen: u32,
    /// Per sample: frames in which it was not zero, and its summed amplitude. Empty once learnt.
    filled: Vec<(u32, f32)>,
    bins: Option<Bins>,
    level: f32,
}

impl Conditioner {
    /// One that has learnt before.
    pub(crate) fn with(bins: Bins) -> Self {
        Self { seen: MASK_FRAMES, bins: Some(bins), ..Self::default() }
    }

    /// What was learnt; `None` before.
    pub(crate) fn bins(&self) -> Option<&Bins> {
        self.bins.as_ref()
    }

    /// Whether `frame` is of the format that was learnt: with the same outermost subcarriers. HT frames use 56 of 64 bins,
    /// non-HT ones 52 (802.11-2020, 19.3.7), and they are not scaled alike.
    pub(crate) fn is_of_format(&self, frame: &CsiFrame) -> bool {
        let Some(bins) = &self.bins else { return true };
        let is_zero =
            |at: &u16| frame.iq().get(usize::from(*at)).is_some_and(|sample| sample.re == 0.0 && sample.im == 0.0);
        let narrower = !bins.edge.is_empty() && bins.edge.iter().all(is_zero);
        let wider = !bins.beyond.is_empty() && !bins.beyond.iter().any(is_zero);
        !narrower && !wider
    }

    /// The shape of `frame`; `None` while learning, and for frames without a usable amplitude.
    ///
    /// Dividing by the mean amplitude of the packet takes out gain control and power steps, which scale all bins together.
    pub(crate) fn shape(&mut self, frame: &CsiFrame) -> Option<Shape> {
        let amplitudes = amplitudes(frame)?;
        let Some(bins) = &self.bins else {
            self.learn(&amplitudes, usize::from(frame.n_subcarriers()));
            return None;
        };
        let mut shape = Shape::with_capacity(MAX_FEATURES);
        let mut noisiness = 0.0;
        for antenna in &bins.groups {
            let start = shape.len();
            let amplitude = |at: &u16| amplitudes.get(usize::from(*at)).copied().unwrap_or(0.0);
            shape.extend(antenna.iter().map(|group| mean(group.iter().map(amplitude))));
            let level = mean(shape[start..].iter().copied());
            if level <= 0.0 {
                return None;
            }
            shape[start..].iter_mut().for_each(|feature| *feature /= level);
            noisiness += 1.0 / (level * level * bins.groups.len() as f32);
        }
        self.level = 1.0 / libm::sqrtf(noisiness);
        (shape.len() >= MIN_FEATURES).then_some(shape)
    }

    /// The mean amplitude that was taken out of the last shape, in the receiver's own units: of several antennas, the one whose
    /// inverse square is the mean of theirs.
    pub(crate) fn level(&self) -> f32 {
        self.level
    }

    fn learn(&mut self, amplitudes: &[f32], n_subcarriers: usize) {
        self.filled.resize(amplitudes.len(), (0, 0.0));
        for ((count, sum), amplitude) in self.filled.iter_mut().zip(amplitudes) {
            *count += u32::from(*amplitude > 0.0);
            *sum += amplitude / MASK_FRAMES as f32;
        }
        self.seen += 1;
        if self.seen == MASK_FRAMES {
            self.bins = Some(learnt(&std::mem::take(&mut self.filled), n_subcarriers));
        }
    }
}

/// What the `filled` samples of all antennas say, `n_subcarriers` each.
fn learnt(filled: &[(u32, f32)], n_subcarriers: usize) -> Bins {
    let antennas = filled.len() / n_subcarriers;
    let groups = (MAX_FEATURES / antennas).clamp(1, GROUPS);
    let layouts: Vec<BinLayout> = filled
        .chunks_exact(n_subcarriers)
        .take(MAX_FEATURES)
        .map(|bins| {
            let levels: Vec<f32> = bins.iter().map(|(_, level)| *level).collect();
            let shares: Vec<f32> = bins.iter().map(|(count, _)| *count as f32 / MASK_FRAMES as f32).collect();
            BinLayout::detect(&levels, &shares)
        })
        .collect();
    let of_antenna = |(antenna, layout): (usize, &BinLayout)| {
        let positions: Vec<u16> = layout.selected().iter().map(|at| (antenna * n_subcarriers + at) as u16).collect();
        grouped(&positions, groups)
    };
    let (edge, beyond) = layouts.first().map(|layout| edges(layout, filled)).unwrap_or_default();
    let order = layouts.first().map_or(BinOrder::Unknown, BinLayout::order);
    let groups = layouts.iter().enumerate().map(of_antenna).filter(|antenna| !antenna.is_empty()).collect();
    Bins { order, groups, edge, beyond }
}

/// The two outermost used bins at either end, and the two empty ones beyond each; nothing where the order is not known.
fn edges(layout: &BinLayout, filled: &[(u32, f32)]) -> (Vec<u16>, Vec<u16>) {
    const WIDTH: i16 = 2;
    let selected = layout.selected();
    let k_of = |at: &usize| layout.subcarriers()[*at];
    let (Some(low), Some(high)) = (selected.first().and_then(k_of), selected.last().and_then(k_of)) else {
        return Default::default();
    };
    // Several training fields have several edges.
    let one_field = selected.windows(2).all(|pair| k_of(&pair[0]) < k_of(&pair[1]));
    if layout.order() == BinOrder::Unknown || selected.len() < 8 || !one_field {
        return Default::default();
    }
    let edge = |at: &&usize| k_of(at).is_some_and(|k| k < low + WIDTH || k > high - WIDTH);
    let n = layout.subcarriers().len();
    let at_k = |k: i16| match layout.order() {
        BinOrder::Fft => k.rem_euclid(n as i16) as usize,
        _ => (k + (n / 2) as i16) as usize,
    };
    let beyond = [low - 2, low - 1, high + 1, high + 2];
    // A bin into which something leaks tells nothing.
    let is_null = |at: &usize| filled.get(*at).is_some_and(|(count, _)| *count == 0);
    let within = beyond.iter().all(|k| k.unsigned_abs() < (n / 2) as u16);
    let beyond: Vec<u16> = if within {
        beyond.map(at_k).iter().filter(|at| is_null(at)).map(|at| *at as u16).collect()
    } else {
        Vec::new()
    };
    let beyond = if beyond.len() == 4 { beyond } else { Vec::new() };
    (selected.iter().filter(edge).map(|at| *at as u16).collect(), beyond)
}

/// The amplitude of every sample; `None` when one is not finite, all are zero, or there are too many.
fn amplitudes(frame: &CsiFrame) -> Option<Vec<f32>> {
    if frame.iq().len() > MAX_SAMPLES {
        return None;
    }
    let amplitudes: Vec<f32> = frame.iq().iter().copied().map(amplitude).collect();
    let sum: f32 = amplitudes.iter().sum();
    (sum.is_finite() && sum > 0.0).then_some(amplitudes)
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
pub(crate) fn median(values: &mut [f32]) -> Option<f32> {
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
    fn formats_are_told_apart_by_their_outermost_bins() {
        let ht: Vec<f32> = (0..64_i16).map(|at| if (4..=60).contains(&at) && at != 32 { 20.0 } else { 0.0 }).collect();
        let legacy: Vec<f32> =
            (0..64_i16).map(|at| if (6..=58).contains(&at) && at != 32 { 20.0 } else { 0.0 }).collect();
        for (own, other) in [(&ht, &legacy), (&legacy, &ht)] {
            let mut conditioner = Conditioner::default();
            (0..MASK_FRAMES).for_each(|_| assert!(conditioner.shape(&frame(own)).is_none()));
            assert!(conditioner.is_of_format(&frame(own)) && !conditioner.is_of_format(&frame(other)));
        }
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
