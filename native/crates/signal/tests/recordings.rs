//! The detector against recordings by others, with their labels. Prints what it measured:
//! `cargo test -p ruview-signal --test recordings -- --nocapture --test-threads=1`.
//!
//! One second is one block. The two seconds after a joint of two recordings are not counted: the window still spans both.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, outside of test functions")]

mod common;

use std::path::Path;

use common::{Timed, concatenated, each_second, load, load_jsonl, prolonged, recordings, switches};
use ruview_signal::Calibration;

/// Blocks with motion, and blocks judged.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    on: usize,
    judged: usize,
}

impl Tally {
    /// Of `tested`, after a detector learnt its room from `quiet`.
    fn of(quiet: &[Timed], tested: &[Timed]) -> Self {
        let learnt = quiet.last().map_or(0.0, |(at, _)| *at);
        let whole = concatenated([quiet, tested]);
        let blocks = each_second(&whole);
        let counted = blocks.iter().filter(|(second, _)| f64::from(*second) > learnt + 3.0);
        let mut tally = Self::default();
        for (second, assessment) in counted {
            let motion = assessment.motion.unwrap_or_else(|| panic!("second {second} is not judged"));
            tally.judged += 1;
            tally.on += usize::from(motion);
        }
        tally
    }

    fn plus(self, other: Self) -> Self {
        Self { on: self.on + other.on, judged: self.judged + other.judged }
    }

    fn share(self) -> f64 {
        self.on as f64 / self.judged.max(1) as f64
    }
}

fn report(set: &str, still: Tally, moving: Tally) {
    println!(
        "{set:44} false alarms {:3} of {:4} s ({:5.1} %)   recall {:4} of {:4} s ({:5.1} %)",
        still.on,
        still.judged,
        100.0 * still.share(),
        moving.on,
        moving.judged,
        100.0 * moving.share()
    );
}

fn sum(tallies: impl Iterator<Item = Tally>) -> Tally {
    tallies.fold(Tally::default(), Tally::plus)
}

/// The recordings of `folder` whose name begins with `prefix`, in order.
fn named(folder: &Path, prefix: &str) -> Vec<Vec<Timed>> {
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)));
    paths.sort();
    paths.iter().map(|path| load(path)).collect()
}

fn first_half(recording: &[Timed]) -> (&[Timed], &[Timed]) {
    recording.split_at(recording.len() / 2)
}

#[test]
fn empty_and_walking_esp32() {
    let Some(data) = recordings() else { return };
    let folder = data.join("presence_esp32_pulse");
    let (empty, walking) = (named(&folder, "vacio"), named(&folder, "mov"));
    let (mut same, mut other, mut moving) = (Tally::default(), Tally::default(), Tally::default());
    for (i, room) in empty.iter().enumerate() {
        let (learnt, rest) = first_half(room);
        same = same.plus(Tally::of(learnt, rest));
        let others = empty.iter().enumerate().filter(|(j, _)| *j != i);
        other = other.plus(sum(others.map(|(_, room)| Tally::of(learnt, room))));
        moving = moving.plus(sum(walking.iter().map(|walk| Tally::of(learnt, walk))));
    }
    report("presence_esp32_pulse, rest of the recording", same, moving);
    report("presence_esp32_pulse, other recordings", other, moving);
    assert!(same.share() <= 0.02 && other.share() <= 0.05, "false alarms");
    assert!(moving.share() >= 0.95, "recall");
}

#[test]
fn quiet_and_movement_on_three_chips() {
    let Some(data) = recordings() else { return };
    let folder = data.join("motion_espectre");
    for chip in ["esp32", "c3", "c6"] {
        let quiet = named(&folder, &format!("baseline_{chip}_"));
        let movement = named(&folder, &format!("movement_{chip}_"));
        let session = |learnt: usize, tested: usize| {
            let learnt = prolonged(&quiet[learnt], 15.0);
            (Tally::of(&learnt, &prolonged(&quiet[tested], 10.0)), Tally::of(&learnt, &movement[tested]))
        };
        for (name, pairs) in [("same", [(0, 0), (1, 1)]), ("other", [(0, 1), (1, 0)])] {
            let (still, moving): (Vec<_>, Vec<_>) = pairs.iter().map(|(i, j)| session(*i, *j)).unzip();
            let (still, moving) = (sum(still.into_iter()), sum(moving.into_iter()));
            report(&format!("motion_espectre {chip}, {name} session"), still, moving);
            assert!(still.share() <= 0.1, "false alarms");
            assert!(moving.share() >= 0.95, "recall");
        }
    }
}

#[test]
fn static_and_motion_esp32c5() {
    let Some(data) = recordings() else { return };
    let labels = std::fs::read_to_string(data.join("labels.csv")).unwrap();
    let labelled = |label: &str| -> Vec<Vec<Timed>> {
        let lines = labels.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let of_set = lines.filter(|fields| fields[0] == "motion_esp32c5_hku" && fields[3] == label);
        of_set.map(|fields| load(&data.join(fields[1]))).collect()
    };
    let (still, moving) = (labelled("static"), labelled("motion"));
    let (mut alarms, mut recall) = (Tally::default(), Tally::default());
    for (i, room) in still.iter().enumerate().step_by(3) {
        let mut learnt = prolonged(room, 15.0);
        if each_second(&learnt).last().unwrap().1.presence.is_none() {
            // It moves so steadily that nothing quiet is found: then learning lasts a minute.
            learnt = prolonged(room, 65.0);
        }
        let others = still.iter().enumerate().filter(|(j, _)| *j != i);
        alarms = alarms.plus(sum(others.map(|(_, room)| Tally::of(&learnt, &prolonged(room, 8.0)))));
        recall = recall.plus(sum(moving.iter().map(|walk| Tally::of(&learnt, &prolonged(walk, 8.0)))));
    }
    report("motion_esp32c5_hku, other recordings", alarms, recall);
    // All alarms are in three of the ten recordings, whose channel does move while they begin.
    assert!(alarms.share() <= 0.2 && recall.share() >= 0.95);
}

#[test]
fn a_seated_and_a_lying_person() {
    let Some(data) = recordings() else { return };
    let sets = [
        ("breath_esp32_abtest/abtest_1786834131_", "control", ["paced", "breathhold"].as_slice()),
        ("breath_esp32_pulse/", "resp_vacio", &["resp_6rpm"]),
    ];
    for (folder, empty, people) in sets {
        let empty = load(&data.join(format!("{folder}{empty}.npz")));
        let (learnt, rest) = first_half(&empty);
        report(&format!("{folder}, rest of empty"), Tally::of(learnt, rest), Tally::default());
        for person in people {
            let there = load(&data.join(format!("{folder}{person}.npz")));
            let blocks = each_second(&concatenated([empty.as_slice(), &there]));
            let came = empty.last().unwrap().0;
            let with_person: Vec<_> = blocks.iter().filter(|(second, _)| f64::from(*second) > came + 3.0).collect();
            let present = with_person.iter().filter(|(_, a)| a.presence == Some(true)).count();
            println!("{folder}{person:10} present {present} of {} s", with_person.len());
            assert_eq!(present, with_person.len(), "presence drops while somebody is there");
        }
    }
}

#[test]
fn comes_once_and_goes_once() {
    let Some(data) = recordings() else { return };
    let folder = data.join("presence_esp32_pulse");
    let (empty, walking) = (named(&folder, "vacio"), named(&folder, "mov"));
    for (room, walk) in empty.iter().zip(&walking) {
        let afterwards = prolonged(room, 180.0);
        let whole = concatenated([room.as_slice(), walk, &afterwards]);
        let (came, left) = (room.last().unwrap().0, room.last().unwrap().0 + walk.last().unwrap().0);
        let seen = switches(&each_second(&whole));
        println!("came at {came:.0} s, left at {left:.0} s, seen {seen:?}");
        let [(on, true), (off, false)] = seen[..] else { panic!("presence flickers: {seen:?}") };
        assert!((came..came + 5.0).contains(&f64::from(on)), "seen late");
        // The window, the hold, and what the walker left changed.
        assert!((left..left + 132.0).contains(&f64::from(off)), "sticks");
    }
}

#[test]
fn a_room_that_somebody_changed_becomes_the_baseline() {
    let Some(data) = recordings() else { return };
    let folder = data.join("presence_esp32_pulse");
    let (empty, walking) = (named(&folder, "vacio"), named(&folder, "mov"));
    for (i, walk) in walking.iter().enumerate() {
        let changed = prolonged(&empty[(i + 1) % 3], 240.0);
        let whole = concatenated([empty[i].as_slice(), walk, &changed]);
        let left = empty[i].last().unwrap().0 + walk.last().unwrap().0;
        let seen = switches(&each_second(&whole));
        println!("left a changed room at {left:.0} s, seen {seen:?}");
        let [(_, true), (off, false)] = seen[..] else { panic!("presence flickers: {seen:?}") };
        assert!((left..left + 135.0).contains(&f64::from(off)), "sticks");
    }
}

#[test]
fn someone_moving_at_the_start_is_not_the_baseline() {
    let Some(data) = recordings() else { return };
    let folder = data.join("presence_esp32_pulse");
    let (empty, walking) = (named(&folder, "vacio"), named(&folder, "mov"));
    for (room, walk) in empty.iter().zip(&walking) {
        let poison = &walk[..walk.len() / 4];
        let learnt = concatenated([poison, room]);
        let recall = Tally::of(&learnt, walk);
        report("walking for 15 s first, then empty", Tally::default(), recall);
        assert!(recall.share() >= 0.9);
    }
}

#[test]
fn learning_ends_although_somebody_always_moves() {
    let Some(data) = recordings() else { return };
    let walk = load(&data.join("presence_esp32_pulse/mov_01.npz"));
    let blocks = each_second(&prolonged(&walk, 90.0));
    let known: Vec<_> = blocks.iter().filter(|(_, a)| a.presence.is_some()).collect();
    assert!((60..66).contains(&known[0].0), "ended at {} s", known[0].0);
    assert!(known.iter().skip(3).all(|(_, a)| a.presence == Some(true)));
}

#[test]
fn lanes_of_several_shapes_in_one_stream() {
    let Some(data) = recordings() else { return };
    let path = data.join("esp32_two_nodes/mixed-activity-120s.csi.jsonl.gz");
    for node in [1, 2] {
        let stream = load_jsonl(&path, node);
        let blocks = each_second(&concatenated([stream.as_slice()]));
        let known: Vec<_> = blocks.iter().filter(|(_, a)| a.presence.is_some()).collect();
        let moving = known.iter().filter(|(_, a)| a.motion == Some(true)).count();
        let present = known.iter().filter(|(_, a)| a.presence == Some(true)).count();
        let first = known.first().expect("learning ends").0;
        println!(
            "esp32_two_nodes node {node}: known from {first} s, moving {moving} s, present {present} of {} s",
            known.len()
        );
        assert!(first <= 20);
        assert!(matches!(known[0].1.calibration, Calibration::SelfCalibrated { version: 1.. }));
    }
}
