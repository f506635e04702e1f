//! VHT and HE reports: angles, signal-to-noise ratios, and the matrices V.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_core::Complex32;
use ruview_fuzz::bounded;
use ruview_wire::cbfr::{CbfrReport, CbfrView, FeedbackType, MimoControl};

fuzz_target!(|input: &[u8]| {
    let Some((&generation, body)) = input.split_first() else { return };
    let parse = if generation & 1 == 0 { MimoControl::parse_vht } else { MimoControl::parse_he };
    let Ok(Some((control, octets))) = parse(body) else { return };
    if control.feedback == FeedbackType::Cqi {
        return;
    }
    let Ok(view) = bounded(octets, 0, || CbfrView::parse(control, octets)) else { return };
    // Three bits, the shortest angle's share, become a code of sixteen and as much of a matrix.
    let report = bounded(octets, 16, || view.to_report());
    assert_eq!(report.codes.len(), view.tones().len() * view.n_angles());
    assert!(view.iter().flat_map(|tone| tone.codes().map(|(_, code)| code)).eq(report.codes.iter().copied()));
    check_built(&report);
    let v = bounded(octets, 64, || view.v());
    assert_eq!(v, report.v());
    for matrix in v.chunks_exact(usize::from(view.control().nr) * usize::from(view.control().nc)) {
        check_orthonormal(matrix, view.control().nc.into());
    }
});

/// What was read is read again from what is built of it, but for the odd octets behind.
fn check_built(report: &CbfrReport) {
    if report.control.feedback == FeedbackType::Mu && report.delta_snr_db.is_none() {
        assert!(report.tail_note.is_some() && report.build().is_err(), "no delta SNR is made up");
        return;
    }
    let built = report.build().expect("what was received can be sent");
    let again = CbfrView::parse(report.control, &built).expect("what was built").to_report();
    assert_eq!(again, CbfrReport { tail_note: None, ..report.clone() });
}

/// The columns of V are of length one and at right angles.
fn check_orthonormal(matrix: &[Complex32], columns: usize) {
    for left in 0..columns {
        for right in 0..=left {
            let product = matrix.chunks_exact(columns).fold((0.0, 0.0), |(re, im), row| {
                let (a, b) = (row[left], row[right]);
                let [ar, ai, br, bi] = [a.re, a.im, b.re, b.im].map(f64::from);
                (re + ar * br + ai * bi, im + ar * bi - ai * br)
            });
            let expected = if left == right { 1.0 } else { 0.0 };
            assert!((product.0 - expected).abs() < 1e-6 && product.1.abs() < 1e-6, "{left}, {right}: {product:?}");
        }
    }
}
