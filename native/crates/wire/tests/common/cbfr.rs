//! Reports and frames of every shape, for property tests.

use proptest::prelude::*;
use ruview_core::MacAddress;
use ruview_wire::cbfr::{
    Bandwidth, CbfrReport, Codebook, FeedbackType, Grouping, MimoControl, Phy, RuRange, Tones, action_of,
    build_segments, order,
};
use ruview_wire::dot11::{ActionHeader, build_action};

pub(crate) fn header() -> impl Strategy<Value = ActionHeader> {
    let addresses = any::<[[u8; 6]; 3]>();
    let ht_control = prop::option::of(any::<[u8; 4]>());
    (addresses, (0..4096_u16, 0..16_u8), any::<bool>(), any::<bool>(), ht_control).prop_map(
        |([receiver, transmitter, bssid], (sequence, fragment), retry, no_ack, ht_control)| ActionHeader {
            receiver: MacAddress::new(receiver),
            transmitter: MacAddress::new(transmitter),
            bssid: MacAddress::new(bssid),
            sequence,
            fragment,
            retry,
            no_ack,
            ht_control,
        },
    )
}

fn phy(bandwidth: Bandwidth) -> impl Strategy<Value = (Phy, Grouping)> {
    let last = bandwidth.last_ru();
    let rus = prop_oneof![
        3 => Just(RuRange::full(bandwidth)),
        1 => (0..=last, 0..=last).prop_map(|(a, b)| RuRange { start: a.min(b), end: a.max(b) }),
    ];
    let disallowed = prop_oneof![2 => Just(None), 1 => any::<u8>().prop_map(Some)];
    let he = (rus, disallowed).prop_map(|(rus, disallowed)| Phy::He { rus, disallowed });
    prop_oneof![
        (Just(Phy::Vht), prop::sample::select(Grouping::VHT.to_vec())),
        (he, prop::sample::select(Grouping::HE.to_vec())),
    ]
}

/// Shapes of reports that have tones, in one segment.
pub(crate) fn control() -> impl Strategy<Value = MimoControl> {
    let matrix = (1..=8_u8).prop_flat_map(|nr| (Just(nr), 1..=nr));
    let bandwidth = prop::sample::select(Bandwidth::ALL.to_vec());
    let channel = bandwidth.prop_flat_map(|bandwidth| (Just(bandwidth), phy(bandwidth)));
    let codebook = prop_oneof![Just(Codebook::Coarse), Just(Codebook::Fine)];
    let feedback = prop_oneof![Just(FeedbackType::Su), Just(FeedbackType::Mu)];
    (matrix, channel, codebook, feedback, 0..64_u8)
        .prop_map(|((nr, nc), (bandwidth, (phy, grouping)), codebook, feedback, token)| MimoControl {
            phy,
            nc,
            nr,
            bandwidth,
            grouping,
            codebook,
            feedback,
            remaining_segments: 0,
            first_segment: true,
            token,
        })
        .prop_filter("some tone is left", |control| !Tones::of(control).is_empty())
}

/// A report of this shape with numbers that look random and depend on the seed alone.
pub(crate) fn filled(control: MimoControl, seed: u32) -> CbfrReport {
    let mut state = seed;
    let mut random = |bits: u8| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> (32 - bits)) as u16
    };
    let tones = Tones::of(&control);
    let widths = control.angle_widths();
    let snr_codes = (0..control.nc).map(|_| random(8) as u8 as i8).collect();
    let angles = || order(control.nr, control.nc);
    let codes = tones.iter().flat_map(|_| angles()).map(|angle| random(widths.of(angle.kind))).collect();
    let n_deltas = Tones::of_delta_snr(&control, tones).len() * usize::from(control.nc);
    let deltas = || (0..n_deltas).map(|_| random(4) as i8 - 8).collect();
    let delta_snr_db = (control.feedback == FeedbackType::Mu).then(deltas);
    CbfrReport { control, tones, snr_codes, codes, delta_snr_db, tail_note: None }
}

pub(crate) fn report() -> impl Strategy<Value = CbfrReport> {
    (control(), any::<u32>()).prop_map(|(control, seed)| filled(control, seed))
}

/// The frames that carry a report in some segments, without frame check sequences.
pub(crate) fn frames(header: &ActionHeader, report: &CbfrReport, segments: u8) -> Vec<Vec<u8>> {
    let (category, action) = action_of(report.control.phy);
    let bodies = build_segments(report, segments).expect("a report that can be built");
    bodies.iter().map(|body| build_action(header, category, action, body).expect("a header")).collect()
}
