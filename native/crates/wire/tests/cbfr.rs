//! Beamforming reports: what is built is read back in every container, odd frames are named and counted, and nothing that
//! arrives can do harm.

mod common;

use common::cbfr::{control, filled, frames, header, report};
use common::{damage, damaged};
use proptest::prelude::*;
use ruview_core::{MacAddress, StreamTime};
use ruview_wire::cbfr::{
    Bandwidth, CbfrReader, CbfrReport, CbfrView, Codebook, Feedback, FeedbackType, Grouping, MimoControl, Phy, Reading,
    RuRange, TailNote, Tones, action_of, parse_frame,
};
use ruview_wire::dot11::{ActionHeader, Fcs, append_fcs, build_action};
use ruview_wire::link::{LinkType, RadioInfo, open};
use ruview_wire::{UnsupportedReport, WireError, WireErrorKind, prism, radiotap};

const NOW: StreamTime = StreamTime::from_micros(0);

const HEADER: ActionHeader = ActionHeader {
    receiver: MacAddress::new([0x3C, 0x37, 0x86, 1, 2, 3]),
    transmitter: MacAddress::new([0xB0, 0xB9, 0x8A, 4, 5, 6]),
    bssid: MacAddress::new([0x3C, 0x37, 0x86, 1, 2, 3]),
    sequence: 7,
    fragment: 0,
    retry: false,
    no_ack: true,
    ht_control: None,
};

const SMALL: MimoControl = MimoControl {
    phy: Phy::Vht,
    nc: 1,
    nr: 2,
    bandwidth: Bandwidth::Mhz20,
    grouping: Grouping::Ng4,
    codebook: Codebook::Fine,
    feedback: FeedbackType::Su,
    remaining_segments: 0,
    first_segment: true,
    token: 11,
};

/// Octets before the body of a frame of [`HEADER`].
const BODY_AT: usize = 26;

fn small() -> CbfrReport {
    filled(SMALL, 1)
}

fn small_mu() -> CbfrReport {
    filled(MimoControl { feedback: FeedbackType::Mu, ..SMALL }, 1)
}

fn frame_of(report: &CbfrReport) -> Vec<u8> {
    frames(&HEADER, report, 1).remove(0)
}

fn read(packet: &[u8]) -> Result<Reading, WireError> {
    CbfrReader::default().read(NOW, LinkType::IEEE802_11, Fcs::Unknown, packet)
}

fn read_report(packet: &[u8]) -> CbfrReport {
    match read(packet) {
        Ok(Reading::Report(received)) => received.report,
        other => panic!("a report was expected, found {other:?}"),
    }
}

fn radio_info() -> impl Strategy<Value = RadioInfo> {
    let level = || prop::option::of(-128..0_i8);
    let fcs = prop_oneof![Just(Fcs::Unknown), Just(Fcs::Absent), Just(Fcs::Present)];
    (prop::option::of(any::<u32>()), prop::option::of(1..8000_u16), level(), level(), fcs).prop_map(
        |(tsft_us, frequency_mhz, rssi_dbm, noise_floor_dbm, fcs)| RadioInfo {
            tsft_us: tsft_us.map(u64::from),
            frequency_mhz,
            rssi_dbm,
            noise_floor_dbm,
            fcs,
            marked_bad: false,
        },
    )
}

/// The packet in one of the three containers, and what is to be read of the radio.
fn packed(link: LinkType, info: RadioInfo, mut frame: Vec<u8>) -> (Vec<u8>, RadioInfo) {
    if info.fcs == Fcs::Present {
        append_fcs(&mut frame);
    }
    let (before, info) = match link {
        LinkType::RADIOTAP => (radiotap::build(&info), info),
        LinkType::PRISM => {
            let info = RadioInfo { frequency_mhz: None, ..info };
            (prism::build(&info).expect("levels and a time that fit"), info)
        }
        _ => (Vec::new(), RadioInfo { fcs: info.fcs, ..RadioInfo::default() }),
    };
    // Where the header does not say that there is no frame check sequence, it stays unknown.
    let unsaid = link != LinkType::RADIOTAP && info.fcs == Fcs::Absent;
    let info = if unsaid { RadioInfo { fcs: Fcs::Unknown, ..info } } else { info };
    ([before, frame].concat(), info)
}

proptest! {
    #[test]
    fn what_is_built_is_read_back(report in report()) {
        let octets = report.build().unwrap();
        let view = CbfrView::parse(report.control, &octets).unwrap();
        prop_assert_eq!(view.to_report(), report.clone());
        // One by one and all at once are the same.
        let one_by_one: Vec<u16> = view.iter().flat_map(|tone| tone.codes().map(|(_, code)| code)).collect();
        prop_assert_eq!(&one_by_one, &report.codes);
        prop_assert!(view.iter().map(|tone| tone.tone).eq(report.tones.iter()));
    }

    #[test]
    fn every_container_is_read(
        report in report(),
        header in header(),
        link in prop::sample::select(vec![LinkType::IEEE802_11, LinkType::PRISM, LinkType::RADIOTAP]),
        info in radio_info(),
    ) {
        let frame = frames(&header, &report, 1).remove(0);
        let (packet, info) = packed(link, info, frame);
        let Ok(Reading::Report(received)) = CbfrReader::default().read(NOW, link, Fcs::Unknown, &packet) else {
            return Err(TestCaseError::fail("a report was expected"));
        };
        prop_assert_eq!((received.header, received.info), (header, info));
        prop_assert_eq!(received.report, report);
    }

    #[test]
    fn segments_are_joined(report in report(), segments in 2..=8_u8, order in Just(()).prop_perturb(|(), mut rng| {
        let mut order: Vec<u32> = (0..8).map(|_| rng.random()).collect();
        order.truncate(8);
        order
    })) {
        let frames = frames(&HEADER, &report, segments);
        let mut shuffled: Vec<usize> = (0..frames.len()).collect();
        shuffled.sort_by_key(|&at| order[at]);
        let mut reader = CbfrReader::default();
        let mut readings: Vec<Reading> = shuffled
            .iter()
            .map(|&at| reader.read(NOW, LinkType::IEEE802_11, Fcs::Unknown, &frames[at]).unwrap())
            .collect();
        let Some(Reading::Report(received)) = readings.pop() else { return Err(TestCaseError::fail("not whole")) };
        prop_assert_eq!(received.report, report);
        prop_assert!(readings.iter().all(|reading| *reading == Reading::Segment));
        prop_assert_eq!(reader.counts().segments.joined, 1);
    }

    #[test]
    fn columns_of_v_are_orthonormal(control in control(), seed in any::<u32>()) {
        let control = MimoControl { bandwidth: Bandwidth::Mhz20, grouping: Grouping::Ng4, phy: Phy::Vht, ..control };
        let report = filled(control, seed);
        let (nr, nc) = (usize::from(control.nr), usize::from(control.nc));
        let v = report.v();
        prop_assert_eq!(v.len(), report.tones.len() * nr * nc);
        for tone in v.chunks_exact(nr * nc) {
            for (a, b) in (0..nc).flat_map(|a| (0..nc).map(move |b| (a, b))) {
                let product: ruview_core::Complex32 = (0..nr).map(|r| tone[r * nc + a].conj() * tone[r * nc + b]).sum();
                let expected = if a == b { 1.0 } else { 0.0 };
                prop_assert!((product - expected).norm() < 1e-6, "{}", product);
            }
        }
    }

    #[test]
    fn arbitrary_octets_are_read_or_refused(
        octets in prop::collection::vec(any::<u8>(), 0..600),
        link in prop::sample::select(vec![LinkType::IEEE802_11, LinkType::PRISM, LinkType::RADIOTAP]),
    ) {
        let _ = CbfrReader::default().read(NOW, link, Fcs::Unknown, &octets);
    }

    #[test]
    fn arbitrary_bodies_are_read_or_refused(
        he in any::<bool>(),
        body in prop::collection::vec(any::<u8>(), 0..2048),
    ) {
        let category = if he { 30 } else { 21 };
        let _ = read(&build_action(&HEADER, category, 0, &body).unwrap());
    }

    #[test]
    fn damaged_frames_are_refused_or_a_report_that_can_be_built_again(report in report(), damage in damage()) {
        if let Ok(Reading::Report(received)) = read(&damaged(frame_of(&report), &damage)) {
            let report = received.report;
            if report.tail_note.is_none() {
                let octets = report.build().unwrap();
                prop_assert_eq!(CbfrView::parse(report.control, &octets).unwrap().to_report(), report);
            }
        }
    }
}

#[test]
fn every_shape_of_the_standard_is_read_back() {
    for bandwidth in Bandwidth::ALL {
        let he = Phy::He { rus: RuRange::full(bandwidth), disallowed: None };
        for (phy, groupings) in [(Phy::Vht, &Grouping::VHT[..]), (he, &Grouping::HE[..])] {
            for &grouping in groupings {
                for codebook in [Codebook::Coarse, Codebook::Fine] {
                    for feedback in [FeedbackType::Su, FeedbackType::Mu] {
                        let shape = MimoControl { phy, bandwidth, grouping, codebook, feedback, ..SMALL };
                        for (nr, nc) in (1..=8).flat_map(|nr| (1..=nr).map(move |nc| (nr, nc))) {
                            let report = filled(MimoControl { nr, nc, ..shape }, 5);
                            let octets = report.build().unwrap();
                            let read = CbfrView::parse(report.control, &octets).unwrap();
                            assert_eq!(read.to_report(), report, "{:?}", report.control);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn tones_are_as_many_as_the_standard_says() {
    let count = |phy, bandwidth, grouping| {
        let control = MimoControl { phy, bandwidth, grouping, ..SMALL };
        let tones = Tones::of(&control);
        (tones.len(), Tones::of_delta_snr(&control, tones).len())
    };
    let vht = |grouping| Bandwidth::ALL.map(|bandwidth| count(Phy::Vht, bandwidth, grouping));
    assert_eq!(vht(Grouping::Ng1), [(52, 30), (108, 58), (234, 122), (468, 244)]);
    assert_eq!(vht(Grouping::Ng2), [(30, 16), (58, 30), (122, 62), (244, 124)]);
    assert_eq!(vht(Grouping::Ng4), [(16, 10), (30, 16), (62, 32), (124, 64)]);
    let he = |grouping| {
        let full = |bandwidth| Phy::He { rus: RuRange::full(bandwidth), disallowed: None };
        Bandwidth::ALL.map(|bandwidth| count(full(bandwidth), bandwidth, grouping).0)
    };
    assert_eq!(he(Grouping::Ng4), [64, 122, 250, 500]);
    assert_eq!(he(Grouping::Ng16), [20, 32, 64, 128]);
}

#[test]
fn frames_cut_anywhere_are_refused() {
    let told = RadioInfo { fcs: Fcs::Present, ..RadioInfo::default() };
    for report in [small(), small_mu()] {
        let (packet, _) = packed(LinkType::RADIOTAP, told, frame_of(&report));
        for len in 0..packet.len() {
            let mut reader = CbfrReader::default();
            assert!(reader.read(NOW, LinkType::RADIOTAP, Fcs::Unknown, &packet[..len]).is_err(), "{len}");
            let counts = reader.counts();
            assert_eq!(counts.malformed + counts.bad_fcs, 1, "{len}: {counts:?}");
        }
    }
    let frame = frame_of(&small());
    for len in 0..frame.len() {
        assert!(read(&frame[..len]).is_err(), "{len}");
    }
    let error = read(&frame[..frame.len() - 3]).unwrap_err();
    assert_eq!(error.kind, WireErrorKind::Length { expected: 21, found: 18 });
    assert_eq!(error.offset, frame.len() - 3);
}

#[test]
fn four_octets_that_can_only_be_a_wrong_checksum_are_one() {
    let mut packet = frame_of(&small());
    append_fcs(&mut packet);
    assert!(read(&packet).is_ok());
    packet[BODY_AT + 8] ^= 0x20;
    let error = read(&packet).unwrap_err();
    assert!(matches!(error.kind, WireErrorKind::Checksum { .. }), "{error}");
    assert_eq!(error.offset, packet.len() - 4);
}

#[test]
fn odd_tails_do_not_cost_the_report() {
    let report = small();
    let mut packet = frame_of(&report);
    packet.extend([0xDD, 0x01]);
    let read = read_report(&packet);
    assert_eq!(read.tail_note, Some(TailNote::Extra { octets: 2 }));
    assert_eq!((read.codes, read.snr_codes), (report.codes, report.snr_codes));

    let report = small_mu();
    let whole = frame_of(&report);
    let mut longer = whole.clone();
    longer.extend([0; 5]);
    for (packet, found) in [(&whole[..whole.len() - 2], 3), (&longer[..], 10), (&whole[..whole.len() - 5], 0)] {
        let read = read_report(packet);
        assert_eq!(read.tail_note, Some(TailNote::DeltaSnr { expected: 5, found }));
        assert_eq!(read.delta_snr_db, None);
        assert_eq!((read.codes, read.snr_codes), (report.codes.clone(), report.snr_codes.clone()));
    }
}

#[test]
fn what_is_no_report_is_named_and_counted_and_the_stream_goes_on() {
    let good = frame_of(&small());
    let with = |at: usize, octet: u8| {
        let mut frame = good.clone();
        frame[at] = octet;
        frame
    };
    let action = |category, action, body: &[u8]| build_action(&HEADER, category, action, body).unwrap();
    let unsupported = WireErrorKind::UnsupportedReport;
    let refusals = [
        (with(0, 0x80), WireErrorKind::NotAnAction { frame_type: 0, subtype: 8 }),
        (with(0, 0x88), WireErrorKind::NotAnAction { frame_type: 2, subtype: 8 }),
        (with(1, 0x40), WireErrorKind::Protected),
        (action(21, 1, &[0; 9]), WireErrorKind::NotAReport { category: 21, action: 1 }),
        (action(4, 9, &[0; 9]), WireErrorKind::NotAReport { category: 4, action: 9 }),
        (action(36, 0, &[0; 9]), unsupported(UnsupportedReport::Eht)),
        (action(7, 6, &[0; 9]), unsupported(UnsupportedReport::Ht)),
    ];
    let mut reader = CbfrReader::default();
    let mut read = |packet: &[u8]| reader.read(NOW, LinkType::IEEE802_11, Fcs::Unknown, packet);
    for (packet, kind) in refusals {
        assert_eq!(read(&packet).unwrap_err().kind, kind);
    }
    // Two columns of one row, and a grouping that is reserved.
    assert_eq!(read(&with(BODY_AT, 0x01)).unwrap_err().kind.subject(), "nc");
    assert_eq!(read(&with(BODY_AT + 1, 0x87)).unwrap_err().kind.subject(), "grouping");
    assert_eq!(read(&action(30, 0, &[0x19, 0x8A, 0, 0xC4, 0x0D, 1, 2, 3])), Ok(Reading::Cqi));
    assert_eq!(read(&action(21, 0, &[0, 0x70, 0])), Ok(Reading::Null));
    assert_eq!(read(&action(30, 0, &[0, 0x70, 0, 0, 0])), Ok(Reading::Null));
    assert!(matches!(read(&good), Ok(Reading::Report(_))));
    assert!(reader.read(NOW, LinkType::ETHERNET, Fcs::Unknown, &good).is_err());

    let counts = reader.counts();
    assert_eq!((counts.packets, counts.reports, counts.cqi, counts.null), (14, 1, 1, 2));
    assert_eq!((counts.other_frames, counts.protected, counts.unsupported, counts.malformed), (4, 1, 3, 2));
}

#[test]
fn tones_that_do_not_add_up_are_not_guessed() {
    let partial = RuRange { start: 2, end: 5 };
    for (disallowed, rus, expected) in [
        (None, partial, UnsupportedReport::PartialBandwidth),
        (Some(0b0010), RuRange::full(Bandwidth::Mhz80), UnsupportedReport::Punctured),
        (Some(0b1111), RuRange::full(Bandwidth::Mhz80), UnsupportedReport::Punctured),
    ] {
        let control = MimoControl { phy: Phy::He { rus, disallowed }, bandwidth: Bandwidth::Mhz80, ..SMALL };
        let kind = CbfrView::parse(control, &[0; 77]).unwrap_err().kind;
        assert_eq!(kind, WireErrorKind::UnsupportedReport(expected));
    }
}

#[test]
fn shapes_that_no_frame_can_have_are_refused() {
    let impossible = [
        MimoControl { nr: 0, nc: 0, ..SMALL },
        MimoControl { nr: 9, ..SMALL },
        MimoControl { nc: 3, ..SMALL },
        MimoControl { grouping: Grouping::Ng16, ..SMALL },
        MimoControl { feedback: FeedbackType::Cqi, ..SMALL },
        MimoControl { phy: Phy::He { rus: RuRange { start: 1, end: 200 }, disallowed: None }, ..SMALL },
        MimoControl { phy: Phy::He { rus: RuRange { start: 7, end: 1 }, disallowed: Some(0xFF) }, ..SMALL },
    ];
    for control in impossible {
        assert!(CbfrView::parse(control, &[0; 500]).is_err(), "{control:?}");
        assert!(CbfrReport { control, ..small() }.build().is_err(), "{control:?}");
    }
    assert!(CbfrReport { codes: vec![64; 32], ..small() }.build().is_err());
    assert!(CbfrReport { codes: vec![0; 31], ..small() }.build().is_err());
    assert!(CbfrReport { delta_snr_db: None, ..small_mu() }.build().is_err());
    assert!(CbfrReport { delta_snr_db: Some(vec![8; 10]), ..small_mu() }.build().is_err());
}

/// In a punctured channel the octets tell whether the tones at the centre are there.
#[test]
fn punctured_channels_are_read_with_and_without_their_centre() {
    let phy = Phy::He { rus: RuRange::full(Bandwidth::Mhz80), disallowed: Some(0b0010) };
    let control = MimoControl { phy, bandwidth: Bandwidth::Mhz80, ..SMALL };
    // Of 250 tones 60 are in the second subchannel, eight at the centre; ten bits each.
    for (tones, octets) in [(182, 1 + 228), (190, 1 + 238)] {
        let octets = vec![0; octets];
        let view = CbfrView::parse(control, &octets).unwrap();
        assert_eq!(view.tones().len(), tones);
        assert_eq!(view.iter().filter(|tone| tone.tone.abs() <= 16).count(), tones - 182);
    }
}

#[test]
fn views_borrow_from_the_packet() {
    let packet = frame_of(&small_mu());
    let frame = open(LinkType::IEEE802_11, &packet).unwrap();
    let (action, feedback) = parse_frame(&frame).unwrap();
    let Feedback::Report(view) = feedback else { panic!("a report was expected") };
    assert_eq!(action.header, HEADER);
    assert_eq!(action_of(view.control().phy), (action.category, action.action));
    let deltas: Vec<i8> = view.delta_snr_db().unwrap().collect();
    assert_eq!(Some(deltas), small_mu().delta_snr_db);
    assert_eq!(view.v(), small_mu().v());
    assert_eq!(view.snr_db().count(), 1);
}
