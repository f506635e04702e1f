//! MQTT 5: states, signed events and, where it is wanted, Home Assistant's discovery. `docs/mqtt.md` says what stands where.

mod address;
pub mod args;
mod board;
mod commands;
pub(crate) mod connection;
mod discovery;
mod error;
mod house;
mod line;
pub(crate) mod link;
mod outbox;
mod pace;
mod publisher;
pub(crate) mod topics;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use homecore::HomeCore;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::LastWill;
use ruview_bfld::PrivacyClass;
use ruview_bfld::policy::Terms;
use ruview_bfld::signed::EventKey;
use ruview_engine::RuntimeHandle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use address::BrokerAddress;
pub use args::MqttArgs;
pub use error::MqttError;

use board::Board;
use commands::Commands;
use discovery::Discovery;
use house::House;
use line::Line;
use link::MqttLink;
use outbox::Outbox;
use pace::Paces;
pub(crate) use publisher::TermsNow;
use publisher::{AboutServer, OFFLINE, Publisher};
use topics::Topics;

use crate::counters::Counters;

/// The file in the data directory that holds the key with which events are signed.
const KEY_FILE: &str = "signing.key";

/// What is published of, and in whose name.
pub(crate) struct Subject {
    pub(crate) server_id: Uuid,
    pub(crate) name: String,
    pub(crate) core: Arc<HomeCore>,
    pub(crate) runtime: RuntimeHandle,
    pub(crate) terms: TermsNow,
    pub(crate) counters: Arc<Counters>,
}

/// MQTT as the options want it: checked, and not begun.
pub(crate) struct Mqtt {
    args: MqttArgs,
    address: BrokerAddress,
    key: EventKey,
    options: rumqttc::v5::MqttOptions,
    topics: Topics,
}

/// MQTT at work.
pub(crate) struct RunningMqtt {
    stop: watch::Sender<bool>,
    publishing: JoinHandle<()>,
}

impl Mqtt {
    /// Checks the options; `None` where there is no broker.
    ///
    /// # Errors
    /// [`MqttError`] says what cannot be used.
    pub(crate) fn prepare(args: &MqttArgs, server_id: Uuid, data_dir: &Path) -> Result<Option<Self>, MqttError> {
        let Some(address) = args.mqtt_url.clone() else { return Ok(None) };
        let server_id = server_id.to_string();
        let topics = Topics::new(&args.mqtt_prefix, args.mqtt_site.as_deref(), &server_id);
        let mut options = connection::options(&args.broker, &address, &format!("ruview-{server_id}"))?;
        options.set_last_will(LastWill::new(topics.server_status(), OFFLINE, QoS::AtLeastOnce, true, None));
        let key = EventKey::open(&data_dir.join(KEY_FILE))?;
        Ok(Some(Self { args: args.clone(), address, key, options, topics }))
    }

    /// Begins to publish.
    pub(crate) fn start(self, subject: Subject) -> RunningMqtt {
        let Self { args, address, key, options, topics } = self;
        let Subject { server_id, name, core, runtime, terms, counters } = subject;
        let server_id = server_id.to_string();
        let paces = Paces::new(&args.pace);
        let discovery = args.mqtt_discovery.then(|| Discovery {
            prefix: args.mqtt_discovery_prefix.clone(),
            topics: topics.clone(),
            server_id: server_id.clone(),
            expire_after_s: paces.expiry_s(),
        });
        let publisher = Publisher {
            about: AboutServer { server_id, name },
            core,
            key,
            told: public(terms()),
            terms: Arc::new(move || public(terms())),
            board: Board::new(paces.heartbeat, paces.expiry_s()),
            paces,
            topics,
            discovery,
            commands: Commands::new(runtime, args.mqtt_commands),
            counters,
            line: Line::new(Box::new(move || MqttLink::new(options.clone()))),
            house: House::default(),
            outbox: Outbox::default(),
            gone: BTreeMap::default(),
            registry_changed: false,
            say_again: None,
            said_again: None,
            sweep_until: None,
        };
        tracing::info!(broker = %address, "publishing over MQTT");
        let (stop, stopped) = watch::channel(false);
        RunningMqtt { stop, publishing: tokio::spawn(publisher.run(stopped)) }
    }
}

/// Topics are read by everybody whom the broker lets in: what only class 1 may say is not for them.
fn public(terms: Terms) -> Terms {
    Terms { class: terms.class.max(PrivacyClass::Anonymous), ..terms }
}

impl RunningMqtt {
    /// Says that the server goes, and returns once the broker knows or does not answer.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.publishing.await {
            tracing::error!(%error, "publishing over MQTT had failed");
        }
    }
}
