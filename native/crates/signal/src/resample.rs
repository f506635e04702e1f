//! From packets whenever they come to samples on a uniform clock, which spectra need. Timestamps rule, not indices.

use ruview_core::StreamTime;

/// The packets of one period, as one point: their mean time and their mean values.
#[derive(Debug, Clone)]
struct Knot {
    period: i64,
    packets: u32,
    /// Summed microseconds after the start of the period.
    offset_us: i64,
    sums: Vec<f32>,
}

impl Knot {
    fn at_us(&self, period_us: i64) -> f64 {
        self.period as f64 * period_us as f64 + self.offset_us as f64 / f64::from(self.packets.max(1))
    }

    fn value(&self, feature: usize) -> f32 {
        self.sums[feature] / self.packets.max(1) as f32
    }
}

/// What a packet completed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resampled {
    /// The stream starts afresh with this packet: the first one, or one after a gap, a step back, or of another width.
    pub restarted: bool,
    /// Samples that are complete now, one a period, oldest first.
    pub samples: Vec<Vec<f32>>,
    /// The period of the first of them, counted from the clock's zero.
    pub first_period: i64,
}

impl Resampled {
    /// The samples, and the middle of each one's period of `period_us`.
    pub fn timed(self, period_us: i64) -> impl Iterator<Item = (StreamTime, Vec<f32>)> {
        let middle = move |period: i64| period.saturating_mul(period_us).saturating_add(period_us / 2);
        let periods = self.first_period..;
        periods.map(move |period| StreamTime::from_micros(middle(period))).zip(self.samples)
    }
}

/// Averages the packets of each period and joins the averages by straight lines, read at the middle of every period.
///
/// Many packets in a period lose noise by it, and nothing aliases; fewer than one a period are interpolated. Holds two
/// points of as many values as a packet has.
#[derive(Debug, Clone)]
pub struct UniformResampler {
    period_us: i64,
    max_gap_us: i64,
    last: Option<Knot>,
    open: Option<Knot>,
}

impl UniformResampler {
    /// Samples every `period_us` microseconds (at least 1); a gap of more than `max_gap_us`, which is held to at most 1000
    /// periods, starts afresh.
    pub fn new(period_us: i64, max_gap_us: i64) -> Self {
        let period_us = period_us.max(1);
        let longest = period_us.saturating_mul(1000);
        Self { period_us, max_gap_us: max_gap_us.clamp(period_us, longest), last: None, open: None }
    }

    /// Takes in a packet of `values`. A packet from before the current period counts as arriving with it; one from further
    /// back than the gap starts afresh.
    pub fn push(&mut self, at: StreamTime, values: &[f32]) -> Resampled {
        let period = at.as_micros().div_euclid(self.period_us);
        let mut resampled = Resampled { restarted: !self.continues(period, values.len()), ..Resampled::default() };
        if resampled.restarted {
            (self.last, self.open) = (None, None);
        }
        match &mut self.open {
            Some(open) if period <= open.period => {
                let offset = if period < open.period { 0 } else { at.as_micros().rem_euclid(self.period_us) };
                open.packets = open.packets.saturating_add(1);
                open.offset_us = open.offset_us.saturating_add(offset);
                open.sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
            _ => {
                let offset_us = at.as_micros().rem_euclid(self.period_us);
                let next = Knot { period, packets: 1, offset_us, sums: values.to_vec() };
                if let Some(complete) = self.open.replace(next) {
                    (resampled.first_period, resampled.samples) = self.up_to(&complete);
                    self.last = Some(complete);
                }
            }
        }
        resampled
    }

    fn continues(&self, period: i64, width: usize) -> bool {
        let gap = self.max_gap_us / self.period_us;
        self.open.as_ref().is_some_and(|open| {
            open.sums.len() == width && period.saturating_sub(open.period).saturating_abs() <= gap.max(1)
        })
    }

    /// The samples whose middle lies between the last knot and `next`, and the period of the first.
    fn up_to(&self, next: &Knot) -> (i64, Vec<Vec<f32>>) {
        let Some(last) = &self.last else { return Default::default() };
        let (from, to) = (last.at_us(self.period_us), next.at_us(self.period_us));
        let middle = |period: i64| (period as f64 + 0.5) * self.period_us as f64;
        let share = |period: i64| ((middle(period) - from) / (to - from).max(1.0)) as f32;
        let mut between =
            (last.period..=next.period).filter(|period| middle(*period) >= from && middle(*period) < to).peekable();
        let first = between.peek().copied().unwrap_or_default();
        let read = |share: f32, feature: usize| last.value(feature) * (1.0 - share) + next.value(feature) * share;
        let sample = |period| (0..next.sums.len()).map(|feature| read(share(period), feature)).collect();
        (first, between.map(sample).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(us: i64) -> StreamTime {
        StreamTime::from_micros(us)
    }

    #[test]
    fn gaps_and_steps_back_start_afresh() {
        let mut resampler = UniformResampler::new(100_000, 2_000_000);
        assert!(resampler.push(at(0), &[1.0]).restarted);
        assert!(!resampler.push(at(1_900_000), &[1.0]).restarted);
        assert!(!resampler.push(at(1_700_000), &[1.0]).restarted, "packets out of order");
        assert!(resampler.push(at(9_000_000), &[1.0]).restarted, "gap");
        assert!(resampler.push(at(1_000_000), &[1.0]).restarted, "clock set back");
        assert!(resampler.push(at(1_000_000), &[1.0, 2.0]).restarted, "width");
        assert!(resampler.push(at(i64::MAX), &[1.0, 2.0]).restarted);
        assert!(resampler.push(at(i64::MIN), &[1.0, 2.0]).restarted);
    }

    proptest! {
        /// A straight line comes out as itself, one sample a period, whenever the packets came.
        #[test]
        fn a_line_stays_a_line(steps in prop::collection::vec(1_i64..900_000, 20..200)) {
            let mut resampler = UniformResampler::new(100_000, 2_000_000);
            let (mut now, mut samples) = (0, Vec::new());
            for step in steps {
                now += step;
                samples.extend(resampler.push(at(now), &[now as f32 * 1e-6]).samples);
            }
            for pair in samples.windows(2) {
                prop_assert!((pair[1][0] - pair[0][0] - 0.1).abs() < 1e-3, "{pair:?}");
            }
            prop_assert!(samples.len() as i64 >= now / 100_000 - 25);
        }
    }
}
