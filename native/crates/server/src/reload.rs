//! SIGHUP: what can change while the server runs changes; what cannot is named.

use std::collections::BTreeMap;
use std::sync::Arc;

use ruview_engine::services::ServiceCall;
use ruview_engine::{RoomModel, RuntimeHandle, Tuning};

use crate::cli::ServeArgs;
use crate::config::Origin;
use crate::engine;
use crate::logging;
use crate::tls::Tls;
use crate::token::Tokens;

/// The settings that are followed while the server runs.
const FOLLOWED: [&str; 2] = ["rooms", "log-level"];

/// What a server was started with, and what of it can be changed.
pub(crate) struct Reload {
    pub(crate) origin: Origin,
    pub(crate) rooms: Option<RoomModel>,
    pub(crate) tunings: BTreeMap<String, Tuning>,
    pub(crate) runtime: RuntimeHandle,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) tls: Option<Arc<Tls>>,
}

impl Reload {
    /// Reads everything again. What cannot be read stays as it was.
    pub(crate) async fn now(&mut self) {
        tracing::info!("reading tokens, certificate and configuration again");
        self.tokens.look();
        if let Some(Err(error)) = self.tls.as_ref().map(|tls| tls.reload()) {
            tracing::error!(%error, "the certificate stays as it was");
        }
        let (mut command, origin) = match self.origin.read_again() {
            Ok(invocation) => (invocation.command, invocation.origin),
            Err(error) => return tracing::error!(%error, "every setting stays as it was"),
        };
        if let Some(args) = command.serve_mut() {
            self.follow(args).await;
        }
        let changed = self.origin.differences(&origin);
        let waiting: Vec<_> = changed.into_iter().filter(|name| !FOLLOWED.contains(&name.as_str())).collect();
        if !waiting.is_empty() {
            tracing::warn!(settings = waiting.join(", "), "these settings have changed and need a restart");
        }
        // What needs a restart is named on every SIGHUP until there was one.
        self.origin.take(&origin, &FOLLOWED);
    }

    async fn follow(&mut self, args: &ServeArgs) {
        logging::set_level(args.log.log_level);
        match engine::rooms(&args.engine) {
            Ok(Some(model)) if self.rooms.as_ref() != Some(&model) => {
                let call = ServiceCall::SetRooms(model.clone());
                if let Some(Err(error)) = self.runtime.call(call).await {
                    tracing::error!(%error, "the rooms are not stored");
                }
                tracing::info!(rooms = model.rooms().len(), "the rooms have changed");
                self.rooms = Some(model);
            }
            // Without rooms in the configuration, those of Home Assistant stay.
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the rooms stay as they were"),
        }
        if self.tunings != args.engine.home.tunings {
            self.tunings.clone_from(&args.engine.home.tunings);
            self.runtime.set_tunings(self.tunings.clone()).await;
            tracing::info!(nodes = self.tunings.len(), "the thresholds have changed");
        }
    }
}
