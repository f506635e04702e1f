//! Everything that is counted, for Prometheus. Numbers of machines: how many frames, never what they say.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use ruview_capture::{CaptureCounters, RejectReason};
use ruview_engine::{LATENCY_BOUNDS_S, LatencyView, Statistics};

use super::problem::Problem;
use crate::api;
use crate::server::App;

/// The format (`OpenMetrics` 1.0).
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Counters that say how many there are now.
const NOW: [&str; 2] = ["ws_clients", "ws_sensing_clients"];

type Label = Vec<(&'static str, String)>;
type Ratio = Gauge<f64, AtomicU64>;

/// Everything that is counted.
#[utoipa::path(
    get,
    path = "/metrics",
    responses((status = 200, body = String, content_type = "application/openmetrics-text", description = "OpenMetrics 1.0"))
)]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Problem> {
    let statistics = app.desk.runtime.statistics().await.ok_or_else(Problem::stopping)?;
    let mut registry = Registry::with_prefix("ruview");
    server(&mut registry, &app);
    packets(&mut registry, &app);
    engine(&mut registry, &app, &statistics);
    let mut body = String::new();
    text::encode(&mut body, &registry)
        .map_err(|fmt::Error| Problem::unavailable("the metrics could not be written"))?;
    Ok(([(CONTENT_TYPE, FORMAT)], body))
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: f64) {
    let gauge = Ratio::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

fn counter(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let counter: Counter = Counter::default();
    counter.inc_by(value);
    registry.register(name, help, counter);
}

/// A counter for each value of a label.
fn counters(registry: &mut Registry, name: &str, help: &str, label: &'static str, values: Vec<(String, u64)>) {
    let family = Family::<Label, Counter>::default();
    for (of, value) in values {
        family.get_or_create(&vec![(label, of)]).inc_by(value);
    }
    registry.register(name, help, family);
}

fn server(registry: &mut Registry, app: &App) {
    let build = Family::<Label, Gauge>::default();
    build.get_or_create(&vec![("version", api::VERSION.to_owned())]).set(1);
    registry.register("build", "The version of the server", build);
    gauge(registry, "uptime_seconds", "Since the start", app.desk.started.elapsed().as_secs_f64());
    gauge(registry, "bfld_subscriptions", "Announced subscriptions, now", app.subscriptions.count() as f64);
    for (name, help, value) in app.counters.view().described() {
        let help = help.trim().trim_end_matches('.');
        if NOW.contains(&name) {
            gauge(registry, name, help, value as f64);
        } else {
            counter(registry, name, help, value);
        }
    }
}

fn packets(registry: &mut Registry, app: &App) {
    let total =
        |count: &dyn Fn(&CaptureCounters) -> u64| app.desk.runtime.counters().iter().map(|c| count(c)).sum::<u64>();
    counter(registry, "packets_accepted", "Packets that parsed", total(&CaptureCounters::accepted));
    counter(
        registry,
        "packets_ignored",
        "Packets that were in order and none of ours",
        total(&CaptureCounters::ignored),
    );
    counter(registry, "kernel_drops", "Packets that the system had no room for", total(&CaptureCounters::kernel_drops));
    counter(
        registry,
        "interface_losses",
        "How often a monitor interface went down or away",
        total(&CaptureCounters::interface_losses),
    );
    let rejected = RejectReason::ALL.into_iter();
    let rejected = rejected.map(|reason| (reason.as_str().to_owned(), total(&|counters| counters.rejected(reason))));
    counters(registry, "packets_rejected", "Packets that were refused, by reason", "reason", rejected.collect());
    counter(registry, "failed_sources", "Sources that ended by a bug", app.desk.runtime.failed_sources());
}

fn engine(registry: &mut Registry, app: &App, statistics: &Statistics) {
    let frames = statistics.nodes.iter().map(|node| (node.id.clone(), node.frames)).collect();
    counters(registry, "frames", "Packets of any kind, by node", "node", frames);
    let silent = Family::<Label, Gauge>::default();
    let rate = Family::<Label, Ratio>::default();
    for node in &statistics.nodes {
        let label = vec![("node", node.id.clone())];
        silent.get_or_create(&label).set(i64::from(node.silent));
        rate.get_or_create(&label).set(node.packet_rate_hz);
    }
    registry.register("node_silent", "Whether nothing came from the node for too long", silent);
    registry.register("node_packet_rate_hertz", "Packets a second over the last ten", rate);
    let dropped = vec![
        ("too_many_nodes".to_owned(), statistics.dropped_too_many_nodes),
        ("other_source".to_owned(), statistics.dropped_other_source),
    ];
    counters(registry, "frames_dropped", "Parsed packets that no node took in, by reason", "reason", dropped);
    counter(registry, "store_failures", "Writes to the store that failed", statistics.store.store_failures);
    counter(registry, "store_set_aside", "Stores that could not be read", statistics.store.store_set_aside);
    gauge(registry, "engine_queue", "Frames and questions that wait for the engine", app.desk.runtime.queued() as f64);
    let latency = Latency(app.desk.runtime.latencies().view());
    let help = "From a frame's source to the states that it drives, waiting included";
    registry.register_with_unit("frame_latency", help, Unit::Seconds, latency);
}

/// A histogram that the engine keeps.
#[derive(Debug)]
struct Latency(LatencyView);

impl EncodeMetric for Latency {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let Self(LatencyView { buckets, sum }) = self;
        let bounds = LATENCY_BOUNDS_S.into_iter().chain([f64::MAX]);
        let buckets: Vec<_> = bounds.zip(buckets.iter().copied()).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(sum.as_secs_f64(), count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}
