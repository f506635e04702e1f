//! The detector against recordings by others, with their labels. Prints what it measured:
//! `cargo test -p ruview-signal --test recordings -- --nocapture --test-threads=1`.
//!
//! One second is one block. The two seconds after a joint of two recordings are not counted: the window still spans both.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, outside of test functions")]

mod common;

use std::path::{Path, PathBuf};

use common::{
    Timed, calibrated, concatenated, each_second, each_second_breathing, load, load_jsonl, played, played_later,
    prolonged, recordings, switches,
};
use ruview_signal::{Assessment, BinLayout, BinOrder, Calibration, HardwareNormalizer};

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
    paths(folder, prefix).iter().map(|path| load(path)).collect()
}

fn paths(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)));
    paths.sort();
    paths
}

fn first_half(recording: &[Timed]) -> (&[Timed], &[Timed]) {
    recording.split_at(recording.len() / 2)
}

/// One room of one chip: a quiet recording, and recordings in which somebody moves.
struct Session {
    quiet: Vec<Timed>,
    moving: Vec<Vec<Timed>>,
}

/// As scripts/accuracy judges: not the first block after a silence, because the window has to fill.
fn tally(blocks: &[Assessment]) -> Tally {
    let judged = blocks.iter().skip(1).filter_map(|block| block.motion);
    Tally { on: judged.clone().filter(|on| *on).count(), judged: judged.count() }
}

fn moving(learnt: &[Timed], recordings: &[Vec<Timed>]) -> Tally {
    sum(recordings.iter().map(|walk| {
        let (mut detector, end) = calibrated(learnt);
        let blocks = played_later(&mut detector, end, walk);
        tally(&blocks)
    }))
}

/// Calibrates on the first half of each quiet recording; its rest, and the movement of its session.
fn protocol_c(sessions: &[Session]) -> (Tally, Tally) {
    let each = sessions.iter().map(|session| {
        let (learnt, rest) = first_half(&session.quiet);
        let (mut detector, end) = calibrated(learnt);
        (tally(&played(&mut detector, end, rest)), moving(learnt, &session.moving))
    });
    let (still, moving): (Vec<_>, Vec<_>) = each.unzip();
    (sum(still.into_iter()), sum(moving.into_iter()))
}

/// Calibrates on each quiet recording; the quiet and the moving recordings of every other session.
fn protocol_b(sessions: &[Session]) -> (Tally, Tally) {
    let (mut still, mut recall) = (Tally::default(), Tally::default());
    for (i, learnt) in sessions.iter().enumerate() {
        for (_, other) in sessions.iter().enumerate().filter(|(j, _)| *j != i) {
            let (mut detector, end) = calibrated(&learnt.quiet);
            let blocks = played_later(&mut detector, end, &other.quiet);
            still = still.plus(tally(&blocks));
            recall = recall.plus(moving(&learnt.quiet, &other.moving));
        }
    }
    (still, recall)
}

fn f1(still: Tally, moving: Tally) -> f64 {
    let (hits, misses) = (moving.on as f64, (moving.judged - moving.on) as f64);
    2.0 * hits / (2.0 * hits + misses + still.on as f64).max(1.0)
}

fn protocols(set: &str, sessions: &[Session]) -> [(Tally, Tally); 2] {
    let (c, b) = (protocol_c(sessions), protocol_b(sessions));
    for (protocol, (still, moving)) in [("C", c), ("B", b)] {
        report(&format!("{set}, protocol {protocol}, F1 {:.3}", f1(still, moving)), still, moving);
    }
    [c, b]
}

#[test]
fn motion_empty_and_walking_esp32() {
    let Some(data) = recordings() else { return };
    let folder = data.join("presence_esp32_pulse");
    let (empty, walking) = (named(&folder, "vacio"), named(&folder, "mov"));
    let sessions: Vec<_> = empty.into_iter().map(|quiet| Session { quiet, moving: walking.clone() }).collect();
    let [c, b] = protocols("presence_esp32_pulse", &sessions);
    assert!(f1(c.0, c.1) >= 0.98 && c.0.share() <= 0.01, "protocol C");
    assert!(b.0.share() <= 0.05 && b.1.share() >= 0.95, "protocol B");
}

#[test]
fn motion_on_three_chips() {
    let Some(data) = recordings() else { return };
    let folder = data.join("motion_espectre");
    for chip in ["esp32", "c3", "c6"] {
        let quiet = named(&folder, &format!("baseline_{chip}_"));
        let movement = named(&folder, &format!("movement_{chip}_"));
        let pairs = quiet.into_iter().zip(movement);
        let sessions: Vec<_> = pairs.map(|(quiet, walk)| Session { quiet, moving: vec![walk] }).collect();
        let [c, b] = protocols(&format!("motion_espectre {chip}"), &sessions);
        assert!(f1(c.0, c.1) >= 0.95 && c.0.on == 0, "protocol C");
        // Four of the twenty seconds of the C6, one session against the other: more than is asked for, and not hidden. They
        // are those that move, see `a_quiet_recording_that_begins_with_movement`.
        assert!(b.0.share() <= 0.2 && b.1.share() >= 0.95, "protocol B");
    }
}

/// Judged by its own later half, at its own gain and in its own room, the first half of a quiet recording is quiet. Where it is
/// not, the label is wrong for some seconds, and whoever counts false alarms counts them.
#[test]
fn a_quiet_recording_that_begins_with_movement() {
    let Some(data) = recordings() else { return };
    let mut moving = Vec::new();
    for quiet in
        ["esp32", "c3", "c6"].iter().flat_map(|chip| paths(&data.join("motion_espectre"), &format!("baseline_{chip}_")))
    {
        let whole = load(&quiet);
        let (first, later) = first_half(&whole);
        let (mut detector, end) = calibrated(later);
        let blocks = tally(&played_later(&mut detector, end, first));
        let name = quiet.file_stem().unwrap().to_string_lossy().into_owned();
        println!("{name:45} moves in {} of the first {} s", blocks.on, blocks.judged);
        moving.extend((blocks.on > 0).then_some(name));
    }
    assert_eq!(moving, ["baseline_c6_64sc_20260310_230414"]);
}

#[test]
fn motion_esp32c5() {
    let Some(data) = recordings() else { return };
    let labels = ruview_recordings::labels(&data).unwrap();
    let labelled = |label: &str| -> Vec<Vec<Timed>> {
        labels
            .iter()
            .filter(|of| of.set == "motion_esp32c5_hku" && of.label == label)
            .map(|of| load(&of.path))
            .collect()
    };
    let moving = labelled("motion");
    let sessions: Vec<_> =
        labelled("static").into_iter().map(|quiet| Session { quiet, moving: moving.clone() }).collect();
    let [c, b] = protocols("motion_esp32c5_hku", &sessions);
    assert!(f1(c.0, c.1) >= 0.98 && c.0.share() <= 0.01, "protocol C");
    // Nearly all of these are in one recording, 210623, whose channel swings for two seconds with an autocorrelation of 0.4.
    assert!(b.0.share() <= 0.1 && b.1.share() >= 0.95, "protocol B");
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
            // Two recordings that are joined: nobody is seen to come. That is a changed room, until somebody breathes.
            let whole = concatenated([empty.as_slice(), &there]);
            let came = empty.last().unwrap().0;
            let blocks = each_second_breathing(&whole, came + 30.0);
            let breathing: Vec<_> = blocks.iter().filter(|(second, _)| f64::from(*second) > came + 31.0).collect();
            let present = breathing.iter().filter(|(_, a)| a.presence == Some(true)).count();
            println!("{folder}{person:10} present {present} of {} s once breathing is seen", breathing.len());
            assert_eq!(present, breathing.len(), "presence drops while somebody breathes");
        }
    }
}

/// Why a departure begins nothing: after a silence, rooms that stayed empty depart from their calibration as those in which
/// somebody sits do, so that neither is called empty before it was listened to, and neither is called occupied.
#[test]
fn a_room_departs_whether_somebody_is_in_it_or_not() {
    let Some(data) = recordings() else { return };
    let rooms = named(&data.join("presence_esp32_pulse"), "vacio");
    let seated = named(&data.join("breath_esp32_abtest"), "abtest_1786834131_");
    let [hold, control, paced] = &seated[..] else { panic!("three recordings") };
    let pairs = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)].map(|(learnt, later)| (&rooms[learnt], &rooms[later]));
    for (learnt, later) in pairs.into_iter().chain([(control, hold), (control, paced)]) {
        let (mut detector, end) = calibrated(learnt);
        let seen = played_later(&mut detector, end, later);
        let found = seen.iter().position(|a| a.presence.is_some());
        println!("known from {found:?} s on");
        assert_eq!(found, Some(35));
        assert!(seen.iter().all(|a| a.presence != Some(true)), "nobody is seen");
        let same = played_later(&mut calibrated(first_half(learnt).0).0, end, first_half(learnt).1);
        assert_eq!(same[4].presence, Some(false), "known again");
    }
}

/// Micro-motion alone, on the recording of a lying person: no breathing is told, and nobody is seen to come.
#[test]
fn somebody_who_lies_still_is_found_by_micro_motion() {
    let Some(data) = recordings() else { return };
    let folder = data.join("breath_esp32_pulse");
    let (empty, there) = (load(&folder.join("resp_vacio.npz")), load(&folder.join("resp_6rpm.npz")));
    let (learnt, rest) = first_half(&empty);
    let (mut detector, end) = calibrated(learnt);
    assert!(played(&mut detector, end, rest).iter().all(|a| a.presence == Some(false)), "nobody is there");
    let seen = played_later(&mut detector, end + 30.0, &there);
    let first = seen.iter().position(|a| a.presence == Some(true)).expect("found");
    let present = seen.iter().filter(|a| a.presence == Some(true)).count();
    println!("breath_esp32_pulse/resp_6rpm: present {present} of {} s, from {first} s on", seen.len());
    assert!(first <= 20 && present == seen.len() - first, "drops while somebody is there");
}

#[test]
fn every_chip_says_in_which_order_its_bins_come() {
    let Some(data) = recordings() else { return };
    let chips = [
        ("motion_espectre/baseline_esp32_64sc_20260310_232100", BinOrder::Fft, 55),
        ("motion_espectre/baseline_c3_64sc_20260329_130303", BinOrder::Fft, 56),
        ("motion_espectre/baseline_c6_64sc_20260310_230414", BinOrder::Shifted, 56),
        ("motion_esp32c5_hku/CSI_20250220_203408", BinOrder::Shifted, 114),
        ("presence_esp32_pulse/vacio_01", BinOrder::Shifted, 52),
        ("breath_intel5300_gyro/4_19_sn1", BinOrder::Unknown, 30),
        ("breath_phantom_atheros/BPM10", BinOrder::Unknown, 56),
    ];
    for (name, order, used) in chips {
        let frames = load(&data.join(format!("{name}.npz")));
        let first: Vec<_> = frames.iter().take(16).filter_map(|(_, frame)| frame.antennas().next()).collect();
        let mean = |each: &dyn Fn(f32) -> f32, bin: usize| {
            first.iter().map(|antenna| each(antenna[bin].norm())).sum::<f32>() / first.len() as f32
        };
        let bins = 0..first[0].len();
        let levels: Vec<f32> = bins.clone().map(|bin| mean(&|amplitude| amplitude, bin)).collect();
        let filled: Vec<f32> = bins.map(|bin| mean(&|amplitude| f32::from(u8::from(amplitude > 0.0)), bin)).collect();
        let layout = BinLayout::detect(&levels, &filled);
        println!("{name:55} {:?}, {} subcarriers", layout.order(), layout.selected().len());
        assert_eq!((layout.order(), layout.selected().len()), (order, used), "{name}");
        let normalizer = HardwareNormalizer::new(&layout).unwrap();
        assert!(first.iter().all(|antenna| normalizer.normalize(antenna).is_some()), "{name}");
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
        let changed = prolonged(&empty[(i + 1) % 3], 720.0);
        let whole = concatenated([empty[i].as_slice(), walk, &changed]);
        let left = empty[i].last().unwrap().0 + walk.last().unwrap().0;
        let seen = switches(&each_second(&whole));
        println!("left a changed room at {left:.0} s, seen {seen:?}");
        let [(_, true), (off, false)] = seen[..] else { panic!("presence flickers: {seen:?}") };
        // Ten minutes: for so long a person may sit without a breath being seen.
        assert!((left..left + 630.0).contains(&f64::from(off)), "sticks");
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
    // Ten seconds that are nothing but movement, and those in which the bins are learnt.
    assert!((10..20).contains(&known[0].0), "ended at {} s", known[0].0);
    assert!(known.iter().skip(3).all(|(_, a)| a.presence == Some(true)));
}

#[test]
fn lanes_of_several_shapes_in_one_stream() {
    let Some(data) = recordings() else { return };
    let path = data.join("esp32_two_nodes/mixed-activity-120s.csi.jsonl.gz");
    for node in [1, 2] {
        let stream = load_jsonl(&path, node);
        let blocks = each_second(&concatenated([stream.as_slice()]));
        let known: Vec<_> = blocks.iter().filter(|(_, a)| a.motion.is_some()).collect();
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
