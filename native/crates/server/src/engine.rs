//! From the command line to an engine.

use std::path::Path;
use std::sync::Arc;

use homecore::HomeCore;
use jiff::tz::TimeZone;
use ruview_engine::services::ServiceCall;
use ruview_engine::{Clock, Engine, EngineConfig, PacketLimits, RoomModel, services};
use serde_json::Value;

use crate::api;
use crate::cli::EngineArgs;
use crate::error::StartError;

/// An engine as `args` want it. With a `data_dir`, it remembers what it learns.
pub(crate) fn start(
    args: &EngineArgs,
    server_id: String,
    core: Arc<HomeCore>,
    clock: Clock,
    data_dir: Option<&Path>,
) -> Result<Engine, StartError> {
    args.privacy.check()?;
    let rooms = rooms(args)?;
    let config = EngineConfig {
        stale_after: args.stale_after(),
        max_nodes: args.max_nodes.into(),
        packets: PacketLimits { of_a_node: args.max_packets_per_node, of_a_source: args.max_packets },
        privacy: args.privacy.terms(),
        experimental_heart_rate: args.experimental_heart_rate,
        trust_firmware: args.trust_firmware,
        timezone: args.timezone.clone().unwrap_or_else(TimeZone::system),
        ..EngineConfig::new(server_id, &args.name, api::VERSION)
    };
    let mut engine = ruview_host::engine(config, core, clock, data_dir, args.keep());
    // After what was remembered: a file is what its owner wants now.
    if let Some(model) = rooms {
        engine.set_rooms(model);
    }
    engine.set_tunings(args.home.tunings.clone());
    Ok(engine)
}

/// The rooms that a file describes, if any does.
pub(crate) fn rooms(args: &EngineArgs) -> Result<Option<RoomModel>, StartError> {
    match &args.rooms {
        Some(path) => read_rooms(path).map(Some),
        None => Ok(args.home.rooms.clone()),
    }
}

/// Reads `--rooms`.
fn read_rooms(path: &Path) -> Result<RoomModel, StartError> {
    let wrong = |why: String| StartError::Rooms { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    // JSON is YAML too.
    let data: Value = serde_saphyr::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    match ServiceCall::parse(services::DOMAIN, "set_rooms", data) {
        Ok(ServiceCall::SetRooms(model)) => Ok(model),
        Ok(_) => Err(wrong("expected rooms".to_owned())),
        Err(error) => Err(wrong(error.to_string())),
    }
}
