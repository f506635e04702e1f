//! The rhythm of steps in the change of the channel, and how uneven it is.
//!
//! Unbiased autocorrelation of ten seconds, as with accelerometers (Moe-Nilssen and Helbostad, J. Biomech. 37, 2004): the
//! height of the peak at the time of a step is the regularity of the steps. Where no peak is, nobody walks or the link
//! does not show steps, and nothing is said.

use std::collections::VecDeque;

use super::trace::Trace;

/// A window, in hops, and how often one is looked at.
const WINDOW: usize = 100;
/// Steps come 0.4 to 0.8 s apart (75 to 150 a minute).
const STEP_LAGS: std::ops::RangeInclusive<usize> = 4..=8;
/// A peak below this is chance: 100 values of noise exceed 0.3 at one of five lags once in two hundred windows.
const LEAST_REGULARITY: f32 = 0.35;
/// Windows that are remembered, for how many hops, and how many make a statement.
const MAX_WINDOWS: usize = 30;
const MEMORY_HOPS: i64 = 3_000;
const LEAST_WINDOWS: usize = 3;

/// Collects windows in which steps were seen.
#[derive(Debug, Default)]
pub(super) struct Gait {
    /// Numbers of the hops at which windows with steps ended, and how regular the steps were.
    windows: VecDeque<(i64, f32)>,
    hops: usize,
}

impl Gait {
    /// To be called once for every hop of `trace`.
    pub(super) fn update(&mut self, trace: &Trace) {
        self.hops += 1;
        if self.hops < WINDOW {
            return;
        }
        self.hops = 0;
        let Some(begin) = trace.len().checked_sub(WINDOW) else { return };
        let Some(window) = (begin..trace.len()).map(|hop| trace.change(hop)).collect::<Option<Vec<f32>>>() else {
            return;
        };
        if let Some(regularity) = step_regularity(&window) {
            if self.windows.len() >= MAX_WINDOWS {
                self.windows.pop_front();
            }
            self.windows.push_back((trace.number(trace.len() - 1), regularity));
        }
    }

    /// One less the mean regularity of the steps of the last five minutes, in [0, 1], `now` being the number of a hop.
    pub(super) fn instability(&self, now: i64) -> Option<f32> {
        let recent = self.windows.iter().filter(|(number, _)| now.saturating_sub(*number) <= MEMORY_HOPS);
        let (sum, count) = recent.fold((0.0, 0_usize), |(sum, count), (_, regularity)| (sum + regularity, count + 1));
        (count >= LEAST_WINDOWS).then(|| (1.0 - sum / count as f32).clamp(0.0, 1.0))
    }
}

/// The autocorrelation at the time of a step, if it has a peak there that is no chance.
fn step_regularity(window: &[f32]) -> Option<f32> {
    let detrended = without_trend(window);
    let at = |lag: usize| {
        let products = detrended.iter().zip(&detrended[lag..]).map(|(a, b)| a * b);
        products.sum::<f32>() / (detrended.len() - lag) as f32
    };
    let power = at(0);
    (power > 0.0).then_some(())?;
    let is_peak = |lag: &usize| at(*lag) >= at(lag - 1) && at(*lag) >= at(lag + 1);
    let highest = STEP_LAGS.filter(is_peak).map(|lag| at(lag) / power).max_by(f32::total_cmp)?;
    (highest >= LEAST_REGULARITY).then(|| highest.min(1.0))
}

/// The window less its mean over two seconds: whoever comes nearer gets louder, which is no rhythm.
fn without_trend(window: &[f32]) -> Vec<f32> {
    const HALF: usize = 10;
    let local = |i: usize| {
        let around = &window[i.saturating_sub(HALF)..(i + HALF + 1).min(window.len())];
        around.iter().sum::<f32>() / around.len() as f32
    };
    window.iter().enumerate().map(|(i, value)| value - local(i)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::change::Hop;
    use super::*;

    /// Deterministic noise in [-1, 1].
    fn noise(i: usize) -> f32 {
        // SplitMix64 (Steele, Lea and Flood, 2014).
        let mut hash = (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (hash >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    fn instability(level: impl Fn(usize) -> f32) -> Option<f32> {
        let (mut gait, mut trace) = (Gait::default(), Trace::default());
        for number in 0..600 {
            trace.push(Hop { number: number as i64, change: Some(level(number)), smoothness: None });
            gait.update(&trace);
        }
        gait.instability(600)
    }

    #[test]
    fn an_even_rhythm_is_steadier_than_an_uneven_one() {
        let rhythm = |i: usize| libm::sinf(i as f32 * std::f32::consts::TAU / 6.0);
        let even = instability(|i| -3.0 + 0.5 * rhythm(i) + 0.1 * noise(i)).unwrap();
        let uneven = instability(|i| -3.0 + 0.5 * rhythm(i) + 0.4 * noise(i)).unwrap();
        assert!(even < 0.2 && uneven > even + 0.1, "{even} {uneven}");
    }

    #[test]
    fn noise_has_no_gait_and_old_windows_are_forgotten() {
        assert_eq!(instability(|i| -4.0 + noise(i)), None);
        assert_eq!(instability(|_| -4.0), None);
        let mut gait = Gait::default();
        gait.windows.extend([(0, 0.9), (100, 0.9), (200, 0.9)]);
        assert!(gait.instability(300).is_some());
        assert_eq!(gait.instability(5_000), None);
    }
}
