//! One UDP socket that only receives: what all sources on the network have in common.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use ruview_core::NodeNumber;
use ruview_wire::WireError;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::{Interval, sleep};

use crate::clock::{self, LiveClock};
use crate::owners::{Claim, Owners};
use crate::refusals::Refusals;
use crate::throttle::Throttle;
use crate::{CaptureCounters, CaptureError, CaptureEvent, Captured, RejectReason};

/// No datagram is longer, so none is ever cut.
const DATAGRAM_LEN: usize = 65_535;
/// Octets that the system may hold for us: a second of 64 nodes at 100 packets a second. It may grant less.
const SYSTEM_BUFFER_LEN: usize = 4 << 20;
/// A socket that fails at once and always must not take a whole core.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

/// Makes an event of a datagram; `None` of one that says nothing new.
pub(crate) trait DatagramParser {
    fn parse(&mut self, datagram: &[u8]) -> Result<Option<CaptureEvent>, WireError>;

    /// The node that a datagram says it is of, where several send to one socket.
    fn claimed_node(&self, _datagram: &[u8]) -> Option<NodeNumber> {
        None
    }
}

/// A socket, and what makes a source of it: ticks, the clock, counters.
#[derive(Debug)]
pub(crate) struct UdpReceiver<P> {
    socket: UdpSocket,
    local_addr: SocketAddr,
    allow: Vec<IpNet>,
    datagram: Box<[u8]>,
    parser: P,
    ticks: Interval,
    clock: LiveClock,
    counters: Arc<CaptureCounters>,
    refusals: Refusals,
    owners: Owners,
    receive_errors: Throttle,
}

impl<P: DatagramParser> UdpReceiver<P> {
    /// Starts to receive on `address` from the subnets in `allow`, from all if it is empty.
    pub(crate) fn bind(address: SocketAddr, allow: Vec<IpNet>, parser: P) -> Result<Self, CaptureError> {
        let bind_error = |source| CaptureError::Bind { address, source };
        let socket = receiver(address).map_err(bind_error)?;
        let local_addr = socket.local_addr().map_err(bind_error)?;
        let counters = Arc::<CaptureCounters>::default();
        Ok(Self {
            socket,
            local_addr,
            allow,
            datagram: vec![0; DATAGRAM_LEN].into_boxed_slice(),
            parser,
            ticks: clock::ticks(),
            clock: LiveClock::default(),
            refusals: Refusals::new(Arc::clone(&counters)),
            counters,
            owners: Owners::default(),
            receive_errors: Throttle::default(),
        })
    }

    pub(crate) const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    pub(crate) fn counters(&self) -> Arc<CaptureCounters> {
        Arc::clone(&self.counters)
    }

    /// The next event or tick. Safe to cancel.
    pub(crate) async fn receive(&mut self) -> Captured {
        loop {
            let received = tokio::select! {
                // Ticks first: no flood of packets can keep them back, and they are too rare to keep packets back.
                biased;
                _ = self.ticks.tick() => return self.captured(CaptureEvent::Tick),
                received = self.socket.recv_from(&mut self.datagram) => received,
            };
            match received {
                Ok((len, from)) => {
                    if let Some(event) = self.accept(len, from) {
                        return self.captured(event);
                    }
                }
                Err(error) => {
                    self.report(&error);
                    sleep(PAUSE_AFTER_ERROR).await;
                }
            }
        }
    }

    fn captured(&mut self, event: CaptureEvent) -> Captured {
        Captured { at: self.clock.now(), event }
    }

    fn accept(&mut self, len: usize, from: SocketAddr) -> Option<CaptureEvent> {
        if !is_allowed(&self.allow, from.ip()) {
            self.refusals.refuse(RejectReason::ForeignSource, &from, &"not from an allowed subnet");
            return None;
        }
        let datagram = &self.datagram[..len];
        let (claimed, address, now) = (self.parser.claimed_node(datagram), from.ip().to_canonical(), Instant::now());
        if let Some(node) = claimed
            && let Claim::Second { news } = self.owners.judge(node, address, now)
        {
            let why = format_args!("node {node} is heard from another address, too: give each node an id of its own");
            self.refusals.refuse(RejectReason::DuplicateNode, &from, &why);
            return news.then_some(CaptureEvent::Duplicate(node));
        }
        match self.parser.parse(datagram) {
            Ok(Some(event)) => {
                if let Some(node) = claimed {
                    self.owners.heard(node, address, now);
                }
                self.counters.accept();
                Some(event)
            }
            Ok(None) => {
                self.counters.ignore();
                None
            }
            Err(error) => {
                self.refusals.refuse(RejectReason::from(&error.kind), &from, &error);
                None
            }
        }
    }

    fn report(&mut self, error: &io::Error) {
        if let Some(not_logged) = self.receive_errors.pass(Instant::now()) {
            tracing::warn!(address = %self.local_addr, not_logged, "cannot receive, trying again: {error}");
        }
    }
}

fn receiver(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if let Err(error) = socket.set_recv_buffer_size(SYSTEM_BUFFER_LEN) {
        tracing::debug!("the system keeps its own receive buffer: {error}");
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// An IPv6 socket sees IPv4 senders as `::ffff:192.0.2.1`; subnets name them without that.
fn is_allowed(allow: &[IpNet], from: IpAddr) -> bool {
    let from = from.to_canonical();
    allow.is_empty() || allow.iter().any(|net| net.contains(&from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_hold_for_mapped_addresses_too() {
        let nets = ["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        for (address, allowed) in [
            ("192.0.2.7", true),
            ("::ffff:192.0.2.7", true),
            ("192.0.3.7", false),
            ("2001:db8::1", true),
            ("::1", false),
        ] {
            assert_eq!(is_allowed(&nets, address.parse().unwrap()), allowed, "{address}");
        }
        assert!(is_allowed(&[], "203.0.113.1".parse().unwrap()));
    }
}
