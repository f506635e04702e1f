//! Real reports of others' stations (Wi-BFI's example: two stations and an access point) through everything that reads
//! them. Nobody wrote down what happened in the room, so this shows that reports are taken and numbers are sane, no more.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use ruview_bfld::{
    BfiAssessment, BfiCalibration, BfiFeatures, BfiPair, BfiReport, BfiSensing, BfiWindow, EmbeddingRing,
};
use ruview_core::Complex32;
use ruview_wire::capture_file::CaptureReader;
use ruview_wire::cbfr::{CbfrReader, Reading, ReceivedReport, snr};

const NAME: &str = "../shared/data/cbfr/11ac_SU_3x1_40.pcapng";

/// The reports of the recording; `None` where it is not on this machine.
fn reports() -> Option<Vec<ReceivedReport>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let (mut file, mut reader) = (CaptureReader::new(), CbfrReader::default());
    file.push(&fs::read(root.join(NAME)).ok()?);
    let mut reports = Vec::new();
    while let Some(record) = file.next_record() {
        let meta = record.as_ref().expect("a record").meta;
        let octets = record.expect("a record").octets;
        if let Ok(Reading::Report(report)) = reader.read(meta.at().expect("a time"), meta.link, meta.fcs, octets) {
            reports.push(*report);
        }
    }
    Some(reports)
}

/// What is concluded after each report.
fn conclusions(reports: &[ReceivedReport]) -> Vec<(BfiAssessment, Option<BfiFeatures>)> {
    let mut sensing = BfiSensing::new();
    let mut windows: BTreeMap<BfiPair, BfiWindow> = BTreeMap::new();
    let known = EmbeddingRing::new();
    let conclude = |received: &ReceivedReport| {
        let v: Vec<Complex32> = received.report.v();
        let snr_db: Vec<f32> = received.report.snr_codes.iter().map(|code| snr::average_db(*code)).collect();
        let report = BfiReport::of_received(received, &v, &snr_db);
        sensing.push(&report).expect("a report");
        let window = windows.entry(report.pair).or_default();
        window.push(&report).expect("a report");
        (sensing.assess(report.at), window.features(&known))
    };
    reports.iter().map(conclude).collect()
}

#[test]
fn real_reports_are_taken() {
    let Some(reports) = reports() else {
        println!("not run: the recording {NAME} is not on this machine");
        return;
    };
    assert_eq!(reports.len(), 631);
    let conclusions = conclusions(&reports);
    let (last, _) = conclusions[conclusions.len() - 1];
    assert!(matches!(last.calibration, BfiCalibration::SelfCalibrated { .. }));

    let features: Vec<BfiFeatures> = conclusions.iter().filter_map(|(_, features)| *features).collect();
    assert!(features.len() > 500, "{}", features.len());
    for features in features {
        assert!((0.02..0.6).contains(&features.mean_angle_delta), "{features:?}");
        assert!((0.9..=1.0).contains(&features.path_stability), "{features:?}");
        assert!((0.9..=1.0).contains(&features.stationarity_score), "{features:?}");
    }
}

#[test]
fn real_reports_give_the_same_conclusions_again() {
    let Some(reports) = reports() else {
        println!("not run: the recording {NAME} is not on this machine");
        return;
    };
    let reports = &reports[..200];
    assert_eq!(conclusions(reports), conclusions(reports));
}
