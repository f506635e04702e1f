//! The last frames of a node's channel, for research on this host.
//!
//! CSI is what all the rest is made of: whoever has it can watch a body. It therefore leaves only as the policy's field
//! `amplitudes` of the class `derived`: without phase, gain and hardware address, on the canonical grid, to an authenticated
//! client on this host ("raw BFI and CSI never exit the capturing host"), after somebody has set research mode.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use ruview_bfld::policy::{Field, Outlet, Terms};
use ruview_engine::{CsiWindow, WINDOW_FRAMES};
use serde::Serialize;
use utoipa::ToSchema;

use super::Peer;
use super::problem::Problem;
use super::release::{Released, release};
use crate::server::App;
use crate::token::Grant;
use ruview_host::frames::Time;

/// The form of this answer.
const SCHEMA_VERSION: u32 = 2;

/// The last frames of a node's channel.
#[derive(Debug, Serialize, ToSchema)]
struct Latest {
    /// 2.
    schema_version: u32,
    /// When the last frame came.
    #[schema(value_type = String, format = DateTime)]
    captured_at: Time,
    /// The node.
    node_id: String,
    /// What its data may say of people: 1, derived.
    privacy_class: u8,
    /// The frames.
    window: Window,
}

/// Frames of one receive antenna.
#[derive(Debug, Serialize, ToSchema)]
struct Window {
    /// When the last frame came, seconds since the Unix epoch.
    ts: f64,
    /// Receive antennas of the radio. The frames are of the first.
    n_paths: u8,
    /// 56 subcarriers (-28 to -1 and 1 to 28) of 20 frames each, oldest first; relative to the mean of their frame.
    amplitudes: Vec<Vec<f64>>,
}

/// The last 20 frames of the first node that measures: in research mode, on this host.
#[utoipa::path(
    get,
    path = "/api/v1/sensing/latest",
    responses(
        (status = 200, body = Latest),
        (status = 403, body = Problem, description = "not in research mode at class 1, or not on this host"),
        (status = 503, body = Problem, description = "no node has sent enough frames yet"),
    )
)]
pub(super) async fn latest(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    Extension(grant): Extension<Grant>,
) -> Result<Released, Problem> {
    let terms = Terms { outlet: Outlet::Research, ..app.terms() };
    if !terms.permit(Field::Amplitudes) {
        return Err(Problem::forbidden(format!(
            "CSI stays inside at privacy class {} ({}); class 1 (derived) in research mode serves it",
            terms.class.as_u8(),
            terms.class
        )));
    }
    // Behind a proxy is somebody else's screen, wherever the proxy is.
    if !peer.address.to_canonical().is_loopback() || grant.is_of_ingress() {
        return Err(Problem::forbidden("CSI never leaves the host that captures it; ask on that host"));
    }
    let window = app.desk.runtime.csi_window().await;
    let window = window.ok_or_else(|| Problem::unavailable("no node has sent enough frames of CSI yet"))?;
    release(&answer(&window, terms), terms, &[])
}

fn answer(found: &CsiWindow, terms: Terms) -> Latest {
    let subcarriers = found.frames.first().map_or(0, |frame| frame.len());
    // Finer is noise.
    let rounded = |amplitude: f32| (f64::from(amplitude) * 1e4).round() / 1e4;
    let row = |at: usize| found.frames.iter().map(|frame| rounded(frame[at])).collect();
    debug_assert_eq!(found.frames.len(), WINDOW_FRAMES);
    Latest {
        schema_version: SCHEMA_VERSION,
        captured_at: Time(found.at),
        node_id: found.node.clone(),
        privacy_class: terms.class.as_u8(),
        window: Window {
            ts: found.at.as_millisecond() as f64 / 1e3,
            n_paths: found.antennas,
            amplitudes: (0..subcarriers).map(row).collect(),
        },
    }
}
