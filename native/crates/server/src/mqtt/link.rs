//! One connection to a broker: what the publisher needs of it, and rumqttc behind it.
//!
//! The event loop of the library must be polled whatever the publisher does, so it has a task of its own, which ends with the
//! connection. A new connection is a new link: nothing of the old one is sent again but what the publisher still wants said.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    Filter, Packet, PubAckReason, PublishProperties, RetainForwardRule, SubscribeProperties,
};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::connection::KEEP_ALIVE;

/// Messages that wait for the connection.
const QUEUE: usize = 1024;
/// A broker from which nothing comes for so long, not even answers to pings, is gone.
const DEAD: Duration = Duration::from_secs(2 * KEEP_ALIVE.as_secs() + 5);

/// What is said to the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    /// The broker keeps it for whoever comes later.
    pub(crate) retain: bool,
    /// The broker confirms it.
    pub(crate) confirmed: bool,
    /// Seconds after which it says nothing any more.
    pub(crate) expiry_s: Option<u32>,
}

/// Under which number a confirmation is awaited.
pub(crate) type Ticket = u64;

/// What happens to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkEvent {
    /// The broker has let us in.
    Connected,
    /// Somebody says something to us.
    Received { topic: String, payload: Vec<u8>, retained: bool },
    /// The broker has taken a message.
    Confirmed(Ticket),
    /// The broker does not let us say that. `None` for messages without a ticket.
    Refused(Option<Ticket>, String),
    /// The connection is gone. Nothing comes after that.
    Lost(String),
}

/// There is no room for more messages at the moment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// A connection to a broker, or the attempt to make one.
pub(crate) trait Link {
    /// Says something. With a ticket, its fate is told under it.
    fn publish(&mut self, message: &Message, ticket: Option<Ticket>) -> Result<(), Full>;
    /// Wants to hear what others say at `filters`.
    fn subscribe(&mut self, filters: &[String]) -> Result<(), Full>;
    /// Does not want to hear it any more.
    fn unsubscribe(&mut self, filter: &str) -> Result<(), Full>;
    /// What happens next.
    fn next(&mut self) -> impl Future<Output = LinkEvent> + Send;
    /// Says good-bye, after everything that was said before.
    fn disconnect(&mut self);
}

/// A connection with rumqttc.
pub(crate) struct MqttLink {
    client: AsyncClient,
    from_loop: mpsc::Receiver<FromLoop>,
    /// The tickets of what was handed over and not sent yet, in that order.
    waiting: VecDeque<Option<Ticket>>,
    /// And of what was sent and not confirmed yet, by packet id.
    sent: HashMap<u16, Option<Ticket>>,
}

enum FromLoop {
    Event(LinkEvent),
    Sent(u16),
    Acknowledged(u16, PubAckReason),
}

impl MqttLink {
    /// Begins to connect.
    pub(crate) fn new(options: MqttOptions) -> Self {
        let (client, event_loop) = AsyncClient::new(options, QUEUE);
        let (to_link, from_loop) = mpsc::channel(QUEUE);
        tokio::spawn(drive(event_loop, to_link));
        Self { client, from_loop, waiting: VecDeque::new(), sent: HashMap::new() }
    }

    fn translate(&mut self, from_loop: FromLoop) -> Option<LinkEvent> {
        match from_loop {
            FromLoop::Event(event) => Some(event),
            FromLoop::Sent(packet_id) => {
                let ticket = self.waiting.pop_front().flatten();
                if packet_id != 0 {
                    self.sent.insert(packet_id, ticket);
                }
                None
            }
            FromLoop::Acknowledged(packet_id, reason) => {
                let ticket = self.sent.remove(&packet_id).flatten();
                match reason {
                    PubAckReason::Success | PubAckReason::NoMatchingSubscribers => ticket.map(LinkEvent::Confirmed),
                    reason => Some(LinkEvent::Refused(ticket, format!("{reason:?}"))),
                }
            }
        }
    }
}

impl Link for MqttLink {
    fn publish(&mut self, message: &Message, ticket: Option<Ticket>) -> Result<(), Full> {
        let Message { topic, payload, retain, confirmed, expiry_s } = message;
        let qos = if *confirmed { QoS::AtLeastOnce } else { QoS::AtMostOnce };
        let properties = PublishProperties { message_expiry_interval: *expiry_s, ..PublishProperties::default() };
        let said = self.client.try_publish_with_properties(topic, qos, *retain, payload.clone(), properties);
        said.map_err(|_| Full)?;
        self.waiting.push_back(ticket);
        Ok(())
    }

    fn subscribe(&mut self, filters: &[String]) -> Result<(), Full> {
        let filter = |path: &String| Filter {
            path: path.clone(),
            qos: QoS::AtLeastOnce,
            // What we say ourselves we know.
            nolocal: true,
            preserve_retain: false,
            retain_forward_rule: RetainForwardRule::OnEverySubscribe,
        };
        let filters: Vec<_> = filters.iter().map(filter).collect();
        let properties = SubscribeProperties { id: None, user_properties: Vec::new() };
        self.client.try_subscribe_many_with_properties(filters, properties).map_err(|_| Full)
    }

    fn unsubscribe(&mut self, filter: &str) -> Result<(), Full> {
        self.client.try_unsubscribe(filter).map_err(|_| Full)
    }

    async fn next(&mut self) -> LinkEvent {
        loop {
            let Some(from_loop) = self.from_loop.recv().await else {
                return LinkEvent::Lost("the connection has ended".into());
            };
            if let Some(event) = self.translate(from_loop) {
                return event;
            }
        }
    }

    fn disconnect(&mut self) {
        // With a full queue there is no good-bye, and the last will says it instead.
        let _ = self.client.try_disconnect();
    }
}

/// Polls the library's loop until the connection ends, or until nobody listens any more.
async fn drive(mut event_loop: EventLoop, link: mpsc::Sender<FromLoop>) {
    loop {
        let polled = tokio::select! {
            polled = timeout(DEAD, event_loop.poll()) => polled,
            () = link.closed() => return,
        };
        let event = match polled {
            Ok(Ok(event)) => read(event),
            Ok(Err(error)) => Some(FromLoop::Event(LinkEvent::Lost(error.to_string()))),
            Err(_) => Some(FromLoop::Event(LinkEvent::Lost("the broker does not answer".into()))),
        };
        let Some(event) = event else { continue };
        let last = matches!(event, FromLoop::Event(LinkEvent::Lost(_)));
        if link.send(event).await.is_err() || last {
            return;
        }
    }
}

fn read(event: Event) -> Option<FromLoop> {
    match event {
        Event::Incoming(Packet::ConnAck(_)) => Some(FromLoop::Event(LinkEvent::Connected)),
        Event::Incoming(Packet::Publish(publish)) => Some(FromLoop::Event(LinkEvent::Received {
            topic: String::from_utf8_lossy(&publish.topic).into_owned(),
            payload: publish.payload.to_vec(),
            retained: publish.retain,
        })),
        Event::Incoming(Packet::PubAck(ack)) => Some(FromLoop::Acknowledged(ack.pkid, ack.reason)),
        Event::Outgoing(Outgoing::Publish(packet_id)) => Some(FromLoop::Sent(packet_id)),
        Event::Outgoing(Outgoing::Disconnect) => Some(FromLoop::Event(LinkEvent::Lost("good-bye".into()))),
        _ => None,
    }
}
