//! Capture files: what is written is read back in pieces of any size, cut and lying files give what is certain and a typed
//! error, and nothing makes the reader hold more than a record.

mod common;

use common::{damage, damaged};
use proptest::collection::vec;
use proptest::prelude::*;
use ruview_wire::capture_file::{
    CaptureReader, MAX_PACKET_LEN, PcapFormat, PcapPrecision, PcapngInterface, RecordMeta, TimeResolution, pcap_header,
    pcap_record, pcapng_interface, pcapng_packet, pcapng_section, pcapng_simple_packet, pcapng_unknown_block,
};
use ruview_wire::dot11::Fcs;
use ruview_wire::link::LinkType;
use ruview_wire::{ByteOrder, Layer, WireError, WireErrorKind};

type Packet = (RecordMeta, Vec<u8>);

/// Everything that a file gives when its octets come in pieces of this size.
fn read(file: &[u8], piece: usize) -> (Vec<Packet>, Vec<WireError>) {
    let mut reader = CaptureReader::new();
    let (mut packets, mut errors) = (Vec::new(), Vec::new());
    for piece in file.chunks(piece.max(1)) {
        reader.push(piece);
        while let Some(record) = reader.next_record() {
            match record {
                Ok(record) => packets.push((record.meta, record.octets.to_vec())),
                Err(error) => errors.push(error),
            }
        }
    }
    errors.extend(reader.finish().err());
    (packets, errors)
}

fn order() -> impl Strategy<Value = ByteOrder> {
    prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)]
}

fn fcs() -> impl Strategy<Value = Fcs> {
    prop_oneof![Just(Fcs::Unknown), Just(Fcs::Absent), Just(Fcs::Present)]
}

fn link() -> impl Strategy<Value = LinkType> {
    prop::sample::select(vec![1, 105, 119, 127, 228]).prop_map(LinkType)
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..80)
}

/// A pcap file and its packets.
fn pcap() -> impl Strategy<Value = (Vec<u8>, Vec<Packet>)> {
    let precision = prop_oneof![Just(PcapPrecision::Micros), Just(PcapPrecision::Nanos)];
    let packets = vec((any::<u32>(), 0..1_000_000_u32, any::<u32>(), octets()), 0..8);
    (order(), precision, link(), fcs(), packets).prop_map(|(order, precision, link, fcs, packets)| {
        let format = PcapFormat { order, precision, link, fcs };
        let mut file = pcap_header(&format);
        let packets = packets.into_iter().map(|(seconds, micros, original_len, octets)| {
            let at_ns = Some(i64::from(seconds) * 1_000_000_000 + i64::from(micros) * 1000);
            file.extend(pcap_record(&format, at_ns, original_len, &octets).expect("a time that fits"));
            (RecordMeta { link, fcs, at_ns, original_len }, octets)
        });
        let packets = packets.collect();
        (file, packets)
    })
}

fn interface() -> impl Strategy<Value = PcapngInterface> {
    let resolution = prop_oneof![
        Just(TimeResolution::MICROS),
        Just(TimeResolution::NANOS),
        Just(TimeResolution::Decimal(3)),
        Just(TimeResolution::Binary(32)),
    ];
    (link(), fcs(), resolution, -1000..1000_i64).prop_map(|(link, fcs, resolution, offset_s)| PcapngInterface {
        link,
        fcs,
        snap_len: 0,
        resolution,
        offset_s,
    })
}

#[derive(Debug, Clone)]
enum Block {
    Packet(prop::sample::Index, u32, Vec<u8>),
    Simple(Vec<u8>),
    Unknown(Vec<u8>),
}

fn block() -> impl Strategy<Value = Block> {
    prop_oneof![
        4 => (any::<prop::sample::Index>(), 2000..u32::MAX, octets()).prop_map(|(at, s, octets)| Block::Packet(at, s, octets)),
        1 => octets().prop_map(Block::Simple),
        1 => octets().prop_map(Block::Unknown),
    ]
}

/// A section with several interfaces, and its packets.
fn section() -> impl Strategy<Value = (Vec<u8>, Vec<Packet>)> {
    (order(), vec(interface(), 1..4), vec(block(), 0..8)).prop_map(|(order, interfaces, blocks)| {
        let mut file = pcapng_section(order);
        let mut packets = Vec::new();
        for interface in &interfaces {
            file.extend(pcapng_interface(order, interface));
        }
        for block in blocks {
            match block {
                Block::Packet(at, seconds, octets) => {
                    let number = at.index(interfaces.len());
                    let interface = &interfaces[number];
                    let at_ns = i64::from(seconds) * 1_000_000_000 + 125_000_000;
                    let block = pcapng_packet(order, (number as u32, interface), at_ns, 9, &octets);
                    file.extend(block.expect("a time that fits"));
                    let (link, fcs) = (interface.link, interface.fcs);
                    packets.push((RecordMeta { link, fcs, at_ns: Some(at_ns), original_len: 9 }, octets));
                }
                Block::Simple(octets) => {
                    file.extend(pcapng_simple_packet(order, &octets).expect("a short packet"));
                    let (link, fcs, original_len) = (interfaces[0].link, interfaces[0].fcs, octets.len() as u32);
                    packets.push((RecordMeta { link, fcs, at_ns: None, original_len }, octets));
                }
                Block::Unknown(octets) => file.extend(pcapng_unknown_block(order, 0xBAD, &octets)),
            }
        }
        (file, packets)
    })
}

/// Several sections after each other, of either byte order.
fn pcapng() -> impl Strategy<Value = (Vec<u8>, Vec<Packet>)> {
    vec(section(), 1..3).prop_map(|sections| {
        let (files, packets): (Vec<_>, Vec<_>) = sections.into_iter().unzip();
        (files.concat(), packets.concat())
    })
}

fn either() -> impl Strategy<Value = (Vec<u8>, Vec<Packet>)> {
    prop_oneof![pcap(), pcapng()]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_in_pieces_of_any_size((file, packets) in either(), piece in 1..300_usize) {
        prop_assert_eq!(read(&file, piece), (packets, Vec::new()));
    }

    #[test]
    fn a_cut_file_keeps_what_came_before((file, packets) in either(), cut in any::<prop::sample::Index>()) {
        let (read_packets, errors) = read(&file[..cut.index(file.len())], 64);
        prop_assert!(packets.starts_with(&read_packets));
        let is_cut = |error: &WireError| matches!(error.kind, WireErrorKind::CutRecord { .. });
        prop_assert!(errors.len() <= 1 && errors.iter().all(is_cut), "{:?}", errors);
    }

    #[test]
    fn damaged_files_do_no_harm_and_pieces_do_not_matter((file, _) in either(), damage in damage(), piece in 1..300_usize) {
        let file = damaged(file, &damage);
        prop_assert_eq!(read(&file, piece), read(&file, file.len()));
    }

    #[test]
    fn arbitrary_octets_do_no_harm(start in 0..3_usize, rest in vec(any::<u8>(), 0..600), piece in 1..100_usize) {
        let starts = [vec![], pcap_header(&MICROS), pcapng_section(ByteOrder::Big)];
        let file = [&starts[start][..], &rest].concat();
        prop_assert_eq!(read(&file, piece), read(&file, file.len()));
    }
}

const MICROS: PcapFormat = PcapFormat {
    order: ByteOrder::Little,
    precision: PcapPrecision::Micros,
    link: LinkType::RADIOTAP,
    fcs: Fcs::Unknown,
};

#[test]
fn headers_are_the_published_ones() {
    let header = pcap_header(&PcapFormat { order: ByteOrder::Big, precision: PcapPrecision::Nanos, ..MICROS });
    let expected = [0xA1, 0xB2, 0x3C, 0x4D, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 127];
    assert_eq!(header, expected);
    let with_fcs = pcap_header(&PcapFormat { fcs: Fcs::Present, ..MICROS });
    assert_eq!(with_fcs[20..], [127, 0, 0, 0x24]);
    assert_eq!(pcapng_section(ByteOrder::Big)[..12], [0x0A, 0x0D, 0x0D, 0x0A, 0, 0, 0, 28, 0x1A, 0x2B, 0x3C, 0x4D]);
}

#[test]
fn what_is_no_capture_file_is_named_once() {
    let (packets, errors) = read(b"GET / HTTP/1.1\r\n", 3);
    let kind = WireErrorKind::WrongFileMagic { found: 0x4745_5420 };
    assert_eq!((packets, errors), (Vec::new(), vec![WireError { layer: Layer::CaptureFile, offset: 0, kind }]));
    assert_eq!(read(b"", 1), (Vec::new(), Vec::new()));
}

#[test]
fn a_cut_last_record_is_a_warning_with_its_place() {
    let mut file = pcap_header(&MICROS);
    file.extend(pcap_record(&MICROS, Some(0), 3, b"abc").unwrap());
    let (packets, errors) = read(&file[..file.len() - 1], 1000);
    let kind = WireErrorKind::CutRecord { expected: 19, found: 18 };
    assert_eq!((packets.len(), errors), (0, vec![WireError { layer: Layer::Pcap, offset: 24, kind }]));
}

#[test]
fn a_lying_pcap_length_ends_the_file() {
    let mut file = pcap_header(&MICROS);
    file.extend(pcap_record(&MICROS, Some(0), 3, b"abc").unwrap());
    let lie = file.len() + 8;
    file.extend(pcap_record(&MICROS, Some(0), 3, b"abc").unwrap());
    file[lie..lie + 4].copy_from_slice(&(MAX_PACKET_LEN + 1).to_le_bytes());
    let (packets, errors) = read(&file, 7);
    assert_eq!((packets.len(), errors.len()), (1, 1));
    assert_eq!((errors[0].kind.subject(), errors[0].offset), ("captured length", lie));
}

/// A section with one interface, the octets of a block, and a good packet after it.
fn around(block: &[u8]) -> Vec<u8> {
    let (order, interface) = (ByteOrder::Little, PcapngInterface::new(LinkType::RADIOTAP));
    let packet = pcapng_packet(order, (0, &interface), 0, 3, b"abc").expect("a time that fits");
    [pcapng_section(order), pcapng_interface(order, &interface), block.to_vec(), packet].concat()
}

#[test]
fn lies_inside_a_block_cost_that_block() {
    let packet = |number: u32| {
        let interface = PcapngInterface::new(LinkType::RADIOTAP);
        pcapng_packet(ByteOrder::Little, (number, &interface), 0, 4, b"wxyz").unwrap()
    };
    let mut long = packet(0);
    long[20..24].copy_from_slice(&u32::MAX.to_le_bytes());
    let mut trailer = packet(0);
    *trailer.last_mut().unwrap() ^= 1;
    let too_short = pcapng_unknown_block(ByteOrder::Little, 6, &[0; 8]);
    for (block, subject) in [(packet(7), "interface"), (long, "length"), (trailer, "length"), (too_short, "length")] {
        let (packets, errors) = read(&around(&block), 11);
        assert_eq!((packets.len(), errors.len()), (1, 1), "{errors:?}");
        assert_eq!(errors[0].kind.subject(), subject);
    }
}

#[test]
fn interfaces_count_even_when_their_options_are_broken() {
    let order = ByteOrder::Little;
    let mut broken = pcapng_interface(order, &PcapngInterface::new(LinkType::PRISM));
    broken[18] = 0xFF;
    let good = pcapng_interface(order, &PcapngInterface::new(LinkType::ETHERNET));
    let interface = PcapngInterface::new(LinkType::ETHERNET);
    let packet = pcapng_packet(order, (2, &interface), 5000, 1, b"a").unwrap();
    let (packets, errors) = read(&around(&[broken, good, packet].concat()), 50);
    assert_eq!(errors.len(), 1);
    assert_eq!((packets[0].0.link, packets[0].0.at_ns), (LinkType::ETHERNET, Some(5000)));
}

/// Blocks that claim gigabytes are skipped without being held, whether anybody reads their kind or not.
#[test]
fn lying_block_lengths_take_no_memory() {
    for kind in [6, 0xBAD] {
        let mut block = pcapng_unknown_block(ByteOrder::Little, kind, &[0; 4]);
        block[4..8].copy_from_slice(&0xFFFF_FFF0_u32.to_le_bytes());
        let mut reader = CaptureReader::new();
        reader.push(&around(&block));
        let refused = std::iter::from_fn(|| reader.next_record().map(|record| record.is_err()));
        assert_eq!(refused.collect::<Vec<_>>(), vec![true; usize::from(kind == 6)]);
        for _ in 0..100 {
            reader.push(&[0; 4096]);
            assert!(reader.next_record().is_none());
        }
        assert!(matches!(reader.finish().unwrap_err().kind, WireErrorKind::CutRecord { .. }));
    }
    for length in [0_u32, 8, 13] {
        let mut block = pcapng_unknown_block(ByteOrder::Little, 0xBAD, &[0; 4]);
        block[4..8].copy_from_slice(&length.to_le_bytes());
        let (packets, errors) = read(&around(&block), 9);
        assert_eq!((packets.len(), errors.len()), (0, 1));
        assert_eq!(errors[0].kind.subject(), "block length");
    }
}

#[test]
fn times_are_what_the_interface_counts_in() {
    let ns = |resolution, ticks: u64| {
        let interface = PcapngInterface { resolution, ..PcapngInterface::new(LinkType::RADIOTAP) };
        let order = ByteOrder::Big;
        let clock = PcapngInterface { resolution: TimeResolution::NANOS, ..interface };
        let mut packet = pcapng_packet(order, (0, &clock), 0, 0, b"").unwrap();
        packet[12..16].copy_from_slice(&((ticks >> 32) as u32).to_be_bytes());
        packet[16..20].copy_from_slice(&(ticks as u32).to_be_bytes());
        let file = [pcapng_section(order), pcapng_interface(order, &interface), packet].concat();
        read(&file, 5).0[0].0.at_ns
    };
    assert_eq!(ns(TimeResolution::MICROS, 1_700_000_000_000_001), Some(1_700_000_000_000_001_000));
    assert_eq!(ns(TimeResolution::Binary(10), 1536), Some(1_500_000_000));
    assert_eq!(ns(TimeResolution::Decimal(0), u64::MAX), None);
    assert_eq!(ns(TimeResolution::Decimal(127), u64::MAX), Some(0));
    assert_eq!(ns(TimeResolution::Binary(127), u64::MAX), Some(0));
}
