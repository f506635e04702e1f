//! What a node knows of the people around it now.

use std::sync::Arc;

use axum::extract::{Path, State};
use ruview_engine::catalog::{
    BFLD_CONFIDENCE, BFLD_MOTION, BFLD_PRESENCE, BREATHING_RATE, DATA_SOURCE, HEART_RATE, MOTION_ENERGY, MOTION_LEVEL,
    PERSON_COUNT, PRESENCE, PRESENCE_SCORE, RSSI,
};
use ruview_engine::{NodeKind, NodeNow};
use serde::Serialize;
use utoipa::ToSchema;

use super::node::{self, Shown};
use super::problem::Problem;
use super::release::{Released, release};
use crate::server::App;

/// What published clients look at whatever the class.
const SLOTS: [&str; 2] = ["breathing_rate_bpm", "heartrate_bpm"];

/// What a node knows of the people around it. What is not known is null, never a default.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Vitals {
    /// The node.
    node_id: String,
    /// When the node was last heard, milliseconds since the Unix epoch.
    timestamp_ms: i64,
    /// Where the data originates: live, replay, simulated; none while the node is silent.
    source: String,
    /// Nothing came from the node for too long.
    silent: bool,
    /// Somebody is there.
    pub(crate) presence: Option<bool>,
    /// How sure `presence` is, 0 to 1.
    pub(crate) confidence: Option<f64>,
    /// How much somebody moves, 0 to 100 %.
    motion: Option<f64>,
    /// How much power the motion has; only comparable with itself.
    motion_energy: Option<f64>,
    /// How many people are there.
    pub(crate) n_persons: Option<u8>,
    /// Breaths per minute. Null where the privacy class withholds it.
    pub(crate) breathing_rate_bpm: Option<f64>,
    /// How sure the breathing rate is, 0 to 1. Absent where the privacy class withholds it.
    pub(crate) breathing_confidence: Option<f64>,
    /// Heart beats per minute. Null where the privacy class withholds it.
    pub(crate) heartrate_bpm: Option<f64>,
    /// How sure the heart rate is, 0 to 1. Absent where the privacy class withholds it.
    pub(crate) heartrate_confidence: Option<f64>,
    /// How loud the node hears its transmitter, dBm.
    rssi: Option<f64>,
}

/// What a node knows of the people around it.
#[utoipa::path(
    get,
    path = "/api/v1/vitals/{node}/latest",
    params(("node" = String, Path, description = "a node's id, or `default` for the first live node", example = "default")),
    responses((status = 200, body = Vitals), (status = 404, body = Problem, description = "there is no such node"))
)]
pub(super) async fn latest(State(app): State<Arc<App>>, Path(node): Path<String>) -> Result<Released, Problem> {
    let node = node::find(&app, &node).await?;
    release(&vitals(&app, node), app.terms(), &SLOTS)
}

pub(crate) fn vitals(app: &App, node: NodeNow) -> Vitals {
    let shown = Shown::on(&app.desk.core, &node.id);
    let presence = presence(&shown, node.kind);
    Vitals {
        timestamp_ms: node.last_heard.as_millisecond(),
        source: shown.state(&DATA_SOURCE).map_or_else(String::new, |state| state.state.clone()),
        silent: node.silent,
        presence,
        confidence: presence.and_then(|present| confidence(&shown, node.kind, present)),
        motion: shown.number(&MOTION_LEVEL),
        motion_energy: shown.number(&MOTION_ENERGY),
        n_persons: shown.count(&PERSON_COUNT),
        breathing_rate_bpm: shown.number(&BREATHING_RATE),
        breathing_confidence: shown.confidence(&BREATHING_RATE),
        heartrate_bpm: shown.number(&HEART_RATE),
        heartrate_confidence: shown.confidence(&HEART_RATE),
        rssi: shown.number(&RSSI),
        node_id: node.id,
    }
}

/// Whether somebody is there, by what the node measures.
pub(super) fn presence(shown: &Shown<'_>, kind: NodeKind) -> Option<bool> {
    shown.flag(match kind {
        NodeKind::Csi => &PRESENCE,
        NodeKind::Bfi => &BFLD_PRESENCE,
    })
}

/// Whether somebody moves, by what the node measures.
pub(crate) fn motion(shown: &Shown<'_>, kind: NodeKind) -> Option<bool> {
    shown.flag(match kind {
        NodeKind::Csi => &ruview_engine::catalog::MOTION,
        NodeKind::Bfi => &BFLD_MOTION,
    })
}

/// How sure it is that somebody is there or not. Feedback says only how good it is itself.
pub(super) fn confidence(shown: &Shown<'_>, kind: NodeKind, present: bool) -> Option<f64> {
    let share = match kind {
        NodeKind::Csi => shown.number(&PRESENCE_SCORE)? / 100.0,
        NodeKind::Bfi => return Some(shown.number(&BFLD_CONFIDENCE)? / 100.0),
    };
    let sure = if present { share } else { 1.0 - share };
    Some((sure * 1000.0).round() / 1000.0)
}
