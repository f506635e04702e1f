//! Two servers on one broker, whose nodes have the same names.

use std::collections::{BTreeMap, BTreeSet};

use ruview_bfld::signed::{EventKey, Refusal, SignatureError, Verifier, sign};
use ruview_core::EdgeVitals;

use crate::broker::Broker;
use crate::listener::{Heard, Listener};
use crate::{edge, run, send, site};

/// The level of a topic that names the node.
fn node(heard: &Heard) -> String {
    heard.topic.split('/').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_never_meet_and_nobody_speaks_for_them() {
    let broker = Broker::start().await;
    let (data_a, data_b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let servers = [data_a.path(), data_b.path()].map(|data| run(data, &broker, &["--mqtt-discovery"]));
    let mut heard = Vec::new();
    for server in &servers {
        for number in [1, 2] {
            send(server, &edge(number, false));
            let topic = format!("ruview/{}_node_{number}/presence/state", site(server));
            heard.extend(listener.all_until(|heard| heard.topic == topic).await);
        }
        send(server, &EdgeVitals { fall: true, ..edge(1, true) });
        let topic = format!("ruview/{}_node_1/events/fall_detected", site(server));
        heard.extend(listener.all_until(|heard| heard.topic == topic).await);
    }

    let expected: BTreeSet<_> =
        servers.iter().flat_map(|server| [1, 2].map(|number| format!("{}_node_{number}", site(server)))).collect();
    let told: BTreeSet<_> = heard.iter().filter(|h| h.topic.ends_with("/presence/state")).map(node).collect();
    assert_eq!(told, expected, "every node of both");
    let configs = Listener::kept(broker.port).await;
    let mut ids = BTreeMap::<String, String>::new();
    for config in configs.iter().filter(|heard| heard.topic.starts_with("homeassistant/")) {
        for component in config.json()["components"].as_object().unwrap().values() {
            let Some(id) = component["unique_id"].as_str() else { continue };
            assert_eq!(ids.insert(id.to_owned(), config.topic.clone()), None, "{id} twice");
        }
    }
    assert!(ids.len() > 8);

    let mut verifier = Verifier::new();
    let events: Vec<&Heard> = heard.iter().filter(|heard| heard.topic.contains("/events/")).collect();
    assert_eq!(events.len(), 2);
    for event in &events {
        assert_eq!(verifier.accept(&node(event), event.json().as_object().unwrap()), Ok(()));
    }
    let keys: Vec<_> = events.iter().map(|event| verifier.pinned(&node(event)).unwrap().clone()).collect();
    assert_ne!(keys[0], keys[1]);

    // Somebody with access to the broker speaks for the first one's node.
    let mut forged = events[0].json().as_object().unwrap().clone();
    forged.insert("id".into(), "another".into());
    let altered = forged.clone();
    sign(&mut forged, &EventKey::random().unwrap());
    let mut unsigned = forged.clone();
    unsigned.remove("sig");
    for (event, expected) in
        [(forged, None), (altered, Some(SignatureError::Wrong)), (unsigned, Some(SignatureError::Missing))]
    {
        listener.say(&events[0].topic, &serde_json::to_string(&event).unwrap(), false).await;
        let arrived = listener.until(|heard| heard.topic == events[0].topic).await.json();
        let refusal = verifier.accept(&node(events[0]), arrived.as_object().unwrap()).unwrap_err();
        match expected {
            Some(error) => assert_eq!(refusal, Refusal::Signature(error)),
            None => assert!(matches!(refusal, Refusal::OtherKey { .. }), "{refusal}"),
        }
    }
    let replayed = verifier.accept(&node(events[1]), events[1].json().as_object().unwrap());
    assert_eq!(replayed, Err(Refusal::Replayed));
}
