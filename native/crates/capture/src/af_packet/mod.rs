//! A packet socket whose frames the kernel writes into memory that it shares with us (`packet(7)`, `TPACKET_V3`), so that
//! bursts are not lost while the consumer is busy elsewhere.
//!
//! The one module with `unsafe` code: the calls that no crate wraps, and the shared memory. Everything it gives out is safe.
#![allow(unsafe_code)]

mod calls;
mod ring;

use std::io;

use rustix::net::netdevice::name_to_index;
use socket2::{Domain, Protocol, SockFilter, Socket, Type};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::{Instant, timeout_at};

pub(crate) use ring::Frame;
use ring::{HAND_OVER, Ring};

/// A socket that belongs to an interface and does not receive yet.
#[derive(Debug)]
pub(crate) struct BoundSocket {
    socket: Socket,
    interface_index: u32,
    hardware_type: u16,
}

impl BoundSocket {
    /// Binds to the interface of this name.
    ///
    /// # Errors
    /// What the system says: `ENODEV` for an interface that is not there.
    pub(crate) fn new(interface: &str) -> io::Result<Self> {
        // Without a protocol nothing is received, so that no frame comes before the filter.
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(0)))?;
        socket.set_nonblocking(true)?;
        let interface_index = name_to_index(&socket, interface)?;
        calls::bind(&socket, interface_index, calls::NO_PROTOCOL)?;
        let hardware_type = calls::hardware_type(&socket)?;
        Ok(Self { socket, interface_index, hardware_type })
    }

    /// What the interface is (`ARPHRD_…`).
    pub(crate) const fn hardware_type(&self) -> u16 {
        self.hardware_type
    }

    /// Starts to receive the frames that pass `filter`. Needs a Tokio runtime with I/O.
    ///
    /// # Errors
    /// What the system says: `ENETDOWN` for an interface that is down.
    pub(crate) fn listen(self, filter: &[SockFilter]) -> io::Result<PacketSocket> {
        let Self { socket, interface_index, .. } = self;
        socket.attach_filter(filter)?;
        let ring = Ring::new(&socket)?;
        calls::bind(&socket, interface_index, calls::EVERY_PROTOCOL)?;
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        // SAFETY: the socket owns its descriptor; it is only borrowed from here on, and closed when this is dropped.
        let socket = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE | Interest::ERROR) }?;
        Ok(PacketSocket { ring, socket, interface_index, down_until: None })
    }
}

/// A socket that receives what passes its filter.
#[derive(Debug)]
pub(crate) struct PacketSocket {
    // Before the socket, so that its memory is given back while the socket is open.
    ring: Ring,
    socket: AsyncFd<Socket>,
    interface_index: u32,
    /// Once the interface is down: until when the kernel may still hand over what had come before.
    down_until: Option<Instant>,
}

impl PacketSocket {
    /// The number under which the system knows the interface while it exists.
    pub(crate) const fn interface_index(&self) -> u32 {
        self.interface_index
    }

    /// Returns when a frame is there. Safe to cancel.
    ///
    /// # Errors
    /// [`io::ErrorKind::NetworkDown`] when the interface went down or away; what had come before is given out first.
    pub(crate) async fn frame_ready(&mut self) -> io::Result<()> {
        loop {
            let ready = self.socket.ready(Interest::READABLE | Interest::ERROR);
            let mut ready = match self.down_until {
                None => ready.await,
                Some(until) => timeout_at(until, ready).await.map_err(|_elapsed| io::ErrorKind::NetworkDown)?,
            }?;
            if self.ring.has_frame() {
                return Ok(());
            }
            if self.socket.get_ref().take_error()?.is_some() {
                self.down_until.get_or_insert(Instant::now() + 2 * HAND_OVER);
            }
            ready.clear_ready();
        }
    }

    /// The next frame, if one is there.
    pub(crate) fn next_frame(&mut self) -> Option<Frame<'_>> {
        self.ring.next_frame()
    }

    /// Frames that passed the filter and were lost since the last call because the memory was full.
    pub(crate) fn take_drops(&self) -> io::Result<u64> {
        calls::take_drops(self.socket.get_ref())
    }
}
