//! Capture files read for what was measured in them.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ruview_capture::{CaptureError, FileFault, Measurement, MeasurementFile, NexmonFrames, PacketKind, RejectReason};
use ruview_core::NexmonBandwidth;
use ruview_wire::ByteOrder;
use ruview_wire::capture_file::{PcapFormat, PcapPrecision, pcap_header, pcap_record};
use ruview_wire::dot11::Fcs;
use ruview_wire::link::LinkType;
use ruview_wire::nexmon::build_ethernet;
use tempfile::TempDir;

/// A measurement of a 43455c0, its samples all of one value.
fn nexmon(bandwidth: NexmonBandwidth, value: u8) -> Vec<u8> {
    let width = match bandwidth {
        NexmonBandwidth::Mhz20 => 0xD0,
        NexmonBandwidth::Mhz40 => 0xD8,
        NexmonBandwidth::Mhz80 => 0xE0,
    };
    let mut payload = vec![0x11, 0x11, 0xC6, 0x88, 2, 0, 0, 0, 0, 7, 0x70, 0, 0, 0, 0x2A, width, 0x65, 0];
    payload.resize(payload.len() + 4 * usize::from(bandwidth.bins()), value);
    build_ethernet(&payload).unwrap()
}

fn file(dir: &TempDir, packets: &[Vec<u8>]) -> PathBuf {
    let (order, link) = (ByteOrder::Little, LinkType::ETHERNET);
    let format = PcapFormat { order, precision: PcapPrecision::Micros, link, fcs: Fcs::Unknown };
    let records = packets.iter().zip(0..).map(|(packet, second)| {
        pcap_record(&format, Some(second * 1_000_000_000), packet.len() as u32, packet).unwrap()
    });
    let path = dir.path().join("a.pcap");
    fs::write(&path, [pcap_header(&format)].into_iter().chain(records).flatten().collect::<Vec<_>>()).unwrap();
    path
}

/// Reads to the end, in steps of so many packets.
fn read(path: &Path, step: u64, mut take: impl FnMut(Measurement<'_>)) -> (MeasurementFile, Result<(), FileFault>) {
    let mut file = MeasurementFile::open(path).unwrap();
    loop {
        let flow = file.read(step, |measurement| {
            take(measurement);
            ControlFlow::Continue(())
        });
        match flow {
            Ok(ControlFlow::Break(())) => {}
            Ok(ControlFlow::Continue(())) => return (file, Ok(())),
            Err(fault) => return (file, Err(fault)),
        }
    }
}

#[test]
fn frames_of_one_format_lie_in_one_block() {
    let dir = tempfile::tempdir().unwrap();
    let [narrow, wide] = [NexmonBandwidth::Mhz20, NexmonBandwidth::Mhz80];
    let mut damaged = nexmon(narrow, 0);
    damaged.truncate(100);
    let path = file(&dir, &[nexmon(narrow, 1), nexmon(wide, 2), damaged, vec![0; 60], nexmon(narrow, 3)]);
    for step in [1, 2, 1000] {
        let (mut first, mut of_80_mhz) = (NexmonFrames::of(None), NexmonFrames::of(Some(wide)));
        let (file, end) = read(&path, step, |measurement| {
            let Measurement::Nexmon { at_ns, view } = measurement else { panic!("no report was written") };
            first.push(at_ns, &view, 0).unwrap();
            of_80_mhz.push(at_ns, &view, u64::MAX).unwrap();
        });
        end.unwrap();
        assert_eq!(first.infos().iter().map(|info| info.at_ns / 1_000_000_000).collect::<Vec<_>>(), [0, 4]);
        assert_eq!((first.format().unwrap().bandwidth, of_80_mhz.format().unwrap().bandwidth), (narrow, wide));
        assert_eq!((of_80_mhz.infos().len(), of_80_mhz.into_samples().len()), (1, 256));
        let samples = first.into_samples();
        assert_eq!(samples.len(), 128);
        assert!((samples[64].re - f32::from(0x0303_i16)).abs() < f32::EPSILON);

        let counts = file.counts();
        assert_eq!((counts.packets, counts.kinds[&PacketKind::OtherEthernet]), (5, 1));
        assert_eq!(counts.times_ns, Some((0, 4_000_000_000)));
        let rejection = &counts.rejected[&RejectReason::WrongLength];
        assert_eq!((rejection.packets, rejection.first, counts.rejected.len()), (1, 3, 1));
        assert_eq!(file.progress().read(), file.progress().total);
    }
}

#[test]
fn a_file_that_breaks_off_says_where_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, &[nexmon(NexmonBandwidth::Mhz20, 1), nexmon(NexmonBandwidth::Mhz20, 2)]);
    let octets = fs::read(&path).unwrap();
    fs::write(&path, &octets[..octets.len() - 1]).unwrap();
    let mut count = 0;
    let (mut file, end) = read(&path, 1000, |_| count += 1);
    let Err(FileFault::Broken { error, .. }) = end else { panic!("the last record is cut") };
    assert_eq!((count, error.offset), (1, 24 + (octets.len() - 24) / 2));
    assert!(matches!(file.read(1, |_| ControlFlow::Continue(())), Ok(ControlFlow::Continue(()))));
}

#[test]
fn what_is_no_capture_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.pcap");
    for octets in [&b""[..], b"abc", b"no capture"] {
        fs::write(&path, octets).unwrap();
        let refused = MeasurementFile::open(&path).err().unwrap();
        assert!(matches!(refused, CaptureError::NotACapture { .. }), "{refused}");
    }
    assert!(matches!(MeasurementFile::open(dir.path()), Err(CaptureError::NotAFile { .. })));
}
