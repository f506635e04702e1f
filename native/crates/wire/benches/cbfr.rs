//! What a report costs: angle codes alone, and V with them. One core; frames of the recordings where they are there, built
//! ones for the shapes that nobody recorded.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use ruview_core::{MacAddress, StreamTime};
use ruview_wire::capture_file::CaptureReader;
use ruview_wire::cbfr::{
    Bandwidth, CbfrReader, CbfrReport, CbfrView, Codebook, Feedback, FeedbackType, Grouping, MimoControl, Phy, RuRange,
    Tones, action_of, build_segments, order, parse_frame,
};
use ruview_wire::dot11::{ActionHeader, Fcs, append_fcs, build_action};
use ruview_wire::link::{LinkType, open};

const RECORDINGS: [(&str, &str); 2] =
    [("recorded VHT 3x1 40 MHz", "11ac_SU_3x1_40.pcapng"), ("recorded HE 4x2 20 MHz", "beefi_bfi.pcap")];

/// The first report of a recording, with what it came in.
fn recorded(file: &str) -> Option<(LinkType, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3)?;
    let mut reader = CaptureReader::new();
    reader.push(&std::fs::read(root.join("../shared/data/cbfr").join(file)).ok()?);
    let record = reader.next_record()?.ok()?;
    Some((record.meta.link, record.octets.to_vec()))
}

fn shape(phy: Phy, bandwidth: Bandwidth, (nr, nc): (u8, u8), feedback: FeedbackType) -> MimoControl {
    let grouping = if phy == Phy::Vht { Grouping::Ng1 } else { Grouping::Ng4 };
    MimoControl {
        phy,
        nc,
        nr,
        bandwidth,
        grouping,
        codebook: Codebook::Fine,
        feedback,
        remaining_segments: 0,
        first_segment: true,
        token: 1,
    }
}

/// A frame without radiotap whose report has this shape.
fn built(control: MimoControl) -> (LinkType, Vec<u8>) {
    let (tones, widths) = (Tones::of(&control), control.angle_widths());
    let angles = tones.iter().flat_map(|_| order(control.nr, control.nc));
    let codes = angles.enumerate().map(|(n, angle)| (n * 29 % (1 << widths.of(angle.kind))) as u16).collect();
    let deltas = vec![1; Tones::of_delta_snr(&control, tones).len() * usize::from(control.nc)];
    let delta_snr_db = (control.feedback == FeedbackType::Mu).then_some(deltas);
    let snr_codes = vec![80; control.nc.into()];
    let report = CbfrReport { control, tones, snr_codes, codes, delta_snr_db, tail_note: None };
    let address = MacAddress::new([2, 0, 0, 0, 0, 1]);
    let header = ActionHeader {
        receiver: address,
        transmitter: address,
        bssid: address,
        sequence: 1,
        fragment: 0,
        retry: false,
        no_ack: true,
        ht_control: None,
    };
    let (category, action) = action_of(control.phy);
    let body = build_segments(&report, 1).expect("a report").remove(0);
    let mut frame = build_action(&header, category, action, &body).expect("a frame");
    append_fcs(&mut frame);
    (LinkType::IEEE802_11, frame)
}

fn measure(criterion: &mut Criterion, name: &str, (link, packet): (LinkType, Vec<u8>)) {
    let frame = open(link, &packet).expect("a frame");
    let Ok((_, Feedback::Report(view))) = parse_frame(&frame) else { panic!("a report was expected") };
    let (mut codes, mut v) = (Vec::new(), Vec::new());
    let mut group = criterion.benchmark_group(name);
    group.bench_function("angles", |bencher| {
        bencher.iter(|| {
            let (_, feedback) = parse_frame(black_box(&frame)).expect("a report");
            if let Feedback::Report(view) = feedback {
                view.codes_into(&mut codes);
            }
            black_box(codes.len())
        });
    });
    group.bench_function("angles and V", |bencher| {
        bencher.iter(|| {
            let view: CbfrView<'_> = black_box(view);
            view.v_into(&mut codes, &mut v);
            black_box(v.len())
        });
    });
    group.bench_function("packet to owned report", |bencher| {
        let mut reader = CbfrReader::default();
        let now = StreamTime::from_micros(0);
        bencher.iter(|| black_box(reader.read(now, link, Fcs::Unknown, black_box(&packet))));
    });
    group.finish();
}

#[expect(clippy::print_stderr, reason = "a skipped measurement says why")]
fn recordings(criterion: &mut Criterion) {
    for (name, file) in RECORDINGS {
        match recorded(file) {
            Some(packet) => measure(criterion, name, packet),
            None => eprintln!("skipped: the recording {file} is not there"),
        }
    }
}

fn every_size(criterion: &mut Criterion) {
    let he = |bandwidth| Phy::He { rus: RuRange::full(bandwidth), disallowed: None };
    let (su, mu) = (FeedbackType::Su, FeedbackType::Mu);
    for (name, phy, bandwidth, matrix, feedback) in [
        ("VHT 3x1 80 MHz", Phy::Vht, Bandwidth::Mhz80, (3, 1), su),
        ("VHT MU 4x2 160 MHz", Phy::Vht, Bandwidth::Mhz160, (4, 2), mu),
        ("HE 4x2 80 MHz", he(Bandwidth::Mhz80), Bandwidth::Mhz80, (4, 2), su),
        ("HE 4x2 160 MHz", he(Bandwidth::Mhz160), Bandwidth::Mhz160, (4, 2), su),
        ("HE MU 8x8 160 MHz", he(Bandwidth::Mhz160), Bandwidth::Mhz160, (8, 8), mu),
    ] {
        measure(criterion, name, built(shape(phy, bandwidth, matrix, feedback)));
    }
}

criterion_group!(benches, recordings, every_size);
criterion_main!(benches);
