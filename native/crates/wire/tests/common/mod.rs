//! Packets of every kind that a node can send, for property tests.
#![allow(dead_code, reason = "each test file uses some of them")]

pub(crate) mod cbfr;
pub(crate) mod npz;

use proptest::array::uniform8;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use ruview_core::{Complex32, CsiFrame, EdgeVitals, FeatureState, FeatureVector, NodeNumber, NodePacket};
use ruview_wire::esp32::MAX_SUBCARRIERS;

fn node() -> impl Strategy<Value = NodeNumber> {
    any::<u8>().prop_map(NodeNumber)
}

fn level_dbm() -> impl Strategy<Value = Option<i8>> {
    option::of(i8::MIN..=0)
}

/// Zero, subnormal and negative numbers included.
fn finite() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("finite", |x| x.is_finite())
}

fn sample() -> impl Strategy<Value = Complex32> {
    any::<[i8; 2]>().prop_map(|[re, im]| Complex32::new(re.into(), im.into()))
}

pub(crate) fn csi() -> impl Strategy<Value = CsiFrame> {
    let shape = prop_oneof![(1..=8_u8, 1..=64_u16), (1..=2_u8, 1..=MAX_SUBCARRIERS)];
    let iq = shape.prop_flat_map(|(antennas, subcarriers)| {
        let samples = usize::from(antennas) * usize::from(subcarriers);
        (Just(antennas), Just(subcarriers), vec(sample(), samples))
    });
    let frequency = option::of(1..=u32::MAX);
    (node(), iq, level_dbm(), level_dbm(), frequency, any::<u32>()).prop_map(
        |(node, (antennas, subcarriers, iq), rssi, noise_floor, frequency, seq)| {
            let mut frame = CsiFrame::new(node, antennas, subcarriers, iq).expect("samples fill the shape");
            frame.rssi_dbm = rssi;
            frame.noise_floor_dbm = noise_floor;
            frame.frequency_mhz = frequency;
            frame.seq = Some(seq);
            frame
        },
    )
}

/// Rates are what the packet's fixed-point fields can say.
pub(crate) fn edge_vitals() -> impl Strategy<Value = EdgeVitals> {
    let rates = (any::<u16>(), any::<u32>());
    (node(), any::<[bool; 3]>(), rates, level_dbm(), any::<u8>(), finite(), finite(), any::<u32>()).prop_map(
        |(node, [presence, fall, motion], (breathing, heart), rssi_dbm, n_persons, energy, score, uptime)| EdgeVitals {
            node,
            presence,
            fall,
            motion,
            breathing_rate_bpm: (f64::from(breathing) / 100.0) as f32,
            heart_rate_bpm: (f64::from(heart) / 10_000.0) as f32,
            rssi_dbm,
            n_persons,
            motion_energy: energy,
            presence_score: score,
            uptime_ms: Some(uptime),
        },
    )
}

pub(crate) fn feature_vector() -> impl Strategy<Value = FeatureVector> {
    (node(), any::<u16>(), uniform8(finite())).prop_map(|(node, seq, features)| FeatureVector { node, seq, features })
}

pub(crate) fn feature_state() -> impl Strategy<Value = FeatureState> {
    let header = (node(), any::<u8>(), any::<u16>(), any::<u64>(), any::<u16>());
    (header, uniform8(finite()), finite()).prop_map(
        |((node, mode, seq, node_ts_us, quality_flags), scores, node_coherence)| FeatureState {
            node,
            mode,
            seq,
            node_ts_us,
            motion_score: scores[0],
            presence_score: scores[1],
            respiration_bpm: scores[2],
            respiration_conf: scores[3],
            heartbeat_bpm: scores[4],
            heartbeat_conf: scores[5],
            anomaly_score: scores[6],
            env_shift_score: scores[7],
            node_coherence,
            quality_flags,
        },
    )
}

pub(crate) fn packet() -> impl Strategy<Value = NodePacket> {
    prop_oneof![
        csi().prop_map(NodePacket::Csi),
        edge_vitals().prop_map(NodePacket::EdgeVitals),
        feature_vector().prop_map(NodePacket::FeatureVector),
        feature_state().prop_map(NodePacket::FeatureState),
    ]
}

/// What can happen to octets on their way.
#[derive(Debug, Clone)]
pub(crate) enum Damage {
    Cut(prop::sample::Index),
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
}

pub(crate) fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<prop::sample::Index>;
    let one = prop_oneof![
        at().prop_map(Damage::Cut),
        (at(), any::<u8>()).prop_map(|(at, octet)| Damage::Set(at, octet)),
        (at(), any::<u8>()).prop_map(|(at, octet)| Damage::Insert(at, octet)),
    ];
    vec(one, 1..6)
}

pub(crate) fn damaged(mut octets: Vec<u8>, damage: &[Damage]) -> Vec<u8> {
    for step in damage {
        let len = octets.len();
        match step {
            Damage::Cut(at) => octets.truncate(at.index(len + 1)),
            Damage::Insert(at, octet) => octets.insert(at.index(len + 1), *octet),
            Damage::Set(at, octet) if len > 0 => octets[at.index(len)] = *octet,
            Damage::Set(..) => {}
        }
    }
    octets
}
