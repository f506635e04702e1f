//! What others ask over MQTT: a calibration, the one thing that discovery announces; and where the owner wants it so,
//! everything that the other interfaces do for those who may.

use std::sync::Arc;
use std::time::Duration;

use ruview_engine::RuntimeHandle;
use ruview_engine::services::{self, ServiceCall};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

use super::discovery::PRESS;
use crate::counters::Counters;
use ruview_host::frames::{Answer, ErrorCode};

/// Commands under way; more are dropped.
const AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer names of commands are none.
const MAX_ID: usize = 64;

pub(crate) struct Commands {
    runtime: RuntimeHandle,
    wanted: bool,
    under_way: Arc<Semaphore>,
    answer: mpsc::Sender<Value>,
    answers: mpsc::Receiver<Value>,
}

/// A command, and the name under which its answer is awaited.
#[derive(Debug, Deserialize)]
struct Asked {
    id: String,
    service: String,
    #[serde(default)]
    data: Value,
}

impl Commands {
    /// Takes commands where they are `wanted`.
    pub(crate) fn new(runtime: RuntimeHandle, wanted: bool) -> Self {
        let (answer, answers) = mpsc::channel(AT_ONCE);
        Self { runtime, wanted, under_way: Arc::new(Semaphore::new(AT_ONCE)), answer, answers }
    }

    /// Whether commands are taken.
    pub(crate) fn are_wanted(&self) -> bool {
        self.wanted
    }

    /// What became of the next command that is done with.
    pub(crate) async fn next_answer(&mut self) -> Value {
        match self.answers.recv().await {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }

    /// Asks the engine for what a command wants. A command without a name gets no answer.
    pub(crate) fn take(&self, payload: &[u8], counters: &Counters) {
        let asked = serde_json::from_slice::<Asked>(payload).ok().filter(|asked| asked.id.len() <= MAX_ID);
        let (Some(Asked { id, service, data }), Ok(permit)) = (asked, Arc::clone(&self.under_way).try_acquire_owned())
        else {
            counters.mqtt_commands_dropped.add();
            return;
        };
        let (runtime, answer) = (self.runtime.clone(), self.answer.clone());
        tokio::spawn(async move {
            let outcome = match ServiceCall::parse(services::DOMAIN, &service, data) {
                Ok(call) => timeout(PATIENCE, runtime.call(call)).await,
                Err(error) => Ok(Some(Err(error))),
            };
            let said = match outcome {
                Ok(Some(Ok(()))) => Answer::success(0, Value::Null),
                Ok(Some(Err(error))) => Answer::refusal(0, error),
                Ok(None) | Err(_) => Answer::failure(0, ErrorCode::Stopping, "the engine does not answer"),
            };
            let mut said = json!(said);
            said["id"] = id.into();
            // Where nobody takes it any more the server ends.
            let _ = answer.send(said).await;
            drop(permit);
        });
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
