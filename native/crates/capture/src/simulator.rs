//! Rooms that exist only in arithmetic: propagation, persons with a story, and nodes that report what real ones would.
//!
//! For demonstrations without hardware and for tests that need to know the truth.

mod channel;
mod file;
mod geometry;
mod hints;
mod link;
mod person;
mod plan;
mod radio;
mod story;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ruview_core::{DataSource, NodeNumber, StreamTime};

pub use file::{BUILT_IN_STORIES, BuiltInStory, StoryError, StoryFile};
pub use geometry::Point;
pub use plan::Room;
pub use story::{Activity, Posture, Rest, Segment, Stir, StirKind, Story, Timeline, Vital};

use crate::speed::{Pacer, Speed};
use crate::{Capabilities, CaptureAdapter, CaptureCounters, CaptureEvent, Captured, HostKind};
use channel::Scatterer;
use link::{Link, random_stream};
use person::Person;

/// Lowest and highest rate, packets a second: one a millisecond already exceeds any node.
const MIN_RATE_HZ: f64 = 0.1;
const MAX_RATE_HZ: f64 = 1000.0;

/// A node of the simulated house.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatedNode {
    /// The number in its packets.
    pub number: NodeNumber,
    /// Where its antenna is, metres. It listens to the access point of the room that this is in.
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
    /// What happens, and where.
    pub story: Story,
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
            story: Story::demonstration(),
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
    persons: Vec<Person>,
    /// Everything that scatters now.
    bodies: Vec<Scatterer>,
    /// Time into the stream up to which the persons have moved.
    lived: Duration,
    links: Vec<Link>,
    ticks: u32,
    pacer: Pacer,
    pending: Option<Captured>,
    counters: Arc<CaptureCounters>,
}

impl Simulator {
    /// A simulator at the beginning of its story.
    pub fn new(mut config: SimulatorConfig) -> Self {
        let rate = if config.packet_rate_hz.is_finite() { config.packet_rate_hz } else { 0.0 };
        let interval = Duration::from_secs_f64(1.0 / rate.clamp(MIN_RATE_HZ, MAX_RATE_HZ));
        if config.story.rooms.is_empty() {
            config.story.rooms.push(Room::default());
        }
        Self {
            start: config.start.unwrap_or_else(wall_clock),
            interval,
            persons: (0..config.story.persons.len()).map(|index| person(config.seed, index)).collect(),
            bodies: Vec::new(),
            lived: Duration::ZERO,
            links: config.nodes.iter().map(|node| link(*node, &config, interval)).collect(),
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
            let link = (0..self.links.len()).min_by_key(|&i| self.links[i].due());
            let due = link.map_or(tick, |i| self.links[i].due().min(tick));
            if self.has_ended(due) {
                return None;
            }
            let at = self.start + due;
            match link {
                Some(i) if due < tick => {
                    self.live_until(due);
                    let everybody = self.persons.iter().filter_map(Person::truth);
                    if let Some(packet) = self.links[i].speak(&self.bodies, everybody, self.interval) {
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
        let story = self.config.story.duration;
        story.is_zero() || (!self.config.repeat && elapsed >= story)
    }

    fn live_until(&mut self, elapsed: Duration) {
        let step = elapsed.saturating_sub(self.lived).as_secs_f64();
        self.lived = elapsed;
        let story = &self.config.story;
        let into = Duration::from_secs_f64(elapsed.as_secs_f64() % story.duration.as_secs_f64());
        self.bodies.clear();
        for (person, timeline) in self.persons.iter_mut().zip(&story.persons) {
            person.advance(timeline, into, step, story.transition);
            self.bodies.extend(person.body());
        }
    }
}

fn person(seed: u64, index: usize) -> Person {
    /// Behind those of all nodes; the first person's is before them.
    const OTHERS: u64 = 1 << 16;
    Person::new(random_stream(seed, if index == 0 { 0 } else { OTHERS + index as u64 }))
}

/// The node in the room that it is in, or in the nearest one.
fn link(node: SimulatedNode, config: &SimulatorConfig, interval: Duration) -> Link {
    let story = &config.story;
    let outside = |room: &&Room| room.outside(node.at);
    let nearest = story.rooms.iter().min_by(|a, b| outside(a).total_cmp(&outside(b)));
    let room = nearest.cloned().unwrap_or_default();
    let link = Link::new(node, &room, story.wall_loss_db, config.seed, interval);
    if story.edge_vitals { link.with_hints(config.seed) } else { link }
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

fn wall_clock() -> StreamTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    StreamTime::from_micros(0) + since
}

#[cfg(test)]
mod tests;
