//! A core and an engine that know what earlier processes knew.

use std::path::Path;
use std::sync::Arc;

use homecore::{HomeCore, Storage, StorageConfig, StorageError};
use ruview_engine::{Clock, Engine, EngineConfig, EventLog, Keep, Store};

/// Where the registries are in the data directory: the folder that Home Assistant has for them too.
const REGISTRIES: &str = ".storage";

/// A core that, with a `data_dir`, knows the devices and entities of earlier processes again.
///
/// # Errors
/// What is known of them cannot be used.
pub fn core(data_dir: Option<&Path>) -> Result<Arc<HomeCore>, StorageError> {
    let core = HomeCore::default();
    Ok(Arc::new(match data_dir {
        Some(dir) => core.keeping(Storage::open(&dir.join(REGISTRIES), StorageConfig::default())?),
        None => core,
    }))
}

/// An engine that, with a `data_dir`, remembers what it learns, and keeps as much of what happens.
pub fn engine(config: EngineConfig, core: Arc<HomeCore>, clock: Clock, data_dir: Option<&Path>, keep: Keep) -> Engine {
    let mut engine = Engine::new(config, core, clock);
    if let Some(dir) = data_dir {
        engine.remember(Store::open(dir));
        engine.log_events(EventLog::open(dir, keep));
    }
    engine
}
