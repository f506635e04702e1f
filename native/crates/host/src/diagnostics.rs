//! How the server is, by allow-list: counters and nodes; never CSI, addresses or tokens.

use ruview_capture::{CaptureCounters, RejectReason};
use serde_json::{Map, Value};

use crate::about::VERSION;
use crate::desk::Desk;
use crate::frames::{DiagnosticCounters, Diagnostics};

pub(crate) async fn diagnostics<I>(desk: &Desk, interfaces: I) -> Diagnostics<'_, I> {
    let engine = desk.runtime.statistics().await.unwrap_or_default();
    let total = |count: &dyn Fn(&CaptureCounters) -> u64| desk.runtime.counters().iter().map(|c| count(c)).sum::<u64>();
    let rejected: Map<String, Value> = RejectReason::ALL
        .into_iter()
        .map(|reason| (reason.as_str().to_owned(), total(&|counters| counters.rejected(reason)).into()))
        .collect();
    Diagnostics {
        version: VERSION,
        uptime_s: desk.started.elapsed().as_secs(),
        source: desk.about.source.as_str(),
        nodes: engine.nodes,
        counters: DiagnosticCounters {
            packets_accepted: total(&CaptureCounters::accepted),
            packets_rejected: rejected,
            packets_ignored: total(&CaptureCounters::ignored),
            kernel_drops: total(&CaptureCounters::kernel_drops),
            interface_losses: total(&CaptureCounters::interface_losses),
            dropped_too_many_nodes: engine.dropped_too_many_nodes,
            dropped_too_fast: engine.dropped_too_fast,
            dropped_other_source: engine.dropped_other_source,
            failed_sources: desk.runtime.failed_sources(),
            store: engine.store,
            registries: desk.core.storage_statistics(),
            events: engine.events,
            interfaces,
        },
    }
}
