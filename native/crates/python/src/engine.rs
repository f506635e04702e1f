//! The embedded engine. Threads, callbacks and asyncio are Python's, in `engine.py`; here are an engine and its feeds.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use jiff::tz::TimeZone;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyTimeoutError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::{PyErr, create_exception};
use ruview_bfld::policy::Terms;
use ruview_capture::{AtEnd, CaptureError, Esp32UdpConfig, FileReplayConfig, Speed, StoryError};
use ruview_core::StreamTime;
use ruview_engine::{EngineConfig, Keep, SourceName};
use ruview_host::{
    DataDirError, Embedded, EmbeddedConfig, EmbeddedError, Feed as Told, LiveConfig, LogRecord, Logs as Records,
    Simulation, SourceConfig, StorageError, Times, VERSION,
};
use tracing::Level;

use crate::error::value_error;
use crate::privacy::PrivacyClass;

create_exception!(
    wifi_densepose.engine,
    EngineError,
    PyRuntimeError,
    "The engine does not do what it was asked for, because of how it is: not running, failed, or of another process."
);

const DAY_S: u64 = 24 * 60 * 60;

/// What `Engine` was told; its attributes have these names.
#[derive(FromPyObject)]
#[allow(clippy::struct_excessive_bools, reason = "each is an argument of its own")]
struct Settings<'py> {
    source: Bound<'py, PyAny>,
    name: String,
    data_dir: Option<PathBuf>,
    privacy_class: PrivacyClass,
    privacy_mode: bool,
    tracking: bool,
    stale_after_s: i64,
    max_nodes: i64,
    timezone: Option<String>,
    experimental_heart_rate: bool,
    trust_firmware: bool,
    events_keep_days: i64,
    events_keep: i64,
    source_times: bool,
}

#[derive(FromPyObject)]
struct Live {
    udp_bind: Option<String>,
    udp_allow: Vec<String>,
    nexmon: BTreeMap<String, String>,
    nexmon_allow: Vec<String>,
}

#[derive(FromPyObject)]
struct Replay {
    files: Vec<PathBuf>,
    speed: f64,
    at_end: String,
}

#[derive(FromPyObject)]
struct Simulate {
    story: Option<PathBuf>,
    nodes: Option<i64>,
    packet_rate_hz: Option<f64>,
    seed: Option<u64>,
    start_s: Option<f64>,
    speed: f64,
}

impl Settings<'_> {
    fn config(self) -> PyResult<EmbeddedConfig> {
        let class = self.privacy_class;
        if class < PrivacyClass::Anonymous {
            let expected = "PrivacyClass.Anonymous or PrivacyClass.Restricted";
            return Err(value_error("privacy_class", expected, class.class().as_str()));
        }
        if self.name.is_empty() {
            return Err(value_error("name", "a name", "an empty text"));
        }
        let engine = EngineConfig {
            stale_after: Duration::from_secs(within("stale_after_s", self.stale_after_s, 1, 86_400)?),
            max_nodes: within("max_nodes", self.max_nodes, 1, 1000)? as usize,
            privacy: Terms::configured(class.class(), self.privacy_mode, self.tracking),
            experimental_heart_rate: self.experimental_heart_rate,
            trust_firmware: self.trust_firmware,
            timezone: timezone(self.timezone)?,
            ..EngineConfig::new("", self.name, VERSION)
        };
        let days = within("events_keep_days", self.events_keep_days, 1, 3650)?;
        let count = within("events_keep", self.events_keep, 100, 10_000_000)?;
        Ok(EmbeddedConfig {
            engine,
            source: source(&self.source)?,
            data_dir: self.data_dir,
            keep: Keep { age: Duration::from_secs(days * DAY_S), count: count as u32 },
            times: if self.source_times { Times::Source } else { Times::Wall },
        })
    }
}

fn source(source: &Bound<'_, PyAny>) -> PyResult<SourceConfig> {
    match source.getattr("kind")?.extract::<String>()?.as_str() {
        "live" => live(extract(source)?).map(SourceConfig::Live),
        "replay" => {
            let Replay { files, speed: pace, at_end } = extract(source)?;
            let at_end = match at_end.as_str() {
                "stop" => AtEnd::Stop,
                "keep_ticking" => AtEnd::KeepTicking,
                "repeat" => AtEnd::Loop,
                _ => return Err(value_error("at_end", "stop, keep_ticking or repeat", at_end)),
            };
            Ok(SourceConfig::Replay(FileReplayConfig { files, speed: speed(pace)?, at_end }))
        }
        _ => simulation(extract(source)?).map(SourceConfig::Simulator),
    }
}

fn live(Live { udp_bind, udp_allow, nexmon, nexmon_allow }: Live) -> PyResult<LiveConfig> {
    let allow = subnets("udp_allow", &udp_allow)?;
    let nodes = udp_bind.map(|bind| address("udp_bind", &bind)).transpose()?;
    let radio = |(name, bind): (String, String)| {
        let name = SourceName::new(name.as_str()).map_err(|error| value_error("nexmon", error, name))?;
        Ok((name, address("nexmon", &bind)?))
    };
    let live = LiveConfig {
        nodes: nodes.map(|bind| Esp32UdpConfig { bind, allow }),
        radios: nexmon.into_iter().map(radio).collect::<PyResult<_>>()?,
        radio_allow: subnets("nexmon_allow", &nexmon_allow)?,
    };
    if live.nodes.is_none() && live.radios.is_empty() {
        return Err(value_error("source", "udp_bind or nexmon", "neither"));
    }
    Ok(live)
}

fn simulation(simulate: Simulate) -> PyResult<ruview_capture::SimulatorConfig> {
    let Simulate { story, nodes, packet_rate_hz, seed, start_s, speed: pace } = simulate;
    if let Some(rate) = packet_rate_hz.filter(|rate| !(0.1..=1000.0).contains(rate)) {
        return Err(value_error("packet_rate_hz", "0.1 to 1000", rate));
    }
    let nodes = nodes.map(|nodes| within("nodes", nodes, 1, 64)).transpose()?;
    let start = start_s.map(|start| StreamTime::from_micros((start * 1e6).round() as i64));
    let speed = speed(pace)?;
    let simulation = Simulation { story, nodes: nodes.map(|nodes| nodes as u8), packet_rate_hz, seed, start, speed };
    simulation.config().map_err(|error| match error {
        StoryError::Unreadable { path, source } => os_error(&source, format!("story: {}: {source}", path.display())),
        error => PyValueError::new_err(format!("story: {error}")),
    })
}

/// The attributes of an object; the error names the one that is of another type.
fn extract<'py, T: FromPyObjectOwned<'py>>(object: &Bound<'py, PyAny>) -> PyResult<T> {
    let py = object.py();
    object.extract::<T>().map_err(Into::into).map_err(|error: PyErr| match error.cause(py) {
        Some(cause) => {
            let said = error.value(py).to_string();
            let field = said.rsplit('.').next().unwrap_or("source");
            PyTypeError::new_err(format!("{field}: {}", cause.value(py)))
        }
        None => error,
    })
}

fn within(field: &str, number: i64, least: i64, most: i64) -> PyResult<u64> {
    if (least..=most).contains(&number) {
        return Ok(number as u64);
    }
    Err(value_error(field, format_args!("{least} to {most}"), number))
}

fn address(field: &str, text: &str) -> PyResult<SocketAddr> {
    text.parse().map_err(|_| value_error(field, "an IP address and a port, such as 0.0.0.0:5005", text))
}

fn subnets(field: &str, texts: &[String]) -> PyResult<Vec<IpNet>> {
    let subnet = |text: &String| {
        text.parse().map_err(|_| value_error(field, "a subnet with its prefix length, such as 192.168.1.0/24", text))
    };
    texts.iter().map(subnet).collect()
}

fn speed(factor: f64) -> PyResult<Speed> {
    match factor {
        f64::INFINITY => Ok(Speed::Max),
        1.0 => Ok(Speed::Real),
        factor if factor > 0.0 => Ok(Speed::Times(factor)),
        _ => Err(value_error("speed", "a factor above 0", factor)),
    }
}

fn timezone(name: Option<String>) -> PyResult<TimeZone> {
    let Some(name) = name else { return Ok(TimeZone::system()) };
    TimeZone::get(&name).map_err(|_| value_error("timezone", "a time zone, such as Europe/Berlin or UTC", name))
}

fn seconds(field: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| value_error(field, "seconds of 0 and above", seconds))
}

/// What the system says, as the exception that Python has for that.
fn os_error(source: &io::Error, message: String) -> PyErr {
    match source.raw_os_error() {
        Some(number) => PyOSError::new_err((number, message)),
        None => PyOSError::new_err(message),
    }
}

fn exception(error: EmbeddedError) -> PyErr {
    let said = error.to_string();
    match error {
        EmbeddedError::DataDir(DataDirError::Io { source, .. })
        | EmbeddedError::Registries(StorageError::Io { source, .. })
        | EmbeddedError::Capture(CaptureError::Bind { source, .. } | CaptureError::Unreadable { source, .. })
        | EmbeddedError::System(source) => os_error(&source, said),
        EmbeddedError::Capture(_) | EmbeddedError::NoSource => PyValueError::new_err(said),
        EmbeddedError::NotInTime => PyTimeoutError::new_err(said),
        _ => EngineError::new_err(said),
    }
}

/// An engine; see the stub.
#[pyclass(module = "wifi_densepose._core", frozen)]
pub(crate) struct EngineCore(Embedded);

#[pymethods]
impl EngineCore {
    #[new]
    fn new(settings: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(Embedded::new(extract::<Settings<'_>>(settings)?.config()?)))
    }

    fn start(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.0.start()).map_err(exception)
    }

    fn stop(&self, py: Python<'_>, timeout_s: f64) -> PyResult<()> {
        let patience = seconds("timeout_s", timeout_s)?;
        py.detach(|| self.0.stop(patience)).map_err(exception)
    }

    fn subscribe(&self, py: Python<'_>) -> PyResult<Feed> {
        py.detach(|| self.0.subscribe()).map(Feed).map_err(exception)
    }

    fn ask(&self, py: Python<'_>, command: &str) -> PyResult<String> {
        py.detach(|| self.0.ask(command)).map(ruview_host::Outgoing::into_text).map_err(exception)
    }

    fn running_sources(&self, py: Python<'_>) -> PyResult<usize> {
        py.detach(|| self.0.running_sources()).map_err(exception)
    }

    #[getter]
    fn is_running(&self) -> bool {
        self.0.is_running()
    }

    #[getter]
    fn has_failed(&self) -> bool {
        self.0.has_failed()
    }

    #[getter]
    fn server_id(&self) -> Option<String> {
        self.0.server_id().map(|id| id.to_string())
    }

    #[getter]
    fn udp_address(&self) -> Option<String> {
        self.0.udp_address().map(|address| address.to_string())
    }

    #[getter]
    fn nexmon_addresses(&self) -> BTreeMap<String, String> {
        let radios = self.0.radio_addresses().into_iter();
        radios.map(|(name, address)| (name.to_string(), address.to_string())).collect()
    }
}

/// What one subscriber is told; see the stub.
#[pyclass(module = "wifi_densepose._core", frozen)]
pub(crate) struct Feed(Arc<Told>);

#[pymethods]
impl Feed {
    fn next(&self, py: Python<'_>) -> Option<String> {
        py.detach(|| self.0.next()).map(ruview_host::Outgoing::into_text)
    }

    fn end(&self) {
        self.0.end();
    }

    #[getter]
    fn has_ended(&self) -> bool {
        self.0.has_ended()
    }
}

/// What is logged in this process; see the stub.
#[pyclass(module = "wifi_densepose._core", frozen)]
pub(crate) struct Logs(Records);

#[pymethods]
impl Logs {
    #[staticmethod]
    fn of_process() -> Option<Self> {
        Records::of_process().map(Self)
    }

    fn next(&self, py: Python<'_>) -> Option<(u8, String)> {
        let LogRecord { level, text } = py.detach(|| self.0.next())?;
        // The numbers of Python's module `logging`.
        let level = match level {
            Level::ERROR => 40,
            Level::WARN => 30,
            Level::INFO => 20,
            _ => 10,
        };
        Some((level, text))
    }

    fn end(&self) {
        self.0.end();
    }
}
