//! Takes in what an external estimator of poses sees. It drives the entities of poses and tracked persons, which exist only
//! while it does, and only where their owner has asked for tracking.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use ruview_bfld::policy::Field;
use ruview_engine::services::ServiceErrorCode;
use ruview_engine::{KEYPOINTS, NodeId, PoseReport, PosedPerson};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};

use super::node;
use super::problem::Problem;
use super::release::{Released, release};
use crate::server::App;

/// Silence after which an estimator has stopped.
const EXPIRES_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// Everybody whom an estimator sees now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Poses {
    /// The node at which they are seen; the first live one by default.
    #[serde(default = "default_node")]
    #[schema(default = "default", example = "default")]
    node_id: String,
    /// Everybody; nobody is an empty list.
    #[schema(max_items = 10)]
    persons: Vec<Person>,
}

fn default_node() -> String {
    "default".to_owned()
}

/// A person as an estimator sees one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Person {
    /// The estimator's own number for whom it follows; no two persons have the same.
    #[schema(value_type = i64, minimum = 0, maximum = 4_294_967_295_i64)]
    #[serde(deserialize_with = "whole")]
    track_id: u32,
    /// 17 points in COCO's order: x, y in the estimator's own frame, and how sure it is, 0 to 1.
    #[schema(schema_with = keypoints)]
    keypoints: Vec<[f32; 3]>,
    /// Where the person is: metres, at most 1000, on axes of the estimator's own.
    #[schema(schema_with = position)]
    #[serde(default)]
    position: Option<[f32; 3]>,
}

/// A whole number however it is written: to JSON, 7.0 is one too.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = f64::deserialize(deserializer)?;
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    if is_whole { Ok(number as u32) } else { Err(D::Error::custom("expected a whole number from 0 to 4294967295")) }
}

/// Lists of exactly three numbers.
fn triple(limit: f64) -> ArrayBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Number).minimum(Some(-limit)).maximum(Some(limit));
    ArrayBuilder::new().items(number).min_items(Some(3)).max_items(Some(3))
}

fn keypoints() -> Schema {
    ArrayBuilder::new()
        .items(triple(1e6))
        .min_items(Some(KEYPOINTS))
        .max_items(Some(KEYPOINTS))
        .description(Some("17 points in COCO's order: x, y in the estimator's own frame, and how sure it is, 0 to 1"))
        .into()
}

fn position() -> Schema {
    let description = "where the person is: metres, at most 1000, on axes of the estimator's own; may be absent";
    let or_null = SchemaType::from_iter([Type::Array, Type::Null]);
    triple(1e3).schema_type(or_null).description(Some(description)).into()
}

/// What was taken in.
#[derive(Debug, Serialize, ToSchema)]
struct Taken {
    /// The node.
    node_id: String,
    /// How many people.
    person_count: usize,
    /// When it is not true any more, milliseconds since the Unix epoch.
    expires_at: i64,
}

/// Takes in what an external estimator of poses sees.
#[utoipa::path(
    post,
    path = "/api/v1/pose",
    request_body = Poses,
    responses(
        (status = 200, body = Taken),
        (status = 403, body = Problem, description = "no tracking was asked for, or the privacy class does not permit it"),
        (status = 404, body = Problem, description = "there is no such node"),
        (status = 409, body = Problem, description = "the node is silent"),
        (status = 422, body = Problem, description = "a field makes no sense"),
    )
)]
pub(super) async fn take(State(app): State<Arc<App>>, Json(poses): Json<Poses>) -> Result<Released, Problem> {
    let terms = app.terms();
    if !(terms.permit(Field::PoseKeypoints) && terms.permit(Field::TrackedPersons)) {
        return Err(Problem::forbidden(
            "poses are taken in with --tracking only, never at privacy class 3 or in privacy mode",
        ));
    }
    let person_count = poses.persons.len();
    let persons = poses.persons.into_iter().map(|Person { track_id, keypoints, position }| PosedPerson {
        track_id,
        keypoints,
        position,
    });
    let report = PoseReport::new(persons.collect()).map_err(|error| Problem::unprocessable(error.to_string()))?;
    let node = node::find(&app, &poses.node_id).await?;
    let id: NodeId = node.id.parse().map_err(|_| Problem::not_found("there is no such node"))?;
    let taken = app.desk.runtime.take_pose(id, report).await.ok_or_else(Problem::stopping)?;
    taken.map_err(|error| match error.code {
        ServiceErrorCode::NodeSilent => Problem::new(StatusCode::CONFLICT, error.to_string()),
        _ => Problem::not_found(error.to_string()),
    })?;
    let expires_at = (Timestamp::now() + EXPIRES_AFTER).as_millisecond();
    release(&Taken { node_id: node.id, person_count, expires_at }, terms, &[])
}
