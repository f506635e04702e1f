//! A replay without an audience: the recording's own times, and the end when it ends.

use std::sync::Arc;

use homecore::HomeCore;
use ruview_engine::{ChangeLog, Runtime, stream_clock};
use ruview_host::lock;
use uuid::Uuid;

use crate::cli::ReplayArgs;
use crate::engine;
use crate::error::StartError;
use crate::run::{changes_to, data_dir};
use crate::sources;

/// Plays the recordings to their end.
pub(crate) async fn replay(args: &ReplayArgs) -> Result<(), StartError> {
    let sources = sources::replay(args).await?;
    let core = Arc::new(HomeCore::default());
    let changes = args.changes.as_deref().map(changes_to).transpose()?;
    let changes = changes.map(|out| ChangeLog::new(&core, out));
    let remembered = args.persist.persist.then(|| data_dir(&args.serve.data_dir)).transpose()?;
    let _lock = remembered.as_deref().map(lock).transpose()?;
    // Nobody sees its unique ids, so it needs no identity of its own.
    let server_id = Uuid::nil().to_string();
    let engine = engine::start(&args.serve.engine, server_id, core, stream_clock(), remembered.as_deref())?;
    let runtime = Runtime::start(engine, sources.adapters, changes);
    runtime.handle().sources_ended().await;
    let accepted: u64 = runtime.handle().counters().iter().map(|counters| counters.accepted()).sum();
    tracing::info!(packets = accepted, "the recording has ended");
    Ok(runtime.stop().await?)
}
