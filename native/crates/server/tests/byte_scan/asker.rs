//! A client that asks every path of the HTTP API and listens to the legacy stream, for as long as a run lasts.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::common::{Client, http};

/// Time between two rounds: short beside what happens in a run, long enough that what is said can be searched in seconds.
const PAUSE: Duration = Duration::from_millis(500);
/// Entities that are asked about one by one; the list of all states has the others.
const ENTITIES: usize = 4;
/// The description of the API names everything that it could ever say, so it says nothing.
const DESCRIPTION: &str = "/api/openapi.json";

pub(crate) struct Asker {
    tasks: [JoinHandle<()>; 2],
    heard: Arc<Mutex<Vec<Value>>>,
}

impl Asker {
    /// Asks through `tap`; of which paths there are, the server's own description tells.
    pub(crate) async fn start(server: SocketAddr, tap: SocketAddr, token: &str) -> Self {
        let description = answer(server, DESCRIPTION, token).await;
        let paths: Vec<_> = description["paths"].as_object().unwrap().keys().cloned().collect();
        assert!(paths.len() > 10, "{paths:?}");
        let heard = Arc::<Mutex<Vec<Value>>>::default();
        let (keep, owned) = (Arc::clone(&heard), token.to_owned());
        let asking = tokio::spawn(async move {
            loop {
                for path in paths.iter().filter(|path| *path != DESCRIPTION) {
                    for path in named(path, &keep) {
                        let answer = answer(tap, &path, &owned).await;
                        keep.lock().unwrap().push(answer);
                    }
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
        let (keep, owned) = (Arc::clone(&heard), token.to_owned());
        let listening = tokio::spawn(async move {
            let mut client = Client::connect(&format!("ws://{tap}/ws/sensing")).await.unwrap();
            client.authenticate(&owned).await;
            loop {
                let frame = client.frame().await;
                keep.lock().unwrap().push(frame);
            }
        });
        Self { tasks: [asking, listening], heard }
    }

    /// Stops asking; what was answered.
    pub(crate) fn stop(self) -> Vec<Value> {
        self.tasks.iter().for_each(JoinHandle::abort);
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

/// The path with every name that was heard so far.
fn named(path: &str, heard: &Mutex<Vec<Value>>) -> Vec<String> {
    let (key, place) = if path.contains("{node}") {
        ("node_id", "{node}")
    } else if path.contains("{entity_id}") {
        ("entity_id", "{entity_id}")
    } else {
        return vec![path.to_owned()];
    };
    let heard = heard.lock().unwrap();
    let most = if key == "entity_id" { ENTITIES } else { usize::MAX };
    let mut names = vec!["default".to_owned()];
    let states = heard.iter().rev().find_map(Value::as_array).into_iter().flatten();
    for name in states.chain(heard.iter().rev().take(200)).filter_map(|value| value[key].as_str()) {
        if names.len() <= most && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names.iter().map(|name| format!("{}?duration_s=1", path.replace(place, name))).collect()
}

/// The body of an answer; null where it is not JSON.
async fn answer(address: SocketAddr, path: &str, token: &str) -> Value {
    let answer = http(address, path, Some(token)).await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_default()
}
