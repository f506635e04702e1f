//! Every frame of the legacy stream. The files in `tests/golden/ws_sensing` show what they look like. What is not known is
//! null, never a default.

use ruview_bfld::policy::Terms;
use serde::Serialize;
use serde_json::Value;

use crate::http::release::release;

/// What published clients look at whatever the class: null where the policy withholds it.
const SLOTS: [&str; 2] = ["breathing_rate_bpm", "heartrate_bpm"];

/// What the legacy stream sends.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LegacyFrame {
    /// What a live node knows, once a second.
    EdgeVitals(EdgeVitals),
    /// What all live nodes know together, once a second.
    SensingUpdate(SensingUpdate),
    /// What an external estimator sees at a node, once a second while it feeds poses in.
    PoseData(PoseData),
}

impl LegacyFrame {
    /// The frame as it leaves, as text: without anything that `terms` do not permit. `None` where nothing is left to say.
    pub fn to_text(&self, terms: Terms) -> Option<String> {
        release(self, terms, &SLOTS).ok().map(|released| released.into_value().to_string())
    }
}

/// What a live node knows.
#[derive(Debug, Serialize)]
pub struct EdgeVitals {
    /// The node.
    pub node_id: String,
    /// Somebody is there.
    pub presence: Option<bool>,
    /// Somebody fell in the last seconds.
    pub fall_detected: bool,
    /// Somebody moves.
    pub motion: Option<bool>,
    /// Breaths per minute.
    pub breathing_rate_bpm: Option<f64>,
    /// Heart beats per minute.
    pub heartrate_bpm: Option<f64>,
    /// How many people are there.
    pub n_persons: Option<u8>,
    /// How much power the motion has.
    pub motion_energy: Option<f64>,
    /// How much speaks for presence, 0 to 1.
    pub presence_score: Option<f64>,
    /// How loud the node hears its transmitter, dBm.
    pub rssi: Option<f64>,
}

/// What an external estimator of poses sees at a node.
#[derive(Debug, Serialize)]
pub struct PoseData {
    /// The node.
    pub node_id: String,
    /// When, seconds since the Unix epoch.
    pub timestamp: f64,
    /// Everybody: track, 17 points of COCO, position.
    pub persons: Value,
}

/// What all live nodes know together.
#[derive(Debug, Serialize)]
pub struct SensingUpdate {
    /// Now, seconds since the Unix epoch.
    pub timestamp: f64,
    /// Where the data originates: live, replay, simulated.
    pub source: &'static str,
    /// Counts the seconds of the stream: a step of more than one means that this client was too slow for some.
    pub tick: u64,
    /// The live nodes.
    pub nodes: Vec<NodeUpdate>,
    /// Of the node that sees most motion.
    pub features: Features,
    /// What follows from it.
    pub classification: Classification,
    /// Of the node whose breathing is surest; absent where no rate is known, and where the privacy class withholds them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vital_signs: Option<VitalSigns>,
    /// Absent without zones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<ZoneUpdate>,
}

/// A live node.
#[derive(Debug, Serialize)]
pub struct NodeUpdate {
    /// The node.
    pub node_id: String,
    /// How loud it hears its transmitter, dBm.
    pub rssi: Option<f64>,
}

/// What the channel shows.
#[derive(Debug, Default, Serialize)]
pub struct Features {
    /// How much somebody moves, 0 to 100 %.
    pub motion_level: Option<f64>,
    /// How much power the motion has.
    pub motion_energy: Option<f64>,
}

/// What follows for all nodes together.
#[derive(Debug, Serialize)]
pub struct Classification {
    /// Some node sees somebody.
    pub presence: Option<bool>,
    /// `absent`, `present_still` or `active`.
    pub motion_level: Option<&'static str>,
    /// How sure `presence` is, 0 to 1.
    pub confidence: Option<f64>,
}

/// Rates per minute.
#[derive(Debug, Serialize)]
pub struct VitalSigns {
    /// Breaths.
    pub breathing_rate_bpm: Option<f64>,
    /// How sure, 0 to 1.
    pub breathing_confidence: Option<f64>,
    /// Heart beats.
    pub heartrate_bpm: Option<f64>,
    /// How sure, 0 to 1.
    pub heartrate_confidence: Option<f64>,
}

/// A zone.
#[derive(Debug, Serialize)]
pub struct ZoneUpdate {
    /// Its device.
    pub zone: String,
    /// Somebody is in it.
    pub zone_occupancy: Option<bool>,
}
