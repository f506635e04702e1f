//! What clients of the beamforming feedback layer ask for: the last scan of a node, and subscriptions.
//!
//! A subscription is an announcement of interest with an end. What is subscribed to is pushed on `/ws/v1`, and by MQTT where
//! a broker is configured; nothing is buffered for a subscriber.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use parking_lot::Mutex;
use ruview_engine::NodeKind;
use ruview_engine::catalog::{BFLD_IDENTITY_RISK, PERSON_COUNT};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::node::{self, Shown};
use super::problem::Problem;
use super::release::{Released, release};
use super::vitals::{confidence, motion, presence};
use crate::server::App;

/// Subscriptions at the same time.
const MAX_SUBSCRIPTIONS: usize = 256;
/// The longest subscription.
const MAX_DURATION_S: f64 = 3600.0;

/// What a node has found last.
#[derive(Debug, Serialize, ToSchema)]
struct LastScan {
    /// The node.
    node_id: String,
    /// When the node was last heard, nanoseconds since the Unix epoch.
    timestamp_ns: i64,
    /// What its data may say of people: 1 derived, 2 anonymous, 3 restricted.
    #[schema(minimum = 1, maximum = 3)]
    privacy_class: u8,
    /// From what the node knows: `bfi` (beamforming feedback) or `csi`.
    kind: &'static str,
    /// Somebody is there.
    presence: Option<bool>,
    /// Somebody moves.
    motion: Option<bool>,
    /// How many people are there; null where nothing can tell.
    person_count: Option<u8>,
    /// How sure `presence` is, 0 to 1.
    confidence: Option<f64>,
    /// How much the feedback could identify somebody. Null where the privacy class withholds it, or nothing can tell.
    identity_risk_score: Option<f64>,
    /// What the privacy class withholds.
    redacted_fields: Vec<&'static str>,
}

/// What a node has found last.
#[utoipa::path(
    get,
    path = "/api/v1/bfld/{node}/last_scan",
    params(("node" = String, Path, description = "a node's id, or `default` for the first live node", example = "default")),
    responses((status = 200, body = LastScan), (status = 404, body = Problem, description = "there is no such node"))
)]
pub(super) async fn last_scan(State(app): State<Arc<App>>, Path(node): Path<String>) -> Result<Released, Problem> {
    let node = node::find(&app, &node).await?;
    let terms = app.terms();
    let shown = Shown::on(&app.desk.core, &node.id);
    let presence = presence(&shown, node.kind);
    let scan = LastScan {
        timestamp_ns: i64::try_from(node.last_heard.as_nanosecond()).unwrap_or(i64::MAX),
        privacy_class: terms.class.as_u8(),
        kind: match node.kind {
            NodeKind::Csi => "csi",
            NodeKind::Bfi => "bfi",
        },
        presence,
        motion: motion(&shown, node.kind),
        person_count: shown.count(&PERSON_COUNT),
        confidence: presence.and_then(|present| confidence(&shown, node.kind, present)),
        identity_risk_score: shown.number(&BFLD_IDENTITY_RISK),
        redacted_fields: terms.redacted_fields(),
        node_id: node.id.clone(),
    };
    release(&scan, terms, &["identity_risk_score"])
}

/// For how long.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Term {
    /// Seconds until the subscription ends.
    #[param(exclusive_minimum = 0.0, maximum = 3600.0, example = 60.0)]
    duration_s: f64,
}

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "published clients look for this name")]
struct Subscription {
    /// Names it.
    subscription_id: Uuid,
    /// The node.
    node_id: String,
    /// When it ends, milliseconds since the Unix epoch.
    expires_at: i64,
    /// Where the states of the node are published, as an MQTT filter.
    topic: String,
    /// What its data may say of people: 1 derived, 2 anonymous, 3 restricted.
    privacy_class: u8,
    /// What the privacy class withholds.
    redacted_fields: Vec<&'static str>,
}

/// Subscribes to what a node finds.
#[utoipa::path(
    method(get, post),
    path = "/api/v1/bfld/{node}/subscribe",
    params(("node" = String, Path, description = "a node's id, or `default` for the first live node", example = "default"), Term),
    responses(
        (status = 200, body = Subscription),
        (status = 404, body = Problem, description = "there is no such node"),
        (status = 422, body = Problem, description = "a duration that makes no sense"),
        (status = 429, body = Problem, description = "too many subscriptions"),
    )
)]
pub(super) async fn subscribe(
    State(app): State<Arc<App>>,
    Path(node): Path<String>,
    Query(Term { duration_s }): Query<Term>,
) -> Result<Released, Problem> {
    if !(duration_s > 0.0 && duration_s <= MAX_DURATION_S) {
        return Err(Problem::unprocessable(format!("duration_s: expected above 0 and at most {MAX_DURATION_S}")));
    }
    let node = node::find(&app, &node).await?;
    let duration = Duration::from_secs_f64(duration_s);
    app.subscriptions.add(Instant::now(), duration)?;
    let terms = app.terms();
    let subscription = Subscription {
        subscription_id: Uuid::new_v4(),
        expires_at: (Timestamp::now() + duration).as_millisecond(),
        topic: format!("ruview/{}/bfld/+/state", node.id),
        node_id: node.id,
        privacy_class: terms.class.as_u8(),
        redacted_fields: terms.redacted_fields(),
    };
    release(&subscription, terms, &[])
}

/// The ends of subscriptions that have not ended.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions(Mutex<VecDeque<Instant>>);

impl Subscriptions {
    fn add(&self, now: Instant, duration: Duration) -> Result<(), Problem> {
        let mut ends = self.0.lock();
        ends.retain(|end| *end > now);
        if ends.len() >= MAX_SUBSCRIPTIONS {
            let first = ends.iter().min().map_or(Duration::ZERO, |end| *end - now);
            return Err(Problem::too_many(
                first,
                format!("there are {MAX_SUBSCRIPTIONS} subscriptions, which is the limit"),
            ));
        }
        ends.push_back(now + duration);
        Ok(())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        let now = Instant::now();
        self.0.lock().iter().filter(|end| **end > now).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_are_bounded_and_end() {
        let (subscriptions, now) = (Subscriptions::default(), Instant::now());
        for _ in 0..MAX_SUBSCRIPTIONS {
            subscriptions.add(now, Duration::from_secs(10)).unwrap();
        }
        assert_eq!(subscriptions.count(), MAX_SUBSCRIPTIONS);
        assert!(subscriptions.add(now, Duration::from_secs(10)).is_err());
        subscriptions.add(now + Duration::from_secs(10), Duration::from_secs(10)).unwrap();
        assert_eq!(subscriptions.count(), 1);
    }
}
