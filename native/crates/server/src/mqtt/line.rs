//! The connection over time: lost, awaited, made again.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::link::{Link, LinkEvent, Message, Ticket};

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);

/// Makes a new connection.
pub(super) type Connect<L> = Box<dyn Fn() -> L + Send>;

pub(crate) struct Line<L: Link> {
    connect: Connect<L>,
    link: Option<L>,
    is_open: bool,
    /// When the next attempt is made.
    again: Instant,
    failures: u32,
}

impl<L: Link> Line<L> {
    pub(super) fn new(connect: Connect<L>) -> Self {
        Self { connect, link: None, is_open: false, again: Instant::now(), failures: 0 }
    }

    /// What happens next. Connects where there is no connection, once it is time.
    pub(super) async fn next(&mut self) -> LinkEvent {
        if self.link.is_none() {
            sleep_until(self.again).await;
        }
        self.link.get_or_insert_with(&self.connect).next().await
    }

    /// The connection, once the broker has let us in.
    pub(super) fn open(&mut self) -> Option<&mut L> {
        self.link.as_mut().filter(|_| self.is_open)
    }

    pub(super) fn connected(&mut self) {
        self.is_open = true;
        self.failures = 0;
    }

    pub(super) fn lost(&mut self, why: &str) {
        // One line when it goes; who tries in vain for hours says so once.
        if self.is_open || self.failures == 0 {
            tracing::warn!(%why, "no connection to the MQTT broker; trying again until there is one");
        } else {
            tracing::debug!(%why, attempts = self.failures, "still no connection to the MQTT broker");
        }
        self.link = None;
        self.is_open = false;
        self.again = Instant::now() + pause(self.failures, getrandom::u32().unwrap_or(u32::MAX / 2));
        self.failures = self.failures.saturating_add(1);
    }

    /// Says something if that is possible now. What must be said sooner or later stands on the board.
    pub(super) fn publish(&mut self, message: &Message, ticket: Option<Ticket>) {
        self.now(|link| link.publish(message, ticket));
    }

    pub(super) fn subscribe(&mut self, filters: &[String]) {
        self.now(|link| link.subscribe(filters));
    }

    pub(super) fn unsubscribe(&mut self, filter: &str) {
        self.now(|link| link.unsubscribe(filter));
    }

    fn now(&mut self, say: impl FnOnce(&mut L) -> Result<(), super::link::Full>) {
        if let Some(Err(full)) = self.open().map(say) {
            tracing::warn!(?full, "the connection to the MQTT broker does not keep up");
        }
    }
}

/// Doubles with every failure; a random share of a half on either side keeps many servers from coming back at one moment.
fn pause(failures: u32, random: u32) -> Duration {
    let share = f64::from(random) / f64::from(u32::MAX);
    let doubled = SHORTEST.saturating_mul(2_u32.saturating_pow(failures.min(16)));
    doubled.min(LONGEST).mul_f64(0.5 + share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_differ() {
        let millis = |failures, random| pause(failures, random).as_millis();
        assert_eq!([millis(0, 0), millis(0, u32::MAX)], [500, 1500]);
        assert_eq!([millis(3, 0), millis(3, u32::MAX)], [4000, 12_000]);
        assert_eq!(millis(u32::MAX, u32::MAX), 90_000);
    }
}
