//! Warm-up, calibration, gaps, restarts and clocks that jump: what was not observed counts for nothing, and nothing of
//! yesterday is shown.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[allow(dead_code, reason = "shared by several test files")]
mod common;

use std::time::Duration;

use common::{Story, afternoon, breathing, empty, present};
use ruview_core::StreamTime;
use ruview_semantic::{
    Availability, ParameterError, ROOM_KEYS, RestoreError, Room, RoomInputs, RoomParameters, RoomTags, WARM_UP, keys,
};

fn sleeper() -> Story {
    let mut story = Story::new(RoomParameters::default(), afternoon(), &empty());
    story.lasts(400, &breathing(1.0, 12.0));
    assert_eq!(story.is(keys::someone_sleeping), Some(true));
    story
}

#[test]
fn nothing_is_said_in_the_first_minute() {
    let mut room = Room::new(RoomParameters::default()).unwrap();
    let tags = RoomTags { bathroom: true, ..RoomTags::default() };
    for second in 0..=WARM_UP.as_secs() {
        let inputs = RoomInputs { presence: Some(second % 2 == 1), tags, near_falls: Some(9), ..present(50.0) };
        let outputs = room.step(StreamTime::from_micros(second as i64 * 1_000_000), &inputs);
        assert!(second == WARM_UP.as_secs() || outputs.events.is_empty());
        assert!(outputs.primitives.iter().map(|output| output.key).eq(ROOM_KEYS.iter().copied()));
        let judged = outputs.primitives.iter().any(|output| output.availability != Availability::WarmingUp);
        assert_eq!(judged, second == WARM_UP.as_secs(), "{second}");
    }
}

#[test]
fn nothing_is_said_while_calibrating_and_what_was_true_comes_back() {
    let mut story = sleeper();
    let calibrating = RoomInputs { calibrating: true, near_falls: Some(9), ..breathing(1.0, 12.0) };
    story.lasts(10, &calibrating);
    assert!(story.last.primitives.iter().all(|output| output.availability == Availability::Calibrating));
    assert!(story.last.primitives.iter().all(|output| output.value.is_none()));
    story.lasts(1, &breathing(1.0, 12.0));
    assert_eq!(story.is(keys::someone_sleeping), Some(true));
    assert_eq!(story.events.len(), 1, "{:?}", story.events);
}

/// "Still for 300 s" is 300 s that were seen: 200 s, a gap and 200 s are not.
#[test]
fn a_gap_begins_every_condition_anew() {
    let mut story = Story::new(RoomParameters::default(), afternoon(), &empty());
    story.lasts(200, &breathing(1.0, 12.0));
    story.gap(6);
    story.lasts(290, &breathing(1.0, 12.0));
    assert_eq!(story.is(keys::someone_sleeping), Some(false));
    story.lasts(20, &breathing(1.0, 12.0));
    assert_eq!(story.is(keys::someone_sleeping), Some(true));
}

/// A step that is up to 5 s late is no gap.
#[test]
fn late_steps_count() {
    let mut story = Story::new(RoomParameters::default(), afternoon(), &empty());
    story.step_s = 5;
    story.lasts(305, &breathing(1.0, 12.0));
    assert_eq!(story.is(keys::someone_sleeping), Some(true));
}

/// A restart of two minutes: nothing is said for a minute, and then the sleeper still sleeps, because he is still.
#[test]
fn a_short_restart_keeps_what_inputs_still_support() {
    let mut story = sleeper();
    story.restart();
    story.gap(120);
    story.lasts(60, &breathing(1.0, 12.0));
    assert_eq!(story.availability(keys::someone_sleeping), Availability::WarmingUp);
    story.lasts(1, &breathing(1.0, 12.0));
    assert_eq!(story.is(keys::someone_sleeping), Some(true));
}

/// He left while nobody looked: the first thing that is said is that nobody sleeps, and that he left is no bed exit, since
/// nobody saw it.
#[test]
fn a_restart_never_shows_what_is_over() {
    let mut story = sleeper();
    story.restart();
    story.gap(120);
    story.lasts(61, &empty());
    assert_eq!(story.is(keys::someone_sleeping), Some(false));
}

/// After a night without power nothing of yesterday is left, even though inputs look the same.
#[test]
fn a_long_outage_forgets_what_was_on() {
    for restart in [false, true] {
        let mut story = sleeper();
        story.lasts(60, &present(50.0));
        story.lasts(400, &breathing(0.5, 12.0));
        assert_eq!(story.is(keys::someone_sleeping), Some(true));
        assert_eq!(story.is(keys::room_active), Some(true));
        if restart {
            story.restart();
        }
        story.gap(8 * 3600);
        story.lasts(60, &breathing(0.5, 12.0));
        assert_eq!(story.availability(keys::room_active), Availability::WarmingUp, "restart: {restart}");
        story.lasts(1, &breathing(0.5, 12.0));
        for key in ROOM_KEYS {
            assert_ne!(story.is(key), Some(true), "{key}");
        }
    }
}

/// An input that is missing for longer than ten minutes is an outage of what needs it.
#[test]
fn a_missing_input_forgets_like_an_outage() {
    for (minutes, expected) in [(9, true), (11, false)] {
        let mut story = sleeper();
        story.lasts(minutes * 60, &RoomInputs { presence: None, motion_percent: None, ..empty() });
        assert_eq!(story.is(keys::someone_sleeping), None);
        story.lasts(1, &breathing(1.0, 12.0));
        assert_eq!(story.is(keys::someone_sleeping), Some(expected));
    }
}

/// Latches and idle times run out while nobody looks.
#[test]
fn what_runs_out_does_so_in_a_gap() {
    let mut story = Story::new(RoomParameters::default(), afternoon(), &empty());
    story.lasts(60, &present(50.0));
    story.lasts(300, &present(1.0));
    assert_eq!(story.is(keys::room_active), Some(true));
    story.gap(240);
    story.lasts(61, &present(1.0));
    assert_eq!(story.is(keys::room_active), Some(false));
}

#[test]
fn a_clock_that_is_set_back_costs_nothing_but_the_running_conditions() {
    let mut story = sleeper();
    let set_back = StreamTime::from_micros(-3600 * 1_000_000);
    for second in 0..400_u64 {
        let now = set_back + Duration::from_secs(second);
        let outputs = story.room.step(now, &breathing(1.0, 12.0));
        assert_eq!(outputs.get(keys::someone_sleeping).unwrap().as_bool(), Some(true));
    }
}

/// A saved state from the future (the machine woke up without a clock) is of no use.
#[test]
fn a_restored_state_of_the_future_is_forgotten() {
    let mut story = sleeper();
    story.restart();
    for second in 0..=60_u64 {
        let now = StreamTime::from_micros(-1_000_000_000) + Duration::from_secs(second);
        story.last = story.room.step(now, &breathing(1.0, 12.0));
    }
    assert_eq!(story.is(keys::someone_sleeping), Some(false));
}

#[test]
fn a_state_of_another_format_is_refused() {
    let mut saved = serde_json::to_value(sleeper().room.state()).unwrap();
    saved["format"] = 9.into();
    let state = serde_json::from_value(saved).unwrap();
    let refused = Room::restore(RoomParameters::default(), state);
    assert_eq!(refused.unwrap_err(), RestoreError::Format { expected: 1, found: 9 });
}

#[test]
fn parameters_that_make_no_sense_are_refused_by_name() {
    let refused = |change: fn(&mut RoomParameters)| {
        let mut parameters = RoomParameters::default();
        change(&mut parameters);
        let mut room = Room::new(RoomParameters::default()).unwrap();
        let error = room.set_parameters(parameters).unwrap_err();
        assert_eq!(room.parameters(), &RoomParameters::default());
        error
    };
    assert_eq!(
        refused(|all| all.someone_sleeping.still_percent = 120.0),
        ParameterError {
            field: "someone_sleeping.still_percent".into(),
            expected: "0 to 100".into(),
            found: "120".into()
        }
    );
    assert_eq!(
        refused(|all| all.someone_sleeping.wake_percent = 4.0).to_string(),
        "someone_sleeping.wake_percent: expected at least someone_sleeping.still_percent (5), found 4"
    );
    assert_eq!(refused(|all| all.no_movement.still_percent = f32::NAN).field, "no_movement.still_percent");
    assert_eq!(refused(|all| all.room_active.idle_s = 0).found, "0");
}

/// A user tells only what he changes, and a name that does not exist is an error.
#[test]
fn parameters_are_partial_and_their_names_checked() {
    let some: RoomParameters =
        serde_json::from_str(r#"{"bed_exit": {"from": "21:30:00"}, "no_movement": {"still_s": 600}}"#).unwrap();
    let mut expected = RoomParameters::default();
    expected.bed_exit.from = jiff::civil::time(21, 30, 0, 0);
    expected.no_movement.still_s = 600;
    assert_eq!(some, expected);
    let unknown = serde_json::from_str::<RoomParameters>(r#"{"no_movement": {"still": 600}}"#).unwrap_err();
    assert!(unknown.to_string().contains("unknown field `still`"), "{unknown}");
}
