//! What the engine remembers over a restart, and when it says so to the store.

use std::collections::BTreeMap;
use std::time::Duration;

use ruview_bfld::PrivacyClass;
use ruview_core::StreamTime;
use ruview_signal::BaselineRecord;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::publisher::Limit;
use crate::room::{RoomConfig, RoomModel};
use crate::store::{Answer, EventArchive, EventLog, Kind, Records, Store, StoreStatistics};

/// How often everything is handed to the store.
const EVERY: Duration = Duration::from_secs(10);
/// The one key of what there is once.
const ALL: &str = "all";

/// The privacy class that somebody asked for, stricter than the configured one.
#[derive(Serialize, Deserialize)]
struct Asked {
    class: u8,
    privacy_mode: bool,
}

/// The store, and what it held for nodes that were not heard yet.
pub(crate) struct Memory {
    store: Option<Store>,
    limit: Limit,
    baselines: BTreeMap<String, Vec<BaselineRecord>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { store: None, limit: Limit::new(EVERY), baselines: BTreeMap::new() }
    }
}

impl Memory {
    /// What a node had learnt before the restart; nothing the second time.
    pub(crate) fn baselines(&mut self, node: &str) -> Vec<BaselineRecord> {
        self.baselines.remove(node).unwrap_or_default()
    }

    /// What a node had learnt is of no interest any more.
    pub(crate) fn forget(&mut self, node: &str) {
        self.baselines.remove(node);
    }

    pub(crate) fn statistics(&self) -> StoreStatistics {
        self.store.as_ref().map(Store::statistics).unwrap_or_default()
    }
}

impl Engine {
    /// Remembers what an earlier process stored, and stores from now on: every ten seconds of the sources' time, and at the
    /// end.
    pub fn remember(&mut self, mut store: Store) {
        let found = store.take_found();
        if let Some(rooms) = found.of::<Vec<RoomConfig>>(Kind::Model).remove(ALL) {
            match RoomModel::new(rooms) {
                Ok(model) => self.set_rooms(model),
                Err(error) => tracing::warn!(%error, "the stored rooms make no sense any more"),
            }
        }
        if let Some(Asked { class, privacy_mode }) = found.of(Kind::Privacy).remove(ALL) {
            let configured = self.publisher.configured().class;
            let class = [PrivacyClass::Anonymous, PrivacyClass::Restricted].into_iter().find(|c| c.as_u8() == class);
            // The configuration may have become stricter since.
            let class = class.filter(|class| class.as_u8() >= configured.as_u8()).unwrap_or(configured);
            if let Err(error) = self.set_privacy_class(class, privacy_mode) {
                tracing::error!(%error, "the stored privacy class makes no sense any more");
            }
        }
        self.rooms.restore(found.of(Kind::Room), found.of(Kind::Thresholds));
        self.memory.baselines = found.of(Kind::Baseline);
        self.memory.store = Some(store);
    }

    /// From now on, events are on the disk before anybody is told of them.
    pub fn log_events(&mut self, log: EventLog) {
        self.publisher.log_events(log);
    }

    /// Where events can be read that were told; `None` when they are not kept.
    pub fn events(&self) -> Option<EventArchive> {
        self.publisher.event_archive()
    }

    pub(crate) fn remember_now_and_then(&mut self, at: StreamTime) {
        if self.memory.store.is_some() && self.memory.limit.passes(at) {
            self.remember_now();
        }
    }

    /// Tells `answer` when everything that was changed is on the disk. Where nothing is kept, nothing is waited for.
    pub(crate) fn keep_then(&self, answer: Answer) {
        match self.memory.store.as_ref().filter(|store| store.is_open()) {
            Some(store) => store.keep(self.records(), Some(answer)),
            None => answer(true),
        }
    }

    /// Hands everything to the store.
    fn remember_now(&self) {
        if let Some(store) = self.memory.store.as_ref().filter(|store| store.is_open()) {
            store.keep(self.records(), None);
        }
    }

    fn records(&self) -> Records {
        let mut records = Records::default();
        for (node, baselines) in &self.memory.baselines {
            records.put(Kind::Baseline, node, 0, baselines);
        }
        for node in self.nodes.values() {
            let baselines = node.baselines();
            if !baselines.is_empty() {
                records.put(Kind::Baseline, node.device(), node.baseline_version(), &baselines);
            }
        }
        for (device, state) in self.rooms.states() {
            records.put(Kind::Room, device, 0, state);
        }
        for (node, tuning) in self.rooms.loose() {
            records.put(Kind::Thresholds, node, 0, tuning);
        }
        if !self.rooms.model().rooms().is_empty() {
            records.put(Kind::Model, ALL, 0, self.rooms.model());
        }
        let (now, configured) = (self.publisher.privacy(), self.publisher.configured());
        if now != configured {
            let asked = Asked { class: now.class.as_u8(), privacy_mode: now.privacy_mode };
            records.put(Kind::Privacy, ALL, 0, &asked);
        }
        records
    }
}

impl Drop for Engine {
    /// What was learnt last is stored too; the store's thread is waited for.
    fn drop(&mut self) {
        self.remember_now();
    }
}
