//! What is to stand at every topic, and when it is said again. No clock and no connection: both are told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::link::{Full, Message};
use super::pace::Pace;

/// The last message of every topic.
#[derive(Debug)]
pub(crate) struct Board {
    heartbeat: Duration,
    expiry_s: u32,
    slots: BTreeMap<String, Slot>,
    /// Topics whose message has not been said yet, because the connection is away or their time has not come.
    unsaid: BTreeSet<String>,
}

#[derive(Debug)]
struct Slot {
    message: Message,
    every: Duration,
    /// It holds until it is replaced. Everything else is said again and again, or forgotten by the broker.
    lasting: bool,
    said: Option<Instant>,
}

impl Board {
    pub(crate) fn new(heartbeat: Duration, expiry_s: u32) -> Self {
        Self { heartbeat, expiry_s, slots: BTreeMap::new(), unsaid: BTreeSet::new() }
    }

    /// Something that is so now and may be otherwise soon. What is `urgent` does not wait for its turn.
    pub(crate) fn put(&mut self, topic: &str, payload: Vec<u8>, Pace { every, retain }: Pace, urgent: bool) {
        let expiry_s = Some(self.expiry_s);
        let message = Message { topic: topic.to_owned(), payload, retain, confirmed: retain, expiry_s };
        self.write(message, every, false, urgent);
    }

    /// Something that holds until it is replaced.
    pub(crate) fn keep(&mut self, topic: &str, payload: Vec<u8>) {
        /// Changes that come together are said together.
        const TOGETHER: Duration = Duration::from_millis(300);
        let message = Message { topic: topic.to_owned(), payload, retain: true, confirmed: true, expiry_s: None };
        self.write(message, TOGETHER, true, false);
    }

    /// Nothing stands at this topic any more, and the broker forgets what it has kept. Said after every outage: it must get
    /// through.
    pub(crate) fn clear(&mut self, topic: &str) {
        let message =
            Message { topic: topic.to_owned(), payload: Vec::new(), retain: true, confirmed: true, expiry_s: None };
        self.write(message, Duration::ZERO, true, true);
    }

    /// Nothing is said at this topic any more.
    pub(crate) fn remove(&mut self, topic: &str) {
        match self.slots.get(topic) {
            Some(slot) if slot.message.retain => self.clear(topic),
            _ => {
                self.slots.remove(topic);
                self.unsaid.remove(topic);
            }
        }
    }

    /// Whether anything stands at this topic.
    pub(crate) fn has(&self, topic: &str) -> bool {
        self.slots.get(topic).is_some_and(|slot| !slot.message.payload.is_empty())
    }

    /// The connection is new: nobody was told anything.
    pub(crate) fn say_all_again(&mut self) {
        for (topic, slot) in &mut self.slots {
            slot.said = None;
            self.unsaid.insert(topic.clone());
        }
    }

    /// Says what has waited long enough, until there is no room; how many that were.
    pub(crate) fn flush(&mut self, now: Instant, mut say: impl FnMut(&Message) -> Result<(), Full>) -> u64 {
        let mut said = 0;
        let due: Vec<_> =
            self.unsaid.iter().filter(|topic| self.slots.get(*topic).is_some_and(|s| s.is_due(now))).cloned().collect();
        for topic in due {
            let Some(slot) = self.slots.get_mut(&topic) else { continue };
            if say(&slot.message).is_err() {
                break;
            }
            slot.said = Some(now);
            self.unsaid.remove(&topic);
            said += 1;
        }
        said
    }

    /// Finds what has not been said for a heartbeat.
    pub(crate) fn beat(&mut self, now: Instant) {
        for (topic, slot) in &self.slots {
            let silent = slot.said.is_some_and(|said| now.duration_since(said) >= self.heartbeat);
            if silent && !slot.lasting {
                self.unsaid.insert(topic.clone());
            }
        }
    }

    fn write(&mut self, message: Message, every: Duration, lasting: bool, urgent: bool) {
        let topic = message.topic.clone();
        let old = self.slots.get(&topic);
        if old.is_some_and(|old| old.message == message) {
            return;
        }
        let said = old.and_then(|old| old.said).filter(|_| !urgent);
        self.unsaid.insert(topic.clone());
        self.slots.insert(topic, Slot { message, every, lasting, said });
    }
}

impl Slot {
    fn is_due(&self, now: Instant) -> bool {
        self.said.is_none_or(|said| now.duration_since(said) >= self.every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Pace = Pace { every: Duration::from_secs(1), retain: false };
    const AT_ONCE: Pace = Pace { every: Duration::ZERO, retain: true };

    fn board() -> Board {
        Board::new(Duration::from_mins(1), 180)
    }

    /// What is said at `now`, as topic=payload.
    fn said(board: &mut Board, now: Instant) -> Vec<String> {
        let mut said = Vec::new();
        board.beat(now);
        board.flush(now, |message| {
            said.push(format!("{}={}", message.topic, String::from_utf8_lossy(&message.payload)));
            Ok(())
        });
        said
    }

    #[test]
    fn numbers_wait_and_the_last_one_is_said() {
        let (mut board, start) = (board(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        board.put("a", b"1".into(), SOON, false);
        assert_eq!(said(&mut board, at(0)), ["a=1"]);
        for value in ["2", "3"] {
            board.put("a", value.into(), SOON, false);
            assert!(said(&mut board, at(500)).is_empty());
        }
        assert_eq!(said(&mut board, at(1000)), ["a=3"]);
        board.put("a", b"gone".into(), SOON, true);
        assert_eq!(said(&mut board, at(1001)), ["a=gone"], "what is not known any more is said at once");
    }

    #[test]
    fn a_heartbeat_repeats_what_may_change() {
        let (mut board, start) = (board(), Instant::now());
        board.put("a", b"on".into(), AT_ONCE, false);
        board.put("b", b"1".into(), SOON, false);
        board.keep("c", b"for ever".into());
        assert_eq!(said(&mut board, start).len(), 3);
        assert!(said(&mut board, start + Duration::from_secs(59)).is_empty());
        assert_eq!(said(&mut board, start + Duration::from_mins(1)), ["a=on", "b=1"]);
        board.put("a", b"on".into(), AT_ONCE, false);
        assert!(said(&mut board, start + Duration::from_secs(61)).is_empty(), "the same is no news");
        board.say_all_again();
        assert_eq!(said(&mut board, start + Duration::from_secs(62)).len(), 3);
    }

    #[test]
    fn what_was_kept_is_cleared_and_what_was_not_is_forgotten() {
        let (mut board, start) = (board(), Instant::now());
        board.put("a", b"on".into(), AT_ONCE, false);
        board.put("b", b"1".into(), SOON, false);
        said(&mut board, start);
        board.remove("a");
        board.remove("b");
        assert_eq!(said(&mut board, start), ["a="]);
        assert!(!board.has("a") && !board.has("b"));
        board.say_all_again();
        assert_eq!(said(&mut board, start), ["a="], "after an outage too");
    }

    #[test]
    fn what_finds_no_room_waits() {
        let (mut board, start) = (board(), Instant::now());
        board.put("a", b"1".into(), SOON, false);
        board.put("b", b"1".into(), SOON, false);
        let mut room = 1;
        let one = |_: &Message| {
            room -= 1;
            if room < 0 { Err(Full) } else { Ok(()) }
        };
        assert_eq!(board.flush(start, one), 1);
        assert_eq!(said(&mut board, start), ["b=1"]);
    }

    #[test]
    fn states_expire_and_what_lasts_does_not() {
        let mut board = board();
        board.put("a", b"on".into(), AT_ONCE, false);
        board.keep("b", b"x".into());
        let mut seen = Vec::new();
        board.flush(Instant::now(), |message| {
            seen.push((message.topic.clone(), message.retain, message.expiry_s));
            Ok(())
        });
        assert_eq!(seen, [("a".to_owned(), true, Some(180)), ("b".to_owned(), true, None)]);
    }
}
