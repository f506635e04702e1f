//! Connections in the middle that keep every octet that the server sends.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

/// What came on each connection: apart, so that none tears apart what came on another.
type Kept = Arc<Mutex<Vec<Vec<u8>>>>;

pub(crate) struct Tap {
    /// Where to connect instead.
    pub(crate) address: SocketAddr,
    kept: Kept,
}

impl Tap {
    /// Listens, and hands every connection on to `server`.
    pub(crate) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Kept::default();
        let keep = Arc::clone(&kept);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(hand_on(client, server, Arc::clone(&keep)));
            }
        });
        Self { address, kept }
    }

    /// What the server has sent so far.
    pub(crate) fn octets(&self) -> Vec<u8> {
        self.kept.lock().unwrap().concat()
    }
}

async fn hand_on(client: TcpStream, server: SocketAddr, kept: Kept) {
    let number = {
        let mut kept = kept.lock().unwrap();
        kept.push(Vec::new());
        kept.len() - 1
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = TcpStream::connect(server).await.unwrap().into_split();
    tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
    let mut buffer = vec![0; 64 << 10];
    while let Ok(len @ 1..) = from_server.read(&mut buffer).await {
        kept.lock().unwrap()[number].extend(&buffer[..len]);
        // A client that has gone needs nothing more.
        if to_client.write_all(&buffer[..len]).await.is_err() {
            return;
        }
    }
}
