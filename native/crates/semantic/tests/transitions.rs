//! What `multi_room_transition` means, told as what happens in a house.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

use proptest::prelude::*;
use ruview_core::StreamTime;
use ruview_semantic::{House, HouseInputs, HouseParameters, RoomPresence, Track, Transition, multi_room_transition};

const KITCHEN: usize = 0;
const HALL: usize = 1;
const NAMES: [&str; 3] = ["kitchen", "hall", "attic"];

struct Home {
    house: House,
    at_us: i64,
    inputs: HouseInputs,
    told: Vec<Transition>,
}

impl Home {
    /// Somebody is in the kitchen, and the warm-up is over.
    fn new() -> Self {
        let room = |id: &str| RoomPresence { id: id.into(), presence: Some(false), moving: Some(false) };
        let rooms = NAMES.map(room).to_vec();
        let adjacent = Some(vec![("hall".into(), "kitchen".into()), ("hall".into(), "attic".into())]);
        let inputs = HouseInputs { rooms, adjacent, tracks: Vec::new() };
        let house = House::new(HouseParameters::default()).unwrap();
        let mut home = Self { house, at_us: 0, inputs, told: Vec::new() };
        home.set(KITCHEN, true, true);
        home.lasts(120);
        assert_eq!(home.told, []);
        home
    }

    fn set(&mut self, room: usize, presence: bool, moving: bool) {
        self.inputs.rooms[room].presence = Some(presence);
        self.inputs.rooms[room].moving = Some(moving);
    }

    fn lasts(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.at_us += 1_000_000;
            self.told.extend(self.house.step(StreamTime::from_micros(self.at_us), &self.inputs));
        }
    }

    fn ways(&self) -> Vec<(&str, &str)> {
        self.told.iter().map(|told| (told.from.as_str(), told.to.as_str())).collect()
    }
}

/// Somebody walks from the kitchen to the hall. The kitchen's presence is held for 40 s after he left; his last motion there
/// was 3 s before he appeared in the hall, so it is told when the kitchen turns out to be empty.
#[test]
fn somebody_goes_to_the_next_room() {
    let mut home = Home::new();
    home.set(KITCHEN, true, false);
    home.lasts(2);
    home.set(HALL, true, true);
    home.lasts(40);
    assert_eq!(home.told, [], "somebody may have stayed");
    home.set(KITCHEN, false, false);
    home.lasts(60);
    assert_eq!(home.ways(), [("kitchen", "hall")]);
    assert!(home.told[0].confidence > 0.75);
    assert_eq!(home.told[0].reason, ["3s apart"]);
    assert_eq!(multi_room_transition::KEY, ruview_semantic::keys::multi_room_transition);
}

/// He stays in the kitchen and somebody else comes to the hall; or he left long before; or there is no way: nothing.
#[test]
fn two_people_or_too_late_or_no_way_is_no_transition() {
    let mut stays = Home::new();
    stays.set(HALL, true, true);
    stays.lasts(300);
    assert_eq!(stays.told, []);

    let mut late = Home::new();
    late.set(KITCHEN, false, false);
    late.lasts(11);
    late.set(HALL, true, true);
    late.lasts(60);
    assert_eq!(late.told, []);

    let mut far = Home::new();
    far.set(KITCHEN, false, false);
    far.set(2, true, true);
    far.lasts(60);
    assert_eq!(far.told, []);
    far.inputs.adjacent = None;
    far.set(KITCHEN, true, true);
    far.set(2, false, false);
    far.lasts(1);
    assert_eq!(far.ways(), [("attic", "kitchen")], "without a plan each room may lead to each");
}

/// One arrival in the hall explains one departure: who left the attic meanwhile did not come there too.
#[test]
fn an_arrival_explains_one_departure() {
    let mut home = Home::new();
    home.set(2, true, true);
    home.lasts(60);
    home.set(HALL, true, true);
    home.set(KITCHEN, false, false);
    home.lasts(3);
    home.set(2, false, false);
    home.lasts(60);
    assert_eq!(home.ways(), [("kitchen", "hall")]);
}

/// A track that changes rooms is told at once, whoever else is in the house.
#[test]
fn a_track_tells_more_than_presence() {
    let mut home = Home::new();
    home.inputs.tracks = vec![Track { id: 7, room: "kitchen".into() }];
    home.lasts(5);
    home.inputs.tracks[0].room = "attic".into();
    home.lasts(5);
    assert_eq!(home.ways(), [("kitchen", "attic")]);
    home.inputs.tracks.clear();
    home.lasts(11);
    home.inputs.tracks = vec![Track { id: 7, room: "hall".into() }];
    home.lasts(5);
    assert_eq!(home.told.len(), 1, "the track was lost in between");
}

/// Nothing is told about what happened while nobody looked.
#[test]
fn a_gap_is_no_transition() {
    let mut home = Home::new();
    home.at_us += 20_000_000;
    home.set(KITCHEN, false, false);
    home.set(HALL, true, true);
    home.lasts(60);
    assert_eq!(home.told, []);
}

proptest! {
    /// A transition needs an arrival and a departure that were seen, in two rooms with a way between them; each serves once.
    #[test]
    fn no_transition_without_an_arrival_and_a_departure(
        steps in prop::collection::vec(
            (prop_oneof![8 => Just(1_i64), 1 => -100..1000_i64], 0..3_usize, any::<Option<bool>>(), any::<Option<bool>>()),
            1..300,
        ),
        save_at in 0..300_usize,
    ) {
        let mut home = Home::new();
        let (mut arrivals, mut departures) = ([0; 3], [0; 3]);
        for (index, (seconds, room, presence, moving)) in steps.into_iter().enumerate() {
            let before = home.inputs.rooms[room].presence;
            home.inputs.rooms[room].presence = presence;
            home.inputs.rooms[room].moving = moving;
            arrivals[room] += u32::from((before, presence) == (Some(false), Some(true)));
            departures[room] += u32::from((before, presence) == (Some(true), Some(false)));
            home.at_us += seconds * 1_000_000;
            let saved = serde_json::to_string(home.house.state()).unwrap();
            let state: ruview_semantic::HouseState = serde_json::from_str(&saved).unwrap();
            prop_assert_eq!(&state, home.house.state());
            let at = StreamTime::from_micros(home.at_us);
            if index == save_at {
                prop_assert!(House::restore(HouseParameters::default(), state).unwrap().step(at, &home.inputs).is_empty());
            }
            let told = home.house.step(at, &home.inputs);
            for transition in told {
                let index = |name: &str| NAMES.iter().position(|other| *other == name).unwrap();
                let (from, to) = (index(&transition.from), index(&transition.to));
                prop_assert!(from.min(to) < HALL + 1 && from.max(to) >= HALL && from != to);
                prop_assert!(departures[from] > 0 && arrivals[to] > 0);
                departures[from] -= 1;
                arrivals[to] -= 1;
                prop_assert!((0.0..=1.0).contains(&transition.confidence));
            }
        }
    }
}
