//! Stories as their authors meet them.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::simulator::Activity;

/// Field, expected and found of what is wrong with `text`.
fn wrong(text: &str) -> (String, String, String) {
    match StoryFile::parse(text) {
        Err(StoryError::Field { field, expected, found }) => (field, expected, found),
        other => panic!("{text}\ngave {other:?}"),
    }
}

/// A story with one person and one step.
fn step(step: &str) -> String {
    format!("[[persons]]\ntimeline = [{{ {step} }}]")
}

#[test]
fn every_built_in_story_is_valid_and_says_what_it_is_about() {
    for story in BUILT_IN_STORIES {
        let read = StoryFile::parse(story.text).unwrap_or_else(|error| panic!("{}: {error}", story.name));
        assert!((20..140).contains(&read.about.len()), "{}: {}", story.name, read.about);
        assert_eq!(StoryFile::find(Path::new(story.name)).unwrap(), read);
        assert!(!read.config.nodes.is_empty(), "{}", story.name);
    }
    assert_eq!(BUILT_IN_STORIES[0].name, "demonstration");
}

#[test]
fn the_demonstration_is_what_is_played_without_a_story() {
    let read = StoryFile::find(Path::new("demonstration")).unwrap();
    assert_eq!(read.config, SimulatorConfig::default());
}

#[test]
fn a_story_may_leave_out_almost_everything() {
    let config = StoryFile::parse("seconds = 5").unwrap().config;
    assert_eq!((config.nodes.len(), config.story.rooms.len(), config.story.persons.len()), (1, 1, 0));
    assert_eq!((config.story.duration, config.seed, config.repeat), (Duration::from_secs(5), 1, true));
    assert_eq!((config.start, config.story.edge_vitals), (None, false));
}

#[test]
fn a_story_starts_when_it_says() {
    let start = |text: &str| StoryFile::parse(&format!("seconds = 5\nstart = {text}")).map(|story| story.config.start);
    let expected = Some(StreamTime::from_micros(1_768_512_600_000_000));
    assert_eq!(start("2026-01-15T22:30:00+01:00").unwrap(), expected);
    assert_eq!(start("2026-01-15T21:30:00Z").unwrap(), expected);
    for bad in ["22:30:00", "2026-01-15T22:30:00", "\"22:30\"", "5"] {
        let error = start(bad).unwrap_err().to_string();
        assert!(error.starts_with("start: expected a date and time with its offset"), "{error}");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let long_path = format!("do = 'walk', path = [{}]", "[1, 1], ".repeat(201));
    let nested = "do = 'repeat', times = 2, timeline = [{ ".repeat(4) + "do = 'absent', seconds = 1" + &" }]".repeat(4);
    let cases: &[(&str, &str, &str)] = &[
        ("", "seconds", "not 0"),
        ("seconds = 0", "seconds", "a number from 0.001"),
        ("hours = 721", "hours", "720"),
        ("seconds = 5\nminutes = 1", "minutes", "one of seconds, minutes and hours"),
        ("seconds = nan", "seconds", "a number"),
        ("seconds = '5'", "seconds", "a number"),
        ("second = 5", "second", "one of about, packet_rate"),
        ("seconds = 5\npacket_rate = 1e9", "packet_rate", "0.1 to 1000"),
        ("seconds = 5\nseed = -1", "seed", "from 0"),
        ("seconds = 5\nrepeat = 1", "repeat", "true or false"),
        ("seconds = 5\npersons = 3", "persons", "a list of 0 to 8"),
        ("seconds = 5\nnodes = [{ number = 256, at = [1, 1] }]", "nodes[0].number", "0 to 255"),
        ("seconds = 5\nnodes = [{ number = 1, at = [9, 1] }]", "nodes[0].at", "a point in a room (room)"),
        ("seconds = 5\nnodes = [{ number = 1, at = [1, 1] }, { number = 1, at = [2, 1] }]", "nodes[1]", "of its own"),
        ("seconds = 5\nrooms = [{ name = 'a', size = [0.5, 4] }]", "rooms[0].size", "1 to 30 m"),
        ("seconds = 5\nrooms = [{ name = 'a' }, { name = 'b', corner = [1, 1] }]", "rooms[1]", "beside the room \"a\""),
        ("seconds = 5\nrooms = [{ name = 'a', access_point = [9, 9] }]", "rooms[0].access_point", "in its room"),
        ("seconds = 5\nrooms = [{ name = 'a', corner = [9, 9] }]", "nodes", "a list of nodes"),
        ("seconds = 5\ndoors = [{ between = ['room', 'x'], at = [1, 1] }]", "doors[0].between[1]", "name of a room"),
        (&step("do = 'dance'"), "persons[0].timeline[0].do", "one of absent, walk"),
        (&step("seconds = 1"), "persons[0].timeline[0].do", "what the person does"),
        (&step("do = 'absent'"), "persons[0].timeline[0].seconds", "seconds, minutes or hours"),
        (&step("do = 'absent', seconds = 1, at = [1, 1]"), "persons[0].timeline[0].at", "one of do, seconds"),
        (&step("do = 'sit', seconds = 1"), "persons[0].timeline[0].at", "a point in a room"),
        (&step("do = 'sit', seconds = 1, at = [1]"), "persons[0].timeline[0].at", "[x, y] or [x, y, z]"),
        (&step("do = 'sit', seconds = 1, at = [1, inf]"), "persons[0].timeline[0].at[1]", "a number"),
        (&step("do = 'sit', seconds = 1, at = [1, 9]"), "persons[0].timeline[0].at", "a point in a room"),
        (
            &step("do = 'lie', seconds = 1, at = [1, 1], breaths_per_minute = 61"),
            "persons[0].timeline[0].breaths_per_minute",
            "0 to 60",
        ),
        (&step("do = 'sit', seconds = 1, at = [1, 1], on = 'side'"), "persons[0].timeline[0].on", "one of do"),
        (&step("do = 'lie', seconds = 1, at = [1, 1], on = 'x'"), "persons[0].timeline[0].on", "one of back, side"),
        (&step("do = 'walk', path = [[1, 1]]"), "persons[0].timeline[0].path", "a list of 2 to 200"),
        (&step(&long_path), "persons[0].timeline[0].path", "a list of 2 to 200"),
        (&step("do = 'walk', path = [[1, 1], [9, 1]]"), "persons[0].timeline[0].path[1]", "a point in a room"),
        (&step("do = 'walk', seconds = 0.5, path = [[1, 1], [4, 1]]"), "persons[0].timeline[0].seconds", "4 m/s"),
        (&step("do = 'fall', seconds = 1, at = [1, 1]"), "persons[0].timeline[0].seconds", "at least 2 s"),
        (
            &step("do = 'repeat', times = 20001, timeline = [{ do = 'absent', seconds = 1 }]"),
            "persons[0].timeline[0].times",
            "1 to 20000",
        ),
        (
            &step(
                "do = 'repeat', times = 9999, timeline = [{ do = 'absent', seconds = 1 }, { do = 'absent', seconds = 1 }, { do = 'absent', seconds = 1 }]",
            ),
            "persons[0].timeline[0].times",
            "at most 20000 steps",
        ),
        (&step(&nested), "persons[0].timeline[0].timeline[0].timeline[0].timeline[0].timeline", "at most 3"),
    ];
    for (text, at, expectation) in cases {
        let (field, expected, found) = wrong(text);
        assert_eq!(field, *at, "{text}\nexpected {expected}, found {found}");
        assert!(expected.contains(expectation), "{text}\nexpected {expected}");
        assert!(!found.is_empty() && found.len() < 100, "{found}");
    }
}

#[test]
fn nobody_flies_and_nobody_walks_through_walls() {
    let jump = "[[persons]]\ntimeline = [
        { do = 'sit', seconds = 5, at = [1, 1] },
        { do = 'sit', seconds = 5, at = [4, 1] },
    ]";
    let (field, expected, found) = wrong(jump);
    assert_eq!((field.as_str(), found.as_str()), ("persons[0].timeline[1]", "(4, 1, 0.8)"));
    assert!(expected.contains("(1, 1, 0.8)"), "{expected}");
    let walk_around = "[[persons]]\ntimeline = [{ do = 'walk', path = [[1, 1], [4, 1]] }]";
    assert!(wrong(walk_around).1.contains("where the step before ends"), "it starts again where it did not end");
    assert!(StoryFile::parse(&format!("repeat = false\n{walk_around}")).is_ok());

    let house = "nodes = []\nrooms = [{ name = 'a' }, { name = 'b', corner = [5, 0] }]\nrepeat = false\n";
    let walk = "[[persons]]\ntimeline = [{ do = 'walk', path = [[4, 2], [6, 2]] }]";
    let (field, expected, _) = wrong(&format!("{house}{walk}"));
    assert_eq!(field, "persons[0].timeline[0].path[1]");
    assert!(expected.contains("door"), "{expected}");
    assert!(StoryFile::parse(&format!("{house}doors = [{{ between = ['a', 'b'], at = [5, 2.3] }}]\n{walk}")).is_ok());
    let elsewhere = wrong(&format!("{house}doors = [{{ between = ['a', 'b'], at = [5, 3.3] }}]\n{walk}"));
    assert_eq!(elsewhere.0, "persons[0].timeline[0].path[1]");
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    match StoryFile::parse("seconds = 5\n\nseed = = 1") {
        Err(StoryError::Syntax { line, message }) => assert_eq!((line, message.is_empty()), (3, false)),
        other => panic!("{other:?}"),
    }
    let missing = StoryFile::find(Path::new("no/such/story.toml")).unwrap_err();
    assert!(missing.to_string().contains("--list-stories"), "{missing}");
    assert!(matches!(StoryFile::parse(&"#".repeat(2 << 20)), Err(StoryError::Field { .. })));
}

#[test]
fn repetitions_are_written_out() {
    let text = step(
        "do = 'repeat', times = 3, timeline = [{ do = 'absent', seconds = 1 }, { do = 'stand', seconds = 2, at = [1, 1] }]",
    );
    let story = StoryFile::parse(&text).unwrap().config.story;
    assert_eq!(story.duration, Duration::from_secs(9));
    let at = |seconds| story.persons[0].at(Duration::from_secs(seconds)).unwrap();
    assert_eq!((at(6).index, &at(6).segment.activity), (4, &Activity::Absent));
}

#[test]
fn the_documentation_has_a_valid_example_and_every_built_in_story() {
    let text = include_str!("../../../../../../docs/simulator.md");
    let example = text.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    StoryFile::parse(example).unwrap_or_else(|error| panic!("{error}"));
    for story in BUILT_IN_STORIES {
        assert!(text.contains(&format!("stories/{}.toml)", story.name)), "{}", story.name);
    }
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "[a-z\\[\\]{}=\"'.,0-9 \n-]{0,200}") {
        // What is not valid is an error; the only other answer is a story.
        let _ = StoryFile::parse(&text);
    }
}
