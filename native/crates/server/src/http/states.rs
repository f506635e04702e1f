//! The states that Home Assistant sees, for programs that are not Home Assistant.

use std::sync::Arc;

use axum::extract::{Path, State};

use super::problem::Problem;
use super::release::{Released, release};
use crate::server::App;
use ruview_host::frames::StateView;

/// All states.
#[utoipa::path(get, path = "/api/v1/states", responses((status = 200, body = Vec<StateView<'_>>)))]
pub(super) async fn all(State(app): State<Arc<App>>) -> Result<Released, Problem> {
    let states = app.desk.core.states().all();
    let states: Vec<_> = states.iter().map(|state| StateView::from(state.as_ref())).collect();
    release(&states, app.terms(), &[])
}

/// One state.
#[utoipa::path(
    get,
    path = "/api/v1/states/{entity_id}",
    params(("entity_id" = String, Path, description = "such as binary_sensor.node_1_presence")),
    responses((status = 200, body = StateView<'_>), (status = 404, body = Problem, description = "there is no such state"))
)]
pub(super) async fn one(State(app): State<Arc<App>>, Path(entity_id): Path<String>) -> Result<Released, Problem> {
    let state = app.desk.core.states().get(&entity_id);
    let state = state.ok_or_else(|| Problem::not_found("no entity of this id has a state"))?;
    release(&StateView::from(state.as_ref()), app.terms(), &[])
}
