//! From a command to a server at work, and from a signal to its end.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use ruview_engine::{ChangeLog, Runtime, system_clock};
use ruview_host::{About, Sources};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::api;
use crate::cli::{Command, ConfigCommand, DataDirArgs, ReplayArgs, ServeArgs};
use crate::config::{Invocation, Origin};
use crate::error::StartError;
use crate::identity::{Identity, default_data_dir};
use crate::mdns::{Announced, Announcement};
use crate::mqtt::{Mqtt, RunningMqtt, Subject, TermsNow};
use crate::reload::Reload;
use crate::server::{Limits, Listener, Server};
use crate::tls::Tls;
use crate::{audit, config, decode, engine, events, logging, mdns, offline, ready, record, schema, sources, token};

/// Time for tasks that are left over.
const LEFT_OVER: Duration = Duration::from_millis(200);

/// Does what `command` says, to its end.
///
/// # Errors
/// [`StartError`] says what was wrong and what to do about it.
pub fn run(invocation: Invocation) -> Result<(), StartError> {
    let Invocation { command, origin } = invocation;
    match command {
        Command::Run(args) => {
            logging::start(&args.serve.log);
            block_on(async { serve(&args.serve, origin, sources::live(&args)?, None, true).await })
        }
        Command::Replay(args) => {
            logging::start(&args.serve.log);
            if args.once { block_on(offline::replay(&args)) } else { block_on(replay(&args, origin)) }
        }
        Command::Simulate(args) if args.list_stories => print(&sources::stories()?),
        Command::Simulate(args) => {
            logging::start(&args.serve.log);
            let persist = args.persist.persist;
            block_on(async { serve(&args.serve, origin, sources::simulator(&args)?, None, persist).await })
        }
        Command::Decode(args) => decode::decode(&args),
        Command::Record(args) => {
            logging::start(&args.log);
            block_on(async { Ok(record::record(&args).await?) })
        }
        Command::Audit(args) => {
            logging::start(&args.logs);
            block_on(async { print(&audit::audit(&args).await?.to_string()) })
        }
        Command::Token(command) => print(&token::run(command)?),
        Command::Events(args) => events::print(&args),
        Command::Config(ConfigCommand::Check { file }) => {
            let settings = config::check(&file)?;
            print(&format!("{}: {settings} settings, all in order", file.display()))
        }
        Command::Config(ConfigCommand::Example) => Ok(write!(io::stdout(), "{}", config::example())?),
        Command::Schema => print(&format!("{:#}", schema::schema())),
        Command::Version => print(&format!("ruview-server {} (API {})", api::VERSION, api::API)),
    }
}

fn print(text: &str) -> Result<(), StartError> {
    Ok(writeln!(io::stdout(), "{text}")?)
}

fn block_on(work: impl Future<Output = Result<(), StartError>>) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(LEFT_OVER);
    result
}

async fn replay(args: &ReplayArgs, origin: Origin) -> Result<(), StartError> {
    let changes = args.changes.as_deref().map(changes_to).transpose()?;
    serve(&args.serve, origin, sources::replay(args).await?, changes, args.persist.persist).await
}

/// Opens what `--changes` names.
pub(crate) fn changes_to(path: &Path) -> Result<Box<dyn Write + Send>, StartError> {
    if path == Path::new("-") {
        return Ok(Box::new(io::BufWriter::new(io::stdout())));
    }
    let file = File::create(path).map_err(|source| StartError::Changes { path: path.to_owned(), source })?;
    Ok(Box::new(io::BufWriter::new(file)))
}

pub(crate) fn data_dir(args: &DataDirArgs) -> Result<PathBuf, StartError> {
    args.data_dir.clone().map_or_else(default_data_dir, Ok)
}

fn identity(args: &DataDirArgs) -> Result<Identity, StartError> {
    Identity::load_or_create(&data_dir(args)?)
}

async fn serve(
    args: &ServeArgs,
    origin: Origin,
    sources: Sources,
    changes: Option<Box<dyn Write + Send>>,
    persist: bool,
) -> Result<(), StartError> {
    // Until the end: what others write meanwhile would be lost.
    let _lock = ruview_host::lock(&data_dir(&args.data_dir)?)?;
    let identity = identity(&args.data_dir)?;
    let server_id = identity.server_id;
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(cert), Some(key)) => Some(Arc::new(Tls::open(cert, key)?)),
        _ => None,
    };
    let mqtt = Mqtt::prepare(&args.mqtt, server_id, &data_dir(&args.data_dir)?)?;
    let listen_error = |source| StartError::Listen { address: args.listen, source };
    let listener = TcpListener::bind(args.listen).await.map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hang_up = signal(SignalKind::hangup())?;

    let remembered = persist.then(|| data_dir(&args.data_dir)).transpose()?;
    let core = ruview_host::core(remembered.as_deref())?;
    let engine =
        engine::start(&args.engine, server_id.to_string(), Arc::clone(&core), system_clock(), remembered.as_deref())?;
    let changes = changes.map(|out| ChangeLog::new(&core, out));
    // The port is open, so whoever is told now can connect now. Before the sources start, because changes may go to stdout
    // too, and this line is the first there.
    tracing::info!(http = %address, udp = ?sources.udp, source = sources.kind.as_str(), "ready");
    if let Err(error) = ready::announce(address, sources.udp, server_id) {
        tracing::warn!(%error, "nobody reads stdout, so nobody was told that the server is ready");
    }
    let runtime = Runtime::start(engine, sources.adapters, changes);
    let about = About { name: args.engine.name.clone(), source: sources.kind, stale_after: args.engine.stale_after() };
    let handle = runtime.handle().clone();
    let terms: TermsNow = Arc::new(move || handle.terms());
    let name = about.name.clone();
    let mut reload = Reload {
        origin,
        rooms: engine::rooms(&args.engine)?,
        tunings: args.engine.home.tunings.clone(),
        runtime: runtime.handle().clone(),
        tokens: Arc::clone(&identity.tokens),
        tls: tls.clone(),
    };
    let listener = Listener { tcp: listener, tls, ingress: args.ingress_from };
    let server =
        Server::start(listener, about, identity, Limits::default(), Arc::clone(&core), runtime.handle().clone());
    let announced = Announced { server_id, name: name.clone(), address, terms: Arc::clone(&terms) };
    let announcement = mdns::announce(&args.mdns, announced);
    let counters = Arc::clone(server.counters());
    let subject = Subject { server_id, name, core, runtime: runtime.handle().clone(), terms, counters };
    let mqtt = mqtt.map(|mqtt| mqtt.start(subject));

    let reloading = async {
        while hang_up.recv().await.is_some() {
            reload.now().await;
        }
        // Nothing will hang up any more, which is no reason to end.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = terminate.recv() => tracing::info!("terminated"),
        _ = interrupt.recv() => tracing::info!("interrupted"),
        () = runtime.handle().engine_stopped() => {}
        () = reloading => {}
    }
    tokio::join!(
        server.stop(),
        OptionFuture::from(mqtt.map(RunningMqtt::stop)),
        OptionFuture::from(announcement.map(Announcement::take_back)),
    );
    Ok(runtime.stop().await?)
}
