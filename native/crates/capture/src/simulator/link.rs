//! One node: its channel, its receiver, and when its packets come.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ruview_core::{CsiFrame, NodeNumber, NodePacket};

use super::SimulatedNode;
use super::channel::{BINS, CENTRE_FREQUENCY_HZ, Channel, Scatterer};
use super::hints::edge_vitals;
use super::person::Doing;
use super::plan::Room;
use super::radio::{NOISE_FLOOR_DBM, Radio, Reception};

/// Share of packets that never arrive, and share of the interval by which others are late.
const LOSS: f64 = 0.02;
const JITTER: f64 = 0.4;
/// Pause between two packets of the firmware's own conclusions, and how long after a full second they come.
const HINT_EVERY: Duration = Duration::from_secs(1);
const HINT_AFTER: Duration = Duration::from_millis(500);

/// One node's channel and receiver, and its next packet.
#[derive(Debug)]
pub(super) struct Link {
    number: NodeNumber,
    room: Room,
    channel: Channel,
    radio: Radio,
    /// Arrival and loss: a stream of its own, so that the channel's noise does not depend on the schedule.
    schedule: ChaCha8Rng,
    /// Errors of the firmware's conclusions, and when the next ones come; `None` when it has none.
    hints: Option<(ChaCha8Rng, Duration)>,
    /// The running number of the next packet: counts lost ones too.
    seq: u32,
    /// Times into the stream at which the next packet is sent and at which it arrives.
    sent: Duration,
    due: Duration,
}

impl Link {
    /// A node in `room`.
    pub(super) fn new(node: SimulatedNode, room: &Room, wall_loss_db: f64, seed: u64, interval: Duration) -> Self {
        // Two random streams a node, after the first person's: adding a node changes no other's packets.
        let stream = 1 + 2 * u64::from(node.number.0);
        let mut link = Self {
            number: node.number,
            room: room.clone(),
            channel: Channel::new(room, node.at, wall_loss_db),
            radio: Radio::new(random_stream(seed, stream)),
            schedule: random_stream(seed, stream + 1),
            hints: None,
            seq: 0,
            sent: Duration::ZERO,
            due: Duration::ZERO,
        };
        link.due = link.arrival(interval);
        link
    }

    /// The same with a firmware that concludes something.
    pub(super) fn with_hints(mut self, seed: u64) -> Self {
        /// Behind those of all nodes and persons.
        const FIRST: u64 = 1 << 32;
        self.hints = Some((random_stream(seed, FIRST + u64::from(self.number.0)), HINT_AFTER));
        self
    }

    /// When it says something next.
    pub(super) fn due(&self) -> Duration {
        self.hints.as_ref().map_or(self.due, |(_, due)| self.due.min(*due))
    }

    /// What the node says at [`Link::due`]; `None` when the packet was lost.
    pub(super) fn speak(
        &mut self,
        body: &[Scatterer],
        everybody: impl Iterator<Item = Doing>,
        interval: Duration,
    ) -> Option<NodePacket> {
        if let Some((rng, due)) = self.hints.as_mut().filter(|(_, due)| *due < self.due) {
            let uptime_ms = due.as_millis() as u32;
            *due += HINT_EVERY;
            return Some(NodePacket::EdgeVitals(edge_vitals(self.number, &self.room, everybody, uptime_ms, rng)));
        }
        self.hear(body, interval)
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

/// One of the independent random streams of a seed.
pub(super) fn random_stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}
