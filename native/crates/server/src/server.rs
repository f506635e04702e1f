//! A server from its first connection to its last.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use homecore::HomeCore;
use ruview_bfld::policy::Terms;
use ruview_engine::RuntimeHandle;
use ruview_host::{About, Desk};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::api;
use crate::counters::Counters;
use crate::http::attempts::{AttemptLimits, FailedAttempts};
use crate::http::bfld::Subscriptions;
use crate::http::{listener, router};
use crate::identity::Identity;
use crate::recent::{self, Recent};
use crate::tls::Tls;
use crate::ws::sensing::{self, Batch};

/// Time that connections have for their good-byes.
const GOOD_BYE: Duration = Duration::from_millis(1500);

/// What clients may take. The defaults are the API's; tests are less patient.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time to authenticate in.
    pub auth_timeout: Duration,
    /// Time between pings.
    pub heartbeat: Duration,
    /// Time to send a request's head in. A connection has as long before the first one, and between two.
    pub head_timeout: Duration,
    /// Time from a request's head to its answer, with the body in between.
    pub answer_timeout: Duration,
    /// Connections at the same time.
    pub max_connections: usize,
    /// Time between two batches of the legacy stream.
    pub legacy_period: Duration,
    /// Failed authentications.
    pub attempts: AttemptLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            auth_timeout: api::AUTH_TIMEOUT,
            heartbeat: api::HEARTBEAT,
            head_timeout: Duration::from_secs(10),
            // Agents wait ten seconds.
            answer_timeout: Duration::from_secs(8),
            max_connections: 256,
            legacy_period: api::LEGACY_PERIOD,
            attempts: AttemptLimits::default(),
        }
    }
}

/// What every request can see.
pub(crate) struct App {
    pub(crate) desk: Desk,
    pub(crate) identity: Identity,
    pub(crate) limits: Limits,
    pub(crate) attempts: FailedAttempts,
    pub(crate) counters: Arc<Counters>,
    /// Who has announced interest in a node.
    pub(crate) subscriptions: Subscriptions,
    /// What happened last.
    pub(crate) recent: Arc<Recent>,
    /// What the legacy stream says.
    pub(crate) legacy: watch::Sender<Batch>,
    pub(crate) stop: watch::Receiver<bool>,
}

impl App {
    /// Under which terms everything leaves now.
    pub(crate) fn terms(&self) -> Terms {
        self.desk.terms()
    }
}

/// Where clients connect.
pub struct Listener {
    /// The port.
    pub tcp: TcpListener,
    /// Without it, everything is in plain text.
    pub tls: Option<Arc<Tls>>,
    /// The proxy that vouches for its users: what it passes on needs no token. Home Assistant's Supervisor is one.
    pub ingress: Option<IpAddr>,
}

impl From<TcpListener> for Listener {
    fn from(tcp: TcpListener) -> Self {
        Self { tcp, tls: None, ingress: None }
    }
}

/// A server at work.
pub struct Server {
    counters: Arc<Counters>,
    stop: watch::Sender<bool>,
    connections: Arc<Semaphore>,
    max_connections: u32,
    accepting: JoinHandle<()>,
    tokens: JoinHandle<()>,
}

impl Server {
    /// Serves what is in `core` to whoever connects to `listener`.
    pub fn start(
        listener: impl Into<Listener>,
        about: About,
        identity: Identity,
        limits: Limits,
        core: Arc<HomeCore>,
        runtime: RuntimeHandle,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let counters = Arc::new(Counters::default());
        let connections = Arc::new(Semaphore::new(limits.max_connections));
        let recent = Arc::<Recent>::default();
        // Before the first frame comes, so that nothing is missed.
        tokio::spawn(recent::listen(Arc::clone(&core), Arc::clone(&recent), stopped.clone()));
        let app = Arc::new(App {
            desk: Desk::new(about, identity.server_id, core, runtime),
            identity,
            limits,
            attempts: FailedAttempts::new(limits.attempts),
            counters: Arc::clone(&counters),
            subscriptions: Subscriptions::default(),
            recent: Arc::clone(&recent),
            legacy: watch::Sender::default(),
            stop: stopped.clone(),
        });
        tokio::spawn(sensing::produce(Arc::clone(&app)));
        let tokens = tokio::spawn(Arc::clone(&app.identity.tokens).watch(stopped.clone()));
        let accepting = tokio::spawn(listener::serve(
            listener.into(),
            router(app),
            limits.head_timeout,
            Arc::clone(&connections),
            Arc::clone(&counters),
            stopped,
        ));
        let max_connections = u32::try_from(limits.max_connections).unwrap_or(u32::MAX);
        Self { counters, stop, connections, max_connections, accepting, tokens }
    }

    /// What happened at its interfaces.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Says good-bye to everybody and returns when they are gone, or when that takes too long.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // An error means that it had stopped already.
        let _ = self.accepting.await;
        let _ = self.tokens.await;
        let everybody = self.connections.acquire_many(self.max_connections);
        if tokio::time::timeout(GOOD_BYE, everybody).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }
}
