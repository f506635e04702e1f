//! A connection in the middle that keeps every octet that the server sends.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Tap {
    /// Where to connect instead.
    pub(crate) address: SocketAddr,
    octets: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    /// Listens, and hands the first connection on to `server`.
    pub(crate) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let octets = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&octets);
        tokio::spawn(async move {
            let (client, _) = listener.accept().await.unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = TcpStream::connect(server).await.unwrap().into_split();
            tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
            let mut buffer = vec![0; 64 << 10];
            while let Ok(len @ 1..) = from_server.read(&mut buffer).await {
                kept.lock().unwrap().extend(&buffer[..len]);
                to_client.write_all(&buffer[..len]).await.unwrap();
            }
        });
        Self { address, octets }
    }

    /// What the server has sent so far.
    pub(crate) fn octets(&self) -> Vec<u8> {
        self.octets.lock().unwrap().clone()
    }
}
