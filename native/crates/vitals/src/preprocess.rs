//! The first stage: from packets to a window of features on a uniform clock, without what does not move.
//!
//! A room's walls make nearly all of the channel and a chest some thousandths of it. What divides out is divided out (gain,
//! and between antennas the oscillator's phase), spikes are taken out, and the window loses its mean and its trend.

use std::collections::VecDeque;

use num_complex::Complex32;
use ruview_core::{CsiFrame, StreamTime};
use ruview_signal::antenna::RelativeResponse;
use ruview_signal::{HampelFilter, UniformResampler};

use crate::bins::{AntennaBins, BinLearner, Bins};

/// Samples a second of the uniform clock. Heart beats are at most 2 a second, packets come at 5 a second and more.
pub(crate) const SAMPLE_RATE_HZ: f64 = 10.0;
/// Samples of a window: 28 s. With three windows that must agree, a rate rests on 30 s.
pub(crate) const WINDOW: usize = 280;
/// Most features of a frame, so that memory and work are bounded whatever the shape.
pub(crate) const MAX_FEATURES: usize = 96;
const PERIOD_US: i64 = 100_000;
/// A stream that was silent for longer starts its window afresh: a straight line over a whole breath hides it.
const MAX_GAP_US: i64 = 2_000_000;
/// Spikes are told from seven samples, 0.7 s: short against any breath.
const HAMPEL_REACH: usize = 3;
const HAMPEL_SIGMAS: f32 = 3.0;
/// Below this rate of packets the upper end of the band is guesswork.
const MIN_PACKET_RATE_HZ: f64 = 3.0;

/// Suppresses the static part of one stream of equally shaped frames.
///
/// Features are relative amplitudes of groups of subcarriers; with two antennas and more, the conjugate products of
/// neighbouring antennas instead, real and imaginary part, which carry the phase too. Holds at most 290 samples of 96
/// features: under 160 KiB with its buffers, 60 KiB for one antenna of 64 bins.
#[derive(Debug)]
pub struct CsiVitalPreprocessor {
    learner: BinLearner,
    bins: Option<Bins>,
    resampler: UniformResampler,
    hampel: HampelFilter,
    samples: VecDeque<Vec<f32>>,
    /// Packets in each of the last seconds, and of the second that runs.
    packets: VecDeque<u32>,
    packets_now: u32,
    samples_now: u32,
}

impl Default for CsiVitalPreprocessor {
    fn default() -> Self {
        Self::new()
    }
}

impl CsiVitalPreprocessor {
    /// A preprocessor that has seen nothing yet.
    pub fn new() -> Self {
        Self {
            learner: BinLearner::default(),
            bins: None,
            resampler: UniformResampler::new(PERIOD_US, MAX_GAP_US),
            hampel: HampelFilter::new(HAMPEL_REACH, HAMPEL_SIGMAS),
            samples: VecDeque::new(),
            packets: VecDeque::new(),
            packets_now: 0,
            samples_now: 0,
        }
    }

    /// Takes in one frame, of the same shape as those before it. True when another second is complete, so that the later
    /// stages have something new to look at. Frames without a finite, non-zero amplitude are passed over.
    pub fn push(&mut self, at: StreamTime, frame: &CsiFrame) -> bool {
        let Some(bins) = &self.bins else {
            self.bins = self.learner.learn(frame);
            return false;
        };
        let Some(features) = features(frame, bins) else { return false };
        let resampled = self.resampler.push(at, &features);
        if resampled.restarted {
            self.clear_window();
        }
        self.packets_now = self.packets_now.saturating_add(1);
        let mut second_ended = false;
        for sample in &resampled.samples {
            if let Some(filtered) = self.hampel.push(sample) {
                self.samples.push_back(filtered);
                second_ended |= self.count_sample();
            }
        }
        while self.samples.len() > WINDOW {
            self.samples.pop_front();
        }
        second_ended
    }

    /// The last 28 s; `None` until there are 28 s without a gap, at 3 packets a second at least.
    pub fn window(&self) -> Option<VitalWindow> {
        self.recent(WINDOW)
    }

    /// The last `n_samples` tenths of a second, at most 280; `None` until there are as many without a gap, at 3 packets a
    /// second at least.
    pub fn recent(&self, n_samples: usize) -> Option<VitalWindow> {
        let seconds = self.packets.len().max(1) as f64;
        let dense = f64::from(self.packets_in_window()) >= MIN_PACKET_RATE_HZ * seconds;
        let skipped = self.samples.len().checked_sub(n_samples)?;
        (n_samples > 0 && dense).then(|| VitalWindow::new(self.samples.range(skipped..)))
    }

    /// Packets in the last 28 s: how busy this stream is.
    pub(crate) fn packets_in_window(&self) -> u32 {
        self.packets.iter().sum()
    }

    fn count_sample(&mut self) -> bool {
        self.samples_now += 1;
        let ended = f64::from(self.samples_now) >= SAMPLE_RATE_HZ;
        if ended {
            self.packets.push_back(std::mem::take(&mut self.packets_now));
            self.samples_now = 0;
            if self.packets.len() > (WINDOW as f64 / SAMPLE_RATE_HZ) as usize {
                self.packets.pop_front();
            }
        }
        ended
    }

    fn clear_window(&mut self) {
        self.hampel.clear();
        self.samples.clear();
        self.packets.clear();
        self.packets_now = 0;
        self.samples_now = 0;
    }
}

/// Features at 10 samples a second, 28 s of them when they come from [`CsiVitalPreprocessor::window`], each without mean and
/// trend. Features that stand still are left out.
#[derive(Debug, Clone)]
pub struct VitalWindow {
    features: Vec<Vec<f64>>,
}

impl VitalWindow {
    fn new<'a>(samples: impl Iterator<Item = &'a Vec<f32>>) -> Self {
        let samples: Vec<&Vec<f32>> = samples.collect();
        let width = samples.first().map_or(0, |first| first.len());
        let column = |feature: usize| samples.iter().map(|sample| f64::from(sample[feature])).collect();
        Self::from_features((0..width).map(column).collect())
    }

    /// Of series that were made elsewhere: 10 samples a second, in units that can be compared. `None` unless they are equally
    /// long and finite.
    pub fn of_series(features: Vec<Vec<f64>>) -> Option<Self> {
        let length = features.first().map_or(0, Vec::len);
        let fits = |feature: &Vec<f64>| feature.len() == length && feature.iter().all(|value| value.abs() < 1e6);
        features.iter().all(fits).then(|| Self::from_features(features))
    }

    /// From features of equal length, whatever the length.
    pub(crate) fn from_features(mut features: Vec<Vec<f64>>) -> Self {
        for feature in &mut features {
            detrend(feature);
        }
        features.retain(|feature| feature.iter().any(|value| value.abs() > 1e-9));
        Self { features }
    }

    /// Whether it spans 28 s.
    pub(crate) fn is_whole(&self) -> bool {
        self.features.first().is_some_and(|feature| feature.len() == WINDOW)
    }

    /// The breath itself, for a picture: of all combinations of the features the one that swings most at `rate_bpm`, in
    /// units of the packet noise. Its sign means nothing. `None` unless the window spans 28 s, and for a rate outside
    /// 4 to 31.5 a minute.
    pub fn waveform(&self, rate_bpm: f64) -> Option<Vec<f64>> {
        (self.is_whole() && (4.0..=31.5).contains(&rate_bpm)).then(|| crate::evidence::wave(self, rate_bpm / 60.0))
    }

    /// Each feature in turn, all of the same length, relative to the mean amplitude of its packet.
    pub fn features(&self) -> &[Vec<f64>] {
        &self.features
    }
}

/// Takes the straight line out that fits `values` best.
pub(crate) fn detrend(values: &mut [f64]) {
    let n = values.len() as f64;
    let centre = (n - 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / n;
    let moment: f64 = values.iter().enumerate().map(|(at, value)| (at as f64 - centre) * value).sum();
    let spread = n * (n * n - 1.0) / 12.0;
    let slope = if spread > 0.0 { moment / spread } else { 0.0 };
    values.iter_mut().enumerate().for_each(|(at, value)| *value -= mean + slope * (at as f64 - centre));
}

/// The features of one frame; `None` when an antenna has no finite, non-zero amplitude.
fn features(frame: &CsiFrame, bins: &Bins) -> Option<Vec<f32>> {
    let antennas: Vec<&[Complex32]> = frame.antennas().collect();
    let response = |of: &AntennaBins| RelativeResponse::new(antennas.get(of.number)?, &of.occupied);
    let responses: Vec<RelativeResponse<'_>> = bins.antennas.iter().map(response).collect::<Option<_>>()?;
    let mut features = Vec::with_capacity(MAX_FEATURES);
    if let [only] = responses.as_slice() {
        features.extend(bins.antennas[0].groups.iter().map(|group| only.mean_amplitude(group)));
    }
    for (pair, groups) in responses.windows(2).zip(&bins.pairs) {
        for group in groups {
            let product = pair[0].conjugate_product(&pair[1], group);
            features.extend([product.re, product.im]);
        }
    }
    features.iter().all(|feature| feature.is_finite() && feature.abs() < 1e6).then_some(features)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_is_nothing() {
        let mut line: Vec<f64> = (0..300).map(|at| 3.0 - 0.2 * f64::from(at)).collect();
        detrend(&mut line);
        assert!(line.iter().all(|value| value.abs() < 1e-9));
        detrend(&mut []);
    }

    #[test]
    fn the_waveform_is_what_swings_at_the_rate() {
        let swing = |at: usize, hz: f64| (std::f64::consts::TAU * hz * at as f64 / SAMPLE_RATE_HZ).sin();
        let noise = |k: usize, at: usize| ((k * 7919 + at * 104_729 + k * at) % 1009) as f64 / 1009.0 - 0.5;
        let feature = |k: usize| (0..WINDOW).map(|at| 0.5 * swing(at, 0.25) + noise(k, at)).collect();
        let window = VitalWindow::of_series((0..12).map(feature).collect()).unwrap();
        let wave = window.waveform(15.0).unwrap();
        let product = |f: &dyn Fn(usize) -> f64| (0..WINDOW).map(f).sum::<f64>();
        let likeness = product(&|at| wave[at] * swing(at, 0.25)).powi(2)
            / (product(&|at| wave[at].powi(2)) * product(&|at| swing(at, 0.25).powi(2)));
        assert!(likeness > 0.8, "{likeness}");
        assert!(window.waveform(3.0).is_none() && window.waveform(f64::NAN).is_none());
        assert!(VitalWindow::of_series(vec![vec![0.0, 1.0]]).unwrap().waveform(15.0).is_none());
    }

    #[test]
    fn series_from_elsewhere_make_a_window_if_they_fit_together() {
        let wave: Vec<f64> = (0..WINDOW).map(|at| (at as f64 / 6.0).sin()).collect();
        let window = VitalWindow::of_series(vec![wave.clone(), vec![1.0; WINDOW]]).unwrap();
        assert_eq!((window.features().len(), window.is_whole()), (1, true), "what stands still is left out");
        assert!(VitalWindow::of_series(vec![wave.clone(), wave[1..].to_vec()]).is_none());
        for bad in [f64::NAN, f64::INFINITY, 1e300] {
            assert!(VitalWindow::of_series(vec![vec![bad; WINDOW]]).is_none());
        }
        assert!(VitalWindow::of_series(Vec::new()).is_some_and(|window| window.features().is_empty()));
    }
}
