//! Frames that a card in monitor mode overhears, and measurements of a Nexmon radio.

use ruview_core::{ChannelSpec, Complex32, CsiFrame, MacAddress, NexmonBandwidth, NexmonChip, NexmonFrame, NodeNumber};
use ruview_wire::cbfr::{
    Bandwidth, CbfrReport, Codebook, FeedbackType, Grouping, MimoControl, Phy, Tones, action_of, build_segments,
};
use ruview_wire::dot11::{ActionHeader, append_fcs, build_action};

/// A report that its token tells apart.
pub(crate) fn report(token: u8) -> CbfrReport {
    let control = MimoControl {
        phy: Phy::Vht,
        nc: 1,
        nr: 2,
        bandwidth: Bandwidth::Mhz20,
        grouping: Grouping::Ng1,
        codebook: Codebook::Fine,
        feedback: FeedbackType::Su,
        remaining_segments: 0,
        first_segment: true,
        token,
    };
    let tones = Tones::of(&control);
    let codes = (0..2 * tones.len()).map(|at| (at % 16) as u16).collect();
    CbfrReport { control, tones, snr_codes: vec![40], codes, delta_snr_db: None, tail_note: None }
}

/// The frames, with their check sequences, in which `station` sends a report in so many parts.
pub(crate) fn frames(station: u8, report: &CbfrReport, parts: u8) -> Vec<Vec<u8>> {
    let header = ActionHeader {
        receiver: MacAddress::new([0x3C, 0x37, 0x86, 0, 0, 1]),
        transmitter: MacAddress::new([0xB0, 0xB9, 0x8A, 0, 0, station]),
        bssid: MacAddress::new([0x3C, 0x37, 0x86, 0, 0, 1]),
        sequence: 7,
        fragment: 0,
        retry: false,
        no_ack: true,
        ht_control: None,
    };
    let (category, action) = action_of(report.control.phy);
    let frame = |body: &Vec<u8>| {
        let mut frame = build_action(&header, category, action, body).expect("a frame");
        append_fcs(&mut frame);
        frame
    };
    build_segments(report, parts).expect("a report").iter().map(frame).collect()
}

/// A beacon without any elements.
pub(crate) fn beacon() -> Vec<u8> {
    let mut frame = vec![0; 36];
    frame[0] = 0x80;
    append_fcs(&mut frame);
    frame
}

/// A measurement that its number tells apart.
pub(crate) fn measurement(node: NodeNumber, sequence: u16) -> NexmonFrame {
    let channel = ChannelSpec(0x1006);
    let bins = NexmonBandwidth::Mhz20.bins();
    let iq = (0..bins).map(|bin| Complex32::new(f32::from(bin), -f32::from(bin))).collect();
    let mut csi = CsiFrame::new(node, 1, bins, iq).expect("64 samples");
    csi.rssi_dbm = Some(-40);
    csi.frequency_mhz = channel.frequency_mhz();
    NexmonFrame {
        chip: NexmonChip::Bcm43455c0,
        channel,
        transmitter: MacAddress::new([0xB0, 0xB9, 0x8A, 0, 0, 1]),
        frame_control: Some(0x80),
        sequence_control: sequence << 4,
        core: 0,
        stream: 0,
        csi,
    }
}
