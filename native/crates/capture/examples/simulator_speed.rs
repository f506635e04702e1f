//! How fast stories are computed, for `docs/simulator.md`: the built-in ones, or those named.

#![allow(clippy::print_stdout)]

use std::path::Path;
use std::time::{Duration, Instant};

use ruview_capture::{
    BUILT_IN_STORIES, CaptureAdapter, CaptureEvent, Simulator, SimulatorConfig, Speed, StoryError, StoryFile,
};
use ruview_core::StreamTime;

/// Every story is played for so long: shorter ones again, longer ones in part.
const AT_MOST: Duration = Duration::from_mins(30);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StoryError> {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if names.is_empty() {
        names = BUILT_IN_STORIES.iter().map(|story| story.name.to_owned()).collect();
    }
    println!("story           nodes persons    Hz  story s  packets  wall s  x real time  us/packet");
    for name in names {
        play(&name, StoryFile::find(Path::new(&name))?.config).await;
    }
    Ok(())
}

async fn play(name: &str, config: SimulatorConfig) {
    let (nodes, persons, rate) = (config.nodes.len(), config.story.persons.len(), config.packet_rate_hz);
    let start = StreamTime::from_micros(0);
    let config = SimulatorConfig { speed: Speed::Max, repeat: true, start: Some(start), ..config };
    let end = start + AT_MOST;
    let mut simulator = Simulator::new(config);
    let (started, mut packets) = (Instant::now(), 0_u32);
    while let Some(captured) = simulator.next().await {
        if captured.at >= end {
            break;
        }
        packets += u32::from(matches!(captured.event, CaptureEvent::Packet(_)));
    }
    let (wall, story) = (started.elapsed().as_secs_f64(), AT_MOST.as_secs_f64());
    let (times, each) = (story / wall, wall * 1e6 / f64::from(packets.max(1)));
    println!(
        "{name:<15} {nodes:>5} {persons:>7} {rate:>5} {story:>8} {packets:>8} {wall:>7.2} {times:>12.0} {each:>10.1}"
    );
}
