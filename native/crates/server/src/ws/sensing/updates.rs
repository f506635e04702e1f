//! What the legacy stream says in this second: made once for all clients, of what Home Assistant sees.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use jiff::{SignedDuration, Timestamp};
use ruview_bfld::policy::Field;
use ruview_engine::catalog::{FALL_DETECTED, MOTION_ENERGY, MOTION_LEVEL, POSE, PRESENCE_SCORE, RSSI, ZONE_OCCUPANCY};
use ruview_engine::{NodeKind, NodeNow};
use tokio::time::{MissedTickBehavior, interval};

use super::frames::{
    Classification, EdgeVitals, Features, LegacyFrame, NodeUpdate, PoseData, SensingUpdate, VitalSigns, ZoneUpdate,
};
use crate::http::node::Shown;
use crate::http::vitals::{Vitals, motion, vitals};
use crate::server::App;

/// A fall is told for so long: clients look once a second, and some look away.
const FALL_IS_TOLD: SignedDuration = SignedDuration::from_secs(5);

/// The frames of one second. Clients that are too slow for it get the next one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Batch {
    pub(crate) tick: u64,
    pub(crate) frames: Arc<[Utf8Bytes]>,
}

/// Makes a batch a second while anyone listens, until the server stops.
pub(crate) async fn produce(app: Arc<App>) {
    let mut stop = app.stop.clone();
    let mut ticks = interval(app.limits.legacy_period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut tick = 0;
    loop {
        tokio::select! {
            _ = stop.wait_for(|&stop| stop) => return,
            _ = ticks.tick() => {}
        }
        if app.legacy.receiver_count() == 0 {
            continue;
        }
        let Some(nodes) = app.desk.runtime.nodes().await else { return };
        tick += 1;
        let terms = app.terms();
        let frames = frames(&app, nodes, tick);
        let frames = frames.iter().filter_map(|frame| frame.to_text(terms)).map(Utf8Bytes::from).collect();
        app.legacy.send_replace(Batch { tick, frames });
    }
}

fn frames(app: &App, mut nodes: Vec<NodeNow>, tick: u64) -> Vec<LegacyFrame> {
    nodes.retain(|node| !node.silent);
    let now = Timestamp::now();
    let seen: Vec<Seen> = nodes.into_iter().map(|node| Seen::of(app, node, now)).collect();
    let update = LegacyFrame::SensingUpdate(update(app, &seen, now, tick));
    let poses: Vec<_> = seen.iter().filter_map(|seen| pose(app, &seen.edge.node_id)).collect();
    seen.into_iter().map(|seen| LegacyFrame::EdgeVitals(seen.edge)).chain([update]).chain(poses).collect()
}

/// A node in this second.
struct Seen {
    edge: EdgeVitals,
    vitals: Vitals,
    motion_level: Option<f64>,
}

impl Seen {
    fn of(app: &App, node: NodeNow, now: Timestamp) -> Self {
        let shown = Shown::on(&app.desk.core, &node.id);
        let fell = app.recent.last(&node.id, FALL_DETECTED);
        let (kind, node_id) = (node.kind, node.id.clone());
        let presence_score = match kind {
            NodeKind::Csi => shown.number(&PRESENCE_SCORE).map(|percent| (percent * 10.0).round() / 1000.0),
            NodeKind::Bfi => None,
        };
        let (motion, motion_energy) = (motion(&shown, kind), shown.number(&MOTION_ENERGY));
        let (motion_level, rssi) = (shown.number(&MOTION_LEVEL), shown.number(&RSSI));
        let vitals = vitals(app, node);
        let edge = EdgeVitals {
            node_id,
            presence: vitals.presence,
            fall_detected: fell.is_some_and(|fell| now.duration_since(fell.at) < FALL_IS_TOLD),
            motion,
            breathing_rate_bpm: vitals.breathing_rate_bpm,
            heartrate_bpm: vitals.heartrate_bpm,
            n_persons: vitals.n_persons,
            motion_energy,
            presence_score,
            rssi,
        };
        Self { edge, vitals, motion_level }
    }
}

fn update(app: &App, seen: &[Seen], now: Timestamp, tick: u64) -> SensingUpdate {
    let most = |of: fn(&Seen) -> Option<f64>| {
        let known = seen.iter().filter(|seen| of(seen).is_some());
        known.max_by(|a, b| of(a).unwrap_or(0.0).total_cmp(&of(b).unwrap_or(0.0)))
    };
    let features = most(|seen| seen.motion_level).map_or_else(Features::default, |seen| Features {
        motion_level: seen.motion_level,
        motion_energy: seen.edge.motion_energy,
    });
    let rates = most(|seen| seen.vitals.breathing_confidence.or(seen.vitals.heartrate_confidence));
    SensingUpdate {
        timestamp: now.as_millisecond() as f64 / 1e3,
        source: app.desk.about.source.as_str(),
        tick,
        nodes: seen
            .iter()
            .map(|seen| NodeUpdate { node_id: seen.edge.node_id.clone(), rssi: seen.edge.rssi })
            .collect(),
        features,
        classification: classification(seen),
        vital_signs: rates.filter(|_| app.terms().permit(Field::BreathingRate)).map(|seen| VitalSigns {
            breathing_rate_bpm: seen.vitals.breathing_rate_bpm,
            breathing_confidence: seen.vitals.breathing_confidence,
            heartrate_bpm: seen.vitals.heartrate_bpm,
            heartrate_confidence: seen.vitals.heartrate_confidence,
        }),
        zones: zones(app),
    }
}

/// What an estimator feeds in for a node, if one does.
fn pose(app: &App, node: &str) -> Option<LegacyFrame> {
    let state = Shown::on(&app.desk.core, node).state(&POSE)?;
    let persons = state.attributes.get("persons")?.clone();
    let timestamp = state.last_reported.as_millisecond() as f64 / 1e3;
    Some(LegacyFrame::PoseData(PoseData { node_id: node.to_owned(), timestamp, persons }))
}

/// Somebody is there if one node says so; nobody if all that know say so.
fn classification(seen: &[Seen]) -> Classification {
    let any = |said: fn(&EdgeVitals) -> Option<bool>| {
        let known: Vec<bool> = seen.iter().filter_map(|seen| said(&seen.edge)).collect();
        (!known.is_empty()).then(|| known.contains(&true))
    };
    let (presence, moves) = (any(|edge| edge.presence), any(|edge| edge.motion));
    let agree = seen.iter().filter(|seen| seen.edge.presence == presence);
    Classification {
        presence,
        motion_level: match (presence, moves) {
            (Some(false), _) => Some("absent"),
            (Some(true), Some(true)) => Some("active"),
            (Some(true), _) => Some("present_still"),
            (None, _) => None,
        },
        confidence: agree.filter_map(|seen| seen.vitals.confidence).max_by(f64::total_cmp),
    }
}

fn zones(app: &App) -> Vec<ZoneUpdate> {
    let devices = app.desk.core.snapshot().devices;
    let zones = devices.iter().filter(|device| device.kind == "zone");
    zones
        .map(|device| ZoneUpdate {
            zone: device.id.clone(),
            zone_occupancy: Shown::on(&app.desk.core, &device.id).flag(&ZONE_OCCUPANCY),
        })
        .collect()
}
