//! The announcement on a network of its own: nothing here is said on this machine's real interfaces.
//!
//! The test starts itself again in a network namespace, which needs root; elsewhere it says so and passes.

#![allow(clippy::unwrap_used)]

mod common;
mod running;

use std::process::Command;
use std::time::Duration;

use mdns_sd::{ServiceDaemon, ServiceEvent};
use running::Running;
use tokio::time::timeout;

const INSIDE: &str = "RUVIEW_TEST_IN_NAMESPACE";
const PATIENCE: Duration = Duration::from_secs(20);
/// An interface that leads to another one and nowhere else.
const NETWORK: &str = "ip link set lo up && ip link add here type veth peer name there && ip addr add 10.91.7.1/24 dev here \
                       && ip link set here up && ip link set there up && exec \"$0\" \"$@\"";

/// Runs this test again with a network of its own; whether it can.
#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn in_a_namespace(test: &str) -> bool {
    let possible = Command::new("unshare").args(["-n", "ip", "link", "set", "lo", "up"]).status();
    if !possible.is_ok_and(|status| status.success()) {
        println!("skipped: network namespaces need root, unshare and ip");
        return false;
    }
    let program = std::env::current_exe().unwrap();
    let mut again = Command::new("unshare");
    again.args(["-n", "sh", "-c", NETWORK]).arg(program).args(["--exact", test, "--nocapture"]).env(INSIDE, "1");
    assert!(again.status().unwrap().success());
    true
}

#[test]
fn a_server_is_found_and_says_good_bye() {
    if std::env::var_os(INSIDE).is_none() {
        in_a_namespace("a_server_is_found_and_says_good_bye");
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(found_and_gone());
}

async fn found_and_gone() {
    let data = tempfile::tempdir().unwrap();
    let browser = ServiceDaemon::new().unwrap();
    let found = browser.browse("_ruview._tcp.local.").unwrap();
    let mut server = Running::start_at(
        data.path(),
        "10.91.7.1:0",
        &["run", "--udp-bind", "127.0.0.1:0", "--privacy-class", "3", "--name", "Attic"],
    );
    let next = async |wanted: fn(&ServiceEvent) -> bool| loop {
        let event = timeout(PATIENCE, found.recv_async()).await.expect("nobody says anything").unwrap();
        if wanted(&event) {
            return event;
        }
    };
    let ServiceEvent::ServiceResolved(service) = next(|event| matches!(event, ServiceEvent::ServiceResolved(_))).await
    else {
        panic!("another event");
    };
    let txt = |key: &str| service.get_property_val_str(key).unwrap_or_default().to_owned();
    assert_eq!(txt("id"), server.ready["server_id"].as_str().unwrap());
    assert_eq!(
        (txt("api"), txt("privacy_class"), txt("version")),
        ("1".into(), "3".into(), env!("CARGO_PKG_VERSION").into())
    );
    assert_eq!(service.get_port(), server.address("http").port());
    let addresses: Vec<_> = service.get_addresses().iter().map(ToString::to_string).collect();
    assert_eq!(addresses.len(), 1);
    assert!(addresses[0].starts_with("10.91.7.1"), "{addresses:?}");

    server.signal("-TERM");
    next(|event| matches!(event, ServiceEvent::ServiceRemoved(..))).await;
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    let _ = browser.shutdown();
}
