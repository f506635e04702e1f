//! The last event of each type and device: an event is told once, and some clients ask later.

use std::collections::HashMap;
use std::sync::Arc;

use homecore::{CoreEvent, Event, HomeCore, RecvError};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::watch;

/// Types and devices that are remembered; more than 64 nodes and their rooms have.
const MAX: usize = 2048;

/// What happened last, by device and type.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<HashMap<(String, String), Happened>>);

/// An event, as it was told.
#[derive(Debug, Clone)]
pub(crate) struct Happened {
    pub(crate) at: Timestamp,
    pub(crate) data: Map<String, Value>,
}

impl Recent {
    pub(crate) fn last(&self, device: &str, event_type: &str) -> Option<Happened> {
        self.0.lock().get(&(device.to_owned(), event_type.to_owned())).cloned()
    }

    fn remember(&self, event: &Event) {
        let Some(device) = event.data.get("device_id").and_then(Value::as_str) else { return };
        let mut table = self.0.lock();
        let key = (device.to_owned(), event.event_type.clone());
        if table.len() < MAX || table.contains_key(&key) {
            table.insert(key, Happened { at: event.time_fired, data: event.data.clone() });
        }
    }
}

/// Remembers what happens until `stop` becomes true. What passes while it lags is not remembered.
pub(crate) async fn listen(core: Arc<HomeCore>, recent: Arc<Recent>, mut stop: watch::Receiver<bool>) {
    let (_, mut events) = core.snapshot_and_subscribe();
    loop {
        let event = tokio::select! {
            _ = stop.wait_for(|&stop| stop) => return,
            event = events.recv() => event,
        };
        match event {
            Ok(CoreEvent::Fired(event)) => recent.remember(&event),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
