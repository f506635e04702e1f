//! A room that exists only in arithmetic: propagation, one person with a story, and nodes that report what real ones would.
//!
//! For demonstrations without hardware and for tests that need to know the truth.

mod channel;
mod geometry;
mod person;
mod radio;
mod story;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ruview_core::{CsiFrame, DataSource, NodeNumber, NodePacket, StreamTime};

pub use geometry::Point;
pub use story::{Activity, Segment, Timeline};

use crate::speed::{Pacer, Speed};
use crate::{Capabilities, CaptureAdapter, CaptureCounters, CaptureEvent, Captured, HostKind};
use channel::{BINS, CENTRE_FREQUENCY_HZ, Channel, Room, Scatterer};
use person::Person;
use radio::{NOISE_FLOOR_DBM, Radio, Reception};

/// The box in which every story plays, metres.
const ROOM: Room = Room { size: Point::new(5.0, 4.0, 2.5) };
/// The access point that all nodes listen to.
const ACCESS_POINT: Point = Point::new(0.4, 0.5, 1.2);
/// Share of packets that never arrive, and share of the interval by which others are late.
const LOSS: f64 = 0.02;
const JITTER: f64 = 0.4;
/// Highest rate, packets a second: one a millisecond already exceeds any node.
const MAX_RATE_HZ: f64 = 1000.0;

/// A node of the simulated room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatedNode {
    /// The number in its packets.
    pub number: NodeNumber,
    /// Where its antenna is, metres, in the room of 5 m x 4 m x 2.5 m whose access point hangs at (0.4, 0.5, 1.2).
    pub at: Point,
}

/// What to simulate.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatorConfig {
    /// Who listens; one node opposite the access point unless told otherwise.
    pub nodes: Vec<SimulatedNode>,
    /// Packets a second that each node hears before losses; held within 0.1 and 1000.
    pub packet_rate_hz: f64,
    /// The same seed gives the same packets.
    pub seed: u64,
    /// The pace against the wall clock.
    pub speed: Speed,
    /// What happens.
    pub story: Timeline,
    /// Whether the story starts again when it has ended. An empty story always ends.
    pub repeat: bool,
    /// The stream's first instant; the wall clock's when `None`.
    pub start: Option<StreamTime>,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            nodes: vec![SimulatedNode { number: NodeNumber(1), at: Point::new(4.6, 3.4, 1.0) }],
            packet_rate_hz: 50.0,
            seed: 1,
            speed: Speed::Real,
            story: Timeline::demonstration(),
            repeat: true,
            start: None,
        }
    }
}

/// A [`CaptureAdapter`] whose packets are computed.
#[derive(Debug)]
pub struct Simulator {
    config: SimulatorConfig,
    start: StreamTime,
    interval: Duration,
    person: Person,
    body: Vec<Scatterer>,
    /// Time into the stream up to which the person has moved.
    lived: Duration,
    links: Vec<Link>,
    ticks: u32,
    pacer: Pacer,
    pending: Option<Captured>,
    counters: Arc<CaptureCounters>,
}

/// One node's channel and receiver, and its next packet.
#[derive(Debug)]
struct Link {
    number: NodeNumber,
    channel: Channel,
    radio: Radio,
    /// Arrival and loss: a stream of its own, so that the channel's noise does not depend on the schedule.
    schedule: ChaCha8Rng,
    /// The running number of the next packet: counts lost ones too.
    seq: u32,
    /// Times into the stream at which the next packet is sent and at which it arrives.
    sent: Duration,
    due: Duration,
}

impl Simulator {
    /// A simulator at the beginning of its story.
    pub fn new(config: SimulatorConfig) -> Self {
        let rate = if config.packet_rate_hz.is_finite() { config.packet_rate_hz } else { 0.0 };
        let interval = Duration::from_secs_f64(1.0 / rate.clamp(0.1, MAX_RATE_HZ));
        let links = config.nodes.iter().map(|node| Link::new(*node, config.seed, interval)).collect();
        Self {
            start: config.start.unwrap_or_else(wall_clock),
            interval,
            person: Person::new(random_stream(config.seed, 0)),
            body: Vec::new(),
            lived: Duration::ZERO,
            links,
            ticks: 0,
            pacer: Pacer::new(config.speed),
            pending: None,
            counters: Arc::default(),
            config,
        }
    }

    /// The next event, whatever the clock says.
    fn compute_next(&mut self) -> Option<Captured> {
        loop {
            let tick = Duration::from_secs(self.ticks.into());
            let link = (0..self.links.len()).min_by_key(|&i| self.links[i].due);
            let due = link.map_or(tick, |i| self.links[i].due.min(tick));
            if self.has_ended(due) {
                return None;
            }
            let at = self.start + due;
            match link {
                Some(i) if due < tick => {
                    self.live_until(due);
                    if let Some(packet) = self.links[i].hear(&self.body, self.interval) {
                        self.counters.accept();
                        return Some(Captured { at, event: CaptureEvent::Packet(packet) });
                    }
                }
                _ => {
                    self.ticks += 1;
                    return Some(Captured { at, event: CaptureEvent::Tick });
                }
            }
        }
    }

    fn has_ended(&self, elapsed: Duration) -> bool {
        let story = self.config.story.duration();
        story.is_zero() || (!self.config.repeat && elapsed >= story)
    }

    fn live_until(&mut self, elapsed: Duration) {
        let step = elapsed.saturating_sub(self.lived).as_secs_f64();
        self.lived = elapsed;
        let into = Duration::from_secs_f64(elapsed.as_secs_f64() % self.config.story.duration().as_secs_f64());
        self.body = self.person.advance(&self.config.story, into, step);
    }
}

impl Link {
    fn new(node: SimulatedNode, seed: u64, interval: Duration) -> Self {
        // Two random streams a node, after the person's: adding a node changes no other's packets.
        let stream = 1 + 2 * u64::from(node.number.0);
        let mut link = Self {
            number: node.number,
            channel: Channel::new(ROOM, ACCESS_POINT, node.at),
            radio: Radio::new(random_stream(seed, stream)),
            schedule: random_stream(seed, stream + 1),
            seq: 0,
            sent: Duration::ZERO,
            due: Duration::ZERO,
        };
        link.due = link.arrival(interval);
        link
    }

    /// Receives the packet that is due and schedules the next; `None` when it was lost.
    fn hear(&mut self, body: &[Scatterer], interval: Duration) -> Option<NodePacket> {
        let seq = self.seq;
        self.seq = seq.wrapping_add(1);
        self.sent += interval;
        self.due = self.arrival(interval);
        if self.schedule.random::<f64>() < LOSS {
            return None;
        }
        let Reception { rssi_dbm, iq } = self.radio.receive(&self.channel.response(body));
        let mut frame = CsiFrame::new(self.number, 1, BINS as u16, iq).ok()?;
        frame.seq = Some(seq);
        frame.rssi_dbm = Some(rssi_dbm);
        frame.noise_floor_dbm = Some(NOISE_FLOOR_DBM);
        frame.frequency_mhz = Some((CENTRE_FREQUENCY_HZ / 1e6) as u32);
        Some(NodePacket::Csi(frame))
    }

    /// Late by a share of the interval but never by more, so that packets keep their order.
    fn arrival(&mut self, interval: Duration) -> Duration {
        self.sent + interval.mul_f64(JITTER * self.schedule.random::<f64>())
    }
}

impl CaptureAdapter for Simulator {
    fn source(&self) -> DataSource {
        DataSource::Simulated
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { he: false, width_160: false, max_rx: 1, host: HostKind::Simulation }
    }

    fn counters(&self) -> Arc<CaptureCounters> {
        Arc::clone(&self.counters)
    }

    fn next(&mut self) -> BoxFuture<'_, Option<Captured>> {
        async {
            if self.pending.is_none() {
                self.pending = self.compute_next();
            }
            let at = self.pending.as_ref()?.at;
            self.pacer.until(at).await;
            self.pending.take()
        }
        .boxed()
    }
}

fn random_stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

fn wall_clock() -> StreamTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    StreamTime::from_micros(0) + since
}

#[cfg(test)]
mod tests;
