//! What a node's firmware would conclude, derived from the truth: consumers of [`EdgeVitals`] see a simulated one react to a
//! story, which says nothing about how well any firmware does.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use ruview_core::{EdgeVitals, NodeNumber};

use super::person::Doing;
use super::plan::Room;

/// Relative errors of the rates.
const RATE_ERROR: f64 = 0.02;

/// What the node tells of those in its room.
pub(super) fn edge_vitals(
    node: NodeNumber,
    room: &Room,
    everybody: impl Iterator<Item = Doing>,
    uptime_ms: u32,
    rng: &mut ChaCha8Rng,
) -> EdgeVitals {
    let here: Vec<Doing> = everybody.filter(|doing| room.share_inside(doing.at) > 0.5).collect();
    let moving = here.iter().any(|doing| doing.moving);
    // A firmware has one rate to give, and cannot tell two chests apart.
    let vital = if let [alone] = here.as_slice() { alone.vital } else { None };
    let mut measured = |rate: f64| (rate * (1.0 + RATE_ERROR * rng.random_range(-1.0..1.0))) as f32;
    EdgeVitals {
        node,
        presence: !here.is_empty(),
        fall: here.iter().any(|doing| doing.fallen),
        motion: moving,
        breathing_rate_bpm: measured(vital.map_or(0.0, |vital| vital.breaths_per_minute)),
        heart_rate_bpm: measured(vital.and_then(|vital| vital.heart_rate_bpm).unwrap_or(0.0)),
        rssi_dbm: None,
        n_persons: here.len().min(usize::from(u8::MAX)) as u8,
        motion_energy: measured(if moving { 1.0 } else { 0.02 }),
        presence_score: measured(if here.is_empty() { 0.05 } else { 1.0 }),
        uptime_ms: Some(uptime_ms),
    }
}
