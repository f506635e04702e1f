//! Keeps a monitor interface on its schedule of channels, beside the reading of its frames.

use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::sleep_until;

use super::nl80211::{self, TuneError};
use crate::channel::{Channel, Dwell};
use crate::throttle::Throttle;

/// A radio needs some of it to settle.
const SHORTEST_DWELL: Duration = Duration::from_millis(100);

/// Tunes the interface with this index.
type Tune = Box<dyn Fn(u32, Channel) -> BoxFuture<'static, Result<(), TuneError>> + Send>;

/// Changes channels when their time has come.
pub(super) struct Hopper {
    interface: String,
    schedule: Vec<Dwell>,
    tune: Tune,
    state: State,
    refusals: Throttle,
}

enum State {
    /// The interface is away, or stays where it is.
    Idle,
    /// On the way to the stop with this number.
    Tuning { index: u32, stop: usize, tuning: BoxFuture<'static, Result<(), TuneError>> },
    /// At the stop with this number.
    Dwelling { index: u32, stop: usize, until: tokio::time::Instant },
}

impl Hopper {
    pub(super) fn new(interface: String, schedule: Vec<Dwell>) -> Self {
        let tune = |index, channel| nl80211::tune(index, channel).boxed();
        Self::with(interface, schedule, Box::new(tune))
    }

    fn with(interface: String, schedule: Vec<Dwell>, tune: Tune) -> Self {
        Self { interface, schedule, tune, state: State::Idle, refusals: Throttle::default() }
    }

    /// Begins the schedule on the interface that has this index now.
    pub(super) fn start(&mut self, index: u32) {
        self.state = self.tune_to(index, 0);
    }

    /// The interface went away.
    pub(super) fn stop(&mut self) {
        self.state = State::Idle;
    }

    /// Follows the schedule; never returns. Safe to cancel: it goes on where it was.
    pub(super) async fn run(&mut self) -> Infallible {
        loop {
            self.state = match &mut self.state {
                State::Idle => pending().await,
                State::Tuning { index, stop, tuning } => {
                    let (index, stop, tuned) = (*index, *stop, tuning.await);
                    self.arrived(index, stop, tuned)
                }
                State::Dwelling { index, stop, until } => {
                    sleep_until(*until).await;
                    let (index, next) = (*index, (*stop + 1) % self.schedule.len());
                    self.tune_to(index, next)
                }
            };
        }
    }

    fn tune_to(&self, index: u32, stop: usize) -> State {
        match self.schedule.get(stop) {
            Some(dwell) => State::Tuning { index, stop, tuning: (self.tune)(index, dwell.channel) },
            None => State::Idle,
        }
    }

    fn arrived(&mut self, index: u32, stop: usize, tuned: Result<(), TuneError>) -> State {
        let Dwell { channel, duration } = self.schedule[stop];
        let interface = self.interface.as_str();
        match tuned {
            Ok(()) if self.schedule.len() == 1 => return State::Idle,
            Ok(()) => tracing::debug!(interface, frequency_mhz = channel.primary_mhz(), "changed the channel"),
            Err(error @ (TuneError::NoNl80211 | TuneError::NotWireless { .. })) => {
                tracing::warn!(interface, "listening on without changing channels: {error}");
                return State::Idle;
            }
            Err(error) => {
                if let Some(not_logged) = self.refusals.pass(Instant::now()) {
                    let frequency_mhz = channel.primary_mhz();
                    tracing::warn!(interface, frequency_mhz, not_logged, "cannot change the channel: {error}");
                }
            }
        }
        let until = tokio::time::Instant::now() + duration.max(SHORTEST_DWELL);
        State::Dwelling { index, stop, until }
    }
}

impl fmt::Debug for Hopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hopper")
            .field("interface", &self.interface)
            .field("schedule", &self.schedule)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::channel::ChannelWidth;

    type Log = Arc<Mutex<Vec<(u128, u32, u32)>>>;

    fn dwell(primary_mhz: u32, seconds: u64) -> Dwell {
        let channel = Channel::new(primary_mhz, ChannelWidth::Mhz80).unwrap();
        Dwell { channel, duration: Duration::from_secs(seconds) }
    }

    /// Writes down when which interface was tuned to what, and answers with `result`.
    fn hopper(schedule: Vec<Dwell>, result: fn(u32) -> Result<(), TuneError>) -> (Hopper, Log) {
        let log = Log::default();
        let (written, start) = (Arc::clone(&log), tokio::time::Instant::now());
        let tune = move |index, channel: Channel| {
            written.lock().unwrap().push((start.elapsed().as_secs().into(), index, channel.primary_mhz()));
            async move { result(channel.primary_mhz()) }.boxed()
        };
        (Hopper::with(String::from("wlan9"), schedule, Box::new(tune)), log)
    }

    /// Runs it for so long, cancelling it all the time.
    async fn run_for(hopper: &mut Hopper, duration: Duration) {
        let end = tokio::time::Instant::now() + duration;
        while tokio::time::Instant::now() < end {
            tokio::time::timeout(Duration::from_millis(70), hopper.run()).await.unwrap_err();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn channels_take_turns_and_start_again_with_the_interface() {
        let (mut hopper, log) = hopper(vec![dwell(5180, 2), dwell(5500, 3)], |_| Ok(()));
        run_for(&mut hopper, Duration::from_secs(1)).await;
        hopper.start(7);
        run_for(&mut hopper, Duration::from_millis(6900)).await;
        hopper.stop();
        run_for(&mut hopper, Duration::from_secs(10)).await;
        hopper.start(8);
        run_for(&mut hopper, Duration::from_secs(1)).await;
        assert_eq!(*log.lock().unwrap(), [(1, 7, 5180), (3, 7, 5500), (6, 7, 5180), (17, 8, 5180)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_single_channel_is_set_once() {
        let (mut hopper, log) = hopper(vec![dwell(5180, 2)], |_| Ok(()));
        hopper.start(7);
        run_for(&mut hopper, Duration::from_secs(10)).await;
        assert_eq!(*log.lock().unwrap(), [(0, 7, 5180)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_channel_is_passed_over_and_tried_again() {
        let refuse = |mhz| match mhz {
            5180 => Err(TuneError::Refused { source: io::ErrorKind::ResourceBusy.into() }),
            _ => Ok(()),
        };
        let (mut hopper, log) = hopper(vec![dwell(5180, 1), dwell(5500, 1)], refuse);
        hopper.start(7);
        run_for(&mut hopper, Duration::from_millis(2900)).await;
        assert_eq!(*log.lock().unwrap(), [(0, 7, 5180), (1, 7, 5500), (2, 7, 5180)]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_interface_that_is_not_wireless_stays_where_it_is() {
        let refuse = |_| Err(TuneError::NoNl80211);
        let (mut hopper, log) = hopper(vec![dwell(5180, 1), dwell(5500, 1)], refuse);
        hopper.start(7);
        run_for(&mut hopper, Duration::from_secs(5)).await;
        assert_eq!(log.lock().unwrap().len(), 1);
    }
}
