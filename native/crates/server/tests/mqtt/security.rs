//! Who may read what, and how the broker is reached.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::broker::{Broker, passwords};
use crate::listener::Listener;
use crate::running::program;
use crate::{edge, run, send};

const ACL: &str = include_str!("../../../../../docs/mosquitto-acl.conf");
const USERS: [(&str, &str); 5] = [
    ("ruview-server", "secret-1"),
    ("homeassistant", "secret-2"),
    ("public", "secret-3"),
    ("operator", "secret-4"),
    ("research", "secret-5"),
];

fn password(user: &str) -> (&str, &'static str) {
    (user, USERS.iter().find(|(name, _)| *name == user).unwrap().1)
}

/// One message at every sort of topic; which of them a user hears who asks for everything.
async fn heard_by(broker: &Broker, user: &str) -> BTreeSet<String> {
    let topics = [
        "ruview/a_node_1/status",
        "ruview/a/info",
        "ruview/a_node_1/presence/state",
        "ruview/a_node_1/breathing_rate/state",
        "ruview/a_node_1/bfld/presence/state",
        "ruview/a_node_1/events/fall_detected",
        "ruview/a_node_1/raw/csi",
        "ruview/a_node_1/research/angles",
        "ruview/a_node_1/calibrate/press",
        "ruview/a/registry",
        "ruview/a/command",
        "ruview/a/result",
        "homeassistant/status",
    ];
    let mut listener = Listener::as_user(broker.port, Some(password(user)), &["#"]).await;
    // The server may write everywhere but at Home Assistant's status, which is Home Assistant's.
    let server = Listener::as_user(broker.port, Some(password("ruview-server")), &["nothing"]).await;
    let home_assistant = Listener::as_user(broker.port, Some(password("homeassistant")), &["nothing"]).await;
    for topic in topics {
        let from = if topic.starts_with("homeassistant") { &home_assistant } else { &server };
        from.say(topic, "x", false).await;
    }
    // Comes last, and everybody may hear it.
    server.say("ruview/last/status", "x", false).await;
    let heard = listener.all_until(|heard| heard.topic == "ruview/last/status").await;
    heard.into_iter().map(|heard| heard.topic).filter(|topic| topics.contains(&topic.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_hears_what_is_its_own() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("acl"), ACL).unwrap();
    passwords(&dir.path().join("passwords"), &USERS);
    let broker = Broker::beside(dir, "allow_anonymous false\npassword_file {dir}/passwords\nacl_file {dir}/acl").await;

    let public = heard_by(&broker, "public").await;
    assert!(public.contains("ruview/a_node_1/presence/state") && public.len() == 2, "{public:?}");
    let operator = heard_by(&broker, "operator").await;
    assert!(
        operator.contains("ruview/a_node_1/breathing_rate/state")
            && operator.contains("ruview/a_node_1/events/fall_detected")
    );
    let research = heard_by(&broker, "research").await;
    assert!(research.contains("ruview/a_node_1/raw/csi") && research.contains("ruview/a_node_1/research/angles"));
    for withheld in ["raw/csi", "research/angles", "calibrate/press", "a/command", "a/result"] {
        for (role, heard) in [("public", &public), ("operator", &operator)] {
            assert!(!heard.iter().any(|topic| topic.ends_with(withheld)), "{role} hears {withheld}");
        }
    }
    assert!(!research.iter().any(|topic| topic.ends_with("/state")));
    let home_assistant = heard_by(&broker, "homeassistant").await;
    assert!(home_assistant.contains("ruview/a/registry") && home_assistant.contains("ruview/a/result"));
    assert!(
        home_assistant.contains("homeassistant/status") && !home_assistant.iter().any(|topic| topic.contains("/raw/"))
    );

    // The server works with what it is granted, discovery too, and nobody else writes in its name.
    let (data, secret) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
    std::fs::write(secret.path(), "secret-1\n").unwrap();
    let user = ["--mqtt-username", "ruview-server", "--mqtt-password-file", secret.path().to_str().unwrap()];
    let mut listener = Listener::as_user(broker.port, Some(password("operator")), &["ruview/#"]).await;
    let server = run(data.path(), &broker, &[&user[..], &["--mqtt-discovery"]].concat());
    listener.until(|heard| heard.topic.ends_with("/status") && heard.payload == b"online").await;
    let outsider = Listener::as_user(broker.port, Some(password("public")), &["nothing"]).await;
    outsider.say("ruview/a_node_1/presence/state", "forged", false).await;
    send(&server, &edge(7, true));
    let heard = listener.all_until(|heard| heard.is_state("/presence/state", "on")).await;
    assert!(heard.iter().all(|heard| heard.payload != b"forged"));
    let mut client = server.client(data.path()).await;
    let counters = client.command(1, "get_diagnostics").await["result"]["counters"].clone();
    assert_eq!((&counters["mqtt_refused"], &counters["mqtt_connections"]), (&0.into(), &1.into()), "{counters}");
}

/// What the program says when it does not start.
fn refusal(data: &Path, arguments: &[&str]) -> String {
    let mut command = program();
    command.args(["run", "--udp-bind", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data);
    let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_broker_elsewhere_is_not_reached_in_plain_text() {
    let data = tempfile::tempdir().unwrap();
    let said = refusal(data.path(), &["--mqtt-url", "mqtt://192.0.2.1"]);
    assert!(said.contains("mqtts://") && said.contains("--mqtt-allow-plaintext"), "{said}");
    for (arguments, expected) in [
        (&["--mqtt-url", "http://broker"][..], "mqtts://HOST"),
        (&["--mqtt-url", "mqtts://broker", "--mqtt-ca", "/nowhere"], "--mqtt-ca"),
        (&["--mqtt-url", "mqtts://broker", "--mqtt-ca", "/dev/null"], "holds no certificate"),
        (&["--mqtt-url", "mqtt://localhost", "--mqtt-username", "a", "--mqtt-password-file", "/dev/null"], "password"),
        (&["--mqtt-url", "mqtt://localhost", "--mqtt-prefix", "a/#"], "letters"),
    ] {
        let said = refusal(data.path(), arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

/// Runs openssl, which every machine with TLS has.
fn openssl(dir: &Path, command: &str) {
    let done = Command::new("openssl").args(command.split(' ')).current_dir(dir).stderr(Stdio::null()).status();
    assert!(done.unwrap().success(), "openssl {command}");
}

/// An authority, and certificates of it for the broker (as localhost) and for a client.
fn certificates(dir: &Path) {
    let curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(dir, &format!("req -x509 {curve} -keyout ca.key -out ca.pem -days 2 -subj /CN=test"));
    std::fs::write(dir.join("names"), "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n")
        .unwrap();
    for name in ["broker", "client"] {
        openssl(dir, &format!("req -new {curve} -keyout {name}.key -out {name}.csr -subj /CN={name}"));
        openssl(
            dir,
            &format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem -days 2 -extfile names"
            ),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_with_a_certificate_on_either_side() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (ca, cert, key) = (file("ca.pem"), file("client.pem"), file("client.key"));
    let settings = "allow_anonymous true\ncafile {dir}/ca.pem\ncertfile {dir}/broker.pem\nkeyfile {dir}/broker.key\n\
                    require_certificate true\nuse_identity_as_username true";
    let broker = Broker::beside(dir, settings).await;
    let url = format!("mqtts://localhost:{}", broker.port);

    let data = tempfile::tempdir().unwrap();
    let trusts = ["run", "--udp-bind", "127.0.0.1:0", "--mqtt-url", &url, "--mqtt-ca", &ca];
    let with_certificate = [&trusts[..], &["--mqtt-cert", &cert, "--mqtt-key", &key]].concat();
    let server = crate::running::Running::start(data.path(), &with_certificate);
    connections(&server, data.path(), |connections| connections == 1).await;

    // Without a certificate the broker refuses, and without its authority we do.
    for arguments in [&trusts[..], &with_certificate[..5]] {
        let data = tempfile::tempdir().unwrap();
        let logs = data.path().join("log");
        let log = std::fs::File::create(&logs).unwrap();
        let server = crate::running::Running::start_with_logs(data.path(), arguments, log.into());
        let is_told = async || {
            while !std::fs::read_to_string(&logs).unwrap().contains("no connection to the MQTT broker") {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), is_told()).await.expect("the log says so");
        connections(&server, data.path(), |connections| connections == 0).await;
    }
}

/// Waits until the number of connections of all time is as wanted.
async fn connections(server: &crate::running::Running, data: &Path, wanted: impl Fn(u64) -> bool) {
    let mut client = server.client(data).await;
    for id in 1..1000 {
        let diagnostics = client.command(id, "get_diagnostics").await;
        if wanted(diagnostics["result"]["counters"]["mqtt_connections"].as_u64().unwrap()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("not connected as wanted");
}
