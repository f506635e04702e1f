//! Judges what was published: each message by the privacy policy, each event by its signature.

use std::collections::{BTreeMap, BTreeSet};

use ruview_bfld::PrivacyClass;
use ruview_bfld::policy::{self, Outlet, Terms};
use ruview_bfld::signed::Verifier;
use ruview_engine::catalog::{CATALOG, EntityKind};
use serde_json::{Map, Value};

use super::finding::{Finding, Report};

/// Topics that say nothing but words.
const WORDS: [&str; 3] = ["", "online", "offline"];
/// Where only class 1 publishes.
const RESEARCH: [&str; 2] = ["raw", "research"];

/// What was said at a topic.
pub(crate) struct Said<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    /// The broker had kept it.
    pub(crate) retained: bool,
}

/// Judges messages one by one.
pub(crate) struct Judge {
    prefix: String,
    discovery: String,
    /// The class by which everything is judged, whatever servers say of themselves.
    class: Option<PrivacyClass>,
    /// What servers say of themselves, by the first digits of their ids.
    servers: BTreeMap<String, Terms>,
    verifier: Verifier,
    report: Report,
    signed_by: BTreeSet<String>,
}

impl Judge {
    pub(crate) fn new(prefix: &str, discovery: &str, class: Option<PrivacyClass>) -> Self {
        Self {
            prefix: format!("{prefix}/"),
            discovery: format!("{discovery}/device/ruview_"),
            class,
            servers: BTreeMap::new(),
            verifier: Verifier::new(),
            report: Report::default(),
            signed_by: BTreeSet::new(),
        }
    }

    pub(crate) fn report(mut self) -> Report {
        self.report.keys = self.signed_by.len();
        self.report
    }

    /// Judges a message. What is not ours is passed over.
    pub(crate) fn hear(&mut self, said: &Said<'_>) {
        let levels: Vec<&str> = match said.topic.strip_prefix(&self.prefix) {
            Some(rest) => rest.split('/').collect(),
            None if said.topic.starts_with(&self.discovery) => {
                self.report.messages += 1;
                self.described(said);
                return;
            }
            None => return,
        };
        self.report.messages += 1;
        match levels[..] {
            [_, level, ..] if RESEARCH.contains(&level) => self.find(said.topic, level, "only class 1 publishes here"),
            [server, "info"] => self.introduced(server, said),
            [server, "registry"] => self.registered(server, said),
            [server, "result"] => self.answered(server, said),
            [_, "status"] => self.word(said),
            // What others ask of a server says nothing of anybody whom it measures.
            [_, "ask" | "command"] | [_, "calibrate", "press"] => {}
            [node, "bfld", field, "state"] => self.state(said, node, &format!("bfld_{field}")),
            [node, key, "state"] => self.state(said, node, key),
            [node, "events", _] => self.event(said, node),
            _ => self.find(said.topic, "", "nothing is published at such a topic"),
        }
    }

    /// Judges a line of `--changes`.
    pub(crate) fn change(&mut self, change: &Map<String, Value>) {
        self.report.messages += 1;
        let terms = self.terms("");
        let place = change.get("entity_id").or_else(|| change.get("event_type"));
        let place = place.and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(entity) = change.get("entity_id").and_then(Value::as_str) {
            // The longest key that it ends with: `room_active` and `active` would both fit.
            let kind = CATALOG
                .iter()
                .filter(|kind| entity.ends_with(&format!("_{}", kind.key)))
                .max_by_key(|kind| kind.key.len());
            self.kind(&place, kind, terms);
        }
        for part in ["attributes", "data"] {
            if let Some(part) = change.get(part) {
                self.keys(&place, part, terms);
            }
        }
    }

    /// What could not be read is no proof.
    pub(crate) fn unreadable(&mut self, place: &str, why: &str) {
        self.find(place, "", why);
    }

    fn introduced(&mut self, server: &str, said: &Said<'_>) {
        let Some(info) = self.object(said) else { return };
        let class = info.get("privacy_class").and_then(Value::as_u64).and_then(|class| u8::try_from(class).ok());
        let Some(class) = class.and_then(PrivacyClass::from_u8) else {
            self.find(said.topic, "privacy_class", "the server does not say its privacy class");
            return;
        };
        if class < PrivacyClass::Anonymous {
            self.find(said.topic, "privacy_class", "the server publishes at a class below 2");
        }
        let privacy_mode = info.get("privacy_mode") == Some(&Value::Bool(true));
        let terms = Terms { class, privacy_mode, ..Terms::default() };
        self.servers.insert(server.chars().take(8).collect(), terms);
        let terms = self.terms(server);
        self.keys(said.topic, &Value::Object(info), terms);
    }

    fn registered(&mut self, server: &str, said: &Said<'_>) {
        let Some(registry) = self.object(said) else { return };
        let terms = self.terms(server);
        let keys = registry.get("entities").and_then(Value::as_array).into_iter().flatten();
        for key in keys.filter_map(|entity| entity.get("key").and_then(Value::as_str)) {
            self.kind(said.topic, CATALOG.iter().find(|kind| kind.key == key), terms);
        }
        self.keys(said.topic, &Value::Object(registry), terms);
    }

    fn answered(&mut self, server: &str, said: &Said<'_>) {
        let Some(answer) = self.object(said) else { return };
        let terms = self.terms(server);
        self.keys(said.topic, &Value::Object(answer), terms);
    }

    fn word(&mut self, said: &Said<'_>) {
        let is_word = WORDS.iter().any(|word| word.as_bytes() == said.payload);
        if !is_word {
            self.find(said.topic, "", "expected online or offline");
        }
    }

    fn state(&mut self, said: &Said<'_>, node: &str, key: &str) {
        if said.payload.is_empty() {
            return;
        }
        let terms = self.terms(node);
        let kind = CATALOG.iter().find(|kind| kind.key == key);
        self.kind(said.topic, kind, terms);
        let Some(state) = self.object(said) else { return };
        self.keys(said.topic, &Value::Object(state), terms);
    }

    fn kind(&mut self, place: &str, kind: Option<&EntityKind>, terms: Terms) {
        match kind {
            None => self.find(place, "", "the catalog has no such entity"),
            Some(kind) if !kind.is_permitted(terms) => {
                let field = kind.says.fields().first().map_or(kind.key, |field| field.row().key);
                self.find(place, field, "the class does not permit this entity");
            }
            Some(_) => {}
        }
    }

    fn event(&mut self, said: &Said<'_>, node: &str) {
        self.report.events += 1;
        if said.retained {
            self.find(said.topic, "", "an event must not be kept");
        }
        let Some(event) = self.object(said) else { return };
        match self.verifier.accept(node, &event) {
            Ok(()) => {
                let key = self.verifier.pinned(node).map(ToString::to_string);
                self.signed_by.extend(key);
            }
            Err(refusal) => self.find(said.topic, "sig", &refusal.to_string()),
        }
        let terms = self.terms(node);
        self.keys(said.topic, &Value::Object(event), terms);
    }

    /// Home Assistant must not be told of an entity that may not exist. One without contents is one that goes.
    fn described(&mut self, said: &Said<'_>) {
        if said.payload.is_empty() {
            return;
        }
        let Some(config) = self.object(said) else { return };
        let node = said.topic[self.discovery.len()..].split('/').next().unwrap_or_default();
        let terms = self.terms(node);
        let components = config.get("components").and_then(Value::as_object).into_iter().flatten();
        for (key, component) in components.filter(|(_, component)| component.get("unique_id").is_some()) {
            let kind = CATALOG.iter().find(|kind| kind.key == key.as_str());
            if kind.is_some_and(|kind| !kind.is_permitted(terms)) {
                self.find(said.topic, key, "the class does not permit this entity");
            }
            if let Some(template) = component.get("json_attributes").filter(|value| value.is_object()) {
                self.keys(said.topic, template, terms);
            }
        }
    }

    /// Finds every key that the policy does not let out, at any depth.
    fn keys(&mut self, place: &str, payload: &Value, terms: Terms) {
        let terms = Terms {
            outlet: if place.ends_with("/bfld/identity_risk/state") { Outlet::Diagnostic } else { Outlet::Public },
            ..terms
        };
        let mut copy = payload.clone();
        for key in policy::filter(&mut copy, terms) {
            self.find(place, &key, "the class does not permit this key");
        }
    }

    fn object(&mut self, said: &Said<'_>) -> Option<Map<String, Value>> {
        let object = serde_json::from_slice(said.payload).ok();
        if object.is_none() {
            self.find(said.topic, "", "expected a JSON object");
        }
        object
    }

    /// The terms of a node's server. Who asked for tracks cannot be seen from outside, so they are believed to be asked for.
    fn terms(&self, node: &str) -> Terms {
        let said = self.servers.iter().find(|(site, _)| node.starts_with(site.as_str())).map(|(_, terms)| *terms);
        let mut terms = said.unwrap_or_default();
        if let Some(class) = self.class {
            terms = Terms { class, privacy_mode: class == PrivacyClass::Restricted, ..Terms::default() };
        }
        Terms { tracking_opt_in: true, ..terms }
    }

    fn find(&mut self, place: &str, key: &str, why: &str) {
        self.report.add(Finding { place: place.to_owned(), key: key.to_owned(), why: why.to_owned() });
    }
}
