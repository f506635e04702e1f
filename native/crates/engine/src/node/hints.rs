//! What a node's own firmware believes: hints of low weight, because real nodes count four persons in empty rooms.
//!
//! Where the channel itself is measured, its flags only support what was found in it. Where nothing but flags comes, they
//! are all there is, and what is made of them says so. Who knows a firmware to be good can have its numbers believed.

use std::time::Duration;

use ruview_core::{EdgeVitals, StreamTime};
use ruview_signal::{Fall, PersonCount};
use ruview_vitals::{VitalEstimate, VitalStatus};

/// A hint that is older says nothing about now.
const FRESH: Duration = Duration::from_secs(5);
/// What a hint counts for beside a count of confidence 1.
const WEIGHT: f32 = 0.1;
/// By how much a flag that agrees lessens the doubt about a fall.
const SUPPORT: f32 = 0.2;
/// How sure a count or a rate is that a trusted firmware tells: it does not say itself.
const TRUSTED: f32 = 0.8;
/// Heart rates that a person can have, beats/min. Firmware without one sends 0.
const HEART_RATES: std::ops::RangeInclusive<f32> = 30.0..=220.0;
/// A flag that flickers is one fall.
const APART: Duration = Duration::from_secs(30);

/// The firmware's flags that matter here.
#[derive(Debug, Default)]
pub(super) struct Hints {
    trusted: bool,
    heart: Option<(StreamTime, f32)>,
    persons: Option<(StreamTime, u8)>,
    fall_flag: bool,
    /// When the flag last rose.
    fell: Option<StreamTime>,
    /// A rise that nobody has asked about yet.
    unread: bool,
}

impl Hints {
    /// Without any yet. A trusted firmware's numbers are believed.
    pub(super) fn new(trusted: bool) -> Self {
        Self { trusted, ..Self::default() }
    }

    pub(super) fn take_in(&mut self, at: StreamTime, edge: &EdgeVitals) {
        self.persons = Some((at, edge.n_persons));
        self.heart = HEART_RATES.contains(&edge.heart_rate_bpm).then_some((at, edge.heart_rate_bpm));
        let rose = edge.fall && !self.fall_flag;
        self.fall_flag = edge.fall;
        if rose && self.fell.is_none_or(|before| at < before || at.since(before) >= APART) {
            self.fell = Some(at);
            self.unread = true;
        }
    }

    /// The heart rate that a trusted firmware tells.
    pub(super) fn heart_rate(&self, at: StreamTime) -> Option<VitalEstimate> {
        let (_, rate) = self.heart.filter(|(seen, _)| self.trusted && at.since(*seen) < FRESH)?;
        Some(VitalEstimate { rate_bpm: Some(rate), confidence: TRUSTED, status: VitalStatus::Degraded })
    }

    /// A count with the firmware's own mixed in: it decides only where ours is hardly sure of itself, or where it is trusted.
    pub(super) fn weigh(&self, at: StreamTime, ours: PersonCount) -> PersonCount {
        let Some((_, hint)) = self.persons.filter(|(seen, _)| at.since(*seen) < FRESH) else { return ours };
        // Nobody there is for presence to say, and nobody counts beyond four.
        if ours.count == 0 || !(1..=4).contains(&hint) || !ours.confidence.is_finite() {
            return ours;
        }
        if self.trusted {
            return PersonCount { count: hint, confidence: TRUSTED };
        }
        let sure = ours.confidence.clamp(0.0, 1.0);
        let mixed = (sure * f32::from(ours.count) + WEIGHT * f32::from(hint)) / (sure + WEIGHT);
        PersonCount { count: mixed.round().clamp(1.0, 4.0) as u8, confidence: sure }
    }

    /// Whether the firmware saw a fall that nobody was told of yet.
    pub(super) fn unread_fall(&mut self) -> bool {
        std::mem::take(&mut self.unread)
    }

    /// How sure a fall is that was found in the channel, and whether the firmware saw it too.
    pub(super) fn support(&self, fall: Fall) -> (f32, bool) {
        let agrees = self.fell.is_some_and(|flag| flag.seconds_since(fall.at).abs() <= FRESH.as_secs_f64());
        let doubt = (1.0 - fall.confidence.clamp(0.0, 1.0)) * if agrees { 1.0 - SUPPORT } else { 1.0 };
        (1.0 - doubt, agrees)
    }
}

#[cfg(test)]
mod tests {
    use ruview_core::NodeNumber;

    use super::*;

    fn second(seconds: i64) -> StreamTime {
        StreamTime::from_micros(seconds * 1_000_000)
    }

    fn edge(fall: bool, n_persons: u8) -> EdgeVitals {
        EdgeVitals {
            node: NodeNumber(1),
            presence: true,
            fall,
            motion: true,
            breathing_rate_bpm: 0.0,
            heart_rate_bpm: 0.0,
            rssi_dbm: None,
            n_persons,
            motion_energy: 0.0,
            presence_score: 0.0,
            uptime_ms: None,
        }
    }

    #[test]
    fn a_hint_decides_only_where_nothing_else_does() {
        let mut hints = Hints::default();
        hints.take_in(second(0), &edge(false, 4));
        let weighed = |count, confidence| hints.weigh(second(1), PersonCount { count, confidence }).count;
        assert_eq!([weighed(1, 1.0), weighed(1, 0.6), weighed(0, 0.0)], [1, 1, 0]);
        assert_eq!(weighed(1, 0.0), 4);
        assert_eq!(hints.weigh(second(5), PersonCount { count: 1, confidence: 0.0 }).count, 1, "too old");
    }

    #[test]
    fn only_a_trusted_firmware_counts_and_feels_hearts() {
        let told = EdgeVitals { heart_rate_bpm: 72.0, ..edge(false, 3) };
        let ours = PersonCount { count: 1, confidence: 0.6 };
        for trusted in [false, true] {
            let mut hints = Hints::new(trusted);
            hints.take_in(second(0), &told);
            let heart = hints.heart_rate(second(1)).and_then(|estimate| estimate.rate_bpm);
            assert_eq!(heart, trusted.then_some(72.0));
            assert_eq!(hints.weigh(second(1), ours).count, if trusted { 3 } else { 1 });
            assert_eq!(hints.heart_rate(second(5)), None, "too old");
            hints.take_in(second(6), &edge(false, 0));
            assert_eq!(hints.heart_rate(second(6)), None, "firmware without one sends 0");
        }
    }

    #[test]
    fn a_flickering_flag_is_one_fall() {
        let mut hints = Hints::default();
        for (at, flag) in [(0, true), (1, false), (2, true), (3, true), (20, false), (29, true)] {
            hints.take_in(second(at), &edge(flag, 0));
        }
        assert_eq!((hints.unread_fall(), hints.unread_fall()), (true, false));
        hints.take_in(second(40), &edge(false, 0));
        hints.take_in(second(41), &edge(true, 0));
        assert!(hints.unread_fall());
    }

    #[test]
    fn a_flag_supports_a_fall_near_it() {
        let mut hints = Hints::default();
        hints.take_in(second(10), &edge(true, 0));
        let support = |at| hints.support(Fall { at: second(at), confidence: 0.5 });
        assert_eq!(support(8), (0.6, true));
        assert_eq!(support(30), (0.5, false));
    }
}
