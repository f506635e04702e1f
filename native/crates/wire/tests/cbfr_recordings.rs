//! Two real recordings of others, decoded by others: every integer must be the same, and V within 1e-6.

mod common;

use std::fs;

use common::npz::{Npz, recording};
use ruview_wire::capture_file::CaptureReader;
use ruview_wire::cbfr::{AngleKind, CbfrReader, Reading, ReceivedReport, order};
use ruview_wire::dot11::Fcs;

/// All reports of a file with their times, its octets given in pieces of a length that divides nothing.
fn reports(file: &[u8]) -> (Vec<(i64, ReceivedReport)>, CbfrReader) {
    const PIECE: usize = 1009;
    let (mut file_reader, mut reader) = (CaptureReader::new(), CbfrReader::default());
    let mut reports = Vec::new();
    for piece in file.chunks(PIECE) {
        file_reader.push(piece);
        while let Some(record) = file_reader.next_record() {
            let record = record.expect("a record");
            let (at_ns, at) = (record.meta.at_ns.expect("a time"), record.meta.at().expect("a time"));
            if let Ok(Reading::Report(received)) = reader.read(at, record.meta.link, record.meta.fcs, record.octets) {
                reports.push((at_ns, *received));
            }
        }
    }
    file_reader.finish().expect("a whole file");
    (reports, reader)
}

fn check(capture: &str, decoded: &str, n_reports: usize) {
    let (Some(capture), Some(decoded)) = (recording(capture), recording(decoded)) else { return };
    let (reports, reader) = reports(&fs::read(capture).expect("a capture"));
    let mut npz = Npz::open(&decoded);
    assert_eq!(reports.len(), n_reports);
    assert_eq!(reader.counts().reports, n_reports as u64);
    assert_eq!((reader.counts().odd_tails, reader.counts().bad_fcs, reader.counts().malformed), (0, 0, 0));

    let mut addresses = |name| npz.addresses(name).into_iter();
    let (mut ta, mut ra, mut bssid) = (addresses("ta"), addresses("ra"), addresses("bssid"));
    let (mut times, mut sequences) = (npz.i64("ts_ns").into_iter(), npz.u16("seq").into_iter());
    let (mut levels, mut tokens) = (npz.i8("rssi").into_iter(), npz.elements::<1>("token").into_iter());
    let (tones, mut snrs) = (npz.i16("scidx"), npz.i8("snr_raw").into_iter());
    let (mut phi, mut psi) = (npz.u16("phi").into_iter(), npz.u16("psi").into_iter());
    for (at_ns, ReceivedReport { header, info, report, .. }) in &reports {
        let control = report.control;
        assert_eq!(Some(header.transmitter.in_full().to_string()), ta.next());
        assert_eq!(Some(header.receiver.in_full().to_string()), ra.next());
        assert_eq!(Some(header.bssid.in_full().to_string()), bssid.next());
        assert_eq!((Some(*at_ns), Some(header.sequence)), (times.next(), sequences.next()));
        assert_eq!((info.rssi_dbm, info.fcs), (levels.next(), Fcs::Present));
        assert_eq!(Some([control.token]), tokens.next());
        assert!(report.tones.iter().eq(tones.iter().copied()));
        for &code in &report.snr_codes {
            assert_eq!(Some(code), snrs.next());
        }
        for (&code, angle) in report.codes.iter().zip(order(control.nr, control.nc).cycle()) {
            let expected = if angle.kind == AngleKind::Phi { phi.next() } else { psi.next() };
            assert_eq!(Some(code), expected);
        }
    }
    assert_eq!((phi.len(), psi.len(), snrs.len(), times.len()), (0, 0, 0, 0));
    check_v(&mut npz, &reports);
}

fn check_v(npz: &mut Npz, reports: &[(i64, ReceivedReport)]) {
    let mut expected = npz.complex("v").into_iter();
    for row in npz.u32("v_rows") {
        for found in reports[row as usize].1.report.v() {
            let (re, im) = expected.next().expect("as many numbers");
            let error = (f64::from(found.re) - re).hypot(f64::from(found.im) - im);
            assert!(error < 1e-6, "report {row}: {error}");
        }
    }
    assert_eq!(expected.len(), 0);
}

#[test]
fn all_vht_reports_of_wi_bfi_are_the_same() {
    check("cbfr/11ac_SU_3x1_40.pcapng", "cbfr/vht_su_3x1_40_wibfi.npz", 631);
}

#[test]
fn all_he_reports_of_beefi_are_the_same() {
    check("cbfr/beefi_bfi.pcap", "cbfr/he_su_4x2_20_beefi.npz", 2);
}
