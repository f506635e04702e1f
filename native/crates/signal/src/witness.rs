//! Features of frames as whole numbers that are the same on every machine, so that their hash can be witnessed.
//!
//! What goes into them uses the portable functions of `libm`, additions in one order, and rounding half to even at the end;
//! nothing depends on how many threads compute it.

use std::num::NonZeroUsize;
use std::thread;

use ruview_core::{Complex32, CsiFrame};

use crate::hampel::HampelFilter;
use crate::layout::BinLayout;
use crate::normalizer::HardwareNormalizer;
use crate::phase::PhaseSanitizer;

/// Which features these are: another number for other features.
pub const WITNESS_VERSION: u32 = 2;
/// Steps in one: amplitudes relative to their mean, phases in rad.
const STEPS: f64 = 10_000.0;
const REACH: usize = 3;
const SIGMAS: f32 = 3.0;

/// Quantised features, in ten-thousandths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessFeatures {
    /// Of each frame: the amplitudes on the canonical grid, `[56]`, then the sanitised phase of each used bin.
    pub frames: Vec<Vec<i32>>,
    /// The amplitudes after Hampel's filter, `[56]` each; three frames at either end have none.
    pub filtered: Vec<Vec<i32>>,
}

/// Frames of which there are no features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// Too few to filter.
    #[error("expected at least {expected} frames, found {found}")]
    TooFew {
        /// What the filter needs.
        expected: usize,
        /// What there is.
        found: usize,
    },
    /// All frames are of one antenna and as many subcarriers as the first.
    #[error("frame {frame}: expected one antenna and {expected} subcarriers, found {antennas} and {found}")]
    Shape {
        /// Its place.
        frame: usize,
        /// Subcarriers of the first.
        expected: u16,
        /// Its antennas.
        antennas: u8,
        /// Its subcarriers.
        found: u16,
    },
    /// No bins that carry the channel.
    #[error("expected used subcarriers, found none")]
    NoLayout,
    /// A used bin without a finite, non-zero sample.
    #[error("frame {frame}: expected a finite, non-zero sample in every used bin")]
    Empty {
        /// Its place.
        frame: usize,
    },
}

/// The features of `frames`, computed by `threads` threads.
///
/// # Errors
/// [`WitnessError`].
pub fn witness_features(frames: &[CsiFrame], threads: NonZeroUsize) -> Result<WitnessFeatures, WitnessError> {
    let expected = 2 * REACH + 1;
    if frames.len() < expected {
        return Err(WitnessError::TooFew { expected, found: frames.len() });
    }
    check_shapes(frames)?;
    let layout = BinLayout::learn(frames.iter().map(CsiFrame::iq));
    let of_frame = OfFrame::new(&layout).ok_or(WitnessError::NoLayout)?;
    let rows = in_threads(frames, threads, |frame| of_frame.features(frame));
    let mut features = WitnessFeatures { frames: Vec::with_capacity(frames.len()), filtered: Vec::new() };
    let mut filter = HampelFilter::new(REACH, SIGMAS);
    for (frame, row) in rows.into_iter().enumerate() {
        let Row { amplitudes, phases } = row.ok_or(WitnessError::Empty { frame })?;
        features.frames.push(amplitudes.iter().chain(&phases).copied().map(quantised).collect());
        features.filtered.extend(filter.push(&amplitudes).map(|row| row.iter().copied().map(quantised).collect()));
    }
    Ok(features)
}

fn check_shapes(frames: &[CsiFrame]) -> Result<(), WitnessError> {
    let expected = frames.first().map_or(0, CsiFrame::n_subcarriers);
    let other = frames.iter().position(|frame| frame.n_antennas() != 1 || frame.n_subcarriers() != expected);
    other.map_or(Ok(()), |frame| {
        let (antennas, found) = (frames[frame].n_antennas(), frames[frame].n_subcarriers());
        Err(WitnessError::Shape { frame, expected, antennas, found })
    })
}

/// What is computed of one frame alone.
struct OfFrame {
    normalizer: HardwareNormalizer,
    bins: Vec<usize>,
    positions: Vec<i16>,
}

struct Row {
    amplitudes: Vec<f32>,
    phases: Vec<f32>,
}

impl OfFrame {
    fn new(layout: &BinLayout) -> Option<Self> {
        let bins = layout.selected();
        let positions = bins.iter().filter_map(|bin| layout.subcarriers()[*bin]).collect();
        Some(Self { normalizer: HardwareNormalizer::new(layout)?, bins, positions })
    }

    fn features(&self, frame: &CsiFrame) -> Option<Row> {
        let samples: Vec<Complex32> = self.bins.iter().map(|bin| frame.iq()[*bin]).collect();
        let phases = PhaseSanitizer.sanitize(&samples, &self.positions)?;
        Some(Row { amplitudes: self.normalizer.normalize(frame.iq())?.to_vec(), phases })
    }
}

/// `of` of each frame, in their order.
fn in_threads<T: Send>(frames: &[CsiFrame], threads: NonZeroUsize, of: impl Fn(&CsiFrame) -> T + Sync) -> Vec<T> {
    let share = frames.len().div_ceil(threads.get()).max(1);
    thread::scope(|scope| {
        let of = &of;
        let shares: Vec<_> =
            frames.chunks(share).map(|share| scope.spawn(move || share.iter().map(of).collect::<Vec<T>>())).collect();
        shares
            .into_iter()
            .flat_map(|share| share.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

fn quantised(value: f32) -> i32 {
    (f64::from(value) * STEPS).round_ties_even() as i32
}

#[cfg(test)]
mod tests {
    use ruview_core::NodeNumber;

    use super::*;

    fn frame(seed: u32) -> CsiFrame {
        let sample = |bin: u32| {
            if bin.is_multiple_of(64) || (27..38).contains(&(bin % 64)) {
                return Complex32::new(0.0, 0.0);
            }
            let mixed = (bin * 7 + seed * 13) % 31;
            Complex32::new(20.0 + mixed as f32, mixed as f32 - 9.5)
        };
        CsiFrame::new(NodeNumber(1), 1, 64, (0..64).map(sample).collect()).unwrap()
    }

    fn of(frames: &[CsiFrame], threads: usize) -> Result<WitnessFeatures, WitnessError> {
        witness_features(frames, NonZeroUsize::new(threads).unwrap())
    }

    #[test]
    fn the_number_of_threads_makes_no_difference() {
        let frames: Vec<CsiFrame> = (0..40).map(frame).collect();
        let alone = of(&frames, 1).unwrap();
        assert_eq!((alone.frames.len(), alone.frames[0].len(), alone.filtered.len()), (40, 56 + 52, 34));
        for threads in [2, 3, 7, 40, 1000] {
            assert_eq!(of(&frames, threads).unwrap(), alone);
        }
        let mut other = frames;
        other[20] = frame(99);
        assert_ne!(of(&other, 1).unwrap(), alone);
    }

    #[test]
    fn what_cannot_be_computed_is_told() {
        let frames: Vec<CsiFrame> = (0..8).map(frame).collect();
        assert_eq!(of(&frames[..6], 1), Err(WitnessError::TooFew { expected: 7, found: 6 }));
        let mut other = frames.clone();
        other[3] = CsiFrame::new(NodeNumber(1), 2, 64, [frame(1).iq(), frame(2).iq()].concat()).unwrap();
        assert_eq!(of(&other, 2), Err(WitnessError::Shape { frame: 3, expected: 64, antennas: 2, found: 64 }));
        let zero = CsiFrame::new(NodeNumber(1), 1, 64, vec![Complex32::new(0.0, 0.0); 64]).unwrap();
        assert_eq!(of(&vec![zero.clone(); 8], 1), Err(WitnessError::NoLayout));
        let mut other = frames;
        other[5] = zero;
        assert_eq!(of(&other, 1), Err(WitnessError::Empty { frame: 5 }));
    }

    #[test]
    fn halves_are_rounded_to_even() {
        assert_eq!([0.031_25, 0.093_75, -0.031_25].map(quantised), [312, 938, -312]);
    }
}
