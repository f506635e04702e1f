//! Where clients ask, whatever carries their questions.

use std::sync::Arc;
use std::time::Instant;

use homecore::HomeCore;
use jiff::Timestamp;
use ruview_bfld::policy::Terms;
use ruview_engine::services::ServiceCall;
use ruview_engine::{EventQuery, RuntimeHandle};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::about::{API, About, VERSION};
use crate::commands::{Command, PastEvents, Service};
use crate::diagnostics::diagnostics;
use crate::frames::{Answer, Config, ErrorCode, EventView, Events, StateView, Time};
use crate::subscription::Subscription;

/// An engine at work, as its clients see it.
#[derive(Clone)]
pub struct Desk {
    /// What it says of itself.
    pub about: About,
    /// Names it for ever.
    pub server_id: Uuid,
    /// What it knows.
    pub core: Arc<HomeCore>,
    /// The engine.
    pub runtime: RuntimeHandle,
    /// When it was started, for people.
    pub started_at: Timestamp,
    /// The same, to count from.
    pub started: Instant,
}

impl Desk {
    /// The desk of an engine that starts now.
    pub fn new(about: About, server_id: Uuid, core: Arc<HomeCore>, runtime: RuntimeHandle) -> Self {
        Self { about, server_id, core, runtime, started_at: Timestamp::now(), started: Instant::now() }
    }

    /// Under which terms everything leaves now.
    pub fn terms(&self) -> Terms {
        self.runtime.terms()
    }

    /// Everything there is, and what changes from then on, as the subscription `id`.
    pub fn subscribe(&self, id: u64) -> Subscription {
        Subscription::new(id, Arc::clone(&self.core), self.runtime.watch_terms())
    }

    /// Does what `command` asks for. `interfaces` is what was counted where it came from. Whoever subscribes gets a
    /// [`Subscription`] beside this.
    pub async fn answer(&self, id: u64, command: Command, interfaces: impl Serialize) -> Answer {
        let result = match command {
            Command::Subscribe | Command::Ping => Value::Null,
            Command::GetStates => {
                self.core.states().all().iter().map(|state| json!(StateView::from(state.as_ref()))).collect()
            }
            Command::GetConfig => json!(self.config()),
            Command::GetDiagnostics => json!(diagnostics(self, interfaces).await),
            Command::GetEvents(past) => return self.past_events(id, past).await,
            Command::CallService(service) => return self.call(id, service).await,
        };
        Answer::success(id, result)
    }

    async fn call(&self, id: u64, Service { domain, service, data }: Service) -> Answer {
        let call = match ServiceCall::parse(&domain, &service, data) {
            Ok(call) => call,
            Err(error) => return Answer::refusal(id, error),
        };
        match self.runtime.call(call).await {
            Some(Ok(())) => Answer::success(id, Value::Null),
            Some(Err(error)) => Answer::refusal(id, error),
            None => Answer::failure(id, ErrorCode::Stopping, "the server stops"),
        }
    }

    async fn past_events(&self, id: u64, past: PastEvents) -> Answer {
        let Some(archive) = self.runtime.events().cloned() else {
            return Answer::success(id, json!(Events { events: Vec::new() }));
        };
        let PastEvents { after, since, event_type, limit } = past;
        let (query, terms) = (EventQuery { after, since, event_type, limit }, self.terms());
        let read = tokio::task::spawn_blocking(move || archive.read(&query, terms)).await;
        match read {
            Ok(Ok(events)) => {
                Answer::success(id, json!(Events { events: events.iter().map(EventView::from).collect() }))
            }
            Ok(Err(error)) => Answer::failure(id, ErrorCode::Unreadable, error.to_string()),
            Err(_) => Answer::failure(id, ErrorCode::Stopping, "the server stops"),
        }
    }

    fn config(&self) -> Config<'_> {
        Config {
            server_id: self.server_id,
            name: &self.about.name,
            version: VERSION,
            api: API,
            privacy_class: self.terms().class.as_u8(),
            privacy_mode: self.terms().privacy_mode,
            source: self.about.source.as_str(),
            stale_after_s: self.about.stale_after.as_secs(),
            started_at: Time(self.started_at),
        }
    }
}
