//! Writes inputs to start from, a folder for each target: what the builders build, and a few packets and lines of each
//! recording that is there.
//!
//! usage: seeds FOLDER RECORDINGS

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use ruview_core::{
    ChannelSpec, Complex32, CsiFrame, EdgeVitals, FeatureState, FeatureVector, MacAddress, NexmonBandwidth, NexmonChip,
    NexmonFrame, NodeNumber, NodePacket, PrivacyClass, StreamTime,
};
use ruview_fuzz::read_file;
use ruview_wire::bfld_frame::{BfldFrame, BfldHeader, BfldPayload, Quantization, build_frame};
use ruview_wire::capture_file::{
    PcapFormat, PcapPrecision, PcapngInterface, pcap_header, pcap_record, pcapng_interface, pcapng_packet,
    pcapng_section,
};
use ruview_wire::cbfr::{
    Bandwidth, CbfrReport, Codebook, FeedbackType, Grouping, MimoControl, Phy, RuRange, Tones, action_of,
    build_segments, order,
};
use ruview_wire::dot11::{ActionHeader, Fcs, build_action};
use ruview_wire::jsonl::{Record, build_line, parse_line};
use ruview_wire::link::{LinkType, RadioInfo};
use ruview_wire::{ByteOrder, esp32, nexmon, prism, radiotap};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const NODE: NodeNumber = NodeNumber(1);
const AT: StreamTime = StreamTime::from_micros(1_800_000_000_000_000);
/// Of each recording: more of the same kind teach a fuzzer nothing and slow it down.
const PACKETS_OF_A_FILE: usize = 8;
const LINES_OF_A_KIND: usize = 2;

fn main() -> Result {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(folder), Some(recordings)) = (arguments.next(), arguments.next()) else {
        return Err("usage: seeds FOLDER RECORDINGS".into());
    };
    let mut seeds = Seeds { folder, written: BTreeMap::new() };
    seeds.built()?;
    seeds.recorded(&recordings)?;
    for (target, count) in seeds.written {
        println!("{target}: {count} seeds");
    }
    Ok(())
}

struct Seeds {
    folder: PathBuf,
    written: BTreeMap<&'static str, usize>,
}

impl Seeds {
    fn add(&mut self, target: &'static str, octets: &[u8]) -> Result {
        let number = self.written.entry(target).or_default();
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{number:03}")), octets)?;
        *number += 1;
        Ok(())
    }

    fn built(&mut self) -> Result {
        for packet in node_packets() {
            self.node_packet(packet)?;
        }
        self.compressed_csi()?;
        for frame in nexmon_frames() {
            self.nexmon_payload(&nexmon::build_payload(&frame)?)?;
        }
        for report in reports() {
            for segments in [1, 3] {
                self.report(&report, segments)?;
            }
        }
        self.add("prism", &prism::build(&RadioInfo { frequency_mhz: None, fcs: Fcs::Unknown, ..info() })?)?;
        for frame in bfld_frames() {
            self.add("bfld_frame", &build_frame(&frame)?)?;
        }
        Ok(())
    }

    fn node_packet(&mut self, packet: NodePacket) -> Result {
        self.add("esp32_packet", &esp32::build_packet(&packet)?)?;
        self.add("jsonl_line", build_line(&Record { at: AT, packet })?.as_bytes())
    }

    /// A raw frame and two differences, each with its length before it.
    fn compressed_csi(&mut self) -> Result {
        let [first, second, third] = [0, 1, 2].map(|step| csi_frame(1, 16, step));
        let datagrams = [
            esp32::build_raw_csi(&first)?,
            esp32::build_compressed_csi(&first, &second, 6)?,
            esp32::build_compressed_csi(&second, &third, 6)?,
        ];
        let with_length = |datagram: &Vec<u8>| [&(datagram.len() as u16).to_le_bytes(), &datagram[..]].concat();
        self.add("esp32_compressed_csi", &datagrams.each_ref().map(with_length).concat())
    }

    fn nexmon_payload(&mut self, payload: &[u8]) -> Result {
        self.add("nexmon_payload", payload)?;
        let frame = nexmon::build_ethernet(payload)?;
        self.add("nexmon_framing", &frame)?;
        self.files(LinkType::ETHERNET, &frame)
    }

    fn report(&mut self, report: &CbfrReport, segments: u8) -> Result {
        let (category, action) = action_of(report.control.phy);
        for body in build_segments(report, segments)? {
            let mpdu = build_action(&header(), category, action, &body)?;
            let packet = [radiotap::build(&info()), mpdu.clone()].concat();
            self.add("packet", &[&[1], &mpdu[..]].concat())?;
            self.dot11(&mpdu)?;
            self.radiotap_packet(&packet)?;
        }
        Ok(())
    }

    fn radiotap_packet(&mut self, packet: &[u8]) -> Result {
        self.add("packet", &[&[0], packet].concat())?;
        self.add("radiotap", packet)?;
        self.files(LinkType::RADIOTAP, packet)
    }

    fn dot11(&mut self, mpdu: &[u8]) -> Result {
        self.add("dot11", mpdu)?;
        let Ok(frame) = ruview_wire::dot11::parse_action(mpdu) else { return Ok(()) };
        let is_he = action_of(he(Bandwidth::Mhz20)).0 == frame.category;
        self.add("mimo_control", frame.body)?;
        self.add("cbfr", &[&[is_he.into()], frame.body].concat())?;
        self.add("segments", &[&[1; 8], frame.body].concat())
    }

    /// The packet twice, in a file of each kind.
    fn files(&mut self, link: LinkType, packet: &[u8]) -> Result {
        const AT_NS: i64 = AT.as_micros() * 1000;
        let len = packet.len() as u32;
        let format = PcapFormat { order: ByteOrder::Little, precision: PcapPrecision::Micros, link, fcs: Fcs::Unknown };
        let record = pcap_record(&format, Some(AT_NS), len, packet)?;
        self.file("pcap", &[pcap_header(&format), record.clone(), record].concat())?;
        let (order, interface) = (ByteOrder::Little, PcapngInterface::new(link));
        let record = pcapng_packet(order, (0, &interface), AT_NS, len, packet)?;
        let head = [pcapng_section(order), pcapng_interface(order, &interface)];
        self.file("pcapng", &[&head[..], &[record.clone(), record]].concat().concat())
    }

    /// A capture file that comes in pieces of 16 octets.
    fn file(&mut self, target: &'static str, octets: &[u8]) -> Result {
        self.add(target, &[&[15], octets].concat())
    }

    fn recorded(&mut self, recordings: &Path) -> Result {
        for name in ["cbfr/11ac_SU_3x1_40.pcapng", "cbfr/beefi_bfi.pcap", "nexmon/example_43455c0.pcap"] {
            let Some(file) = known(recordings.join(name)) else { continue };
            for (meta, packet) in read_file(&fs::read(file)?, 4096).records.into_iter().take(PACKETS_OF_A_FILE) {
                self.recorded_packet(meta.link, &packet)?;
            }
        }
        match known(recordings.join("esp32_two_nodes/mixed-activity-120s.csi.jsonl.gz")) {
            Some(file) => self.recorded_lines(&file),
            None => Ok(()),
        }
    }

    fn recorded_packet(&mut self, link: LinkType, packet: &[u8]) -> Result {
        if link == LinkType::ETHERNET {
            return self.nexmon_payload(nexmon::udp_payload(packet)?);
        }
        self.radiotap_packet(packet)?;
        self.dot11(ruview_wire::link::open(link, packet)?.mpdu)
    }

    fn recorded_lines(&mut self, file: &Path) -> Result {
        let mut of_length = BTreeMap::<usize, usize>::new();
        for line in BufReader::new(GzDecoder::new(File::open(file)?)).lines() {
            let line = line?;
            let Ok(record) = parse_line(line.as_bytes()) else { continue };
            let seen = of_length.entry(line.len()).or_default();
            *seen += 1;
            if *seen > LINES_OF_A_KIND {
                continue;
            }
            self.add("jsonl_line", line.as_bytes())?;
            // Lines say less than packets: without its running number a packet cannot be built again.
            if let Ok(packet) = esp32::build_packet(&record.packet) {
                self.add("esp32_packet", &packet)?;
            }
        }
        Ok(())
    }
}

/// The recording, or a word that it is not there.
fn known(path: PathBuf) -> Option<PathBuf> {
    let there = path.is_file();
    if !there {
        println!("no seeds from {}, which is not there", path.display());
    }
    there.then_some(path)
}

fn csi_frame(antennas: u8, subcarriers: u16, step: usize) -> CsiFrame {
    let samples = usize::from(antennas) * usize::from(subcarriers);
    let iq = (0..samples).map(|n| Complex32::new((n * step % 100) as f32, -1.0)).collect();
    let mut frame = CsiFrame::new(NODE, antennas, subcarriers, iq).expect("samples fill the shape");
    (frame.rssi_dbm, frame.frequency_mhz, frame.seq) = (Some(-40), Some(2437), Some(step as u32));
    frame
}

fn node_packets() -> Vec<NodePacket> {
    let scores = 0.5;
    vec![
        NodePacket::Csi(csi_frame(1, 64, 1)),
        NodePacket::Csi(csi_frame(2, 16, 1)),
        NodePacket::EdgeVitals(EdgeVitals {
            node: NODE,
            presence: true,
            fall: false,
            motion: true,
            breathing_rate_bpm: 14.5,
            heart_rate_bpm: 62.0,
            rssi_dbm: Some(-40),
            n_persons: 1,
            motion_energy: 1.0,
            presence_score: 5.5,
            uptime_ms: Some(1000),
        }),
        NodePacket::FeatureVector(FeatureVector { node: NODE, seq: 7, features: [0.5; 8] }),
        NodePacket::FeatureState(FeatureState {
            node: NODE,
            mode: 1,
            seq: 7,
            node_ts_us: 1,
            motion_score: scores,
            presence_score: scores,
            respiration_bpm: 14.5,
            respiration_conf: scores,
            heartbeat_bpm: 62.0,
            heartbeat_conf: scores,
            anomaly_score: scores,
            env_shift_score: scores,
            node_coherence: scores,
            quality_flags: 1,
        }),
    ]
}

fn nexmon_frames() -> impl Iterator<Item = NexmonFrame> {
    /// Channel 42 at 5 GHz, without its width.
    const CHANNEL: u16 = 0xC02A;
    let channels = NexmonBandwidth::ALL.into_iter().zip([2, 3, 4]);
    let shapes = NexmonChip::ALL.into_iter().flat_map(move |chip| channels.clone().map(move |channel| (chip, channel)));
    shapes.map(|(chip, (bandwidth, width))| {
        let iq = (0..bandwidth.bins()).map(|n| Complex32::new((n % 128).into(), -64.0)).collect();
        NexmonFrame {
            chip,
            channel: ChannelSpec(CHANNEL | width << 11),
            transmitter: MacAddress::new([2; 6]),
            frame_control: Some(0x88),
            sequence_control: 0x10,
            core: 1,
            stream: 0,
            csi: CsiFrame::new(NODE, 1, bandwidth.bins(), iq).expect("samples fill the shape"),
        }
    })
}

fn he(bandwidth: Bandwidth) -> Phy {
    Phy::He { rus: RuRange::full(bandwidth), disallowed: None }
}

fn reports() -> impl Iterator<Item = CbfrReport> {
    let part = Phy::He { rus: RuRange { start: 2, end: 5 }, disallowed: None };
    let punctured = Phy::He { rus: RuRange::full(Bandwidth::Mhz80), disallowed: Some(0b10) };
    let shapes = [
        (Phy::Vht, Bandwidth::Mhz20, Grouping::Ng4, (3, 1), FeedbackType::Su),
        (Phy::Vht, Bandwidth::Mhz40, Grouping::Ng2, (2, 2), FeedbackType::Mu),
        (he(Bandwidth::Mhz20), Bandwidth::Mhz20, Grouping::Ng16, (4, 2), FeedbackType::Su),
        (he(Bandwidth::Mhz20), Bandwidth::Mhz20, Grouping::Ng16, (8, 3), FeedbackType::Mu),
        (part, Bandwidth::Mhz20, Grouping::Ng4, (2, 1), FeedbackType::Su),
        (punctured, Bandwidth::Mhz80, Grouping::Ng16, (2, 1), FeedbackType::Su),
    ];
    shapes.into_iter().map(|(phy, bandwidth, grouping, (nr, nc), feedback)| {
        let control = MimoControl {
            phy,
            nc,
            nr,
            bandwidth,
            grouping,
            codebook: Codebook::Fine,
            feedback,
            remaining_segments: 0,
            first_segment: true,
            token: 9,
        };
        let (tones, widths) = (Tones::of(&control), control.angle_widths());
        let angles = tones.iter().flat_map(|_| order(nr, nc));
        let codes = angles.enumerate().map(|(n, angle)| (n * 29 % (1 << widths.of(angle.kind))) as u16).collect();
        let n_deltas = Tones::of_delta_snr(&control, tones).len() * usize::from(nc);
        let delta_snr_db = (feedback == FeedbackType::Mu).then(|| vec![1; n_deltas]);
        CbfrReport { control, tones, snr_codes: vec![80; nc.into()], codes, delta_snr_db, tail_note: None }
    })
}

fn header() -> ActionHeader {
    ActionHeader {
        receiver: MacAddress::new([2; 6]),
        transmitter: MacAddress::new([4; 6]),
        bssid: MacAddress::new([2; 6]),
        sequence: 1,
        fragment: 0,
        retry: false,
        no_ack: true,
        ht_control: None,
    }
}

fn info() -> RadioInfo {
    RadioInfo {
        tsft_us: Some(1),
        frequency_mhz: Some(5180),
        rssi_dbm: Some(-40),
        noise_floor_dbm: Some(-95),
        fcs: Fcs::Absent,
        marked_bad: false,
    }
}

fn bfld_frames() -> impl Iterator<Item = BfldFrame> {
    PrivacyClass::ALL.into_iter().map(|privacy_class| {
        let identifying = privacy_class < PrivacyClass::Anonymous;
        let header = BfldHeader {
            timestamp_ns: 1,
            ap_hash: [1; 16],
            sta_hash: [identifying.into(); 16],
            session_id: [3; 16],
            channel: 42,
            bandwidth_mhz: 80,
            rssi_dbm: -50,
            noise_floor_dbm: -95,
            n_subcarriers: 8,
            n_tx: 4,
            n_rx: 2,
            quantization: Quantization::I8,
            privacy_class,
            privacy_mode: !identifying,
            self_only: false,
        };
        let payload = BfldPayload {
            compressed_angle_matrix: vec![7; if identifying { 40 } else { 0 }],
            amplitude_proxy: vec![100; 8],
            phase_proxy: vec![50; 8],
            snr_vector: vec![40, 37],
            csi_delta: identifying.then(|| vec![1; 8]),
            vendor_extension: vec![9; 3],
        };
        BfldFrame { header, payload }
    })
}
