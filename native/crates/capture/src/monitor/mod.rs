//! A network card in monitor mode as a source of beamforming reports: what all such sources have in common.
//!
//! The interface may vanish (a USB card is unplugged, a driver restarts, somebody switches it to another mode); it is asked
//! for again until it is back, and ticks come meanwhile.

mod filter;
mod hopper;
mod interface;
mod nl80211;
mod sources;

use std::io;
use std::mem::{self, Discriminant};
use std::sync::Arc;
use std::time::Duration;

use ruview_wire::dot11::Fcs;
use ruview_wire::link::LinkType;
use tokio::time::{Instant, Interval, sleep_until};

pub use sources::{Ax210, Ax210Monitor, MonitorRadio, MonitorSource, Nexmon, NexmonBfi};

use crate::af_packet::PacketSocket;
use crate::bfi::Sessions;
use crate::channel::Dwell;
use crate::clock::{self, LiveClock};
use crate::packets::{CapturedPacket, PacketReader};
use crate::refusals::Refusals;
use crate::{CaptureCounters, CaptureError, CaptureEvent, Captured, RejectReason};
use hopper::Hopper;
use interface::OpenInterface;

/// How long to wait before asking for a lost interface again: at first, and at most.
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LAST_RETRY: Duration = Duration::from_secs(5);

/// What to listen to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MonitorConfig {
    /// The interface's name, such as `wlan0`. It must be in monitor mode.
    pub interface: String,
    /// The channels to go round; empty to stay on the one to which the interface is tuned. On an interface without nl80211,
    /// and one that refuses a channel, a warning is logged and listening goes on.
    pub schedule: Vec<Dwell>,
}

/// Reads reports from an interface for as long as it is there, and waits for it when it is not.
#[derive(Debug)]
struct Monitor {
    interface: String,
    card: Card,
    hopper: Hopper,
    packets: PacketReader,
    sessions: Sessions,
    ticks: Interval,
    clock: LiveClock,
    counters: Arc<CaptureCounters>,
    refusals: Refusals,
    /// Why the last attempt to listen failed.
    obstacle: Option<Discriminant<CaptureError>>,
}

/// The interface, there or not.
#[derive(Debug)]
enum Card {
    Listening { socket: PacketSocket, link: LinkType },
    Away { retry_at: Instant, next_wait: Duration },
}

/// What there is to do next.
enum Step {
    Tick,
    Read,
    Lost(io::Error),
    Retry,
}

impl Monitor {
    /// Listens to an interface that is there.
    fn open(config: MonitorConfig) -> Result<Self, CaptureError> {
        let mut monitor = Self::wait_for(config);
        monitor.listen()?;
        Ok(monitor)
    }

    /// Listens to an interface as soon as it is there.
    fn wait_for(config: MonitorConfig) -> Self {
        let MonitorConfig { interface, schedule } = config;
        let counters = Arc::<CaptureCounters>::default();
        Self {
            card: Card::Away { retry_at: Instant::now(), next_wait: FIRST_RETRY },
            hopper: Hopper::new(interface.clone(), schedule),
            packets: PacketReader::default(),
            sessions: Sessions::default(),
            ticks: clock::ticks(),
            clock: LiveClock::default(),
            refusals: Refusals::new(Arc::clone(&counters)),
            counters,
            obstacle: None,
            interface,
        }
    }

    /// The next report or tick. Safe to cancel.
    async fn receive(&mut self) -> Captured {
        loop {
            let step = tokio::select! {
                // Ticks and channels first: no flood of reports can keep them back, and they are too rare to keep reports
                // back.
                biased;
                _ = self.ticks.tick() => Step::Tick,
                never = self.hopper.run() => match never {},
                step = self.card.next_step() => step,
            };
            match step {
                Step::Tick => return self.tick(),
                Step::Read => {
                    if let Some(captured) = self.read_frame() {
                        return captured;
                    }
                }
                Step::Lost(error) => self.lose(&error),
                Step::Retry => self.retry(),
            }
        }
    }

    fn tick(&mut self) -> Captured {
        self.count_drops();
        Captured { at: self.clock.now(), event: CaptureEvent::Tick }
    }

    /// Takes one frame; the report that it completes, if it does.
    fn read_frame(&mut self) -> Option<Captured> {
        let Card::Listening { socket, link } = &mut self.card else { return None };
        let frame = socket.next_frame()?;
        let at = self.clock.advance_to(frame.at);
        // Drivers whose frames end with a check sequence say so in each.
        let packet = CapturedPacket { at, link: *link, fcs: Fcs::Unknown, octets: frame.octets };
        let content = self.packets.read(packet, &self.interface, &mut self.refusals)?;
        self.counters.accept();
        Some(Captured { at, event: content.into_event(at, &mut self.sessions) })
    }

    fn lose(&mut self, error: &io::Error) {
        self.count_drops();
        self.counters.lose_interface();
        self.hopper.stop();
        self.card = Card::Away { retry_at: Instant::now() + FIRST_RETRY, next_wait: FIRST_RETRY * 2 };
        tracing::warn!(interface = self.interface, "the interface went down or away: {error}");
    }

    fn retry(&mut self) {
        let Card::Away { next_wait, .. } = self.card else { return };
        match self.listen() {
            Ok(()) => {
                self.obstacle = None;
                tracing::info!(interface = self.interface, "listening to the interface");
            }
            Err(error) => {
                self.report(&error);
                let retry_at = Instant::now() + next_wait;
                self.card = Card::Away { retry_at, next_wait: (next_wait * 2).min(LAST_RETRY) };
            }
        }
    }

    fn listen(&mut self) -> Result<(), CaptureError> {
        let OpenInterface { socket, link } = interface::open(&self.interface)?;
        self.hopper.start(socket.interface_index());
        self.card = Card::Listening { socket, link };
        Ok(())
    }

    /// Counts what is in order but of the wrong kind; says what stands in the way once, until it is something else.
    fn report(&mut self, error: &CaptureError) {
        let kind = mem::discriminant(error);
        if matches!(error, CaptureError::NotMonitorMode { .. }) {
            self.refusals.refuse(RejectReason::NotMonitorMode, &self.interface, error);
        } else if self.obstacle != Some(kind) {
            tracing::warn!(interface = self.interface, "waiting: {error}");
        }
        self.obstacle = Some(kind);
    }

    fn count_drops(&self) {
        let Card::Listening { socket, .. } = &self.card else { return };
        match socket.take_drops() {
            Ok(0) => {}
            Ok(drops) => {
                self.counters.drop_in_kernel(drops);
                tracing::warn!(interface = self.interface, drops, "reports came faster than they were read");
            }
            Err(error) => tracing::debug!(interface = self.interface, "cannot ask for lost frames: {error}"),
        }
    }
}

impl Card {
    /// Returns when there is something to do. Safe to cancel.
    async fn next_step(&mut self) -> Step {
        match self {
            Self::Listening { socket, .. } => socket.frame_ready().await.map_or_else(Step::Lost, |()| Step::Read),
            Self::Away { retry_at, .. } => {
                sleep_until(*retry_at).await;
                Step::Retry
            }
        }
    }
}
