//! An engine inside somebody else's program: with threads of its own, asked from any thread, and ended in a time that its
//! owner chooses.
//!
//! Frames and answers are those of the WebSocket API. They leave as [`Outgoing`] alone, so there is no way around the
//! privacy policy here either.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use homecore::StorageError;
use ipnet::IpNet;
use parking_lot::{Condvar, Mutex, MutexGuard};
use ruview_capture::{CaptureError, Esp32UdpConfig, FileReplayConfig, SimulatorConfig};
use ruview_engine::{
    Clock, EngineConfig, Keep, Runtime, RuntimeError, RuntimeHandle, SourceName, stream_clock, system_clock,
};
use serde_json::{Map, Value};
use tokio::runtime::{Builder, Runtime as Threads};
use uuid::Uuid;

use crate::about::About;
use crate::commands::{Command, Request};
use crate::data_dir::{DataDirError, server_id};
use crate::desk::Desk;
use crate::feed::Feed;
use crate::frames::{Answer, ErrorCode, Outgoing, ServerFrame};
use crate::lock::{Lock, lock};
use crate::sources::Sources;
use crate::start::{core, engine};
use crate::subscription::Subscription;

/// Sources and the engine; nothing here computes for long.
const THREADS: usize = 2;
/// Time for tasks that are left over.
const LEFT_OVER: Duration = Duration::from_millis(200);
/// How long a start waits for an end, or another start, that is under way.
const PATIENCE: Duration = Duration::from_secs(10);
/// Each subscriber has a feed of its own, so that their numbers need not differ.
const SUBSCRIPTION: u64 = 1;

/// What an embedded engine is told once.
#[derive(Debug, Clone)]
pub struct EmbeddedConfig {
    /// The engine's own; its identity is that of the data directory where there is one.
    pub engine: EngineConfig,
    /// What feeds it.
    pub source: SourceConfig,
    /// Where it keeps what a restart must not forget; nothing is kept without.
    pub data_dir: Option<PathBuf>,
    /// How much of what happens is kept there.
    pub keep: Keep,
    /// Which times are published.
    pub times: Times,
}

/// What feeds an embedded engine.
#[derive(Debug, Clone)]
pub enum SourceConfig {
    /// Radios.
    Live(LiveConfig),
    /// Recordings.
    Replay(FileReplayConfig),
    /// A computed house.
    Simulator(SimulatorConfig),
}

/// Which radios.
#[derive(Debug, Clone, Default)]
pub struct LiveConfig {
    /// ESP32 nodes.
    pub nodes: Option<Esp32UdpConfig>,
    /// Nexmon radios, each with the address on which it is heard.
    pub radios: BTreeMap<SourceName, SocketAddr>,
    /// The subnets whose Nexmon packets are read; empty for all.
    pub radio_allow: Vec<IpNet>,
}

/// Which times are published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Times {
    /// Those of the wall clock.
    #[default]
    Wall,
    /// The source's own, so that the same recording always says the same.
    Source,
}

/// Why an embedded engine does not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// What is known of devices and entities cannot be used.
    #[error(transparent)]
    Registries(#[from] StorageError),
    /// A source cannot be opened.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The system has no threads for it.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
    /// There is nothing to listen to.
    #[error("there is nothing to listen to: neither nodes nor radios")]
    NoSource,
    /// It does not run.
    #[error("the engine is not running")]
    NotRunning,
    /// It runs in the process that this one was forked from.
    #[error("the engine was started in process {0}, and does not exist in a process that was forked from it")]
    Forked(u32),
    /// It has not ended yet.
    #[error("the engine has not ended in time; it goes on to end")]
    NotInTime,
    /// It ended although nobody asked it to.
    #[error("the engine has failed: {0}")]
    Failed(#[from] RuntimeError),
    /// It ended although nobody asked it to, and was not stopped since.
    #[error("the engine has failed; stop it before it is started again")]
    HasFailed,
}

/// An engine inside somebody else's program.
pub struct Embedded {
    config: EmbeddedConfig,
    shared: Arc<Shared>,
    /// The process that started it; 0 before.
    process: AtomicU32,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    phase: Phase,
    feeds: Vec<Weak<Feed>>,
    /// How it last ended, for whoever stopped it.
    ended: Option<RuntimeError>,
    server_id: Option<Uuid>,
}

#[derive(Default)]
enum Phase {
    #[default]
    Stopped,
    Starting,
    Running(Box<Running>),
    Stopping,
}

struct Running {
    threads: Threads,
    engine: Runtime,
    desk: Desk,
    udp: Option<SocketAddr>,
    radios: Vec<(SourceName, SocketAddr)>,
    lock: Option<Lock>,
}

impl Embedded {
    /// An engine that does not run yet. Nothing is opened.
    pub fn new(config: EmbeddedConfig) -> Self {
        Self { config, shared: Arc::default(), process: AtomicU32::new(0) }
    }

    /// Starts it; returns when it hears. Nothing happens where it runs already.
    ///
    /// # Errors
    /// Why it cannot run; everything that was opened is closed again.
    pub fn start(&self) -> Result<(), EmbeddedError> {
        self.check_process()?;
        let until = Instant::now() + PATIENCE;
        let mut state = self.shared.state.lock();
        loop {
            match &state.phase {
                Phase::Stopped => break,
                Phase::Running(running) if running.desk.runtime.has_stopped() => return Err(EmbeddedError::HasFailed),
                Phase::Running(_) => return Ok(()),
                Phase::Starting | Phase::Stopping => self.shared.wait(&mut state, until)?,
            }
        }
        state.phase = Phase::Starting;
        state.ended = None;
        self.process.store(std::process::id(), Ordering::Relaxed);
        drop(state);
        let started = self.run();
        let mut state = self.shared.state.lock();
        let result = match started {
            Ok(running) => {
                state.server_id = Some(running.desk.server_id);
                // Whoever came while it started.
                state.begin_feeds(|| running.desk.subscribe(SUBSCRIPTION));
                state.phase = Phase::Running(Box::new(running));
                Ok(())
            }
            Err(error) => {
                state.phase = Phase::Stopped;
                Err(error)
            }
        };
        self.shared.changed.notify_all();
        result
    }

    fn run(&self) -> Result<Running, EmbeddedError> {
        let EmbeddedConfig { engine: config, source, data_dir, keep, times } = &self.config;
        let data_dir = data_dir.as_deref();
        let lock = data_dir.map(lock).transpose()?;
        let server_id = data_dir.map_or_else(|| Ok(self.own_id()), server_id)?;
        let threads = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("ruview-engine")
            .enable_all()
            .build()
            .map_err(EmbeddedError::System)?;
        let handle = threads.handle().clone();
        let _inside = handle.enter();
        let Sources { kind, adapters, udp, radios } = handle.block_on(source.open())?;
        let core = core(data_dir)?;
        let config = EngineConfig { server_id: server_id.to_string(), ..config.clone() };
        let about = About { name: config.name.clone(), source: kind, stale_after: config.stale_after };
        let engine = engine(config, Arc::clone(&core), times.clock(), data_dir, *keep);
        let terms = engine.terms();
        // Before the first frame comes, so that nothing is missed.
        let subscribe = || Subscription::new(SUBSCRIPTION, Arc::clone(&core), terms.clone());
        self.shared.state.lock().begin_feeds(subscribe);
        let engine = Runtime::start(engine, adapters, None);
        handle.spawn(watch(engine.handle().clone(), Arc::downgrade(&self.shared)));
        let desk = Desk::new(about, server_id, core, engine.handle().clone());
        Ok(Running { threads, engine, desk, udp, radios, lock })
    }

    /// Ends it and every feed; returns when everything is on the disk and closed. It ends in any case, `patience` is only how
    /// long it is waited for. Nothing happens where it does not run.
    ///
    /// # Errors
    /// [`EmbeddedError::NotInTime`], and [`EmbeddedError::Failed`] when it had ended before because of a failure.
    pub fn stop(&self, patience: Duration) -> Result<(), EmbeddedError> {
        self.check_process()?;
        let until = Instant::now() + patience;
        let mut state = self.shared.state.lock();
        loop {
            match std::mem::take(&mut state.phase) {
                Phase::Stopped => {
                    state.end_feeds();
                    self.process.store(0, Ordering::Relaxed);
                    return state.ended.take().map_or(Ok(()), |error| Err(error.into()));
                }
                Phase::Running(running) => {
                    state.phase = Phase::Stopping;
                    state.end_feeds();
                    self.shared.end(&mut state, running);
                }
                phase @ (Phase::Starting | Phase::Stopping) => state.phase = phase,
            }
            self.shared.wait(&mut state, until)?;
        }
    }

    /// Another subscriber. Where the engine does not run yet, it is told everything from the start on.
    ///
    /// # Errors
    /// [`EmbeddedError::Forked`].
    pub fn subscribe(&self) -> Result<Arc<Feed>, EmbeddedError> {
        self.check_process()?;
        let feed = Arc::new(Feed::new());
        let mut state = self.shared.state.lock();
        if let Phase::Running(running) = &state.phase {
            feed.begin(|| running.desk.subscribe(SUBSCRIPTION));
        }
        state.feeds.retain(|feed| feed.strong_count() > 0);
        state.feeds.push(Arc::downgrade(&feed));
        Ok(feed)
    }

    /// Answers a command of the WebSocket API, except for `subscribe`. Not for asynchronous tasks.
    ///
    /// # Errors
    /// [`EmbeddedError::NotRunning`] and [`EmbeddedError::Forked`]; what is wrong with the command, the answer says.
    pub fn ask(&self, command: &str) -> Result<Outgoing, EmbeddedError> {
        let (desk, handle) = self.with(|running| (running.desk.clone(), running.threads.handle().clone()))?;
        let answer = match Request::parse(command) {
            Ok(Request { id, command: Command::Subscribe }) => {
                Answer::failure(id, ErrorCode::UnknownCommand, "subscribers have a feed of their own here")
            }
            // There are no interfaces that could have counted anything.
            Ok(Request { id, command }) => handle.block_on(desk.answer(id, command, Map::<String, Value>::new())),
            Err(answer) => answer,
        };
        Ok(ServerFrame::Result(answer).release(desk.terms()))
    }

    /// Sources that have not ended: recordings and stories do, radios do not. Everything that came from those that have is
    /// handled.
    ///
    /// # Errors
    /// [`EmbeddedError::NotRunning`] and [`EmbeddedError::Forked`].
    pub fn running_sources(&self) -> Result<usize, EmbeddedError> {
        self.with(|running| running.desk.runtime.running_sources())
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.glance(|running| !running.desk.runtime.has_stopped()).unwrap_or(false)
    }

    /// Whether it has ended although nobody asked it to.
    pub fn has_failed(&self) -> bool {
        self.glance(|running| running.desk.runtime.has_stopped()).unwrap_or(false)
    }

    /// Who it is, from its first start on.
    pub fn server_id(&self) -> Option<Uuid> {
        self.shared.state.lock().server_id
    }

    /// Where packets of ESP32 nodes are received, if they are.
    pub fn udp_address(&self) -> Option<SocketAddr> {
        self.glance(|running| running.udp).flatten()
    }

    /// Where CSI of each Nexmon radio is received.
    pub fn radio_addresses(&self) -> Vec<(SourceName, SocketAddr)> {
        self.glance(|running| running.radios.clone()).unwrap_or_default()
    }

    /// Looks at what runs. Who was told something while it starts waits until it has.
    fn with<T>(&self, look: impl FnOnce(&Running) -> T) -> Result<T, EmbeddedError> {
        self.check_process()?;
        let until = Instant::now() + PATIENCE;
        let mut state = self.shared.state.lock();
        while matches!(state.phase, Phase::Starting) {
            self.shared.wait(&mut state, until)?;
        }
        state.running().map(look).ok_or(EmbeddedError::NotRunning)
    }

    /// Looks at what runs now, and waits for nothing.
    fn glance<T>(&self, look: impl FnOnce(&Running) -> T) -> Option<T> {
        self.check_process().ok()?;
        self.shared.state.lock().running().map(look)
    }

    /// Without a directory it is somebody else in every process, and the same one until then.
    fn own_id(&self) -> Uuid {
        self.server_id().unwrap_or_else(Uuid::new_v4)
    }

    /// None of its threads is in a process that was forked from its own.
    fn check_process(&self) -> Result<(), EmbeddedError> {
        match self.process.load(Ordering::Relaxed) {
            process if process == 0 || process == std::process::id() => Ok(()),
            process => Err(EmbeddedError::Forked(process)),
        }
    }
}

impl Drop for Embedded {
    /// It ends, and nobody waits for that.
    fn drop(&mut self) {
        if self.stop(Duration::ZERO).is_err_and(|error| matches!(error, EmbeddedError::Forked(_))) {
            // To end threads that are not here would take for ever.
            std::mem::forget(Arc::clone(&self.shared));
        }
    }
}

impl Shared {
    fn wait(&self, state: &mut MutexGuard<'_, State>, until: Instant) -> Result<(), EmbeddedError> {
        if self.changed.wait_until(state, until).timed_out() { Err(EmbeddedError::NotInTime) } else { Ok(()) }
    }

    /// Ends what runs, in a thread of its own: the disk may need longer than anybody waits for.
    fn end(self: &Arc<Self>, state: &mut MutexGuard<'_, State>, running: Box<Running>) {
        let (shared, running) = (Arc::clone(self), Arc::new(Mutex::new(Some(running))));
        let end = move || {
            let Some(running) = running.lock().take() else { return };
            let ended = running.end();
            let mut state = shared.state.lock();
            state.phase = Phase::Stopped;
            state.ended = ended.err();
            shared.changed.notify_all();
        };
        if thread::Builder::new().name("ruview-end".into()).spawn(end.clone()).is_err() {
            MutexGuard::unlocked(state, end);
        }
    }
}

impl State {
    fn running(&self) -> Option<&Running> {
        match &self.phase {
            Phase::Running(running) => Some(running),
            Phase::Stopped | Phase::Starting | Phase::Stopping => None,
        }
    }

    fn begin_feeds(&self, subscribe: impl Fn() -> Subscription) {
        for feed in self.feeds.iter().filter_map(Weak::upgrade) {
            feed.begin(&subscribe);
        }
    }

    fn end_feeds(&mut self) {
        for feed in self.feeds.drain(..).filter_map(|feed| feed.upgrade()) {
            feed.end();
        }
    }
}

impl Running {
    fn end(self) -> Result<(), RuntimeError> {
        let Self { threads, engine, desk, lock, .. } = self;
        let ended = threads.block_on(engine.stop());
        // Somebody may still read from a feed that has ended, and with it hold the core.
        if !desk.core.flush() {
            tracing::warn!("the registries are not on the disk");
        }
        drop(desk);
        threads.shutdown_timeout(LEFT_OVER);
        drop(lock);
        ended
    }
}

impl SourceConfig {
    async fn open(&self) -> Result<Sources, EmbeddedError> {
        match self {
            Self::Live(live) => live.open(),
            Self::Replay(config) => Ok(Sources::replay(config.clone()).await?),
            Self::Simulator(config) => Ok(Sources::simulator(config.clone())),
        }
    }
}

impl LiveConfig {
    fn open(&self) -> Result<Sources, EmbeddedError> {
        let mut sources = Sources::live();
        if let Some(nodes) = &self.nodes {
            sources.hear_nodes(nodes.clone())?;
        }
        for (name, bind) in &self.radios {
            sources.hear_radio(name.clone(), *bind, self.radio_allow.clone())?;
        }
        if sources.adapters.is_empty() { Err(EmbeddedError::NoSource) } else { Ok(sources) }
    }
}

impl Times {
    fn clock(self) -> Clock {
        match self {
            Self::Wall => system_clock(),
            Self::Source => stream_clock(),
        }
    }
}

/// Ends the feeds of an engine that fails: nothing would ever come.
async fn watch(runtime: RuntimeHandle, shared: Weak<Shared>) {
    runtime.engine_stopped().await;
    let Some(shared) = shared.upgrade() else { return };
    let mut state = shared.state.lock();
    if matches!(state.phase, Phase::Running(_)) {
        state.end_feeds();
    }
}
