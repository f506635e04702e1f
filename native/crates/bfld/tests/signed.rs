//! What a consumer believes, and what it does not.

#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;
use ruview_bfld::signed::{
    EventKey, EventKeyError, MAX_NODES, PUBLIC_KEY, Refusal, SIG, SignatureError, Verifier, sign, verify,
};
use serde_json::{Map, Value, json};

fn event(id: &str) -> Map<String, Value> {
    let event = json!({
        "id": id, "time_fired": "2026-01-15T22:30:00.5Z", "event_type": "unknown_presence",
        "data": {"confidence": 0.85, "name": "Küche \u{1F3E0}", "reason": ["a", "b"]}
    });
    event.as_object().unwrap().clone()
}

fn signed(id: &str, key: &EventKey) -> Map<String, Value> {
    let mut event = event(id);
    sign(&mut event, key);
    event
}

#[test]
fn a_key_is_made_once_and_is_its_owners() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("signing.key");
    let first = EventKey::open(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let second = EventKey::open(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(first.public(), second.public());
    assert_eq!(first.public().to_string().parse(), Ok(first.public()));
    assert_eq!(format!("{first:?}"), "EventKey(..)");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
    for damaged in [&b""[..], &[7; 31], &[7; 64]] {
        std::fs::write(&path, damaged).unwrap();
        assert!(matches!(EventKey::open(&path), Err(EventKeyError::Length { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), damaged);
    }
}

/// The first test of RFC 8032, 7.1: other implementations read our keys and signatures.
#[test]
fn keys_and_signatures_are_those_of_the_standard() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("signing.key");
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let octets: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&seed[2 * i..2 * i + 2], 16).unwrap()).collect();
    std::fs::write(&path, octets).unwrap();
    assert_eq!(EventKey::open(&path).unwrap().public().to_string(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
}

#[test]
fn order_and_form_of_the_text_do_not_matter() {
    let key = EventKey::random().unwrap();
    let event = signed("1", &key);
    let turned: Map<String, Value> = event.iter().rev().map(|(k, v)| (k.clone(), v.clone())).collect();
    let text = serde_json::to_string_pretty(&turned).unwrap().replace("0.85", "8.5e-1");
    let read: Map<String, Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(verify(&read, &key.public()), Ok(()));
}

#[test]
fn only_the_pinned_key_is_believed() {
    let (ours, theirs) = (EventKey::random().unwrap(), EventKey::random().unwrap());
    let mut verifier = Verifier::new();
    assert_eq!(verifier.accept("node_1", &event("0")), Err(SignatureError::Missing.into()));
    assert_eq!(verifier.pinned("node_1"), None);
    assert_eq!(verifier.accept("node_1", &signed("1", &ours)), Ok(()));
    assert_eq!(verifier.pinned("node_1"), Some(&ours.public()));
    assert!(matches!(verifier.accept("node_1", &signed("2", &theirs)), Err(Refusal::OtherKey { .. })));
    // Their signature under our name.
    let mut forged = signed("3", &theirs);
    forged.insert(PUBLIC_KEY.into(), ours.public().to_string().into());
    assert_eq!(verifier.accept("node_1", &forged), Err(SignatureError::Wrong.into()));
    assert_eq!(verifier.accept("node_2", &signed("1", &theirs)), Ok(()), "another node, another key");
}

#[test]
fn what_was_seen_is_not_believed_again() {
    let key = EventKey::random().unwrap();
    let mut verifier = Verifier::new();
    assert_eq!(verifier.accept("node_1", &signed("1", &key)), Ok(()));
    assert_eq!(verifier.accept("node_1", &signed("1", &key)), Err(Refusal::Replayed));
    assert_eq!(verifier.accept("node_1", &signed("2", &key)), Ok(()));
    for missing in ["id", "time_fired"] {
        let mut event = event("3");
        event.remove(missing);
        sign(&mut event, &key);
        assert_eq!(verifier.accept("node_1", &event), Err(Refusal::Anonymous), "{missing}");
    }
}

#[test]
fn made_up_nodes_do_not_fill_the_memory() {
    let key = EventKey::random().unwrap();
    let mut verifier = Verifier::new();
    for node in 0..MAX_NODES {
        verifier.pin(&node.to_string(), key.public());
    }
    assert_eq!(verifier.accept("one more", &signed("1", &key)), Err(Refusal::TooManyNodes));
    assert_eq!(verifier.accept("0", &signed("1", &key)), Ok(()));
}

proptest! {
    /// Whatever bit of the payload is flipped on the way: it is no event any more, or none that is believed.
    #[test]
    fn one_flipped_bit_is_enough(position in 0_usize..10_000, bit in 0_u8..8) {
        let key = EventKey::random().unwrap();
        let text = serde_json::to_vec(&signed("1", &key)).unwrap();
        let mut flipped = text.clone();
        let at = position % text.len();
        flipped[at] ^= 1 << bit;
        if let Ok(read) = serde_json::from_slice::<Map<String, Value>>(&flipped) {
            let mut verifier = Verifier::new();
            verifier.pin("node_1", key.public());
            prop_assert!(verifier.accept("node_1", &read).is_err(), "{}", String::from_utf8_lossy(&flipped));
        }
    }

    #[test]
    fn any_text_as_a_signature_is_refused(text in "\\PC{0,100}") {
        let key = EventKey::random().unwrap();
        let mut event = signed("1", &key);
        event.insert(SIG.into(), text.into());
        prop_assert!(verify(&event, &key.public()).is_err());
    }
}
