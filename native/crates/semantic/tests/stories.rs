//! What each primitive means, told as what happens in a room: true, then false.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[allow(dead_code, reason = "shared by several test files")]
mod common;

use common::{Story, afternoon, breathing, empty, present};
use jiff::civil::date;
use ruview_semantic::{
    Availability, Counted, Event, HouseholdContext, Input, Learnt, Rate, RoomInputs, RoomParameters, RoomTags, keys,
};

fn story() -> Story {
    Story::new(RoomParameters::default(), afternoon(), &empty())
}

/// Somebody lies down and breathes 12 times a minute. After 5 minutes of stillness it is sleep. He turns over for
/// 10 seconds and still sleeps; he gets up, and after 30 seconds of motion it is over.
#[test]
fn someone_sleeping() {
    let mut story = story();
    let key = keys::someone_sleeping;
    story.lasts(300, &breathing(1.0, 12.0));
    assert_eq!(story.is(key), Some(false));
    story.lasts(1, &breathing(1.0, 12.0));
    assert_eq!(story.is(key), Some(true));
    assert_eq!(story.reason(key), ["motion<5%", "br=12/min"]);
    assert!(story.confidence(key) > 0.75);
    story.lasts(10, &present(40.0));
    assert_eq!(story.is(key), Some(true));
    assert!(story.confidence(key) < 0.75, "hysteresis alone keeps it");
    story.lasts(60, &breathing(10.0, 12.0));
    story.lasts(30, &present(40.0));
    assert_eq!(story.is(key), Some(true));
    story.lasts(1, &present(40.0));
    assert_eq!(story.is(key), Some(false));
}

/// Somebody sits as still as a sleeper but breathes 25 times a minute: awake. Where no breathing is seen at all, nobody can
/// tell, and it says so instead of guessing; an empty room needs no breathing to be without a sleeper.
#[test]
fn someone_sleeping_needs_a_sleepers_breathing() {
    let mut story = story();
    let key = keys::someone_sleeping;
    story.lasts(900, &breathing(1.0, 25.0));
    assert_eq!(story.is(key), Some(false));
    story.lasts(900, &present(1.0));
    assert_eq!(story.availability(key), Availability::Missing(Input::Breathing));
    story.lasts(1, &empty());
    assert_eq!(story.is(key), Some(false));
    story.lasts(900, &breathing(1.0, 12.0));
    story.lasts(1, &empty());
    assert_eq!(story.is(key), Some(false), "who left does not sleep here");
}

/// The heart of somebody still jumps between 55 and 95: no sleep. At a steady 58 it is.
#[test]
fn someone_sleeping_has_a_steady_heart_if_it_is_known() {
    let mut story = story();
    let with =
        |per_minute| RoomInputs { heart_rate: Some(Rate { per_minute, confidence: 0.8 }), ..breathing(1.0, 12.0) };
    for _ in 0..60 {
        story.lasts(5, &with(55.0));
        story.lasts(5, &with(95.0));
    }
    assert_eq!(story.is(keys::someone_sleeping), Some(false));
    story.lasts(500, &with(58.0));
    assert_eq!(story.is(keys::someone_sleeping), Some(true));
    assert_eq!(story.reason(keys::someone_sleeping), ["motion<5%", "br=12/min", "hr=58/min"]);
}

fn heart(per_minute: f32, motion_percent: f32) -> RoomInputs {
    RoomInputs { heart_rate: Some(Rate { per_minute, confidence: 0.9 }), ..present(motion_percent) }
}

/// A heart that beats 60 times at rest beats 110 times for a minute while somebody moves and nobody fell. It stays on for
/// five minutes after that, and is over.
#[test]
fn possible_distress() {
    let mut story = story();
    let key = keys::possible_distress;
    story.lasts(599, &heart(60.0, 1.0));
    assert_eq!(story.availability(key), Availability::Learning(Learnt::RestingHeartRate));
    story.lasts(1, &heart(60.0, 1.0));
    assert_eq!(story.is(key), Some(false));
    story.lasts(60, &heart(110.0, 50.0));
    assert_eq!(story.is(key), Some(false));
    story.lasts(20, &heart(110.0, 50.0));
    assert_eq!(story.is(key), Some(true));
    assert_eq!(story.reason(key), ["motion>20%", "no_fall", "hr=1.8x rest"]);
    assert!(story.confidence(key) >= 0.75);
    story.lasts(290, &heart(65.0, 5.0));
    assert_eq!(story.is(key), Some(true), "latched");
    story.lasts(30, &heart(65.0, 5.0));
    assert_eq!(story.is(key), Some(false));
}

/// The same heart after a fall, without motion, or read by an estimator that is not sure: nothing.
#[test]
fn possible_distress_is_not_a_fall_nor_rest_nor_a_guess() {
    let mut story = story();
    story.lasts(600, &heart(60.0, 1.0));
    story.lasts(1, &RoomInputs { falls: Some(1), ..heart(110.0, 50.0) });
    story.lasts(280, &heart(110.0, 50.0));
    assert_eq!(story.is(keys::possible_distress), Some(false));
    assert_eq!(story.reason(keys::possible_distress), ["fall"]);
    story.lasts(200, &heart(110.0, 10.0));
    assert_eq!(story.is(keys::possible_distress), Some(false));
    let unsure = RoomInputs { heart_rate: Some(Rate { per_minute: 110.0, confidence: 0.6 }), ..present(50.0) };
    story.lasts(200, &unsure);
    assert_eq!(story.is(keys::possible_distress), Some(false));
    story.lasts(700, &present(50.0));
    assert_eq!(story.availability(keys::possible_distress), Availability::Missing(Input::HeartRate));
}

/// Somebody walks about for 10 seconds, three times in five minutes: the room is active. Ten minutes later it is not.
#[test]
fn room_active() {
    let mut story = story();
    let key = keys::room_active;
    for _ in 0..3 {
        assert_eq!(story.is(key), Some(false));
        story.lasts(60, &present(2.0));
        story.lasts(10, &present(35.0));
    }
    assert_eq!(story.is(key), Some(true));
    assert_eq!(story.reason(key), ["motion>10%"]);
    story.lasts(599, &present(2.0));
    assert_eq!(story.is(key), Some(true));
    assert_eq!(story.reason(key), ["idle<600s"]);
    story.lasts(1, &present(2.0));
    assert_eq!(story.is(key), Some(false));
}

/// Twenty seconds of motion every ten minutes are no activity.
#[test]
fn room_active_forgets_motion_outside_the_window() {
    let mut story = story();
    for _ in 0..6 {
        story.lasts(20, &present(35.0));
        story.lasts(580, &present(2.0));
        assert_eq!(story.is(keys::room_active), Some(false));
    }
}

/// For three days somebody rests 20 minutes at a time. On the fourth he is still for more than twice as long: told, until he
/// moves. A second such rest on that day is not told again; the next day's is.
#[test]
fn elderly_inactivity_anomaly() {
    let key = keys::elderly_inactivity_anomaly;
    let mut story = Story::new(RoomParameters::default(), date(2026, 3, 2).at(0, 0, 0, 0), &empty());
    story.step_s = 5;
    for _ in 0..3 {
        for _ in 0..24 * 2 {
            story.lasts(20 * 60, &present(1.0));
            assert_eq!(story.availability(key), Availability::Learning(Learnt::IdleTimes));
            story.lasts(10 * 60, &present(50.0));
        }
    }
    story.lasts(39 * 60, &present(1.0));
    assert_eq!(story.is(key), Some(false));
    story.lasts(60, &present(1.0));
    assert_eq!(story.is(key), Some(true));
    assert_eq!(story.reason(key), ["still>40min"]);
    story.lasts(5, &present(50.0));
    assert_eq!(story.is(key), Some(false));
    story.lasts(3600, &present(1.0));
    assert_eq!((story.is(key), story.reason(key)), (Some(false), vec!["told_today".into()]));
    story.lasts(20 * 3600, &present(50.0));
    assert_eq!(story.is(key), Some(false));
    story.lasts(3 * 3600, &present(50.0));
    story.lasts(3600, &present(1.0));
    assert_eq!(story.is(key), Some(true), "another day");
}

/// With `history_days: 0` the floor of 30 minutes decides from the first day on. A bedroom at night is left out.
#[test]
fn elderly_inactivity_anomaly_has_a_floor_and_leaves_nights_in_bed_alone() {
    let mut parameters = RoomParameters::default();
    parameters.elderly_inactivity_anomaly.history_days = 0;
    let mut story = Story::new(parameters.clone(), afternoon(), &empty());
    story.lasts(1801, &present(1.0));
    assert_eq!(story.is(keys::elderly_inactivity_anomaly), Some(false));
    story.lasts(1, &present(1.0));
    assert_eq!(story.is(keys::elderly_inactivity_anomaly), Some(true));

    let bedroom = |inputs| RoomInputs { tags: RoomTags { bedroom: true, ..RoomTags::default() }, ..inputs };
    let mut night = Story::new(parameters, date(2026, 3, 2).at(22, 0, 0, 0), &bedroom(empty()));
    night.lasts(7 * 3600, &bedroom(present(1.0)));
    assert_eq!(night.is(keys::elderly_inactivity_anomaly), Some(false));
}

fn people(count: u8, motion_percent: f32) -> RoomInputs {
    RoomInputs { persons: Some(Counted { count, confidence: 0.8 }), ..present(motion_percent) }
}

/// Two people sit for ten minutes, with some gestures: a meeting. One goes for coffee for a minute, and it lasts; for two, and
/// it is over.
#[test]
fn meeting_in_progress() {
    let mut story = story();
    let key = keys::meeting_in_progress;
    for _ in 0..20 {
        assert_eq!(story.is(key), Some(false));
        story.lasts(25, &people(2, 8.0));
        story.lasts(5, &people(2, 40.0));
    }
    story.lasts(1, &people(2, 8.0));
    assert_eq!(story.is(key), Some(true));
    assert_eq!(story.reason(key), ["persons=2", "meeting>600s"]);
    story.lasts(60, &people(1, 8.0));
    story.lasts(60, &people(3, 8.0));
    assert_eq!(story.is(key), Some(true));
    story.lasts(120, &people(1, 8.0));
    assert_eq!(story.is(key), Some(true));
    story.lasts(1, &people(1, 8.0));
    assert_eq!(story.is(key), Some(false));
}

/// Two people who dance do not meet, and a count that nobody is sure of is no count.
#[test]
fn meeting_in_progress_is_calm_and_counted() {
    let mut story = story();
    story.lasts(1200, &people(2, 60.0));
    assert_eq!(story.is(keys::meeting_in_progress), Some(false));
    story.lasts(5, &RoomInputs { persons: Some(Counted { count: 2, confidence: 0.3 }), ..present(5.0) });
    assert_eq!(story.availability(keys::meeting_in_progress), Availability::Missing(Input::Persons));
    story.lasts(1, &empty());
    assert_eq!(story.is(keys::meeting_in_progress), Some(false), "an empty room needs no count");
}

/// Somebody enters the bathroom and leaves it. Any other room has no such state, unless a zone of it is a bathroom.
#[test]
fn bathroom_occupied() {
    let bathroom = |inputs| RoomInputs { tags: RoomTags { bathroom: true, ..RoomTags::default() }, ..inputs };
    let mut story = story();
    story.lasts(1, &present(20.0));
    assert_eq!(story.availability(keys::bathroom_occupied), Availability::NotApplicable);
    story.lasts(1, &bathroom(present(20.0)));
    assert_eq!(story.is(keys::bathroom_occupied), Some(true));
    assert_eq!(story.reason(keys::bathroom_occupied), ["presence=on"]);
    story.lasts(1, &bathroom(empty()));
    assert_eq!(story.is(keys::bathroom_occupied), Some(false));
    story.lasts(1, &RoomInputs { bathroom_zone: Some(true), ..present(20.0) });
    assert_eq!(story.is(keys::bathroom_occupied), Some(true));
    story.lasts(1, &bathroom(RoomInputs { presence: None, ..empty() }));
    assert_eq!(story.availability(keys::bathroom_occupied), Availability::Missing(Input::Presence));
}

/// Four stumbles in an afternoon: 76, told once. The next day nothing of it is left.
#[test]
fn fall_risk_elevated() {
    let mut story = story();
    let key = keys::fall_risk_elevated;
    let percent = |story: &Story| story.last.get(key).unwrap().value.unwrap().as_percent().unwrap();
    assert!(percent(&story) < 1.0);
    let stumble = RoomInputs { near_falls: Some(1), ..present(50.0) };
    for expected in [30.0, 51.0, 65.7] {
        story.lasts(1, &stumble);
        assert!((percent(&story) - expected).abs() < 0.1);
        story.lasts(600, &present(10.0));
    }
    assert_eq!(story.told("fall_risk_elevated"), 0);
    story.lasts(1, &stumble);
    assert!(matches!(story.last_event(), Event::FallRiskElevated { score } if (score - 75.99).abs() < 0.1));
    assert_eq!(story.reason(key), ["near_falls=4 in 24h"]);
    story.lasts(3600, &stumble);
    assert_eq!(story.told("fall_risk_elevated"), 1);
    story.step_s = 5;
    story.lasts(25 * 3600, &present(10.0));
    assert!(percent(&story) < 1.0);
    assert_eq!(story.told("fall_risk_elevated"), 1);
}

/// An unsteady walk raises the risk once a minute of walking was seen, and not before.
#[test]
fn fall_risk_elevated_knows_the_walk() {
    let mut story = story();
    let walk = RoomInputs { gait_instability: Some(0.5), ..present(50.0) };
    story.lasts(59, &walk);
    assert!(story.last.get(keys::fall_risk_elevated).unwrap().value.unwrap().as_percent().unwrap() < 1.0);
    story.lasts(1, &walk);
    let score = story.last.get(keys::fall_risk_elevated).unwrap().value.unwrap().as_percent().unwrap();
    assert!((score - 30.0).abs() < 0.1, "{score}");
}

/// Somebody sleeps in a bedroom, gets up at half past three and leaves: one event. He comes back and leaves again without
/// having slept: no event. At nine in the morning it is no bed exit either.
#[test]
fn bed_exit() {
    let bedroom = |inputs| RoomInputs { tags: RoomTags { bedroom: true, ..RoomTags::default() }, ..inputs };
    let leaves = |hour| {
        let began = date(2026, 3, 3).at(hour, 0, 0, 0);
        let mut story = Story::new(RoomParameters::default(), began, &bedroom(empty()));
        story.lasts(1740, &bedroom(breathing(1.0, 12.0)));
        story.lasts(60, &bedroom(present(40.0)));
        story.lasts(30, &bedroom(present(0.0)));
        story.lasts(60, &bedroom(empty()));
        story
    };
    let mut night = leaves(3);
    assert_eq!(night.told("bed_exit"), 1);
    assert_eq!(night.last_event(), Event::BedExit);
    night.lasts(60, &bedroom(present(30.0)));
    night.lasts(60, &bedroom(empty()));
    assert_eq!(night.told("bed_exit"), 1);
    assert_eq!(leaves(9).told("bed_exit"), 0);

    let mut elsewhere = story();
    elsewhere.lasts(1, &present(1.0));
    assert_eq!(elsewhere.availability(keys::bed_exit), Availability::NotApplicable);
}

/// Somebody is there for half an hour and nothing moves. A hand is lifted, and it is over.
#[test]
fn no_movement() {
    let mut story = story();
    let key = keys::no_movement;
    story.lasts(1800, &present(0.4));
    assert_eq!(story.is(key), Some(false));
    story.lasts(1, &present(0.4));
    assert_eq!(story.is(key), Some(true));
    assert_eq!(story.reason(key), ["presence=on", "motion<2%"]);
    story.lasts(60, &present(1.5));
    assert_eq!(story.is(key), Some(true), "hysteresis");
    story.lasts(1, &present(6.0));
    assert_eq!(story.is(key), Some(false));
    story.lasts(1801, &present(0.4));
    story.lasts(1, &empty());
    assert_eq!(story.is(key), Some(false), "an empty room is not still");
}

fn household(known_home: Option<bool>, expected: Option<bool>, inputs: &RoomInputs) -> RoomInputs {
    RoomInputs { context: HouseholdContext { known_home, expected }, ..inputs.clone() }
}

/// Somebody comes while the linked persons are away: told. While one is home: not. With no linked person any arrival is told,
/// and says that it does not know better.
#[test]
fn unknown_presence() {
    let arrives = |known_home| {
        let mut story = story();
        story.lasts(1, &household(known_home, None, &empty()));
        story.lasts(30, &household(known_home, None, &present(20.0)));
        story
    };
    let mut away = arrives(Some(false));
    assert_eq!(away.events[0].event, Event::UnknownPresence { person_aware: true });
    assert_eq!(away.events[0].reason, ["presence=on", "linked_person=away"]);
    assert_eq!((away.told("unknown_presence"), away.is(keys::unknown_presence)), (1, Some(true)));
    away.lasts(1, &household(Some(true), None, &present(20.0)));
    assert_eq!(away.is(keys::unknown_presence), Some(false), "somebody came home");
    assert_eq!(arrives(Some(true)).events, []);
    assert_eq!(arrives(None).events[0].event, Event::UnknownPresence { person_aware: false });
}

/// Presence that begins in the dark (the node was silent before) is no arrival.
#[test]
fn unknown_presence_rises_from_a_known_off_only() {
    let mut story = story();
    story.lasts(5, &RoomInputs { presence: None, ..empty() });
    story.lasts(5, &present(20.0));
    assert_eq!(story.told("unknown_presence"), 0);
    story.lasts(1, &empty());
    story.gap(20);
    story.lasts(5, &present(20.0));
    assert_eq!(story.told("unknown_presence"), 0);
}

/// Somebody stays for a minute while the schedule expects nobody: told once, however long he stays. While people are
/// expected, or where nobody says so, it is not told.
#[test]
fn unexpected_occupancy() {
    let mut story = story();
    let outside = household(None, Some(false), &present(20.0));
    story.lasts(60, &outside);
    assert_eq!(story.told("unexpected_occupancy"), 0);
    story.lasts(600, &outside);
    assert_eq!(story.told("unexpected_occupancy"), 1);
    assert_eq!(story.last_event(), Event::UnexpectedOccupancy { schedule_aware: true });
    assert_eq!(story.is(keys::unexpected_occupancy), Some(true));
    story.lasts(1, &household(None, Some(false), &empty()));
    assert_eq!(story.is(keys::unexpected_occupancy), Some(false));
    story.lasts(600, &household(None, Some(true), &present(20.0)));
    story.lasts(1, &empty());
    story.lasts(600, &present(20.0));
    assert_eq!(story.told("unexpected_occupancy"), 1);
}

/// The schedule falls silent for an hour (Home Assistant restarts) and says the same again: it is the same occupancy.
#[test]
fn unexpected_occupancy_is_told_once_for_each_occupancy() {
    let mut story = story();
    let outside = household(None, Some(false), &present(20.0));
    story.lasts(120, &outside);
    story.lasts(3600, &present(20.0));
    assert_eq!(story.is(keys::unexpected_occupancy), Some(true));
    story.lasts(120, &outside);
    assert_eq!(story.told("unexpected_occupancy"), 1);
    story.lasts(1, &household(None, Some(true), &present(20.0)));
    assert_eq!(story.is(keys::unexpected_occupancy), Some(false), "people are expected now");
    story.lasts(120, &outside);
    assert_eq!(story.told("unexpected_occupancy"), 2, "and not any more");
}

/// A score of 0.8 is told, and while it swings about 0.7 it is not told again. Ten minutes later it may be.
#[test]
fn unrecognized_activity_pattern() {
    let mut story = story();
    let key = keys::unrecognized_activity_pattern;
    let score = |score| RoomInputs { anomaly_score: Some(score), ..present(20.0) };
    story.lasts(1, &present(20.0));
    assert_eq!(story.availability(key), Availability::Learning(Learnt::Week));
    story.lasts(10, &score(0.69));
    assert_eq!((story.is(key), story.told(key)), (Some(false), 0));
    story.lasts(1, &score(0.8));
    assert_eq!(story.last_event(), Event::UnrecognizedActivityPattern { anomaly_score: 0.8 });
    story.lasts(10, &score(0.61));
    assert_eq!((story.is(key), story.told(key)), (Some(true), 1));
    story.lasts(10, &score(0.5));
    assert_eq!(story.is(key), Some(false));
    story.lasts(10, &score(0.9));
    assert_eq!((story.is(key), story.told(key)), (Some(true), 1), "within ten minutes");
    story.lasts(600, &score(0.5));
    story.lasts(1, &score(0.9));
    assert_eq!(story.told(key), 2);
}
