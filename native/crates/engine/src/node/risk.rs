//! How much the feedback that a node overhears could identify somebody, and that the number stays here when it is high.

use std::collections::BTreeMap;
use std::time::Duration;

use ruview_bfld::risk::{CoherenceGate, Effect, RiskCalibration, RiskFactors, Stability};
use ruview_bfld::{BfiPair, BfiReport, BfiWindow, EmbeddingRing, WINDOW_LEN};
use ruview_core::StreamTime;
use serde_json::json;

use crate::show::{Reading, UNAVAILABLE, UNKNOWN};

/// Pairs that are judged; the one that is silent for longest gives way. A window can take a megabyte.
const MAX_PAIRS: usize = 8;
/// A pair that is silent for longer says nothing about the present risk.
const FRESH: Duration = Duration::from_mins(1);
/// There is one view of the room: nothing that it could disagree with.
const ONE_VIEW: f32 = 1.0;

/// The risk of a node: that of its riskiest pair.
pub(super) struct IdentityRisk {
    calibration: RiskCalibration,
    gate: CoherenceGate,
    pairs: BTreeMap<BfiPair, PairRisk>,
}

/// The risk of one beamformer and beamformee.
struct PairRisk {
    window: BfiWindow,
    /// Embeddings of earlier windows that share no report with each other.
    known: EmbeddingRing,
    reports: usize,
    stability: Stability,
    last_report: StreamTime,
    score: Option<f32>,
}

impl IdentityRisk {
    pub(super) fn new() -> Self {
        let calibration = RiskCalibration::shipped().expect("the shipped calibration is a calibration");
        Self { calibration, gate: CoherenceGate::new(), pairs: BTreeMap::new() }
    }

    /// Takes in a report whose samples are so good, 0 to 1.
    pub(super) fn report(&mut self, report: &BfiReport<'_>, confidence: f32) {
        if !self.pairs.contains_key(&report.pair) && self.pairs.len() == MAX_PAIRS {
            self.forget_the_most_silent();
        }
        self.pairs.entry(report.pair).or_insert_with(|| PairRisk::new(report.at)).report(report, confidence);
        let Some(score) = self.score(report.at) else { return };
        let (gate, effect) = self.gate.step(score, report.at);
        self.gate = gate;
        if effect == Effect::RotateSalt {
            // What was before must not be comparable with what comes.
            self.pairs.values_mut().for_each(|pair| pair.known.clear());
        }
    }

    /// The score to two decimals. While the gate drops, the effective class is the strictest, which withholds it.
    pub(super) fn reading(&self, at: StreamTime) -> Reading {
        if self.gate.action().drops() {
            return Reading::plain(UNAVAILABLE);
        }
        let state = self.score(at).map_or_else(|| UNKNOWN.to_owned(), |score| format!("{score:.2}"));
        Reading::plain(state).with("calibrated", json!(self.calibration.is_calibrated()))
    }

    fn score(&self, at: StreamTime) -> Option<f32> {
        let fresh = self.pairs.values().filter(|pair| at.since(pair.last_report) <= FRESH);
        let scores = fresh.filter_map(|pair| pair.score).map(|raw| self.calibration.apply(raw));
        scores.max_by(f32::total_cmp)
    }

    fn forget_the_most_silent(&mut self) {
        let silent = self.pairs.iter().min_by_key(|(_, pair)| pair.last_report).map(|(pair, _)| *pair);
        if let Some(pair) = silent {
            self.pairs.remove(&pair);
        }
    }
}

impl PairRisk {
    fn new(at: StreamTime) -> Self {
        Self {
            window: BfiWindow::new(),
            known: EmbeddingRing::new(),
            reports: 0,
            stability: Stability::default(),
            last_report: at,
            score: None,
        }
    }

    fn report(&mut self, report: &BfiReport<'_>, confidence: f32) {
        self.last_report = report.at;
        if let Err(error) = self.window.push(report) {
            tracing::debug!(%error, "a beamforming report says nothing");
            return;
        }
        self.reports += 1;
        // A window that has started anew says nothing until it is full again.
        self.score = self.window.features(&self.known).map(|features| {
            self.stability = self.stability.after(features.path_stability);
            let factors = RiskFactors {
                separability: features.identity_separability_score,
                stability: self.stability.value(),
                consistency: ONE_VIEW,
                confidence,
            };
            factors.score()
        });
        if self.reports.is_multiple_of(WINDOW_LEN)
            && let Some(embedding) = self.window.embedding()
        {
            self.known.push(embedding);
        }
    }
}

#[cfg(test)]
mod tests {
    use ruview_bfld::risk::CoherenceAction;

    use super::*;

    fn second(seconds: i64) -> StreamTime {
        StreamTime::from_micros(seconds * 1_000_000)
    }

    /// A node whose only pair was heard at second 0 and has this score.
    fn with_score(score: f32) -> IdentityRisk {
        let address = ruview_core::MacAddress::new([2, 0, 0, 0, 0, 1]);
        let mut risk = IdentityRisk::new();
        let pair = PairRisk { score: Some(score), ..PairRisk::new(second(0)) };
        risk.pairs.insert(BfiPair { beamformer: address, beamformee: address }, pair);
        risk
    }

    #[test]
    fn the_number_is_shown_with_what_it_is_worth() {
        let reading = with_score(0.25).reading(second(1));
        assert_eq!((reading.state.as_str(), &reading.attributes["calibrated"]), ("0.25", &json!(false)));
    }

    #[test]
    fn a_pair_that_is_silent_says_nothing() {
        assert_eq!(with_score(0.25).reading(second(61)).state, UNKNOWN);
        assert_eq!(IdentityRisk::new().reading(second(0)).state, UNKNOWN);
    }

    #[test]
    fn a_high_number_stays_inside() {
        let mut risk = with_score(0.8);
        for at in 0..=5 {
            risk.gate = risk.gate.step(0.8, second(at)).0;
        }
        assert_eq!(risk.gate.action(), CoherenceAction::Reject);
        assert_eq!(risk.reading(second(5)), Reading::plain(UNAVAILABLE));
    }
}
