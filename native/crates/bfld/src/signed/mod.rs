//! Events that a consumer can trust, whoever else may write to the broker.
//!
//! `sig` is the Ed25519 signature, in base64url without padding, of the event's canonical JSON (RFC 8785: keys sorted, no
//! space, numbers as ECMAScript writes them) without the key `sig`. The event carries the `public_key` that made it. A
//! consumer pins that key when it first sees a node, and from then on refuses what another key signed, what was changed on
//! the way and what it has seen before: [`Verifier`].

mod key;
mod seen;
mod verifier;

use ed25519_dalek::Signature;
use serde_json::{Map, Value};

pub use key::{EventKey, EventKeyError, PublicKey};
pub use verifier::{MAX_NODES, Refusal, Verifier};

/// Where the signature stands.
pub const SIG: &str = "sig";
/// Where the key stands that made it.
pub const PUBLIC_KEY: &str = "public_key";

/// Why a signature says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no `sig`, or one that is no text.
    #[error("the event is not signed")]
    Missing,
    /// `sig` is not 64 octets in base64url.
    #[error("the signature is not 64 octets in base64url")]
    Form,
    /// Another event was signed, or by another key.
    #[error("the signature does not belong to this event and key")]
    Wrong,
}

/// Puts the public key and the signature into `event`.
pub fn sign(event: &mut Map<String, Value>, key: &EventKey) {
    event.remove(SIG);
    event.insert(PUBLIC_KEY.to_owned(), key.public().to_string().into());
    let signature = key.sign(&canonical(event));
    event.insert(SIG.to_owned(), key::encode(&signature.to_bytes()).into());
}

/// Whether `key` has signed `event` as it is.
///
/// # Errors
/// [`SignatureError`] where it has not.
pub fn verify(event: &Map<String, Value>, key: &PublicKey) -> Result<(), SignatureError> {
    let text = event.get(SIG).and_then(Value::as_str).ok_or(SignatureError::Missing)?;
    let octets = key::decode(text).ok_or(SignatureError::Form)?;
    let mut unsigned = event.clone();
    unsigned.remove(SIG);
    if key.verifies(&canonical(&unsigned), &Signature::from_bytes(&octets)) {
        Ok(())
    } else {
        Err(SignatureError::Wrong)
    }
}

/// The event as RFC 8785 writes it.
fn canonical(event: &Map<String, Value>) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(event).expect("a JSON object has string keys and finite numbers only")
}
