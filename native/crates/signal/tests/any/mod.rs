//! Frames and times that no radio sends, for the properties that hold whatever comes.

use proptest::prelude::*;
use ruview_core::{Complex32, CsiFrame, NodeNumber};

/// Up to four antennas and 70 subcarriers, with zeros and numbers that are none among the amplitudes.
pub(crate) fn any_frame() -> impl Strategy<Value = CsiFrame> {
    let amplitude = prop_oneof![8 => 0.0_f32..128.0, 2 => Just(0.0), 1 => prop::num::f32::ANY];
    (1_u8..5, prop::sample::select(vec![1_usize, 4, 64, 70]))
        .prop_flat_map(move |(antennas, bins)| {
            (Just(antennas), prop::collection::vec(amplitude.clone(), usize::from(antennas) * bins))
        })
        .prop_map(|(antennas, samples)| {
            let iq: Vec<_> = samples.iter().map(|a| Complex32::new(*a, 0.5 * a)).collect();
            let subcarriers = (iq.len() / usize::from(antennas)) as u16;
            CsiFrame::new(NodeNumber(1), antennas, subcarriers, iq).unwrap()
        })
}

/// Microseconds to the next frame: mostly a packet's distance, sometimes a clock that was set.
pub(crate) fn any_step_us() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 0_i64..50_000, 1 => -5_000_000_i64..5_000_000, 1 => Just(3_600_000_000), 1 => any::<i64>()]
}
