//! What others ask over MQTT: a calibration, the one thing that discovery announces.

use std::sync::Arc;
use std::time::Duration;

use ruview_engine::RuntimeHandle;
use ruview_engine::services::{self, ServiceCall};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::discovery::PRESS;
use crate::counters::Counters;

/// Commands under way; more are dropped.
const AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Commands {
    runtime: RuntimeHandle,
    under_way: Arc<Semaphore>,
}

impl Commands {
    pub(crate) fn new(runtime: RuntimeHandle) -> Self {
        Self { runtime, under_way: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Asks the engine for a calibration. How it goes, the entity `calibration` tells.
    pub(crate) fn calibrate(&self, device: &str, payload: &[u8], counters: &Counters) {
        let call = ServiceCall::parse(services::DOMAIN, "calibrate", json!({"node_id": device}));
        let (true, Ok(call), Ok(permit)) =
            (payload == PRESS.as_bytes(), call, Arc::clone(&self.under_way).try_acquire_owned())
        else {
            counters.mqtt_commands_dropped.add();
            return;
        };
        let (runtime, device) = (self.runtime.clone(), device.to_owned());
        tokio::spawn(async move {
            match timeout(PATIENCE, runtime.call(call)).await {
                Ok(Some(Err(error))) => tracing::info!(%device, %error, "no calibration"),
                Ok(_) => {}
                Err(_) => tracing::warn!(%device, "the engine did not answer in time"),
            }
            drop(permit);
        });
    }
}
