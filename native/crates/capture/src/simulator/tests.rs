//! The simulator as a consumer sees it.

use std::f64::consts::{PI, TAU};

use ruview_core::{CsiFrame, NodePacket};

use super::channel::BINS;
use super::*;

/// Everything that comes, in order, without waiting.
fn run(config: SimulatorConfig) -> Vec<Captured> {
    let mut simulator = Simulator::new(SimulatorConfig { speed: Speed::Max, repeat: false, ..config });
    std::iter::from_fn(move || simulator.compute_next()).collect()
}

fn at_epoch() -> SimulatorConfig {
    SimulatorConfig { start: Some(StreamTime::from_micros(0)), ..SimulatorConfig::default() }
}

fn frames(events: &[Captured]) -> Vec<(f64, &CsiFrame)> {
    let frame = |event: &'_ Captured| event.at.as_micros() as f64 / 1e6;
    events
        .iter()
        .filter_map(|event| match &event.event {
            CaptureEvent::Packet(NodePacket::Csi(csi)) => Some((frame(event), csi)),
            _ => None,
        })
        .collect()
}

/// Amplitudes of the occupied bins over their mean: what remains when gain and phase are taken out.
fn shape(frame: &CsiFrame) -> Vec<f64> {
    let occupied = (0..BINS).filter(|&bin| channel::offset_hz(bin).is_some());
    let amplitudes: Vec<f64> = occupied.map(|bin| f64::from(frame.iq()[bin].norm())).collect();
    let mean = amplitudes.iter().sum::<f64>() / amplitudes.len() as f64;
    amplitudes.iter().map(|amplitude| amplitude / mean).collect()
}

/// Standard deviation over time, averaged over subcarriers.
fn spread(shapes: &[Vec<f64>]) -> f64 {
    let n = shapes.len() as f64;
    let deviation = |bin: usize| {
        let mean = shapes.iter().map(|shape| shape[bin]).sum::<f64>() / n;
        (shapes.iter().map(|shape| (shape[bin] - mean).powi(2)).sum::<f64>() / n).sqrt()
    };
    (0..52).map(deviation).sum::<f64>() / 52.0
}

#[test]
fn same_seed_same_packets_and_another_seed_others() {
    let first = run(at_epoch());
    assert_eq!(first, run(at_epoch()));
    assert_ne!(first, run(SimulatorConfig { seed: 2, ..at_epoch() }));
}

#[test]
fn another_node_changes_nothing_for_the_first() {
    let one = run(at_epoch());
    let mut nodes = at_epoch().nodes;
    nodes.push(SimulatedNode { number: NodeNumber(2), at: Point::new(4.6, 0.5, 1.0) });
    let two = run(SimulatorConfig { nodes, ..at_epoch() });
    let count = frames(&two).iter().filter(|(_, frame)| frame.node == NodeNumber(2)).count();
    assert!(count > 2800, "{count}");
    let empty_start = |events: &[Captured]| {
        let of_first = frames(events).into_iter().filter(|(at, frame)| *at < 13.0 && frame.node == NodeNumber(1));
        of_first.map(|(at, frame)| (at, frame.clone())).collect::<Vec<_>>()
    };
    assert_eq!(empty_start(&one), empty_start(&two));
}

#[test]
fn ticks_every_second_and_never_goes_back() {
    let events = run(at_epoch());
    let ticks: Vec<i64> =
        events.iter().filter(|event| event.event == CaptureEvent::Tick).map(|event| event.at.as_micros()).collect();
    assert_eq!(ticks, (0..60).map(|second| second * 1_000_000).collect::<Vec<_>>());
    assert!(events.is_sorted_by_key(|event| event.at));
}

#[test]
fn a_room_without_nodes_still_ticks_and_a_story_without_length_ends() {
    assert_eq!(run(SimulatorConfig { nodes: vec![], ..at_epoch() }).len(), 60);
    assert!(run(SimulatorConfig { story: Story::new(vec![]), ..at_epoch() }).is_empty());
}

#[test]
fn rates_out_of_range_are_held() {
    for (rate, expected) in [(f64::NAN, 0..=8), (-5.0, 0..=8), (1e9, 55_000..=60_000)] {
        let count = frames(&run(SimulatorConfig { packet_rate_hz: rate, ..at_epoch() })).len();
        assert!(expected.contains(&count), "{rate} Hz gave {count}");
    }
}

#[test]
fn repeats_the_story_for_as_long_as_it_is_asked() {
    let mut simulator = Simulator::new(SimulatorConfig { speed: Speed::Max, ..at_epoch() });
    let far = StreamTime::from_micros(200_000_000);
    assert!(std::iter::from_fn(|| simulator.compute_next()).any(|event| event.at > far));
}

#[test]
fn an_empty_room_is_still_up_to_noise_and_a_walker_is_not() {
    let events = run(at_epoch());
    let between = |from: f64, to: f64| {
        let within = frames(&events).into_iter().filter(|(at, _)| (from..to).contains(at));
        within.map(|(_, frame)| shape(frame)).collect::<Vec<_>>()
    };
    let (empty, walking) = (spread(&between(0.0, 13.0)), spread(&between(13.0, 21.0)));
    // -30 dB of estimate error and rounding to whole steps of a mean of 22: 2 to 4 % per subcarrier.
    assert!((0.015..0.06).contains(&empty), "{empty}");
    assert!(walking > 2.0 * empty, "{walking} against {empty}");
}

#[test]
fn breathing_stands_in_the_spectrum_of_the_amplitudes() {
    let sitting = Activity::Rest(Rest {
        posture: Posture::Sitting,
        at: Point::new(3.2, 1.2, 0.8),
        facing: 0.7 * PI,
        vital: Vital { breaths_per_minute: 15.0, heart_rate_bpm: None },
        stir: Stir { kind: StirKind::Fidget, every_s: 15.0 },
    });
    let story = Story::new(vec![Timeline::new(vec![Segment { duration: Duration::from_mins(1), activity: sitting }])]);
    let events = run(SimulatorConfig { story, ..at_epoch() });
    let series: Vec<(f64, Vec<f64>)> = frames(&events).iter().map(|(at, frame)| (*at, shape(frame))).collect();
    // Fidgets raise the floor at the lowest frequencies, so the band begins where breathing does.
    let rates = (24..=120).map(|quarter| f64::from(quarter) / 4.0);
    let strongest = rates.max_by(|a, b| power_at(&series, *a).total_cmp(&power_at(&series, *b))).unwrap();
    assert!((strongest - 15.0).abs() < 1.5, "found {strongest}/min");
}

/// Power at `per_minute` summed over the subcarriers, by correlation at the packets' own times.
fn power_at(series: &[(f64, Vec<f64>)], per_minute: f64) -> f64 {
    let n = series.len() as f64;
    let of_bin = |bin: usize| {
        let mean = series.iter().map(|(_, shape)| shape[bin]).sum::<f64>() / n;
        let sum: num_complex::Complex64 = series
            .iter()
            .map(|(at, shape)| num_complex::Complex64::from_polar(shape[bin] - mean, TAU * per_minute / 60.0 * at))
            .sum();
        sum.norm_sqr()
    };
    (0..52).map(of_bin).sum()
}

#[tokio::test]
async fn a_cancelled_wait_loses_nothing() {
    let config = || SimulatorConfig { speed: Speed::Times(50.0), repeat: false, ..at_epoch() };
    let mut simulator = Simulator::new(config());
    let mut events = Vec::new();
    while events.len() < 100 {
        if let Ok(event) = tokio::time::timeout(Duration::from_micros(200), simulator.next()).await {
            events.extend(event);
        }
    }
    assert_eq!(events, run(config())[..100]);
}

/// A story of one person in the default room, with steps as the file format has them.
fn told(steps: &str) -> SimulatorConfig {
    let text = format!("repeat = false\n[[persons]]\ntimeline = [{steps}]");
    let config = StoryFile::parse(&text).unwrap_or_else(|error| panic!("{error}")).config;
    SimulatorConfig { start: Some(StreamTime::from_micros(0)), ..config }
}

fn shapes(events: &[Captured], node: u8) -> Vec<(f64, Vec<f64>)> {
    let of_node = frames(events).into_iter().filter(|(_, frame)| frame.node == NodeNumber(node));
    of_node.map(|(at, frame)| (at, shape(frame))).collect()
}

/// Spread over time within `from..to` seconds.
fn spread_between(series: &[(f64, Vec<f64>)], from: f64, to: f64) -> f64 {
    let within = series.iter().filter(|(at, _)| (from..to).contains(at));
    spread(&within.map(|(_, shape)| shape.clone()).collect::<Vec<_>>())
}

/// Of `rates` a minute, the one with most power.
fn strongest(series: &[(f64, Vec<f64>)], rates: impl Iterator<Item = f64>) -> f64 {
    rates.max_by(|a, b| power_at(series, *a).total_cmp(&power_at(series, *b))).unwrap()
}

/// Relative change of the shape from one packet to the next, averaged over subcarriers: how fast the channel changes.
fn fastest(series: &[(f64, Vec<f64>)], from: f64, to: f64) -> f64 {
    let within: Vec<_> = series.iter().filter(|(at, _)| (from..to).contains(at)).collect();
    let change = |pair: &[&(f64, Vec<f64>)]| {
        let difference = pair[0].1.iter().zip(&pair[1].1).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        (difference / 52.0).sqrt()
    };
    let mut changes: Vec<f64> = within.windows(2).map(change).collect();
    changes.sort_by(f64::total_cmp);
    // Not the extreme itself: two packets around a lost one are further apart.
    changes[changes.len() * 9 / 10]
}

#[test]
fn a_sleeper_has_a_line_at_the_breathing_rate_and_a_held_breath_has_none() {
    let lying = |breaths: u32, on: &str| {
        let steps = format!(
            "{{ do = 'lie', minutes = 3, at = [3.2, 1.2], facing = 90, on = '{on}', breaths_per_minute = {breaths}, \
             stirs_every_seconds = 0 }}"
        );
        shapes(&run(told(&steps)), 1)
    };
    let rates = || (24..=120).map(|quarter| f64::from(quarter) / 4.0);
    for on in ["back", "side"] {
        let found = strongest(&lying(12, on), rates());
        assert!((found - 12.0).abs() < 1.0, "on the {on}: found {found}/min");
    }
    let (breathing, held) = (lying(12, "side"), lying(0, "side"));
    let line = |series: &[(f64, Vec<f64>)]| power_at(series, strongest(series, rates()));
    assert!(line(&breathing) > 10.0 * line(&held), "{} against {}", line(&breathing), line(&held));
}

#[test]
fn a_fall_is_faster_than_a_walk_and_the_floor_is_still() {
    // The walker goes to and fro where the other falls along: what scatters at other places says nothing of speed.
    let config = SimulatorConfig {
        packet_rate_hz: 200.0,
        ..told(
            "{ do = 'walk', path = [[2.6, 1.6], [1.85, 1.32], [2.6, 1.6], [1.85, 1.32], [2.6, 1.6]], seconds = 3.2 },
             { do = 'stand', seconds = 5, at = [2.6, 1.6], stirs_every_seconds = 0 },
             { do = 'fall', seconds = 20, at = [2.6, 1.6], facing = 200 }",
        )
    };
    let series = shapes(&run(config), 1);
    let walk = fastest(&series, 0.0, 3.2);
    let fall = fastest(&series, 8.5, 9.0);
    let floor = fastest(&series, 12.0, 28.0);
    // Of a still floor, the receiver's noise is left, and it is in the others too.
    let above_noise = |change: f64| (change.powi(2) - floor.powi(2)).max(0.0).sqrt();
    assert!(above_noise(walk) > 0.01, "{walk} on the way, {floor} on the floor");
    assert!(above_noise(fall) > 1.5 * above_noise(walk), "{fall} in the fall, {walk} on the way");
}

#[test]
fn a_stumble_and_an_exercise_move_and_standing_does_not() {
    let steps = "{ do = 'stand', seconds = 10, at = [2.5, 1.5], stirs_every_seconds = 0 },
                 { do = 'stumble', seconds = 3, at = [2.5, 1.5], facing = 30 },
                 { do = 'stand', seconds = 10, at = [2.5, 1.5], stirs_every_seconds = 0 },
                 { do = 'exercise', seconds = 10, at = [2.5, 1.5] }";
    let series = shapes(&run(told(steps)), 1);
    let standing = spread_between(&series, 0.0, 10.0);
    let stumbling = spread_between(&series, 10.0, 11.0);
    let exercising = spread_between(&series, 23.0, 33.0);
    assert!(stumbling > 1.5 * standing && exercising > 1.5 * standing, "{standing} {stumbling} {exercising}");
}

#[test]
fn somebody_next_door_is_seen_there_and_hardly_here() {
    let house = "nodes = [{ number = 1, at = [4.6, 3.4] }, { number = 2, at = [5.4, 3.4] }]
        rooms = [{ name = 'a' }, { name = 'b', corner = [5, 0], size = [4, 4], access_point = [8.6, 0.5] }]
        repeat = false
        persons = [{ timeline = [
            { do = 'absent', seconds = 20 },
            { do = 'walk', path = [[6, 1], [8, 1], [8, 3], [6, 3], [6, 1], [8, 1], [8, 3], [6, 3], [6, 1]], seconds = 20 },
        ] }]";
    let events = run(StoryFile::parse(house).unwrap().config);
    let start = events[0].at;
    let from_start = |node| {
        let moved = |(at, shape)| (at - start.as_micros() as f64 / 1e6, shape);
        shapes(&events, node).into_iter().map(moved).collect::<Vec<_>>()
    };
    let ratio = |series: &[(f64, Vec<f64>)]| spread_between(series, 20.0, 40.0) / spread_between(series, 0.0, 20.0);
    let (here, there) = (ratio(&from_start(1)), ratio(&from_start(2)));
    assert!(there > 2.0, "{there}");
    assert!(here < 1.0 + (there - 1.0) / 3.0, "{here} against {there}");
}

#[test]
fn persons_move_independently() {
    let alone = "{ do = 'sit', seconds = 30, at = [3.2, 1.2] }";
    let one = told(alone);
    let mut two = one.clone();
    two.story.persons.push(one.story.persons[0].clone());
    let parts = |config: SimulatorConfig| {
        let mut simulator = Simulator::new(config);
        std::iter::from_fn(|| simulator.compute_next().map(|_| ())).count();
        simulator.bodies
    };
    let (one, two) = (parts(one), parts(two));
    assert_eq!(one[..], two[..2], "another person changes nothing for the first");
    assert_ne!(two[0], two[2], "two on one chair breathe on their own");
}

#[test]
fn a_firmware_says_what_is_true_once_a_second() {
    let mut config = told(
        "{ do = 'absent', seconds = 10 }, { do = 'sit', seconds = 20, at = [2, 2], heart_rate = 60 },
         { do = 'fall', seconds = 20, at = [2, 2] }",
    );
    config.story.edge_vitals = true;
    let with = run(config.clone());
    let hints: Vec<_> = with
        .iter()
        .filter_map(|event| match &event.event {
            CaptureEvent::Packet(NodePacket::EdgeVitals(vitals)) => Some(vitals),
            _ => None,
        })
        .collect();
    assert_eq!(hints.len(), 50);
    assert!(!hints[5].presence && hints[5].n_persons == 0 && hints[5].heart_rate_bpm.abs() < 1e-6);
    assert!(hints[20].presence && !hints[20].motion && (hints[20].heart_rate_bpm - 60.0).abs() < 2.0);
    assert!(hints.iter().filter(|hint| hint.fall).count() == 5, "five seconds from the impact on");
    assert!(hints[30].motion && !hints[45].motion);

    config.story.edge_vitals = false;
    let times = |events: &[Captured]| frames(events).iter().map(|(at, frame)| (*at, frame.seq)).collect::<Vec<_>>();
    assert_eq!(times(&with), times(&run(config)), "conclusions change no schedule");
}

#[test]
fn every_built_in_story_plays() {
    for story in BUILT_IN_STORIES {
        let config = StoryFile::parse(story.text).unwrap().config;
        let (nodes, rate) = (config.nodes.len(), config.packet_rate_hz);
        let mut simulator = Simulator::new(SimulatorConfig { speed: Speed::Max, ..config });
        let packets = std::iter::from_fn(|| simulator.compute_next()).take((nodes as f64 * rate * 400.0) as usize);
        assert!(packets.filter(|event| event.event != CaptureEvent::Tick).count() > 1000, "{}", story.name);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// What a program may build without the file's checks.
    #[test]
    fn no_story_is_too_strange(
        numbers in proptest::collection::vec(proptest::num::f64::ANY, 8),
        kind in 0_usize..6,
        millis in 0_u64..5000,
        transition in 0_u64..3000,
    ) {
        let (at, facing) = (Point::new(numbers[0], numbers[1], numbers[2]), numbers[3]);
        let vital = Vital { breaths_per_minute: numbers[4], heart_rate_bpm: Some(numbers[5]) };
        let stir = Stir { kind: StirKind::Gesture, every_s: numbers[6] };
        let activity = [
            Activity::Absent,
            Activity::Walk { path: vec![at, Point::default()], unsteadiness: numbers[7] },
            Activity::Rest(Rest { posture: Posture::OnSide, at, facing, vital, stir }),
            Activity::Exercise { at, intensity: numbers[7], vital },
            Activity::Stumble { at, facing },
            Activity::Fall { at, facing, vital },
        ][kind]
            .clone();
        let segment = Segment { duration: Duration::from_millis(millis), activity };
        let timeline = Timeline::new(vec![segment.clone(), Segment { activity: Activity::Absent, ..segment.clone() }, segment]);
        let story = Story {
            transition: Duration::from_millis(transition),
            rooms: vec![Room { corner: at, ..Room::default() }],
            wall_loss_db: numbers[7],
            edge_vitals: true,
            ..Story::new(vec![timeline; 3])
        };
        let nodes = vec![SimulatedNode { number: NodeNumber(7), at }];
        run(SimulatorConfig { story, nodes, packet_rate_hz: 20.0, ..at_epoch() });
    }
}
