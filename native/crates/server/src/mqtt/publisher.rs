//! The task between homecore and the broker.
//!
//! It never waits for the broker: what cannot be said now stands on the board or waits in the outbox. When the connection is
//! back, the board is said again as it is by then, and the events that are still news.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use homecore::{CoreEvent, EntityId, Event, HomeCore, Receiver, RecvError};
use ruview_bfld::policy::Terms;
use ruview_bfld::signed::{self, EventKey};
use ruview_engine::catalog::{CATALOG, DATA_SOURCE};
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use super::board::Board;
use super::commands::Commands;
use super::discovery::Discovery;
use super::house::{House, event_payload, is_not_known, outgoing, state_payload};
use super::line::Line;
use super::link::{Link, LinkEvent, Message, Ticket};
use super::outbox::Outbox;
use super::pace::{Pace, Paces};
use super::topics::Topics;
use crate::api;
use crate::counters::Counters;

/// How often it is looked for what has waited long enough.
const TICK: Duration = Duration::from_millis(200);
/// How long it is listened to what earlier runs have left.
const SWEEP: Duration = Duration::from_secs(2);
/// Time for the good-bye to get through.
const GOOD_BYE: Duration = Duration::from_millis(700);
/// The ticket of the server's own status, which is waited for. Events start at zero.
const LAST_WORD: Ticket = Ticket::MAX;
/// Nobody needs an event that waited for its reader so long.
const EVENT_EXPIRY_S: u32 = 24 * 60 * 60;
/// Nor an answer.
const ANSWER_EXPIRY_S: u32 = 60;
/// How often everybody together may ask to hear everything.
const ASKED_EVERY: Duration = Duration::from_secs(2);
/// The capability of a server that takes commands.
const COMMANDS: &str = "commands";

pub(super) const ONLINE: &[u8] = b"online";
pub(super) const OFFLINE: &[u8] = b"offline";

/// Under which terms everything leaves, at this moment.
pub(crate) type TermsNow = Arc<dyn Fn() -> Terms + Send + Sync>;

/// Who publishes.
pub(crate) struct Publisher<L: Link> {
    pub(super) about: AboutServer,
    pub(super) core: Arc<HomeCore>,
    pub(super) key: EventKey,
    pub(super) terms: TermsNow,
    pub(super) paces: Paces,
    pub(super) topics: Topics,
    pub(super) discovery: Option<Discovery>,
    pub(super) commands: Commands,
    pub(super) counters: Arc<Counters>,
    pub(super) line: Line<L>,
    pub(super) house: House,
    pub(super) board: Board,
    pub(super) outbox: Outbox,
    /// Keys and platforms of entities that were told of and are gone, by device.
    pub(super) gone: BTreeMap<String, BTreeMap<String, String>>,
    /// The terms under which everything was told.
    pub(super) told: Terms,
    /// Devices or entities are others than those that were told of.
    pub(super) registry_changed: bool,
    /// When everything is said again, because somebody has asked for it.
    pub(super) say_again: Option<Instant>,
    /// When that was done the last time.
    pub(super) said_again: Option<Instant>,
    /// Until when leftovers are looked for.
    pub(super) sweep_until: Option<Instant>,
}

/// What the server says of itself.
pub(crate) struct AboutServer {
    pub(crate) server_id: String,
    pub(crate) name: String,
}

impl<L: Link> Publisher<L> {
    /// Publishes until `stop` is true, and says good-bye.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut events = self.look_around();
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stop.wait_for(|&stop| stop) => break,
                event = events.recv() => match event {
                    Ok(event) => self.take(&event),
                    Err(RecvError::Lagged(_)) => {
                        self.counters.mqtt_resyncs.add();
                        events = self.look_around();
                    }
                    Err(RecvError::Closed) => break,
                },
                event = self.line.next() => self.heard(event),
                answer = self.commands.next_answer() => self.answer(&answer),
                _ = tick.tick() => self.tick(),
            }
            self.flush();
        }
        // Whoever reads only states must not take the last ones for the present.
        if timeout(GOOD_BYE, self.good_bye()).await.is_err() {
            tracing::warn!("the broker did not confirm the good-bye in time; the last will says it");
        }
    }

    /// Takes everything there is, and what comes after it.
    fn look_around(&mut self) -> Receiver<CoreEvent> {
        let (snapshot, events) = self.core.snapshot_and_subscribe();
        self.house.reset(snapshot);
        self.told = (self.terms)();
        self.tell_all();
        events
    }

    fn take(&mut self, event: &CoreEvent) {
        match event {
            CoreEvent::StateChanged(changed) => {
                self.house.take(event);
                self.tell_state(&changed.entity_id);
            }
            CoreEvent::EntityRegistryUpdated(updated) => {
                self.registry_changed = true;
                let before = self.house.entity(&updated.entity_id).cloned();
                self.house.take(event);
                let now = self.house.entity(&updated.entity_id).cloned();
                let Some(entry) = now.as_ref().or(before.as_ref()) else { return };
                let Some(device) = entry.device_id.clone() else { return };
                let gone = self.gone.entry(device.clone()).or_default();
                if now.is_some() {
                    gone.remove(&entry.key);
                } else {
                    gone.insert(entry.key.clone(), entry.domain.clone());
                    self.board.remove(&self.topics.state(&device, &entry.key));
                }
                self.tell_device(&device);
            }
            CoreEvent::DeviceRegistryUpdated(updated) => {
                self.registry_changed = true;
                self.house.take(event);
                if self.house.device(&updated.device_id).is_some() {
                    self.tell_device(&updated.device_id);
                } else {
                    self.forget_device(&updated.device_id);
                }
            }
            CoreEvent::Fired(event) => self.post(event),
        }
    }

    /// Tells everything under other terms. What still waits was made under the old ones, and is not told any more.
    fn tell_anew(&mut self) {
        self.told = (self.terms)();
        self.counters.mqtt_events_dropped.add_many(self.outbox.drop_all());
        self.tell_all();
    }

    fn tell_all(&mut self) {
        self.tell_info();
        self.tell_registry();
        let devices: Vec<_> = self.house.devices().map(|device| device.id.clone()).collect();
        for device in &devices {
            self.tell_device(device);
        }
        for entity in self.house.entity_ids() {
            self.tell_state(&entity);
        }
    }

    /// Puts on the board what is known of an entity.
    fn tell_state(&mut self, entity: &EntityId) {
        let terms = (self.terms)();
        let Some(told) = self.house.told(entity, terms) else { return };
        let topic = self.topics.state(&told.device.id, told.kind.key);
        let status = (told.kind.key == DATA_SOURCE.key).then(|| told.device.id.clone());
        match self.house.state(entity) {
            Some(state) => {
                let payload = state_payload(told.kind, state, terms);
                self.board.put(&topic, payload, self.paces.of(told.kind), is_not_known(state));
            }
            None => self.board.remove(&topic),
        }
        if let Some(device) = status {
            self.tell_status(&device);
        }
    }

    /// Puts on the board that a device is there, and what Home Assistant needs to know of it.
    fn tell_device(&mut self, id: &str) {
        self.tell_status(id);
        let terms = (self.terms)();
        let Some(device) = self.house.device(id) else { return };
        for kind in CATALOG.iter().filter(|kind| !kind.is_permitted(terms)) {
            let topic = self.topics.state(id, kind.key);
            if self.paces.of(kind).retain {
                // Whatever an earlier run with other options left there, too.
                self.board.clear(&topic);
            } else {
                self.board.remove(&topic);
            }
        }
        if let Some(discovery) = &self.discovery {
            let none = BTreeMap::new();
            let gone = self.gone.get(id).unwrap_or(&none);
            let payload = discovery.payload(device, &self.house.told_of(id, terms), gone, terms);
            self.board.keep(&discovery.topic(id), payload);
        }
    }

    fn tell_status(&mut self, id: &str) {
        if id == self.about.server_id {
            return;
        }
        let Some(device) = self.house.device(id) else { return };
        let status = if self.house.is_online(device) { ONLINE } else { OFFLINE };
        let pace = Pace { every: Duration::ZERO, retain: true };
        self.board.put(&self.topics.node_status(id), status.to_vec(), pace, true);
    }

    fn tell_registry(&mut self) {
        self.registry_changed = false;
        let registry = self.house.registry((self.terms)());
        self.board.keep(&self.topics.registry(), registry.to_string().into_bytes());
    }

    fn tell_info(&mut self) {
        let terms = (self.terms)();
        let capabilities: Vec<_> =
            api::CAPABILITIES.iter().copied().chain(self.commands.are_wanted().then_some(COMMANDS)).collect();
        let info = json!({
            "server_id": self.about.server_id,
            "name": self.about.name,
            "version": api::VERSION,
            "api": api::API,
            "privacy_class": terms.class.as_u8(),
            "privacy_mode": terms.privacy_mode,
            "capabilities": capabilities,
            "public_key": self.key.public().to_string(),
            "topic": self.topics.start(),
        });
        self.board.keep(&self.topics.server_info(), info.to_string().into_bytes());
    }

    fn forget_device(&mut self, id: &str) {
        self.gone.remove(id);
        self.board.clear(&self.topics.node_status(id));
        if let Some(discovery) = &self.discovery {
            self.board.clear(&discovery.topic(id));
        }
    }

    /// Signs an event and puts it into the outbox.
    fn post(&mut self, event: &Event) {
        let text = |key| event.data.get(key).and_then(Value::as_str);
        let Some(device) = text("device_id") else { return };
        let terms = (self.terms)();
        let entity = text("entity_id").and_then(|id| id.parse().ok());
        // An event without a permitted entity has no business outside.
        if entity.is_none_or(|id: EntityId| self.house.told(&id, terms).is_none()) {
            return;
        }
        let mut payload = event_payload(event, device, &self.about.server_id, terms);
        payload.insert("id".into(), Uuid::now_v7().to_string().into());
        signed::sign(&mut payload, &self.key);
        let message = Message {
            topic: self.topics.event(device, &event.event_type),
            payload: to_bytes(payload),
            retain: false,
            confirmed: true,
            expiry_s: Some(EVENT_EXPIRY_S),
        };
        let dropped = self.outbox.post(Instant::now(), message);
        self.counters.mqtt_events_dropped.add_many(dropped);
    }

    fn heard(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Connected => self.connected(),
            LinkEvent::Received { topic, payload, retained } => self.received(&topic, &payload, retained),
            LinkEvent::Confirmed(ticket) => self.outbox.done(ticket),
            LinkEvent::Refused(ticket, why) => {
                if let Some(ticket) = ticket {
                    self.outbox.done(ticket);
                }
                self.counters.mqtt_refused.add();
                if self.counters.mqtt_refused.get() == 1 {
                    tracing::warn!(%why, "the broker does not let us publish everything; see docs/mosquitto-acl.conf");
                }
            }
            LinkEvent::Lost(why) => self.line.lost(&why),
        }
    }

    fn connected(&mut self) {
        tracing::info!("connected to the MQTT broker");
        self.counters.mqtt_connections.add();
        self.line.connected();
        let mut filters = self.topics.retained().to_vec();
        filters.push(self.topics.ask());
        if let Some(discovery) = &self.discovery {
            filters.extend([discovery.birth(), self.topics.any_calibrate()]);
        }
        if self.commands.are_wanted() {
            filters.push(self.topics.command());
        }
        self.line.subscribe(&filters);
        self.sweep_until = Some(Instant::now() + SWEEP);
        let online = status_message(self.topics.server_status(), ONLINE);
        self.line.publish(&online, None);
        self.tell_info();
        self.board.say_all_again();
        self.outbox.say_all_again();
    }

    fn received(&mut self, topic: &str, payload: &[u8], retained: bool) {
        let birth = self.discovery.as_ref().is_some_and(|discovery| discovery.birth() == topic);
        if birth {
            if payload == ONLINE {
                tracing::debug!("Home Assistant is there: everything is said again");
                self.board.say_all_again();
            }
        } else if topic == self.topics.ask() {
            let earliest = self.said_again.map(|said| said + ASKED_EVERY);
            self.say_again.get_or_insert(earliest.unwrap_or_else(Instant::now));
        } else if topic == self.topics.command() {
            // A command that the broker kept is one of another time.
            if !retained {
                self.commands.take(payload, &self.counters);
            }
        } else if let Some(device) = self.topics.calibrated_device(topic) {
            // A command that the broker kept is one of another time.
            if !retained {
                self.commands.calibrate(device, payload, &self.counters);
            }
        } else if retained && !payload.is_empty() && self.topics.is_ours(topic) && !self.board.has(topic) {
            self.sweep(topic);
        }
    }

    /// Says what became of a command. Who asked waits for it, or has gone.
    fn answer(&mut self, answer: &Value) {
        let payload = outgoing(answer.clone(), (self.terms)()).to_string().into_bytes();
        let message = Message {
            topic: self.topics.result(),
            payload,
            retain: false,
            confirmed: true,
            expiry_s: Some(ANSWER_EXPIRY_S),
        };
        self.line.publish(&message, None);
    }

    /// Ends what an earlier run has left: yesterday's state is not today's.
    fn sweep(&mut self, topic: &str) {
        if topic.ends_with("/status") {
            let pace = Pace { every: Duration::ZERO, retain: true };
            self.board.put(topic, OFFLINE.to_vec(), pace, true);
        } else {
            self.board.clear(topic);
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        if (self.terms)() != self.told {
            self.tell_anew();
        }
        if self.registry_changed {
            self.tell_registry();
        }
        if self.say_again.is_some_and(|at| now >= at) {
            (self.say_again, self.said_again) = (None, Some(now));
            self.board.say_all_again();
        }
        self.board.beat(now);
        self.counters.mqtt_events_dropped.add_many(self.outbox.drop_stale(now));
        if self.sweep_until.is_some_and(|until| now >= until) {
            self.sweep_until = None;
            for filter in self.topics.retained() {
                self.line.unsubscribe(&filter);
            }
        }
    }

    fn flush(&mut self) {
        let Some(link) = self.line.open() else { return };
        let board = self.board.flush(Instant::now(), |message| link.publish(message, None));
        let events = self.outbox.flush(|message, ticket| link.publish(message, Some(ticket)));
        self.counters.mqtt_published.add_many(board + events);
    }

    async fn good_bye(&mut self) {
        let nodes: BTreeSet<_> = self.house.devices().map(|device| device.id.clone()).collect();
        self.flush();
        for node in nodes.iter().filter(|id| **id != self.about.server_id) {
            self.line.publish(&status_message(self.topics.node_status(node), OFFLINE), None);
        }
        self.line.publish(&status_message(self.topics.server_status(), OFFLINE), Some(LAST_WORD));
        let Some(link) = self.line.open() else { return };
        loop {
            match link.next().await {
                LinkEvent::Confirmed(LAST_WORD) => link.disconnect(),
                LinkEvent::Lost(_) => return,
                _ => {}
            }
        }
    }
}

fn status_message(topic: String, payload: &[u8]) -> Message {
    Message { topic, payload: payload.to_vec(), retain: true, confirmed: true, expiry_s: None }
}

fn to_bytes(payload: Map<String, Value>) -> Vec<u8> {
    Value::Object(payload).to_string().into_bytes()
}
