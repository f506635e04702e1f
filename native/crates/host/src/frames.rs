//! Every frame of the API. The files in `tests/golden/ws_v1` show what they look like.

use homecore::{Action, Attributes, CoreEvent, DeviceEntry, EntityEntry, Event, Snapshot, State, StorageStatistics};
use jiff::Timestamp;
use ruview_bfld::policy::{self, Terms};
use ruview_engine::services::{ServiceError, ServiceErrorCode};
use ruview_engine::{EventLogStatistics, NodeStatistics, StoreStatistics, StoredEvent};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A client's first message.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename = "auth")]
pub struct Auth {
    /// The secret.
    pub token: String,
}

/// What the server sends.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<'a> {
    /// The first of all.
    AuthRequired {
        /// The server's version.
        version: &'a str,
        /// The API's number.
        api: u32,
    },
    /// Welcome.
    AuthOk(AuthOk<'a>),
    /// Good-bye.
    AuthInvalid {
        /// Why.
        message: &'a str,
    },
    /// The answer to a command.
    Result(Answer),
    /// Something that a subscriber is told.
    Event {
        /// The subscription's.
        id: u64,
        /// What.
        event: EventFrame<'a>,
    },
    /// The client lagged; a snapshot follows.
    Resync {
        /// The subscription's.
        id: u64,
    },
}

impl ServerFrame<'_> {
    /// The frame as it leaves: without any key that `terms` do not permit.
    ///
    /// # Panics
    /// Never: frames have string keys and finite numbers only.
    pub fn outgoing(&self, terms: Terms) -> Value {
        let mut frame = serde_json::to_value(self).expect("frames have string keys and finite numbers only");
        let withheld = policy::filter(&mut frame, terms);
        if !withheld.is_empty() {
            tracing::debug!(?withheld, "the privacy policy does not permit everything that was to be sent");
        }
        frame
    }

    /// The same as text, which is what carries it takes.
    pub fn release(&self, terms: Terms) -> Outgoing {
        Outgoing { text: self.outgoing(terms).to_string(), is_resync: matches!(self, Self::Resync { .. }) }
    }
}

/// A frame as text, without anything that the privacy policy withholds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    text: String,
    is_resync: bool,
}

impl Outgoing {
    /// Whether it tells that something was missed.
    pub const fn is_resync(&self) -> bool {
        self.is_resync
    }

    /// What leaves.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// Who welcomes.
#[derive(Debug, Serialize)]
pub struct AuthOk<'a> {
    /// Names the server for ever.
    pub server_id: Uuid,
    /// What users call it.
    pub name: &'a str,
    /// The server's version.
    pub version: &'a str,
    /// The API's number.
    pub api: u32,
    /// What its data may say of people.
    pub privacy_class: u8,
    /// Whether biometric data is withheld.
    pub privacy_mode: bool,
    /// What it can tell.
    pub capabilities: &'a [&'a str],
}

/// The answer to a command.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The command's.
    pub id: u64,
    /// Whether it was done.
    pub success: bool,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a command.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its result.
    Result(Value),
    /// Why there is none.
    Error {
        /// For programs.
        code: ErrorCode,
        /// For people.
        message: String,
        /// What is to blame, where that is one field.
        #[serde(flatten)]
        blame: Option<Blame>,
    },
}

/// The field that is to blame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blame {
    /// Its name, such as `rooms[0].nodes`.
    pub field: String,
    /// What it may be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

impl Answer {
    /// A command was done.
    pub fn success(id: u64, result: Value) -> Self {
        Self { id, success: true, outcome: Outcome::Result(result) }
    }

    /// A command was not done.
    pub fn failure(id: u64, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { id, success: false, outcome: Outcome::Error { code, message: message.into(), blame: None } }
    }
}

impl Answer {
    /// A service was not done.
    pub fn refusal(id: u64, error: ServiceError) -> Self {
        let (code, message) = (error.code.into(), error.to_string());
        let ServiceError { field, expected, found, .. } = error;
        let outcome = Outcome::Error { code, message, blame: Some(Blame { field, expected, found }) };
        Self { id, success: false, outcome }
    }
}

/// Why a command was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// There is no such command.
    UnknownCommand,
    /// The frame is no command.
    InvalidFormat,
    /// One subscription a connection.
    AlreadySubscribed,
    /// The token is not good for that.
    NotPermitted,
    /// There is no such service.
    UnknownService,
    /// A field of a service's data is missing or makes no sense.
    InvalidData,
    /// There is no such node or room.
    NotFound,
    /// The node cannot do that.
    NotSupported,
    /// The node is silent, or sends no CSI now.
    NodeSilent,
    /// Somebody is there, or was a moment ago.
    RoomNotEmpty,
    /// It is done, and a restart will have forgotten it.
    NotStored,
    /// The configuration asks for a stricter privacy class.
    LooserClass,
    /// The log of events cannot be read.
    Unreadable,
    /// The server stops.
    Stopping,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 14] = [
        Self::UnknownCommand,
        Self::InvalidFormat,
        Self::AlreadySubscribed,
        Self::NotPermitted,
        Self::UnknownService,
        Self::InvalidData,
        Self::NotFound,
        Self::NotSupported,
        Self::NodeSilent,
        Self::RoomNotEmpty,
        Self::NotStored,
        Self::LooserClass,
        Self::Unreadable,
        Self::Stopping,
    ];
}

impl From<ServiceErrorCode> for ErrorCode {
    fn from(code: ServiceErrorCode) -> Self {
        match code {
            ServiceErrorCode::UnknownService => Self::UnknownService,
            ServiceErrorCode::InvalidData => Self::InvalidData,
            ServiceErrorCode::NotFound => Self::NotFound,
            ServiceErrorCode::NotSupported => Self::NotSupported,
            ServiceErrorCode::NodeSilent => Self::NodeSilent,
            ServiceErrorCode::RoomNotEmpty => Self::RoomNotEmpty,
            ServiceErrorCode::NotStored => Self::NotStored,
            ServiceErrorCode::LooserClass => Self::LooserClass,
        }
    }
}

/// The result of `get_config`.
#[derive(Debug, Serialize)]
pub struct Config<'a> {
    /// Names the server for ever.
    pub server_id: Uuid,
    /// What users call it.
    pub name: &'a str,
    /// The server's version.
    pub version: &'a str,
    /// The API's number.
    pub api: u32,
    /// What its data may say of people.
    pub privacy_class: u8,
    /// Whether biometric data is withheld.
    pub privacy_mode: bool,
    /// Where its data originates.
    pub source: &'a str,
    /// Silence after which nothing is known any more.
    pub stale_after_s: u64,
    /// When it was started.
    pub started_at: Time,
}

/// The result of `get_diagnostics`: what is listed here, and nothing else, leaves the server this way.
#[derive(Debug, Serialize)]
pub struct Diagnostics<'a, I> {
    /// The server's version.
    pub version: &'a str,
    /// Since its start.
    pub uptime_s: u64,
    /// Where its data originates.
    pub source: &'a str,
    /// Its nodes.
    pub nodes: Vec<NodeStatistics>,
    /// What it counted.
    pub counters: DiagnosticCounters<I>,
}

/// What the server counted.
#[derive(Debug, Serialize)]
pub struct DiagnosticCounters<I> {
    /// Packets that parsed.
    pub packets_accepted: u64,
    /// Packets that were refused, by reason.
    pub packets_rejected: Map<String, Value>,
    /// Packets that were in order and none of ours.
    pub packets_ignored: u64,
    /// Packets that the system had no room to keep for us.
    pub kernel_drops: u64,
    /// How often a monitor interface went down or away.
    pub interface_losses: u64,
    /// Packets of nodes beyond the limit.
    pub dropped_too_many_nodes: u64,
    /// Packets beyond what one node or one source may send in a second.
    pub dropped_too_fast: u64,
    /// Packets of a node that another source serves.
    pub dropped_other_source: u64,
    /// Sources that ended by a bug.
    pub failed_sources: u64,
    /// In the store.
    #[serde(flatten)]
    pub store: StoreStatistics,
    /// In the registries' files.
    #[serde(flatten)]
    pub registries: StorageStatistics,
    /// In the log of events.
    #[serde(flatten)]
    pub events: EventLogStatistics,
    /// At the interfaces.
    #[serde(flatten)]
    pub interfaces: I,
}

/// The result of `get_events`.
#[derive(Debug, Serialize)]
pub struct Events<'a> {
    /// Oldest first.
    pub events: Vec<EventView<'a>>,
}

/// An event that was kept.
#[derive(Debug, Serialize)]
pub struct EventView<'a> {
    /// Its number in the log; later ones have greater ones.
    pub id: i64,
    /// What.
    pub event_type: &'a str,
    /// On which device.
    pub device_id: &'a str,
    /// On which entity.
    pub entity_id: &'a str,
    /// What is to be known about it.
    pub data: &'a Attributes,
    /// When.
    pub time_fired: Time,
}

impl<'a> From<&'a StoredEvent> for EventView<'a> {
    fn from(event: &'a StoredEvent) -> Self {
        let StoredEvent { id, event_type, device_id, entity_id, data, time_fired } = event;
        Self { id: *id, event_type, device_id, entity_id, data, time_fired: Time(*time_fired) }
    }
}

/// What a subscriber is told.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventFrame<'a> {
    /// Everything there is.
    Snapshot {
        /// Each after the one that it is reached through.
        devices: Vec<&'a DeviceEntry>,
        /// The entities.
        entities: Vec<&'a EntityEntry>,
        /// Their states.
        states: Vec<StateView<'a>>,
    },
    /// A state came, changed or went.
    StateChanged {
        /// Whose.
        entity_id: &'a str,
        /// `None` when it went.
        state: Option<StateView<'a>>,
    },
    /// An entity was registered, changed or removed.
    EntityRegistryUpdated {
        /// What happened.
        action: Action,
        /// To whom.
        entity_id: &'a str,
        /// `None` when it was removed.
        entity: Option<&'a EntityEntry>,
    },
    /// A device was registered, changed or removed.
    DeviceRegistryUpdated {
        /// What happened.
        action: Action,
        /// To whom.
        device_id: &'a str,
        /// `None` when it was removed.
        device: Option<&'a DeviceEntry>,
    },
    /// Something happened.
    Event {
        /// What.
        event_type: &'a str,
        /// On which device.
        device_id: Option<&'a str>,
        /// On which entity.
        entity_id: Option<&'a str>,
        /// What is to be known about it.
        data: Map<String, Value>,
        /// When.
        time_fired: Time,
    },
    /// The privacy class changed while the client was there.
    ConfigUpdated {
        /// What data may say of people from now on.
        privacy_class: u8,
        /// Whether biometric data is withheld from now on.
        privacy_mode: bool,
    },
}

impl EventFrame<'_> {
    /// The type of every variant.
    pub const NAMES: [&'static str; 6] =
        ["snapshot", "state_changed", "entity_registry_updated", "device_registry_updated", "event", "config_updated"];
}

impl From<Terms> for EventFrame<'_> {
    fn from(terms: Terms) -> Self {
        Self::ConfigUpdated { privacy_class: terms.class.as_u8(), privacy_mode: terms.privacy_mode }
    }
}

impl<'a> From<&'a Snapshot> for EventFrame<'a> {
    fn from(snapshot: &'a Snapshot) -> Self {
        Self::Snapshot {
            devices: snapshot.devices.iter().map(AsRef::as_ref).collect(),
            entities: snapshot.entities.iter().map(AsRef::as_ref).collect(),
            states: snapshot.states.iter().map(|state| StateView::from(state.as_ref())).collect(),
        }
    }
}

impl<'a> From<&'a CoreEvent> for EventFrame<'a> {
    fn from(event: &'a CoreEvent) -> Self {
        match event {
            CoreEvent::StateChanged(changed) => Self::StateChanged {
                entity_id: changed.entity_id.as_str(),
                state: changed.new.as_deref().map(StateView::from),
            },
            CoreEvent::EntityRegistryUpdated(updated) => Self::EntityRegistryUpdated {
                action: updated.action,
                entity_id: updated.entity_id.as_str(),
                entity: updated.entry.as_deref(),
            },
            CoreEvent::DeviceRegistryUpdated(updated) => Self::DeviceRegistryUpdated {
                action: updated.action,
                device_id: &updated.device_id,
                device: updated.entry.as_deref(),
            },
            CoreEvent::Fired(event) => fired(event),
        }
    }
}

/// The place of an event is part of its data inside, and stands beside it outside.
fn fired(event: &Event) -> EventFrame<'_> {
    const PLACE: [&str; 2] = ["device_id", "entity_id"];
    let [device_id, entity_id] = PLACE.map(|key| event.data.get(key).and_then(Value::as_str));
    let data = event.data.iter().filter(|(key, _)| !PLACE.contains(&key.as_str()));
    EventFrame::Event {
        event_type: &event.event_type,
        device_id,
        entity_id,
        data: data.map(|(key, value)| (key.clone(), value.clone())).collect(),
        time_fired: Time(event.time_fired),
    }
}

/// A state as clients see it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = State))]
pub struct StateView<'a> {
    /// Whose.
    pub entity_id: &'a str,
    /// The value.
    pub state: &'a str,
    /// What belongs to the value.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub attributes: &'a Attributes,
    /// When the value last became another one.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub last_changed: Time,
    /// When value or attributes last became others.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub last_updated: Time,
    /// When it was last written.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub last_reported: Time,
}

impl<'a> From<&'a State> for StateView<'a> {
    fn from(state: &'a State) -> Self {
        Self {
            entity_id: state.entity_id.as_str(),
            state: &state.state,
            attributes: &state.attributes,
            last_changed: Time(state.last_changed),
            last_updated: Time(state.last_updated),
            last_reported: Time(state.last_reported),
        }
    }
}

/// RFC 3339 in UTC, always to the microsecond, so that times sort as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.6}", self.0))
    }
}
