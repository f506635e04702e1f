//! Events on their way: each is kept until the broker has confirmed it, within bounds.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::link::{Full, Message, Ticket};

/// Events that may wait.
const CAPACITY: usize = 1000;
/// What happened longer ago is no news: an automation must not act on it.
const STALE: Duration = Duration::from_mins(15);

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: VecDeque<Letter>,
    next: Ticket,
}

#[derive(Debug)]
struct Letter {
    ticket: Ticket,
    at: Instant,
    message: Message,
    /// It was handed over on this connection.
    handed: bool,
}

impl Outbox {
    /// Takes an event. How many others were dropped for it: the oldest go first.
    pub(crate) fn post(&mut self, now: Instant, message: Message) -> u64 {
        let dropped = self.waiting.len() == CAPACITY && self.waiting.pop_front().is_some();
        self.waiting.push_back(Letter { ticket: self.next, at: now, message, handed: false });
        self.next += 1;
        dropped.into()
    }

    /// The connection is new: what was not confirmed on the old one is said again.
    pub(crate) fn say_all_again(&mut self) {
        self.waiting.iter_mut().for_each(|letter| letter.handed = false);
    }

    /// Drops what is too old; how many.
    pub(crate) fn drop_stale(&mut self, now: Instant) -> u64 {
        let before = self.waiting.len();
        self.waiting.retain(|letter| now.duration_since(letter.at) < STALE);
        (before - self.waiting.len()) as u64
    }

    /// Drops everything; how many.
    pub(crate) fn drop_all(&mut self) -> u64 {
        std::mem::take(&mut self.waiting).len() as u64
    }

    /// Says what has not been said, until there is no room; how many that were.
    pub(crate) fn flush(&mut self, mut say: impl FnMut(&Message, Ticket) -> Result<(), Full>) -> u64 {
        let mut said = 0;
        for letter in self.waiting.iter_mut().filter(|letter| !letter.handed) {
            if say(&letter.message, letter.ticket).is_err() {
                break;
            }
            letter.handed = true;
            said += 1;
        }
        said
    }

    /// The broker has it, or will never take it.
    pub(crate) fn done(&mut self, ticket: Ticket) {
        self.waiting.retain(|letter| letter.ticket != ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(topic: &str) -> Message {
        Message { topic: topic.into(), payload: Vec::new(), retain: false, confirmed: true, expiry_s: None }
    }

    fn said(outbox: &mut Outbox) -> Vec<(String, Ticket)> {
        let mut said = Vec::new();
        outbox.flush(|message, ticket| {
            said.push((message.topic.clone(), ticket));
            Ok(())
        });
        said
    }

    #[test]
    fn an_event_is_kept_until_it_is_confirmed() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.post(Instant::now(), message("a")) + outbox.post(Instant::now(), message("b")), 0);
        assert_eq!(said(&mut outbox), [("a".to_owned(), 0), ("b".to_owned(), 1)]);
        assert!(said(&mut outbox).is_empty());
        outbox.done(0);
        outbox.say_all_again();
        assert_eq!(said(&mut outbox), [("b".to_owned(), 1)]);
        outbox.done(1);
        assert!(outbox.waiting.is_empty());
    }

    #[test]
    fn a_long_outage_costs_the_oldest() {
        let (mut outbox, now) = (Outbox::default(), Instant::now());
        let dropped: u64 = (0..CAPACITY + 7).map(|n| outbox.post(now, message(&n.to_string()))).sum();
        assert_eq!(dropped, 7);
        assert_eq!(said(&mut outbox)[0].0, "7");
        assert_eq!(outbox.drop_stale(now + STALE), CAPACITY as u64);
        assert!(outbox.waiting.is_empty());
    }
}
