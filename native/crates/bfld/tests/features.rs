//! The nine features of a still and of a busy room, and what identity risk is made of.

mod common;

use common::{Person, Station};
use proptest::prelude::*;
use ruview_bfld::risk::{CoherenceGate, RiskCalibration, RiskFactors};
use ruview_bfld::{BfiFeatures, BfiReport, BfiWindow, EmbeddingRing, PathStability};
use ruview_core::StreamTime;

fn window(station: u8, person: Person) -> BfiWindow {
    let (mut station, mut window) = (Station::new(station), BfiWindow::new());
    station.report_for(70.0, person, |report| window.push(report).expect("a report"));
    assert!(window.is_full());
    window
}

fn features(person: Person) -> BfiFeatures {
    window(1, person).features(&EmbeddingRing::new()).expect("a full window")
}

fn all(features: &BfiFeatures) -> [f32; 9] {
    [
        features.mean_angle_delta,
        features.subcarrier_variance,
        features.temporal_entropy,
        features.doppler_proxy,
        features.path_stability,
        features.cross_antenna_correlation,
        features.burst_motion_score,
        features.stationarity_score,
        features.identity_separability_score,
    ]
}

#[test]
fn a_still_room_is_still() {
    let still = features(Person::Away);
    assert!(still.mean_angle_delta < 0.1, "{still:?}");
    assert!(still.path_stability > 0.99, "{still:?}");
    assert!(still.temporal_entropy < 0.3, "{still:?}");
    assert!(still.stationarity_score > 0.95, "{still:?}");
    assert!(still.burst_motion_score < 0.01, "{still:?}");
    assert!(still.identity_separability_score.abs() < f32::EPSILON, "{still:?}");
}

#[test]
fn a_busy_room_differs_in_every_feature_of_motion() {
    let (still, busy) = (features(Person::Away), features(Person::Walks));
    assert!(busy.mean_angle_delta > 3.0 * still.mean_angle_delta, "{still:?} {busy:?}");
    assert!(busy.temporal_entropy > still.temporal_entropy);
    assert!(busy.doppler_proxy > 2.0 * still.doppler_proxy, "{still:?} {busy:?}");
    assert!(busy.path_stability < still.path_stability);
    assert!(busy.stationarity_score < still.stationarity_score);
}

#[test]
fn features_are_within_their_bounds_and_the_same_again() {
    for person in [Person::Away, Person::Sits, Person::Walks] {
        let features = features(person);
        assert_eq!(all(&features).map(f32::to_bits), all(&self::features(person)).map(f32::to_bits));
        let limits = [1.571, 0.25, 1.0, 1.571, 1.0, 1.0, 1.0, 1.0, 1.0];
        for (feature, limit) in all(&features).into_iter().zip(limits) {
            assert!((-1.0..=limit).contains(&feature), "{features:?}");
        }
    }
}

#[test]
fn a_window_is_32_reports_of_one_kind() {
    let mut window = BfiWindow::new();
    let mut count = 0;
    let mut station = Station::new(1);
    station.report_for(100.0, Person::Away, |report| {
        assert_eq!(window.features(&EmbeddingRing::new()).is_some(), count >= 32);
        window.push(report).unwrap();
        count += 1;
    });
    let other_dimensions = window.clone();
    station.report_for(1.0, Person::Away, |report| {
        let narrower = BfiReport { n_tx: 2, ..*report };
        window.push(&narrower).unwrap();
    });
    assert!(other_dimensions.is_full() && !window.is_full());
}

#[test]
fn path_stability_of_a_windows_reports_is_the_windows() {
    let (mut window, mut stability) = (BfiWindow::new(), PathStability::new());
    assert_eq!(stability.value(), None);
    let mut station = Station::paced(1, 1.0);
    station.report_for(32.0, Person::Walks, |report| {
        window.push(report).unwrap();
        stability.push(report).unwrap();
    });
    let expected = window.features(&EmbeddingRing::new()).unwrap().path_stability;
    assert!((stability.value().unwrap() - expected).abs() < 1e-5);

    station.report_for(1.0, Person::Away, |report| stability.push(&BfiReport { n_tx: 2, ..*report }).unwrap());
    assert!((stability.value().unwrap() - 1.0).abs() < 1e-6, "one report is as it is");
}

#[test]
fn what_was_seen_before_stands_out_from_a_crowd() {
    let mut known = EmbeddingRing::new();
    for station in 1..=8 {
        known.push(window(station, Person::Walks).embedding().unwrap());
    }
    let stranger = window(40, Person::Walks).features(&known).unwrap();
    known.push(window(40, Person::Walks).embedding().unwrap());
    let known_one = window(40, Person::Walks).features(&known).unwrap();
    assert!(known_one.identity_separability_score > 0.99);
    assert!(stranger.identity_separability_score < known_one.identity_separability_score);
}

#[test]
fn the_scores_of_a_thousand_reports_are_the_same_twice() {
    let run = || {
        let calibration = RiskCalibration::shipped().unwrap();
        let (mut station, mut window, known) = (Station::new(9), BfiWindow::new(), EmbeddingRing::new());
        let (mut gate, mut sequence, mut count) = (CoherenceGate::new(), Vec::new(), 0);
        station.report_for(1700.0, Person::Walks, |report| {
            window.push(report).unwrap();
            count += 1;
            if count % 8 > 0 {
                return;
            }
            let Some(features) = window.features(&known) else { return };
            let factors = RiskFactors {
                separability: 1.0 - features.temporal_entropy,
                stability: features.path_stability,
                consistency: 1.0,
                confidence: 1.0,
            };
            let score = calibration.apply(factors.score());
            gate = gate.step(score, report.at).0;
            sequence.push((score.to_bits(), gate.action()));
        });
        assert!(count >= 1000, "{count}");
        sequence
    };
    let first = run();
    assert_eq!(first, run());
}

proptest! {
    #[test]
    fn risk_is_bounded_and_never_falls_with_a_factor(
        factors in any::<[f32; 4]>(),
        which in 0..4_usize,
        greater in any::<f32>(),
    ) {
        let score = |[separability, stability, consistency, confidence]: [f32; 4]| {
            RiskFactors { separability, stability, consistency, confidence }.score()
        };
        let mut raised = factors;
        raised[which] = if factors[which].is_nan() { f32::NAN } else { greater.max(factors[which]) };
        prop_assert!((0.0..=1.0).contains(&score(factors)));
        prop_assert!(score(raised) >= score(factors));
    }

    #[test]
    fn the_gate_never_changes_within_five_seconds(
        scores in prop::collection::vec((0.0..=1.0_f32, 0..3_000_000_i64), 1..200),
    ) {
        let (mut gate, mut now, mut last_change) = (CoherenceGate::new(), 0, 0);
        for (score, pause) in scores {
            now += pause;
            let before = gate.action();
            gate = gate.step(score, StreamTime::from_micros(now)).0;
            if gate.action() != before {
                prop_assert!(now - last_change >= 5_000_000);
                last_change = now;
            }
        }
    }
}
