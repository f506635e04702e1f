//! Runs adapters and the engine as tasks: many sources, one queue, one engine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use ruview_bfld::policy::Terms;
use ruview_capture::{CaptureAdapter, CaptureCounters, Captured};
use ruview_core::StreamTime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::changes::{ChangeLog, ChangeLogError};
use crate::engine::{Engine, Source};
use crate::identity::{NodeId, SourceName};
use crate::latency::Latencies;
use crate::look::{CsiWindow, NodeNow};
use crate::pose::PoseReport;
use crate::room::Tuning;
use crate::services::{ServiceCall, ServiceError, ServiceErrorCode};
use crate::statistics::Statistics;
use crate::store::EventArchive;

/// Packets that wait for the engine before sources have to wait themselves.
const QUEUE: usize = 1024;

/// A source of frames and what it is called.
pub struct NamedAdapter {
    /// Names the nodes that have no number of their own; unique among the sources of such nodes.
    pub name: SourceName,
    /// Where frames come from.
    pub adapter: Box<dyn CaptureAdapter>,
}

/// Adapters and the engine at work.
pub struct Runtime {
    handle: RuntimeHandle,
    shutdown: watch::Sender<bool>,
    engine: JoinHandle<Result<(), ChangeLogError>>,
}

/// Tells how adapters and the engine are doing. Cheap to clone.
#[derive(Clone)]
pub struct RuntimeHandle {
    input: mpsc::Sender<Input>,
    running_sources: watch::Receiver<usize>,
    failed_sources: Arc<AtomicU64>,
    counters: Arc<[Arc<CaptureCounters>]>,
    latencies: Arc<Latencies>,
    events: Option<EventArchive>,
    terms: watch::Receiver<Terms>,
}

/// The engine stopped although nobody asked it to.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The protocol of changes has a hole.
    #[error(transparent)]
    Changes(#[from] ChangeLogError),
    /// The engine has a bug.
    #[error("the engine failed: {0}")]
    Engine(#[from] tokio::task::JoinError),
}

enum Input {
    /// With the moment at which its source gave it.
    Captured(Arc<Source>, Captured, Instant),
    Ended(Arc<Source>),
    /// A question, or something to be done, between two packets.
    Ask(Box<dyn FnOnce(&mut Engine) + Send>),
}

impl Runtime {
    /// Starts all tasks.
    pub fn start(engine: Engine, adapters: Vec<NamedAdapter>, changes: Option<ChangeLog>) -> Self {
        let (input, inbox) = mpsc::channel(QUEUE);
        let (shutdown, stop) = watch::channel(false);
        let (running, running_sources) = watch::channel(adapters.len());
        let failed_sources = Arc::new(AtomicU64::new(0));
        let counters = adapters.iter().map(|named| named.adapter.counters()).collect();
        let latencies = Arc::<Latencies>::default();
        for (index, NamedAdapter { name, adapter }) in adapters.into_iter().enumerate() {
            let source = Arc::new(Source { index, kind: adapter.source(), name });
            tokio::spawn(supervise(adapter, source, input.clone(), stop.clone(), Arc::clone(&failed_sources)));
        }
        let (events, terms) = (engine.events(), engine.terms());
        let steps = Steps { engine, running, latencies: Arc::clone(&latencies) };
        let engine = tokio::spawn(run_engine(steps, inbox, stop, changes));
        let handle = RuntimeHandle { input, running_sources, failed_sources, counters, latencies, events, terms };
        Self { handle, shutdown, engine }
    }

    /// Tells how it is doing, from anywhere.
    pub fn handle(&self) -> &RuntimeHandle {
        &self.handle
    }

    /// Stops all tasks; what is still in the queue is dropped.
    ///
    /// # Errors
    /// [`RuntimeError`] when the engine had stopped before because of a failure.
    pub async fn stop(self) -> Result<(), RuntimeError> {
        self.shutdown.send_replace(true);
        Ok(self.engine.await??)
    }
}

impl RuntimeHandle {
    /// Returns when every source has ended and everything that came from them is handled, or when the engine has stopped.
    pub async fn sources_ended(&self) {
        let mut running = self.running_sources.clone();
        // An error means that the engine is gone, and with it everything there was to wait for.
        let _ = running.wait_for(|&running| running == 0).await;
    }

    /// Returns when the engine has stopped, which it does of itself only when it failed.
    pub async fn engine_stopped(&self) {
        self.input.closed().await;
    }

    /// Sources that have not ended, or whose last frames wait for the engine.
    pub fn running_sources(&self) -> usize {
        *self.running_sources.borrow()
    }

    /// Whether the engine has stopped.
    pub fn has_stopped(&self) -> bool {
        self.input.is_closed()
    }

    /// What the engine has handled so far; `None` once it has stopped.
    pub async fn statistics(&self) -> Option<Statistics> {
        self.ask(|engine| engine.statistics()).await
    }

    /// The nodes, in the order of their ids; `None` once the engine has stopped.
    pub async fn nodes(&self) -> Option<Vec<NodeNow>> {
        self.ask(|engine| engine.nodes_now()).await
    }

    /// What the first node measures that measures now: see [`Engine::csi_window`].
    pub async fn csi_window(&self) -> Option<CsiWindow> {
        self.ask(|engine| engine.csi_window()).await?
    }

    /// Lets the engine do what a service is asked for; `None` once it has stopped.
    ///
    /// # Errors
    /// Why it was not done.
    pub async fn call(&self, call: ServiceCall) -> Option<Result<(), ServiceError>> {
        let (answer, answered) = oneshot::channel();
        let ask = move |engine: &mut Engine| run_call(engine, call, answer);
        self.input.send(Input::Ask(Box::new(ask))).await.ok()?;
        answered.await.ok()
    }

    /// Takes what an estimator of poses sees at a node now; `None` once the engine has stopped.
    ///
    /// # Errors
    /// There is no such node, or it is silent.
    pub async fn take_pose(&self, node: NodeId, report: PoseReport) -> Option<Result<(), ServiceError>> {
        self.ask(move |engine| engine.take_pose(&node, &report)).await
    }

    /// Frames and questions that wait for the engine now.
    pub fn queued(&self) -> usize {
        self.input.max_capacity() - self.input.capacity()
    }

    /// How long frames took from their sources to the states that they drive.
    pub fn latencies(&self) -> &Latencies {
        &self.latencies
    }

    async fn ask<T: Send + 'static>(&self, question: impl FnOnce(&mut Engine) -> T + Send + 'static) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        // An error means that whoever asked has gone.
        let ask = move |engine: &mut Engine| drop(answer.send(question(engine)));
        self.input.send(Input::Ask(Box::new(ask))).await.ok()?;
        answered.await.ok()
    }

    /// What each source accepted and refused, in the order in which they were given.
    pub fn counters(&self) -> &[Arc<CaptureCounters>] {
        &self.counters
    }

    /// Judges nodes that stand in no room otherwise; see [`Engine::set_tunings`].
    pub async fn set_tunings(&self, tunings: BTreeMap<String, Tuning>) {
        // Without an answer the engine has stopped, and there is nothing to judge.
        let _ = self.ask(move |engine| engine.set_tunings(tunings)).await;
    }

    /// Under which terms everything leaves, from now on.
    pub fn watch_terms(&self) -> watch::Receiver<Terms> {
        self.terms.clone()
    }

    /// Under which terms everything leaves now.
    pub fn terms(&self) -> Terms {
        *self.terms.borrow()
    }

    /// Where events can be read that were told; `None` when they are not kept.
    pub fn events(&self) -> Option<&EventArchive> {
        self.events.as_ref()
    }

    /// Sources that ended by a bug.
    pub fn failed_sources(&self) -> u64 {
        self.failed_sources.load(Ordering::Relaxed)
    }
}

/// Reads one source to its end, and tells the engine so whatever that end is.
async fn supervise(
    adapter: Box<dyn CaptureAdapter>,
    source: Arc<Source>,
    engine: mpsc::Sender<Input>,
    stop: watch::Receiver<bool>,
    failed_sources: Arc<AtomicU64>,
) {
    let reading = tokio::spawn(read(adapter, Arc::clone(&source), engine.clone(), stop)).await;
    if let Err(error) = reading {
        failed_sources.fetch_add(1, Ordering::Relaxed);
        tracing::error!(%error, source = source.kind.as_str(), "a source failed and is not read any more");
    }
    // An error means that the engine has stopped, so it need not know.
    let _ = engine.send(Input::Ended(source)).await;
}

async fn read(
    mut adapter: Box<dyn CaptureAdapter>,
    source: Arc<Source>,
    engine: mpsc::Sender<Input>,
    mut stop: watch::Receiver<bool>,
) {
    let read_on = async {
        while let Some(captured) = adapter.next().await {
            let input = Input::Captured(Arc::clone(&source), captured, Instant::now());
            if engine.send(input).await.is_err() {
                return;
            }
        }
        tracing::info!(source = source.kind.as_str(), "a source has ended");
    };
    tokio::select! {
        () = read_on => {}
        _ = stop.wait_for(|&stop| stop) => {}
    }
}

async fn run_engine(
    mut steps: Steps,
    mut inbox: mpsc::Receiver<Input>,
    mut stop: watch::Receiver<bool>,
    mut changes: Option<ChangeLog>,
) -> Result<(), ChangeLogError> {
    loop {
        let input = tokio::select! {
            biased;
            _ = stop.wait_for(|&stop| stop) => return Ok(()),
            input = inbox.recv() => input,
        };
        let Some(input) = input else { return Ok(()) };
        let at = steps.take(input);
        if let (Some(changes), Some(at)) = (&mut changes, at) {
            changes.write(at)?;
        }
    }
}

/// The engine, and who is told how it is doing.
struct Steps {
    engine: Engine,
    running: watch::Sender<usize>,
    latencies: Arc<Latencies>,
}

impl Steps {
    /// Handles one input; the stream time at which it can have changed something.
    fn take(&mut self, input: Input) -> Option<StreamTime> {
        match input {
            Input::Captured(source, captured, given) => {
                self.engine.handle(&source, &captured);
                self.latencies.add(given.elapsed());
                Some(captured.at)
            }
            Input::Ended(source) => {
                let at = self.engine.source_ended(&source);
                self.running.send_modify(|running| *running = running.saturating_sub(1));
                at
            }
            Input::Ask(question) => {
                question(&mut self.engine);
                None
            }
        }
    }
}

/// Does what is asked for, and answers when that is on the disk. The engine goes on meanwhile.
fn run_call(engine: &mut Engine, call: ServiceCall, answer: oneshot::Sender<Result<(), ServiceError>>) {
    let durable = call.is_durable();
    let done = engine.call(call);
    // An error of sending means that whoever asked has gone.
    if done.is_err() || !durable {
        let _ = answer.send(done);
        return;
    }
    engine.keep_then(Box::new(move |kept| {
        let not_stored = || {
            ServiceError::new(
                ServiceErrorCode::NotStored,
                "data",
                "a disk that takes it; it is done all the same",
                "a failure",
            )
        };
        let _ = answer.send(if kept { Ok(()) } else { Err(not_stored()) });
    }));
}
