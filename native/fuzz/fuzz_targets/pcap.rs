//! Capture files, pcap.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_fuzz::{read_file, read_in_pieces};
use ruview_wire::ByteOrder;
use ruview_wire::capture_file::{PcapFormat, PcapPrecision, RecordMeta, pcap_header, pcap_record};

fuzz_target!(|input: &[u8]| {
    let content = read_in_pieces(input);
    let Some((RecordMeta { link, fcs, at_ns: Some(_), .. }, _)) = content.records.first() else { return };
    let format = PcapFormat { order: ByteOrder::Big, precision: PcapPrecision::Nanos, link: *link, fcs: *fcs };
    let mut file = pcap_header(&format);
    for (meta, octets) in &content.records {
        match pcap_record(&format, meta.at_ns, meta.original_len, octets) {
            Ok(record) => file.extend(record),
            // A pcapng file can say more of times than this format.
            Err(_) => return,
        }
    }
    let again = read_file(&file, file.len());
    assert_eq!(again.faults, []);
    let one_kind = content.records.iter().all(|(meta, _)| (meta.link, meta.fcs) == (*link, *fcs));
    assert!(!one_kind || again.records == content.records);
});
