//! A server on a port of its own, and a client that sees everything.

// Each test file is a crate of its own and uses a part of this.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use homecore::{Attributes, Context, EntityId, HomeCore};
use jiff::Timestamp;
use ruview_core::{DataSource, EdgeVitals, NodeNumber};
use ruview_engine::{Engine, EngineConfig, Runtime, stream_clock};
use ruview_server::{About, Identity, Limits, Listener, Server, Tls};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

pub const PATIENCE: Duration = Duration::from_secs(10);

pub struct Bench {
    pub server: Server,
    pub address: SocketAddr,
    pub core: Arc<HomeCore>,
    pub token: String,
    pub runtime: Runtime,
    _data: tempfile::TempDir,
}

impl Bench {
    pub async fn start() -> Self {
        Self::with(Limits::default(), homecore::DEFAULT_CAPACITY).await
    }

    pub async fn with(limits: Limits, queue: usize) -> Self {
        Self::over(limits, queue, None).await
    }

    /// As [`with`](Self::with), encrypted with a certificate.
    pub async fn over(limits: Limits, queue: usize, tls: Option<Arc<Tls>>) -> Self {
        Self::listening(limits, queue, tls, None).await
    }

    /// A server for which `proxy` vouches for its users.
    pub async fn behind(proxy: IpAddr) -> Self {
        Self::listening(Limits::default(), homecore::DEFAULT_CAPACITY, None, Some(proxy)).await
    }

    async fn listening(limits: Limits, queue: usize, tls: Option<Arc<Tls>>, ingress: Option<IpAddr>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let identity = Identity::load_or_create(data.path()).unwrap();
        let token = identity.tokens.default_token().unwrap().reveal().to_owned();
        let core = Arc::new(HomeCore::new(queue));
        let config = EngineConfig::new(identity.server_id.to_string(), "RuView", "0.1.0");
        let runtime = Runtime::start(Engine::new(config, Arc::clone(&core), stream_clock()), Vec::new(), None);
        let about = About { name: "RuView".into(), source: DataSource::Live, stale_after: Duration::from_secs(30) };
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let listener = Listener { tcp, tls, ingress };
        let server = Server::start(listener, about, identity, limits, Arc::clone(&core), runtime.handle().clone());
        Self { server, address, core, token, runtime, _data: data }
    }

    pub fn set(&self, entity_id: &str, state: &str) {
        self.set_with(entity_id, state, Attributes::new());
    }

    pub fn set_with(&self, entity_id: &str, state: &str, attributes: Attributes) {
        let id = EntityId::new(entity_id).unwrap();
        self.core.states().set(&id, state, attributes, Context::new(), Timestamp::now()).unwrap();
    }

    pub fn url(&self) -> String {
        format!("ws://{}/ws/v1", self.address)
    }

    /// A connection that has read nothing yet.
    pub async fn connect(&self) -> Result<Client, Error> {
        Client::connect(&self.url()).await
    }

    /// A connection that is let in.
    pub async fn client(&self) -> Client {
        let mut client = self.connect().await.unwrap();
        client.authenticate(&self.token).await;
        client
    }

    /// The answer to a plain HTTP request.
    pub async fn http(&self, path: &str, token: Option<&str>) -> String {
        http(self.address, path, token).await
    }
}

pub async fn http(address: SocketAddr, path: &str, token: Option<&str>) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{bearer}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let config = WebSocketConfig::default();
        let (socket, _) = connect_async_with_config(url, Some(config), true).await?;
        Ok(Self { socket })
    }

    /// The next frame that is neither ping nor pong.
    pub async fn message(&mut self) -> Option<Message> {
        let next = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(message)) => return Some(message),
                    Some(Err(_)) | None => return None,
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("the server is silent")
    }

    pub async fn frame(&mut self) -> Value {
        match self.message().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("expected a text frame, got {other:?}"),
        }
    }

    /// The code with which the server closes, whatever comes before.
    pub async fn close_code(&mut self) -> Option<u16> {
        loop {
            if let Message::Close(frame) = self.message().await? {
                return frame.map(|frame| frame.code.into());
            }
        }
    }

    pub async fn send(&mut self, frame: Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    pub async fn authenticate(&mut self, token: &str) -> Value {
        assert_eq!(self.frame().await["type"], "auth_required");
        self.send(json!({"type": "auth", "token": token})).await;
        self.frame().await
    }

    /// The answer to a command, of which no other is under way. What a subscriber is told meanwhile is passed over.
    pub async fn command(&mut self, id: u64, name: &str) -> Value {
        self.ask(json!({"id": id, "type": name})).await
    }

    /// The answer to a service.
    pub async fn call(&mut self, id: u64, service: &str, data: Value) -> Value {
        self.ask(json!({"id": id, "type": "call_service", "domain": "ruview", "service": service, "data": data})).await
    }

    async fn ask(&mut self, command: Value) -> Value {
        let id = command["id"].clone();
        self.send(command).await;
        loop {
            let answer = self.frame().await;
            if answer["type"] == "result" {
                assert_eq!(answer["id"], id);
                return answer;
            }
        }
    }

    /// Subscribes; the snapshot.
    pub async fn subscribe(&mut self, id: u64) -> Value {
        let answer = self.command(id, "subscribe").await;
        assert_eq!(answer["result"], Value::Null);
        let snapshot = self.frame().await;
        assert_eq!((&snapshot["id"], &snapshot["event"]["type"]), (&json!(id), &json!("snapshot")));
        snapshot["event"].clone()
    }
}

/// What a node without CSI says.
pub fn edge(node: u8, presence: bool) -> EdgeVitals {
    EdgeVitals {
        node: NodeNumber(node),
        presence,
        fall: false,
        motion: presence,
        breathing_rate_bpm: 0.0,
        heart_rate_bpm: 0.0,
        rssi_dbm: Some(-50),
        n_persons: 0,
        motion_energy: 0.0,
        presence_score: 0.0,
        uptime_ms: Some(0),
    }
}
