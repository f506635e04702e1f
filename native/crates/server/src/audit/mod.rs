//! `ruview-server audit`: proves from outside that nothing was published that must not be.
//!
//! It shares the policy's table with the server and nothing else: it reads what the broker hands on.

pub mod args;
mod finding;
mod judge;
mod log;

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::ctrl_c;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

pub use args::AuditArgs;
pub use finding::{Finding, Report};

use judge::{Judge, Said};

use crate::mqtt::link::{Link, LinkEvent, MqttLink};
use crate::mqtt::{BrokerAddress, MqttError, connection};

/// Pause before the broker is tried again.
const AGAIN: Duration = Duration::from_secs(2);

/// Why nothing is proven.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Something was published that must not be.
    #[error("{0}")]
    Found(Report),
    /// An audit of nothing proves nothing.
    #[error("nothing was published, so nothing is proven")]
    Nothing,
    /// The broker cannot be used as the options say.
    #[error(transparent)]
    Mqtt(#[from] MqttError),
    /// The broker could not be reached all the time.
    #[error("the connection to the broker was lost ({0}), so what was published meanwhile is not known")]
    Lost(String),
    /// A file that cannot be read.
    #[error("cannot read {}: {source}. Name another file with --log", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Judges what is published, or what was recorded.
///
/// # Errors
/// [`AuditError`] where it is not proven that nothing was published that must not be.
pub(crate) async fn audit(args: &AuditArgs) -> Result<Report, AuditError> {
    let mut judge = Judge::new(&args.mqtt_prefix, &args.mqtt_discovery_prefix, args.privacy_class);
    match &args.mqtt {
        Some(address) => listen(args, address, &mut judge).await?,
        None => {
            for path in &args.log {
                log::judge(path, &mut judge).map_err(|source| AuditError::Log { path: path.clone(), source })?;
            }
        }
    }
    let report = judge.report();
    match report {
        Report { findings: 1.., .. } => Err(AuditError::Found(report)),
        Report { messages: 0, .. } => Err(AuditError::Nothing),
        report => Ok(report),
    }
}

/// Judges what the broker hands on, until the time is over or somebody interrupts.
async fn listen(args: &AuditArgs, address: &BrokerAddress, judge: &mut Judge) -> Result<(), AuditError> {
    let options = connection::options(&args.broker, address, &format!("ruview-audit-{}", Uuid::new_v4()))?;
    let filters = [format!("{}/#", args.mqtt_prefix), format!("{}/device/+/config", args.mqtt_discovery_prefix)];
    let end = Instant::now() + args.duration;
    let mut link = MqttLink::new(options.clone());
    let mut was_there = false;
    loop {
        let event = tokio::select! {
            () = sleep_until(end) => return Ok(()),
            _ = ctrl_c() => return Ok(()),
            event = link.next() => event,
        };
        match event {
            LinkEvent::Connected => {
                was_there = true;
                // The queue is new, so there is room.
                let _ = link.subscribe(&filters);
                tracing::info!(broker = %address, "listening");
            }
            LinkEvent::Received { topic, payload, retained } => {
                judge.hear(&Said { topic: &topic, payload: &payload, retained });
            }
            LinkEvent::Lost(why) if was_there => return Err(AuditError::Lost(why)),
            LinkEvent::Lost(why) => {
                tracing::warn!(%why, "no connection to the MQTT broker");
                tokio::time::sleep(AGAIN).await;
                link = MqttLink::new(options.clone());
            }
            LinkEvent::Confirmed(_) | LinkEvent::Refused(..) => {}
        }
    }
}
