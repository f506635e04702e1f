//! The consumer's side: a key a node, pinned on first sight.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::seen::Seen;
use super::{PUBLIC_KEY, PublicKey, SignatureError, verify};

/// Nodes whose keys are pinned; beyond, none is trusted, so that nobody can fill the memory with made-up nodes.
pub const MAX_NODES: usize = 1024;

/// Why an event is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The signature says nothing.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// There is no key in it, or none that is one.
    #[error("the event carries no public key")]
    NoKey,
    /// Another key than the pinned one has signed it.
    #[error("the event is signed by {found}, and {node} is pinned to {pinned}")]
    OtherKey {
        /// Whose event it claims to be.
        node: String,
        /// The key that was seen first.
        pinned: Box<PublicKey>,
        /// The key in the event.
        found: Box<PublicKey>,
    },
    /// It cannot be told from another one.
    #[error("the event has no id or no time")]
    Anonymous,
    /// It was accepted before, or is older than everything that is remembered.
    #[error("the event is a repetition")]
    Replayed,
    /// Somebody makes up nodes.
    #[error("the keys of {MAX_NODES} nodes are pinned already")]
    TooManyNodes,
}

/// Decides which events are believed.
#[derive(Debug, Default)]
pub struct Verifier {
    nodes: BTreeMap<String, Node>,
}

#[derive(Debug)]
struct Node {
    key: PublicKey,
    seen: Seen,
}

impl Verifier {
    /// One that has seen nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Pins a key that is known from elsewhere.
    pub fn pin(&mut self, node: &str, key: PublicKey) {
        self.nodes.insert(node.to_owned(), Node { key, seen: Seen::default() });
    }

    /// The key that is pinned for a node.
    pub fn pinned(&self, node: &str) -> Option<&PublicKey> {
        self.nodes.get(node).map(|node| &node.key)
    }

    /// Believes an event of `node`, as the topic names it, or says why not. The first that is believed pins its key.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is pinned or remembered then.
    pub fn accept(&mut self, node: &str, event: &Map<String, Value>) -> Result<(), Refusal> {
        let text = event.get(PUBLIC_KEY).and_then(Value::as_str);
        // What is not signed at all has no key either, and "not signed" is what to say of it.
        if event.get(super::SIG).is_none() {
            return Err(SignatureError::Missing.into());
        }
        let key: PublicKey = text.and_then(|text| text.parse().ok()).ok_or(Refusal::NoKey)?;
        let known = self.nodes.get(node);
        if let Some(pinned) = known.map(|known| &known.key).filter(|pinned| **pinned != key) {
            let (pinned, found) = (Box::new(pinned.clone()), Box::new(key));
            return Err(Refusal::OtherKey { node: node.to_owned(), pinned, found });
        }
        verify(event, &key)?;
        let (at, id) = identity(event).ok_or(Refusal::Anonymous)?;
        if known.is_some_and(|known| !known.seen.is_new(at, id)) {
            return Err(Refusal::Replayed);
        }
        if known.is_none() && self.nodes.len() == MAX_NODES {
            return Err(Refusal::TooManyNodes);
        }
        let entry = self.nodes.entry(node.to_owned());
        entry.or_insert_with(|| Node { key, seen: Seen::default() }).seen.remember(at, id);
        Ok(())
    }
}

/// When the event happened, and what it is called.
fn identity(event: &Map<String, Value>) -> Option<(Timestamp, &str)> {
    let at = event.get("time_fired")?.as_str()?.parse().ok()?;
    Some((at, event.get("id")?.as_str()?))
}
