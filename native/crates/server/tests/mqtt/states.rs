//! States, their life and their end.

use std::collections::BTreeSet;

use crate::broker::Broker;
use crate::listener::{Heard, Listener};
use crate::{edge, run, send, site};
use ruview_core::EdgeVitals;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_told_and_the_end_too() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let mut server = run(data.path(), &broker, &[]);
    let (id, node) =
        (server.ready["server_id"].as_str().unwrap().to_owned(), format!("ruview/{}_node_7", site(&server)));
    listener.until(|heard| heard.is(&format!("ruview/{id}/status"), "online")).await;
    send(&server, &edge(7, true));
    let presence = listener.until(|heard| heard.is_state(&format!("{node}/presence/state"), "on")).await;
    assert!(presence.retained && presence.expiry_s == Some(180), "{presence:?}");
    // Whatever comes later, the broker has it.
    let kept = Listener::kept(broker.port).await;
    let kept_at = |topic: &str| kept.iter().find(|heard| heard.topic == topic).map(Heard::text);
    assert_eq!(kept_at(&format!("ruview/{id}/status")).as_deref(), Some("online"));
    assert_eq!(kept_at(&format!("{node}/status")).as_deref(), Some("online"));
    let info = kept.iter().find(|heard| heard.topic == format!("ruview/{id}/info")).unwrap().json();
    assert_eq!((&info["server_id"], &info["privacy_class"]), (&server.ready["server_id"], &2.into()));
    let sensors = ["data_source", "last_seen", "rssi", "motion_level"];
    assert!(
        !kept.iter().any(|heard| sensors.iter().any(|sensor| heard.topic.contains(sensor))),
        "numbers are not kept"
    );
    assert!(!kept.iter().any(|heard| heard.topic.starts_with("homeassistant")), "discovery is off");

    server.signal("-TERM");
    listener.until(|heard| heard.is(&format!("{node}/status"), "offline")).await;
    listener.until(|heard| heard.is(&format!("ruview/{id}/status"), "offline")).await;
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_is_offline_by_its_last_will() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = run(data.path(), &broker, &[]);
    let status = format!("ruview/{}/status", server.ready["server_id"].as_str().unwrap());
    listener.until(|heard| heard.is(&status, "online")).await;
    send(&server, &edge(7, true));
    let node = format!("ruview/{}_node_7", site(&server));
    listener.until(|heard| heard.is_state(&format!("{node}/presence/state"), "on")).await;
    server.signal("-KILL");
    listener.until(|heard| heard.is(&status, "offline")).await;
    drop(server);

    // It comes back without its node: yesterday's state is not today's.
    let _again = run(data.path(), &broker, &[]);
    listener.until(|heard| heard.is(&status, "online")).await;
    let cleared = listener.all_until(|heard| heard.is(&format!("{node}/status"), "offline")).await;
    let mut topics: BTreeSet<_> = cleared.iter().filter(|h| h.payload.is_empty()).map(|h| h.topic.clone()).collect();
    while !topics.contains(&format!("{node}/presence/state")) {
        topics.insert(listener.until(|heard| heard.payload.is_empty()).await.topic);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_node_is_offline() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = run(data.path(), &broker, &["--stale-after", "2"]);
    send(&server, &edge(7, true));
    let status = format!("ruview/{}_node_7/status", site(&server));
    listener.until(|heard| heard.is(&status, "online")).await;
    let while_there = listener.all_until(|heard| heard.is(&status, "offline")).await;
    assert!(while_there.iter().all(|heard| !heard.topic.contains("/events/")));
    listener.until(|heard| heard.is_state("/rssi/state", "unavailable")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_signed_and_never_kept() {
    let (broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = run(data.path(), &broker, &[]);
    send(&server, &edge(7, false));
    listener.until(|heard| heard.is_state("/presence/state", "off")).await;
    send(&server, &EdgeVitals { fall: true, ..edge(7, true) });
    let event = listener.until(|heard| heard.topic.ends_with("/events/fall_detected")).await;
    assert!(!event.retained && event.topic.starts_with(&format!("ruview/{}_node_7/", site(&server))));
    let payload = event.json();
    assert_eq!((&payload["event_type"], &payload["device_id"]), (&"fall_detected".into(), &"node_7".into()));
    let mut verifier = ruview_bfld::signed::Verifier::new();
    let event = payload.as_object().unwrap();
    assert_eq!(verifier.accept("node_7", event), Ok(()));
    let info = Listener::kept(broker.port).await;
    let info = info.iter().find(|heard| heard.topic.ends_with("/info")).unwrap().json();
    assert_eq!(verifier.pinned("node_7").unwrap().to_string(), info["public_key"]);
    let kept = Listener::kept(broker.port).await;
    assert!(kept.len() > 3 && kept.iter().all(|heard| !heard.topic.contains("/events/")));
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(data.path().join("signing.key")).unwrap().permissions()
        ) & 0o777,
        0o600
    );
}
