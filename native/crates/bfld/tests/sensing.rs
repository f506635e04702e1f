//! Presence and motion from feedback alone, in a computed room with irregular reports.

mod common;

use common::{Person, Station, pair};
use ruview_bfld::{BfiAssessment, BfiCalibration, BfiReason, BfiReport, BfiSensing, PairDetector, ReportError};
use ruview_core::{Complex32, StreamTime};

/// Runs a scene and gives the assessment after every report.
fn scene(station: &mut Station, detector: &mut PairDetector, seconds: f64, person: Person) -> Vec<BfiAssessment> {
    let mut assessments = Vec::new();
    station.report_for(seconds, person, |report| {
        detector.push(report).expect("a report");
        assessments.push(detector.assess(report.at));
    });
    assessments
}

fn share(assessments: &[BfiAssessment], holds: impl Fn(&BfiAssessment) -> bool) -> f64 {
    assessments.iter().filter(|one| holds(one)).count() as f64 / assessments.len() as f64
}

#[test]
fn nothing_is_said_before_there_is_a_baseline() {
    let (mut station, mut detector) = (Station::new(1), PairDetector::new());
    let first = scene(&mut station, &mut detector, 15.0, Person::Away);
    assert!(first.iter().all(|one| one.motion.is_none() && one.presence.is_none()));
    assert!(matches!(first[0].calibration, BfiCalibration::Learning { progress } if progress < 0.1));
    let later = scene(&mut station, &mut detector, 30.0, Person::Away);
    assert_eq!(later[later.len() - 1].calibration, BfiCalibration::SelfCalibrated { version: 1 });
}

#[test]
fn somebody_walks_through_and_leaves() {
    for seed in 1..=10 {
        let (mut station, mut detector) = (Station::new(seed), PairDetector::new());
        scene(&mut station, &mut detector, 60.0, Person::Away);
        let empty = scene(&mut station, &mut detector, 300.0, Person::Away);
        assert!(share(&empty, |one| one.presence == Some(false)) > 0.99, "station {seed}");
        assert!(share(&empty, |one| one.motion == Some(false)) > 0.99, "station {seed}");

        let walking = scene(&mut station, &mut detector, 60.0, Person::Walks);
        assert!(share(&walking, |one| one.motion == Some(true)) > 0.8, "station {seed}");
        assert!(walking[walking.len() / 2..].iter().all(|one| one.presence == Some(true)), "station {seed}");
        let level = |one: &BfiAssessment| one.motion_level_percent.unwrap();
        assert!(walking[10..].iter().map(level).fold(0.0, f32::max) > 40.0, "station {seed}");

        let after = scene(&mut station, &mut detector, 200.0, Person::Away);
        let last = after[after.len() - 1];
        assert_eq!((last.motion, last.presence, last.reason), (Some(false), Some(false), BfiReason::Quiet));
        assert!(after.iter().any(|one| one.reason == BfiReason::Hold), "station {seed}");
    }
}

#[test]
fn any_pace_will_do() {
    for pace_s in [0.05, 0.7, 1.0, 3.0, 8.0] {
        let (mut station, mut detector) = (Station::paced(2, pace_s), PairDetector::new());
        scene(&mut station, &mut detector, 30.0 * pace_s.max(1.0), Person::Away);
        let empty = scene(&mut station, &mut detector, 60.0 * pace_s.max(1.0), Person::Away);
        assert!(share(&empty, |one| one.presence == Some(false)) > 0.99, "{pace_s} s");
        let walking = scene(&mut station, &mut detector, 60.0 * pace_s.max(1.0), Person::Walks);
        assert!(share(&walking, |one| one.motion == Some(true)) > 0.8, "{pace_s} s");
    }
}

#[test]
fn too_slow_a_pace_is_no_knowledge() {
    let (mut station, mut detector) = (Station::paced(2, 12.0), PairDetector::new());
    let slow = scene(&mut station, &mut detector, 600.0, Person::Away);
    assert!(slow.iter().all(|one| one.motion.is_none() && one.reason == BfiReason::Unknown));
    assert_eq!(slow[slow.len() - 1].calibration, BfiCalibration::Learning { progress: 0.0 });
}

#[test]
fn somebody_who_sits_down_has_changed_the_path() {
    let (mut station, mut detector) = (Station::new(3), PairDetector::new());
    scene(&mut station, &mut detector, 120.0, Person::Away);
    let sitting = scene(&mut station, &mut detector, 120.0, Person::Sits);
    let settled = &sitting[sitting.len() / 2..];
    assert!(settled.iter().all(|one| one.presence == Some(true) && one.reason == BfiReason::BaselineDeparture));
}

#[test]
fn what_stays_for_an_hour_is_furniture() {
    let (mut station, mut detector) = (Station::new(3), PairDetector::new());
    scene(&mut station, &mut detector, 120.0, Person::Away);
    let moved = scene(&mut station, &mut detector, 4200.0, Person::Sits);
    assert!(moved[moved.len() / 2].presence == Some(true));
    assert_eq!(moved[moved.len() - 1].presence, Some(false));
}

#[test]
fn silence_is_not_emptiness() {
    let (mut station, mut detector) = (Station::new(1), PairDetector::new());
    scene(&mut station, &mut detector, 120.0, Person::Away);
    let later = StreamTime::from_micros(station.now().as_micros() + 60_000_000);
    let silent = detector.assess(later);
    assert_eq!((silent.motion, silent.presence, silent.reason), (None, None, BfiReason::Unknown));
}

#[test]
fn equal_reports_give_equal_answers() {
    let run = || {
        let (mut station, mut detector) = (Station::new(4), PairDetector::new());
        let mut all = scene(&mut station, &mut detector, 60.0, Person::Away);
        all.extend(scene(&mut station, &mut detector, 60.0, Person::Walks));
        all
    };
    assert_eq!(run(), run());
}

#[test]
fn one_restless_path_of_many_is_not_a_person() {
    let mut sensing = BfiSensing::new();
    let mut stations: Vec<Station> = (1..=4).map(Station::new).collect();
    let mut run = |seconds, restless: Person| {
        for (n, station) in stations.iter_mut().enumerate() {
            let person = if n == 0 { restless } else { Person::Away };
            station.report_for(seconds, person, |report| sensing.push(report).unwrap());
        }
        let now = stations.iter().map(Station::now).min().unwrap();
        (sensing.assess(now), sensing.assess_pairs(now).filter(|(_, one)| one.motion == Some(true)).count())
    };
    run(120.0, Person::Away);
    let (assessment, moving) = run(60.0, Person::Walks);
    assert_eq!((moving, assessment.motion, assessment.presence), (1, Some(false), Some(false)));
}

#[test]
fn paths_are_bounded_and_bad_reports_change_nothing() {
    let mut sensing = BfiSensing::new();
    let v = [Complex32::ONE, Complex32::ZERO];
    for station in 0..=u8::MAX {
        let at = StreamTime::from_micros(i64::from(station));
        let report = BfiReport { at, pair: pair(station), n_tx: 2, n_streams: 1, v: &v, snr_db: &[] };
        sensing.push(&report).unwrap();
        let bad = BfiReport { v: &v[..1], pair: pair(0), ..report };
        assert_eq!(sensing.push(&bad), Err(ReportError::Length { expected: 2, found: 1 }));
    }
    let followed: Vec<_> = sensing.assess_pairs(StreamTime::from_micros(255)).map(|(pair, _)| pair).collect();
    assert_eq!(followed, (224..=255).map(pair).collect::<Vec<_>>());
}
