//! The broker goes, and comes back.

use crate::broker::Broker;
use crate::listener::Listener;
use crate::{edge, run, send};
use ruview_core::EdgeVitals;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_meanwhile_is_told_afterwards() {
    let (mut broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::new(broker.port).await;
    let server = run(data.path(), &broker, &[]);
    send(&server, &edge(7, false));
    listener.until(|heard| heard.is_state("/presence/state", "off")).await;

    broker.kill();
    send(&server, &EdgeVitals { fall: true, ..edge(7, true) });
    let mut client = server.client(data.path()).await;
    let states = client.subscribe(1).await;
    if !states["states"].to_string().contains("fall_detected") {
        loop {
            let frame = client.frame().await;
            if frame["event"]["event_type"] == "fall_detected" {
                break;
            }
        }
    }
    broker.restart().await;

    let mut listener = Listener::new(broker.port).await;
    let (mut online, mut on, mut fallen) = (false, false, 0);
    while !(online && on && fallen > 0) {
        let heard = listener.next().await;
        online |= heard.topic.ends_with("/status") && heard.payload == b"online" && !heard.topic.contains("node_7");
        on |= heard.is_state("/presence/state", "on");
        fallen += u32::from(heard.topic.ends_with("/events/fall_detected"));
    }
    assert_eq!(fallen, 1, "once");
}

/// Nothing about the server depends on the broker.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_its_broker_starts_and_stops() {
    let (mut broker, data) = (Broker::start().await, tempfile::tempdir().unwrap());
    broker.kill();
    let mut server = run(data.path(), &broker, &[]);
    let mut client = server.client(data.path()).await;
    client.subscribe(1).await;
    server.signal("-TERM");
    assert_eq!(client.close_code().await, Some(1001));
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
