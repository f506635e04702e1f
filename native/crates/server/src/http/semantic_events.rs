//! The named events of a node's room: whether what they told of is still so.

use std::sync::Arc;

use axum::extract::{Path, State};
use jiff::Timestamp;
use ruview_bfld::policy::Field;
use ruview_engine::catalog::{
    DATA_SOURCE, PRESENCE, UNEXPECTED_OCCUPANCY, UNKNOWN_PRESENCE, UNRECOGNIZED_ACTIVITY_PATTERN,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::node::{self, Shown};
use super::problem::Problem;
use super::release::{Released, release};
use crate::recent::Happened;
use crate::server::App;
use ruview_host::frames::Time;

/// Where the event begins by default. A room can have another threshold, which only the engine knows.
const ANOMALY_THRESHOLD: f64 = 0.7;
/// The event is told at most this often, so it is not news for longer.
const PATTERN_LASTS: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);
/// What clients look at whatever the class.
const SLOTS: [&str; 1] = ["events.unrecognized_activity_pattern.anomaly_score"];

/// The named events of a node's room.
#[derive(Debug, Serialize, ToSchema)]
struct SemanticEvents {
    /// The node.
    node_id: String,
    /// What its data may say of people: 1 derived, 2 anonymous, 3 restricted.
    privacy_class: u8,
    /// Each event.
    events: Events,
    /// What the privacy class withholds.
    redacted_fields: Vec<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Events {
    unknown_presence: UnknownPresence,
    unexpected_occupancy: UnexpectedOccupancy,
    unrecognized_activity_pattern: UnrecognizedActivityPattern,
}

/// Somebody came whom no linked person explains.
#[derive(Debug, Serialize, ToSchema)]
struct UnknownPresence {
    /// It was told of, and whoever came is still there.
    active: bool,
    /// Where the data originates: live, replay, simulated, none.
    source: String,
    /// When it was told last; null when it never was since the server started.
    #[schema(value_type = Option<String>, format = DateTime)]
    ts: Option<Time>,
}

/// Somebody is there outside the schedule.
#[derive(Debug, Serialize, ToSchema)]
struct UnexpectedOccupancy {
    /// It was told of, and whoever is there still is.
    active: bool,
    /// A schedule was known when it was told.
    schedule_aware: bool,
    /// When it was told last; null when it never was since the server started.
    #[schema(value_type = Option<String>, format = DateTime)]
    ts: Option<Time>,
}

/// Activity that this home has not shown before.
#[derive(Debug, Serialize, ToSchema)]
struct UnrecognizedActivityPattern {
    /// It was told of in the last ten minutes.
    active: bool,
    /// From which score on it is told, unless the room has a threshold of its own.
    anomaly_threshold: f64,
    /// The score of which it was told, 0 to 1. Null where the privacy class withholds it, or when it never was told.
    anomaly_score: Option<f64>,
    /// When it was told last; null when it never was since the server started.
    #[schema(value_type = Option<String>, format = DateTime)]
    ts: Option<Time>,
}

/// The named events of a node's room.
#[utoipa::path(
    get,
    path = "/api/v1/semantic-events/{node}/latest",
    params(("node" = String, Path, description = "a node's id, or `default` for the first live node", example = "default")),
    responses((status = 200, body = SemanticEvents), (status = 404, body = Problem, description = "there is no such node"))
)]
pub(super) async fn latest(State(app): State<Arc<App>>, Path(node): Path<String>) -> Result<Released, Problem> {
    let node = node::find(&app, &node).await?;
    let terms = app.terms();
    let place = Place { app: &app, speaker: &node.speaker };
    let source = Shown::on(&app.desk.core, &node.id).state(&DATA_SOURCE);
    let mut redacted_fields = terms.redacted_fields();
    if !terms.permit(Field::AnomalyScore) {
        redacted_fields.push(Field::AnomalyScore.row().key);
    }
    let answer = SemanticEvents {
        privacy_class: terms.class.as_u8(),
        events: Events {
            unknown_presence: place.unknown_presence(source.map_or_else(String::new, |state| state.state.clone())),
            unexpected_occupancy: place.unexpected_occupancy(),
            unrecognized_activity_pattern: place.unrecognized_activity_pattern(Timestamp::now()),
        },
        redacted_fields,
        node_id: node.id.clone(),
    };
    release(&answer, terms, &SLOTS)
}

/// The device that tells the events of a room.
struct Place<'a> {
    app: &'a App,
    speaker: &'a str,
}

impl Place<'_> {
    fn unknown_presence(&self, source: String) -> UnknownPresence {
        let told = self.last(UNKNOWN_PRESENCE);
        UnknownPresence { active: self.stayed_since(told.as_ref()), source, ts: at(told.as_ref()) }
    }

    fn unexpected_occupancy(&self) -> UnexpectedOccupancy {
        let told = self.last(UNEXPECTED_OCCUPANCY);
        let schedule_aware = told.as_ref().and_then(|told| told.data.get("schedule_aware")).and_then(Value::as_bool);
        UnexpectedOccupancy {
            active: self.stayed_since(told.as_ref()),
            schedule_aware: schedule_aware.unwrap_or(false),
            ts: at(told.as_ref()),
        }
    }

    fn unrecognized_activity_pattern(&self, now: Timestamp) -> UnrecognizedActivityPattern {
        let told = self.last(UNRECOGNIZED_ACTIVITY_PATTERN);
        UnrecognizedActivityPattern {
            active: told.as_ref().is_some_and(|told| now.duration_since(told.at) < PATTERN_LASTS),
            anomaly_threshold: ANOMALY_THRESHOLD,
            anomaly_score: told.as_ref().and_then(|told| told.data.get("anomaly_score")).and_then(Value::as_f64),
            ts: at(told.as_ref()),
        }
    }

    fn last(&self, event_type: &str) -> Option<Happened> {
        self.app.recent.last(self.speaker, event_type)
    }

    /// Whether presence has not ended since something was told of it.
    fn stayed_since(&self, told: Option<&Happened>) -> bool {
        let Some(told) = told else { return false };
        let shown = Shown::on(&self.app.desk.core, self.speaker);
        shown.flag(&PRESENCE) == Some(true)
            && shown.state(&PRESENCE).is_some_and(|presence| presence.last_changed <= told.at)
    }
}

fn at(told: Option<&Happened>) -> Option<Time> {
    told.map(|told| Time(told.at))
}
