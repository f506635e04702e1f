//! What receivers can rely on while many write.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use homecore::{Attributes, Context, CoreEvent, EntityId, HomeCore, Receiver, RecvError, Snapshot, TryRecvError};
use jiff::Timestamp;

const WRITERS: u32 = 8;
const WRITES: u32 = 500;

fn number(state: &str) -> u32 {
    state.parse().unwrap()
}

/// Every writer counts up an entity of its own and takes part in counting up one that all share.
fn write_from_many_threads(core: &Arc<HomeCore>) -> Vec<thread::JoinHandle<()>> {
    (0..WRITERS)
        .map(|writer| {
            let core = Arc::clone(core);
            thread::spawn(move || {
                let own = EntityId::new(format!("sensor.own_{writer}")).unwrap();
                let shared = EntityId::new("sensor.shared").unwrap();
                for n in 1..=WRITES {
                    for (entity, value) in [(&own, n.to_string()), (&shared, (writer * WRITES + n).to_string())] {
                        core.states()
                            .set(entity, &value, Attributes::new(), Context::new(), Timestamp::UNIX_EPOCH)
                            .unwrap();
                    }
                }
            })
        })
        .collect()
}

/// What a receiver knows: applies events to a snapshot, and fails on a gap, a repetition or a step back.
struct Follower(BTreeMap<String, String>);

impl Follower {
    fn new(snapshot: &Snapshot) -> Self {
        Self(snapshot.states.iter().map(|s| (s.entity_id.to_string(), s.state.clone())).collect())
    }

    fn apply(&mut self, event: &CoreEvent) {
        let CoreEvent::StateChanged(change) = event else { panic!("only states change here") };
        let new = change.new.as_ref().unwrap();
        let before = self.0.insert(change.entity_id.to_string(), new.state.clone());
        assert_eq!(before.as_deref(), change.old.as_ref().map(|old| old.state.as_str()), "{}", change.entity_id);
        if change.entity_id.object_id().starts_with("own") {
            assert_eq!(number(&new.state), before.map_or(0, |b| number(&b)) + 1);
        }
    }
}

fn drain(follower: &mut Follower, events: &mut Receiver<CoreEvent>) {
    loop {
        match events.try_recv() {
            Ok(event) => follower.apply(&event),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            Err(TryRecvError::Lagged(n)) => panic!("lost {n} events"),
        }
    }
}

fn final_states(core: &HomeCore) -> BTreeMap<String, String> {
    Follower::new(&core.snapshot()).0
}

#[test]
fn each_receiver_sees_each_entitys_writes_in_their_order() {
    let core = Arc::new(HomeCore::new(2 * (WRITERS * WRITES) as usize));
    let mut followers: Vec<_> = (0..3)
        .map(|_| {
            let (snapshot, events) = core.snapshot_and_subscribe();
            (Follower::new(&snapshot), events)
        })
        .collect();
    for writer in write_from_many_threads(&core) {
        writer.join().unwrap();
    }
    for (follower, events) in &mut followers {
        drain(follower, events);
        assert_eq!(follower.0, final_states(&core));
    }
}

#[test]
fn a_snapshot_taken_amid_writes_fits_the_events_that_follow() {
    let core = Arc::new(HomeCore::new(2 * (WRITERS * WRITES) as usize));
    let writers = write_from_many_threads(&core);
    let mut followers = Vec::new();
    while !writers.iter().all(thread::JoinHandle::is_finished) {
        let (snapshot, events) = core.snapshot_and_subscribe();
        followers.push((Follower::new(&snapshot), events));
        thread::yield_now();
        if followers.len() > 200 {
            break;
        }
    }
    for writer in writers {
        writer.join().unwrap();
    }
    for (follower, events) in &mut followers {
        drain(follower, events);
        assert_eq!(follower.0, final_states(&core));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_lags_is_told_and_comes_back_by_a_snapshot() {
    let core = Arc::new(HomeCore::new(16));
    let (snapshot, mut events) = core.snapshot_and_subscribe();
    let mut follower = Follower::new(&snapshot);
    let writers = write_from_many_threads(&core);
    let mut lagged = 0;
    let mut finished = false;
    loop {
        match events.try_recv() {
            Ok(event) => follower.apply(&event),
            Err(TryRecvError::Lagged(_)) => {
                lagged += 1;
                let (snapshot, fresh) = core.snapshot_and_subscribe();
                follower = Follower::new(&snapshot);
                events = fresh;
                // Slower than the writers, so that it lags again.
                thread::sleep(std::time::Duration::from_micros(200));
            }
            Err(_) if finished => break,
            Err(_) => {
                finished = writers.iter().all(thread::JoinHandle::is_finished);
                tokio::task::yield_now().await;
            }
        }
    }
    assert!(lagged > 0, "the test wants a receiver that lags");
    assert_eq!(follower.0, final_states(&core));
}

#[tokio::test]
async fn the_number_of_lost_events_is_told() {
    let core = HomeCore::new(4);
    let (_, mut events) = core.snapshot_and_subscribe();
    let lamp = EntityId::new("light.lamp").unwrap();
    for n in 0..10 {
        core.states().set(&lamp, &n.to_string(), Attributes::new(), Context::new(), Timestamp::UNIX_EPOCH).unwrap();
    }
    assert_eq!(events.recv().await, Err(RecvError::Lagged(6)));
}
