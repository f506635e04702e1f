//! The detector against a room whose truth is known: nobody until 13 s, walking to 21 s, seated to 37 s, out by 42 s.

use ruview_capture::{CaptureAdapter, CaptureEvent, Simulator, SimulatorConfig, Speed};
use ruview_core::{NodePacket, StreamTime};
use ruview_signal::{Assessment, Calibration, NodeDetector};

const STORY_SECONDS: usize = 60;

/// The assessment at every second of `times` demonstrations.
async fn demonstration(seed: u64, times: usize) -> Vec<Assessment> {
    let start = Some(StreamTime::from_micros(1_700_000_000_000_000));
    let config = SimulatorConfig { seed, start, speed: Speed::Max, ..SimulatorConfig::default() };
    let mut simulator = Simulator::new(config);
    let mut detector = NodeDetector::new();
    let mut seconds = Vec::new();
    while seconds.len() < times * STORY_SECONDS {
        let captured = simulator.next().await.expect("the story repeats");
        match captured.event {
            CaptureEvent::Packet(NodePacket::Csi(frame)) => detector.push(captured.at, &frame),
            CaptureEvent::Tick => seconds.push(detector.assess(captured.at)),
            _ => {}
        }
    }
    seconds
}

#[tokio::test]
async fn follows_the_story_with_any_seed() {
    for seed in 1..=10 {
        let seconds = demonstration(seed, 1).await;
        let presence: Vec<Option<bool>> = seconds.iter().map(|a| a.presence).collect();
        let mark = |there: &Option<bool>| there.map_or('?', |there| if there { 'P' } else { '.' });
        println!("seed {seed:2} {}", presence.iter().map(mark).collect::<String>());
        assert!(matches!(seconds[5].calibration, Calibration::Learning { progress } if progress > 0.0));
        assert_eq!(presence[5], None, "seed {seed}: nothing is said while learning");
        assert_eq!((seconds[12].motion, presence[12]), (Some(false), None), "seed {seed}: quiet is not empty");
        let from = presence.iter().position(|p| *p == Some(true)).unwrap();
        assert!((13..=17).contains(&from), "seed {seed}: came at 13 s, seen at {from} s");
        let until = (from..presence.len()).find(|&s| presence[s] == Some(false)).unwrap();
        assert!((42..=59).contains(&until), "seed {seed}: left by 42 s, gone at {until} s");
        assert!(presence[until..].iter().all(|p| *p == Some(false)), "seed {seed}: flickers");
    }
}

#[tokio::test]
async fn comes_and_goes_once_a_round() {
    let seconds = demonstration(1, 20).await;
    let mut was = None;
    let changes = seconds.iter().filter(|a| std::mem::replace(&mut was, a.presence) != a.presence).count();
    // Twice a round: somebody comes before the quiet room can be called empty.
    assert_eq!(changes, 2 * 20);
}

#[tokio::test]
async fn the_same_frames_give_the_same_answers() {
    assert_eq!(demonstration(3, 1).await, demonstration(3, 1).await);
}
