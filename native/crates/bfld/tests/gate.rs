//! The gate: what each class keeps, what no sink is given, and no way back.

use ruview_bfld::{
    Anonymous, Classified, DeliveryError, Derived, HomeSink, LocalSink, NetworkSink, PrivacyClass, PrivacyGate,
    PrivacyViolation, Raw, Restricted, Sink,
};
use ruview_wire::bfld_frame::{BfldFrame, BfldHeader, BfldPayload, Quantization, build_frame, parse_frame};

/// A frame in which every part is filled as far as its class allows.
fn frame(class: PrivacyClass) -> BfldFrame {
    let full = class < PrivacyClass::Anonymous;
    BfldFrame {
        header: BfldHeader {
            timestamp_ns: 1,
            ap_hash: [1; 16],
            sta_hash: if full { [2; 16] } else { [0; 16] },
            session_id: [3; 16],
            channel: 36,
            bandwidth_mhz: 80,
            rssi_dbm: -50,
            noise_floor_dbm: -95,
            n_subcarriers: 4,
            n_tx: 4,
            n_rx: 2,
            quantization: Quantization::I8,
            privacy_class: class,
            privacy_mode: false,
            self_only: true,
        },
        payload: BfldPayload {
            compressed_angle_matrix: if full { vec![4; 40] } else { vec![] },
            amplitude_proxy: vec![5; 4],
            phase_proxy: vec![6; 4],
            snr_vector: vec![7; 2],
            csi_delta: full.then(|| vec![8; 9]),
            vendor_extension: vec![9; 3],
        },
    }
}

#[derive(Default)]
struct Memory(Vec<u8>);

impl Sink for Memory {
    type Error = std::convert::Infallible;

    fn take(&mut self, octets: &[u8]) -> Result<(), Self::Error> {
        self.0.extend_from_slice(octets);
        Ok(())
    }
}

impl LocalSink for Memory {}
impl NetworkSink for Memory {}
impl HomeSink for Memory {}

fn published(frame: BfldFrame) -> Result<Vec<u8>, DeliveryError<std::convert::Infallible>> {
    let frame: Classified<Derived> = Classified::try_from(frame)?;
    let mut sink = Memory::default();
    PrivacyGate::publish(&frame, &mut sink)?;
    Ok(sink.0)
}

#[test]
fn each_class_keeps_what_it_may() {
    use PrivacyClass as P;

    let kept = |from, to| {
        let BfldFrame { header, payload } = PrivacyGate::demote(frame(from), to).unwrap();
        let lengths = [
            payload.compressed_angle_matrix.len(),
            payload.csi_delta.map_or(0, |csi| csi.len()),
            header.sta_hash.iter().filter(|octet| **octet != 0).count(),
            payload.vendor_extension.len(),
            payload.amplitude_proxy.len(),
            payload.phase_proxy.len(),
            payload.snr_vector.len(),
        ];
        (lengths, header.privacy_mode)
    };
    assert_eq!(kept(P::Raw, P::Raw), ([40, 9, 16, 3, 4, 4, 2], false));
    assert_eq!(kept(P::Raw, P::Derived), ([0, 0, 16, 3, 4, 4, 2], false));
    assert_eq!(kept(P::Derived, P::Derived), ([40, 9, 16, 3, 4, 4, 2], false));
    assert_eq!(kept(P::Derived, P::Anonymous), ([0, 0, 0, 0, 4, 4, 2], false));
    assert_eq!(kept(P::Anonymous, P::Restricted), ([0, 0, 0, 0, 0, 0, 2], true));
    assert_eq!(kept(P::Raw, P::Restricted), ([0, 0, 0, 0, 0, 0, 2], true));
}

#[test]
fn the_compilers_gate_is_the_run_times() {
    let raw: Classified<Raw> = Classified::try_from(frame(PrivacyClass::Raw)).unwrap();
    let derived: Classified<Derived> = PrivacyGate::demote_to(raw.clone());
    let anonymous: Classified<Anonymous> = PrivacyGate::demote_to(derived.clone());
    let restricted: Classified<Restricted> = PrivacyGate::demote_to(anonymous.clone());
    let at_run_time = |class| PrivacyGate::demote(frame(PrivacyClass::Raw), class).unwrap();
    assert_eq!(*derived.frame(), at_run_time(PrivacyClass::Derived));
    assert_eq!(*anonymous.frame(), at_run_time(PrivacyClass::Anonymous));
    assert_eq!(*restricted.frame(), at_run_time(PrivacyClass::Restricted));
}

#[test]
fn a_frame_is_of_the_class_that_it_says() {
    let wrong: Result<Classified<Anonymous>, _> = Classified::try_from(frame(PrivacyClass::Raw));
    let expected = PrivacyViolation::OtherClass { expected: PrivacyClass::Anonymous, found: PrivacyClass::Raw };
    assert_eq!(wrong, Err(expected));
}

#[test]
fn no_floats_no_csi_and_no_fine_angles_leave() {
    let refusal = |change: fn(&mut BfldFrame)| {
        let mut frame = frame(PrivacyClass::Derived);
        frame.payload.csi_delta = None;
        change(&mut frame);
        published(frame)
    };
    assert!(refusal(|_| {}).is_ok());
    let floats = refusal(|frame| frame.header.quantization = Quantization::F32);
    assert_eq!(floats, Err(PrivacyViolation::NotQuantized.into()));
    let csi = refusal(|frame| frame.payload.csi_delta = Some(vec![1, 2]));
    assert_eq!(csi, Err(PrivacyViolation::Csi { octets: 2 }.into()));
    let fine = refusal(|frame| frame.header.quantization = Quantization::I16);
    assert_eq!(fine, Err(PrivacyViolation::FineAngles { found: Quantization::I16 }.into()));
}

#[test]
fn a_sink_is_given_what_can_be_read() {
    let anonymous: Classified<Anonymous> = Classified::try_from(frame(PrivacyClass::Anonymous)).unwrap();
    let (mut home, mut memory) = (Memory::default(), Memory::default());
    PrivacyGate::show(&anonymous, &mut home).unwrap();
    PrivacyGate::keep(&anonymous, &mut memory).unwrap();
    assert_eq!(parse_frame(&home.0).unwrap(), *anonymous.frame());
    assert_eq!(home.0, memory.0);
}

#[test]
fn the_gate_only_restricts() {
    for from in PrivacyClass::ALL {
        for to in PrivacyClass::ALL {
            let result = PrivacyGate::demote(frame(from), to);
            if to < from {
                assert_eq!(result, Err(PrivacyViolation::Promotion { from, to }));
                continue;
            }
            let demoted = result.unwrap();
            assert_eq!(demoted.header.privacy_class, to);
            // The checksum is that of what is left.
            assert_eq!(parse_frame(&build_frame(&demoted).unwrap()).unwrap(), demoted);
        }
    }
}

#[test]
fn the_way_does_not_matter() {
    let demoted = |frame, to| PrivacyGate::demote(frame, to).unwrap();
    for from in PrivacyClass::ALL {
        for through in PrivacyClass::ALL.into_iter().filter(|through| *through > from) {
            for to in PrivacyClass::ALL.into_iter().filter(|to| *to > through) {
                assert_eq!(demoted(demoted(frame(from), through), to), demoted(frame(from), to));
            }
        }
    }
}
