//! A replay without an audience: the recording's own times, and the end when it ends.

use std::sync::Arc;

use homecore::HomeCore;
use ruview_engine::{ChangeLog, Engine, EngineConfig, Runtime, stream_clock};
use uuid::Uuid;

use crate::api;
use crate::cli::ReplayArgs;
use crate::error::StartError;
use crate::run::changes_to;
use crate::sources;

/// Plays the recordings to their end.
pub(crate) async fn replay(args: &ReplayArgs) -> Result<(), StartError> {
    let sources = sources::replay(args).await?;
    let core = Arc::new(HomeCore::default());
    let changes = args.changes.as_deref().map(changes_to).transpose()?;
    let changes = changes.map(|out| ChangeLog::new(&core, out));
    let config = EngineConfig {
        stale_after: args.serve.engine.stale_after(),
        privacy: args.serve.engine.privacy.terms(),
        // Nobody sees its unique ids, so it needs no identity of its own.
        ..EngineConfig::new(Uuid::nil().to_string(), &args.serve.engine.name, api::VERSION)
    };
    let runtime = Runtime::start(Engine::new(config, core, stream_clock()), sources.adapters, changes);
    runtime.sources_ended().await;
    let accepted: u64 = runtime.handle().counters().iter().map(|counters| counters.accepted()).sum();
    tracing::info!(packets = accepted, "the recording has ended");
    Ok(runtime.stop().await?)
}
