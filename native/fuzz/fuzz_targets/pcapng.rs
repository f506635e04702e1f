//! Capture files, pcapng.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruview_fuzz::{read_file, read_in_pieces};
use ruview_wire::ByteOrder;
use ruview_wire::capture_file::{PcapngInterface, TimeResolution, pcapng_interface, pcapng_packet, pcapng_section};

const ORDER: ByteOrder = ByteOrder::Big;

fuzz_target!(|input: &[u8]| {
    let mut file = pcapng_section(ORDER);
    let (mut expected, mut interfaces) = (Vec::new(), Vec::new());
    for (meta, octets) in read_in_pieces(input).records {
        // Nanoseconds that are counted from 1970 cannot say what was before, and nobody writes packets without time.
        let Some(at_ns) = meta.at_ns.filter(|&ns| ns >= 0) else { continue };
        let interface =
            PcapngInterface { fcs: meta.fcs, resolution: TimeResolution::NANOS, ..PcapngInterface::new(meta.link) };
        let number = interfaces.iter().position(|known| *known == interface).unwrap_or_else(|| {
            file.extend(pcapng_interface(ORDER, &interface));
            interfaces.push(interface);
            interfaces.len() - 1
        });
        let packet = pcapng_packet(ORDER, (number as u32, &interface), at_ns, meta.original_len, &octets);
        file.extend(packet.expect("what was read can be written"));
        expected.push((meta, octets));
    }
    let again = read_file(&file, file.len());
    assert_eq!(again.faults, []);
    assert_eq!(again.records, expected);
});
