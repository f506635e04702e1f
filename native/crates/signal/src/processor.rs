//! A stream of frames as clean samples on a uniform clock: what spectra, plots and models of others begin with.
//!
//! The same steps as the detectors take: the occupied bins are learnt, each packet is divided by its mean amplitude, packets
//! are brought onto the clock by their times, and Hampel's identifier takes single wild values out.

use std::collections::VecDeque;
use std::time::Duration;

use ruview_core::{CsiFrame, StreamTime};

use crate::conditioning::Conditioner;
use crate::hampel::HampelFilter;
use crate::resample::UniformResampler;

/// How a stream is conditioned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CsiProcessorConfig {
    /// Samples a second of the uniform clock; held to 0.1 to 1000.
    pub sample_rate_hz: f64,
    /// A stream that was silent for longer starts afresh instead of being joined by a straight line.
    pub max_gap: Duration,
    /// Samples to either side against which Hampel's identifier looks, at most 32; with 0 there is no filter.
    pub hampel_reach: usize,
    /// Standard deviations from which on a sample is wild.
    pub hampel_sigmas: f32,
}

impl Default for CsiProcessorConfig {
    /// What the vitals stage uses: 10 Hz, joined over 2 s, seven samples, three standard deviations.
    fn default() -> Self {
        Self { sample_rate_hz: 10.0, max_gap: Duration::from_secs(2), hampel_reach: 3, hampel_sigmas: 3.0 }
    }
}

/// What a frame completed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Processed {
    /// The stream starts afresh with this frame: the first one, or one after a gap or a clock that was set back.
    pub restarted: bool,
    /// Samples that are complete now, oldest first: when, and the relative amplitudes of the groups of subcarriers, at most
    /// 64, with mean 1 for each antenna.
    pub samples: Vec<(StreamTime, Vec<f32>)>,
}

/// Conditions the stream of one node.
///
/// Learns the occupied bins from the first 16 usable frames, which give no samples. Frames of another shape or format than
/// these, without a finite, non-zero amplitude, or of more than 8192 samples are passed over and counted. Samples come
/// `hampel_reach` periods and one knot late.
#[derive(Debug)]
pub struct CsiProcessor {
    conditioner: Conditioner,
    shape: Option<(u8, u16)>,
    period_us: i64,
    resampler: UniformResampler,
    hampel: Option<HampelFilter>,
    /// When the samples in the filter were.
    pending: VecDeque<StreamTime>,
    passed_over: u64,
}

impl Default for CsiProcessor {
    fn default() -> Self {
        Self::new(&CsiProcessorConfig::default())
    }
}

impl CsiProcessor {
    /// A processor that has seen nothing yet.
    pub fn new(config: &CsiProcessorConfig) -> Self {
        // No rate at all is the slowest.
        let period_us = (1e6 / config.sample_rate_hz.clamp(0.1, 1000.0)).round().clamp(1e3, 1e7) as i64;
        let max_gap_us = i64::try_from(config.max_gap.as_micros()).unwrap_or(i64::MAX);
        let hampel = (config.hampel_reach > 0).then(|| HampelFilter::new(config.hampel_reach, config.hampel_sigmas));
        Self {
            conditioner: Conditioner::default(),
            shape: None,
            period_us,
            resampler: UniformResampler::new(period_us, max_gap_us),
            hampel,
            pending: VecDeque::new(),
            passed_over: 0,
        }
    }

    /// Takes in one frame.
    pub fn push(&mut self, at: StreamTime, frame: &CsiFrame) -> Processed {
        let shape = (frame.n_antennas(), frame.n_subcarriers());
        let fits = self.shape.is_none_or(|own| own == shape) && self.conditioner.is_of_format(frame);
        let learnt = self.conditioner.bins().is_some();
        let Some(amplitudes) = fits.then(|| self.conditioner.shape(frame)).flatten() else {
            self.passed_over += u64::from(learnt || !fits);
            self.shape.get_or_insert(shape);
            return Processed::default();
        };
        let resampled = self.resampler.push(at, &amplitudes);
        if resampled.restarted {
            self.pending.clear();
            self.hampel.iter_mut().for_each(HampelFilter::clear);
        }
        let restarted = resampled.restarted;
        let samples = resampled.timed(self.period_us).filter_map(|(at, sample)| self.filtered(at, sample)).collect();
        Processed { restarted, samples }
    }

    /// Features of a sample; `None` while the bins are learnt.
    pub fn n_features(&self) -> Option<usize> {
        self.conditioner.bins().map(crate::conditioning::Bins::n_features)
    }

    /// Frames that were passed over.
    pub fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// The sample that comes out of the filter for one that goes in, and when it was.
    fn filtered(&mut self, at: StreamTime, sample: Vec<f32>) -> Option<(StreamTime, Vec<f32>)> {
        let Some(hampel) = &mut self.hampel else { return Some((at, sample)) };
        self.pending.push_back(at);
        let filtered = hampel.push(&sample)?;
        if self.pending.len() > 2 * hampel.reach() + 1 {
            self.pending.pop_front();
        }
        Some((*self.pending.get(hampel.reach())?, filtered))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ruview_core::{Complex32, NodeNumber};

    use super::*;

    fn frame(n: u16, level: impl Fn(u16) -> f32) -> CsiFrame {
        CsiFrame::new(NodeNumber(1), 1, n, (0..n).map(|at| Complex32::new(level(at), 0.0)).collect()).unwrap()
    }

    fn at(us: i64) -> StreamTime {
        StreamTime::from_micros(us)
    }

    /// `count` frames at 50 Hz through a processor.
    fn run(config: &CsiProcessorConfig, count: i64, frame_at: impl Fn(i64) -> CsiFrame) -> Vec<(StreamTime, Vec<f32>)> {
        let mut processor = CsiProcessor::new(config);
        (0..count).flat_map(|n| processor.push(at(n * 20_000), &frame_at(n)).samples).collect()
    }

    #[test]
    fn samples_are_a_period_apart_without_gain_and_spikes() {
        let frame_at = |n: i64| {
            let (gain, spike) = (if n % 3 == 0 { 5.0 } else { 1.0 }, n == 120);
            frame(56, |bin| gain * (20.0 + f32::from(bin)) * if spike && bin < 28 { 40.0 } else { 1.0 })
        };
        let samples = run(&CsiProcessorConfig::default(), 250, frame_at);
        assert!((38..=42).contains(&samples.len()), "{}", samples.len());
        assert!(samples.windows(2).all(|pair| pair[1].0.as_micros() - pair[0].0.as_micros() == 100_000));
        let (_, first) = &samples[0];
        assert!(samples.iter().all(|(_, values)| values.iter().zip(first).all(|(a, b)| (a - b).abs() < 1e-4)));
        assert!((first.iter().sum::<f32>() / first.len() as f32 - 1.0).abs() < 1e-4);
    }

    #[test]
    fn a_sample_is_of_the_time_that_it_says() {
        for hampel_reach in [0, 3] {
            let config = CsiProcessorConfig { sample_rate_hz: 25.0, hampel_reach, ..Default::default() };
            let ramp = |n: i64| frame(8, |bin| if bin < 4 { 1.0 + n as f32 * 0.001 } else { 1.0 - n as f32 * 0.001 });
            for (at, values) in run(&config, 300, ramp) {
                let then = at.as_micros() as f32 / 20_000.0;
                assert!((values[0] - 1.0 - then * 0.001).abs() < 2e-4, "{at:?} {values:?}");
            }
        }
    }

    #[test]
    fn other_shapes_and_nonsense_are_counted() {
        let mut processor = CsiProcessor::default();
        assert_eq!(processor.n_features(), None);
        for n in 0..20 {
            processor.push(at(n * 20_000), &frame(56, |_| 10.0));
        }
        assert_eq!((processor.n_features(), processor.passed_over()), (Some(28), 0));
        for other in [frame(64, |_| 10.0), frame(56, |_| 0.0), frame(56, |_| f32::NAN)] {
            assert_eq!(processor.push(at(500_000), &other), Processed::default());
        }
        assert_eq!(processor.passed_over(), 3);
    }

    #[test]
    fn a_gap_starts_afresh() {
        let mut processor = CsiProcessor::default();
        for n in 0..100 {
            processor.push(at(n * 20_000), &frame(56, |_| 10.0));
        }
        assert!(processor.push(at(20_000_000), &frame(56, |_| 10.0)).restarted);
        let later: Vec<_> =
            (1..100).flat_map(|n| processor.push(at(20_000_000 + n * 20_000), &frame(56, |_| 10.0)).samples).collect();
        assert!(later.iter().all(|(at, _)| at.as_micros() >= 20_000_000));
        assert!(later.len() > 10);
    }

    proptest! {
        #[test]
        fn any_configuration_and_any_times_are_dealt_with(
            rate in prop::num::f64::ANY, gap in any::<u64>(), reach in any::<usize>(), sigmas in prop::num::f32::ANY,
            times in prop::collection::vec(any::<i64>(), 0..60),
        ) {
            let config = CsiProcessorConfig {
                sample_rate_hz: rate, max_gap: Duration::from_micros(gap), hampel_reach: reach, hampel_sigmas: sigmas,
            };
            let mut processor = CsiProcessor::new(&config);
            for us in times {
                for (_, values) in processor.push(at(us), &frame(8, |bin| 1.0 + f32::from(bin))).samples {
                    prop_assert!(values.iter().all(|value| value.is_finite()));
                }
            }
        }
    }
}
