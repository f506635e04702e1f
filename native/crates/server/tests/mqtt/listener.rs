//! Somebody who hears everything that the broker lets him hear.

use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// More than passes until anything that is waited for.
const PATIENCE: Duration = Duration::from_secs(40);

/// A message as it arrives.
#[derive(Debug, Clone)]
pub struct Heard {
    pub topic: String,
    pub payload: Vec<u8>,
    /// The broker had kept it.
    pub retained: bool,
    /// Seconds for which it holds.
    pub expiry_s: Option<u32>,
}

impl Heard {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap_or_else(|error| panic!("{}: {error}", self.topic))
    }

    pub fn is(&self, end: &str, payload: &str) -> bool {
        self.topic.ends_with(end) && self.payload == payload.as_bytes()
    }

    /// Whether it says that the entity at a topic with this end is in this state.
    pub fn is_state(&self, end: &str, state: &str) -> bool {
        self.topic.ends_with(end) && !self.payload.is_empty() && self.json()["state"] == state
    }
}

pub struct Listener {
    client: AsyncClient,
    heard: mpsc::UnboundedReceiver<Heard>,
}

impl Listener {
    /// Hears everything from now on, and what the broker has kept.
    pub async fn new(port: u16) -> Self {
        Self::as_user(port, None, &["#"]).await
    }

    /// Hears `filters` as a user with a password.
    pub async fn as_user(port: u16, user: Option<(&str, &str)>, filters: &[&str]) -> Self {
        let mut options = MqttOptions::new(uuid::Uuid::new_v4().to_string(), "127.0.0.1", port);
        options.set_max_packet_size(Some(1 << 20));
        if let Some((name, password)) = user {
            options.set_credentials(name, password);
        }
        let (client, mut event_loop) = AsyncClient::new(options, 64);
        let filters =
            filters.iter().map(|filter| Filter { preserve_retain: true, ..Filter::new(*filter, QoS::AtLeastOnce) });
        client.subscribe_many(filters).await.unwrap();
        let (tell, heard) = mpsc::unbounded_channel();
        let (ready, subscribed) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let mut ready = Some(ready);
            loop {
                match event_loop.poll().await {
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        let heard = Heard {
                            topic: String::from_utf8(publish.topic.to_vec()).unwrap(),
                            payload: publish.payload.to_vec(),
                            retained: publish.retain,
                            expiry_s: publish.properties.and_then(|p| p.message_expiry_interval),
                        };
                        if tell.send(heard).is_err() {
                            return;
                        }
                    }
                    Ok(Event::Incoming(Packet::SubAck(_))) => {
                        let _ = ready.take().map(|ready| ready.send(()));
                    }
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        });
        timeout(PATIENCE, subscribed).await.unwrap().expect("the broker lets us in");
        Self { client, heard }
    }

    pub async fn next(&mut self) -> Heard {
        timeout(PATIENCE, self.heard.recv()).await.expect("nothing is said").expect("the broker is gone")
    }

    /// The first message that is `wanted`.
    pub async fn until(&mut self, wanted: impl Fn(&Heard) -> bool) -> Heard {
        self.all_until(wanted).await.pop().unwrap()
    }

    /// What is said from now on, to the first that is `last`.
    pub async fn all_until(&mut self, last: impl Fn(&Heard) -> bool) -> Vec<Heard> {
        let mut all = Vec::new();
        let listening = async {
            loop {
                all.push(self.heard.recv().await.expect("the broker is gone"));
                if last(all.last().unwrap()) {
                    return;
                }
            }
        };
        if timeout(PATIENCE, listening).await.is_err() {
            let topics: Vec<_> = all.iter().map(|heard| (&heard.topic, heard.text())).collect();
            panic!("what is waited for is not said, but {topics:#?}");
        }
        all
    }

    pub async fn say(&self, topic: &str, payload: &str, retain: bool) {
        self.client.publish(topic, QoS::AtLeastOnce, retain, payload.as_bytes().to_vec()).await.unwrap();
    }

    /// Everything that the broker keeps: hears it until a message of our own comes by.
    pub async fn kept(port: u16) -> Vec<Heard> {
        let mut listener = Self::new(port).await;
        listener.say("end/of/kept", "", false).await;
        let mut kept = listener.all_until(|heard| heard.topic == "end/of/kept").await;
        kept.retain(|heard| heard.retained);
        kept
    }
}
