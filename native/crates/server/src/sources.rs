//! From the command line to sources of frames.

use std::collections::BTreeSet;

use ruview_capture::{
    AtEnd, BUILT_IN_STORIES, BuiltInStory, CaptureError, Esp32UdpConfig, FileReplayConfig, StoryError, StoryFile,
};
use ruview_engine::SourceName;
use ruview_host::{Simulation, Sources};

use crate::cli::{ReplayArgs, RunArgs, SimulateArgs};
use crate::error::StartError;
use crate::monitor;

/// Opens everything that `run` is told to listen to.
pub(crate) fn live(args: &RunArgs) -> Result<Sources, StartError> {
    check_names(args.nexmon_udp.iter().map(|radio| &radio.name), "--nexmon-udp", "0.0.0.0:5500")?;
    check_names(args.monitor.iter().map(|card| &card.name), "--monitor", "wlan1")?;
    let mut sources = Sources::live();
    if !args.no_esp32 {
        sources.hear_nodes(Esp32UdpConfig { bind: args.udp_bind, allow: args.udp_allow.clone() })?;
    }
    for radio in &args.nexmon_udp {
        sources.hear_radio(radio.name.clone(), radio.bind, args.nexmon_allow.clone())?;
    }
    for card in &args.monitor {
        sources.add(card.name.clone(), monitor::open(args, card)?);
    }
    if sources.adapters.is_empty() {
        return Err(StartError::NoSource);
    }
    Ok(sources)
}

/// Two sources of one name would take turns at being one node.
fn check_names<'a>(
    names: impl Iterator<Item = &'a SourceName>,
    option: &'static str,
    example: &'static str,
) -> Result<(), StartError> {
    let mut taken = BTreeSet::new();
    for name in names {
        if !taken.insert(name) {
            return Err(StartError::SameName { name: name.clone(), option, example });
        }
    }
    Ok(())
}

pub(crate) async fn replay(args: &ReplayArgs) -> Result<Sources, CaptureError> {
    let at_end = match (args.once, args.repeat) {
        (true, _) => AtEnd::Stop,
        (false, true) => AtEnd::Loop,
        // Whoever is connected sees the nodes fall silent, as they would in life.
        (false, false) => AtEnd::KeepTicking,
    };
    Sources::replay(FileReplayConfig { files: args.files.clone(), speed: args.speed, at_end }).await
}

/// A line for each built-in story.
pub(crate) fn stories() -> Result<String, StoryError> {
    let line = |story: &BuiltInStory| Ok(format!("{:<14} {}", story.name, StoryFile::parse(story.text)?.about));
    Ok(BUILT_IN_STORIES.iter().map(line).collect::<Result<Vec<_>, _>>()?.join("\n"))
}

pub(crate) fn simulator(args: &SimulateArgs) -> Result<Sources, StoryError> {
    let simulation = Simulation {
        story: args.story.clone(),
        nodes: args.nodes,
        packet_rate_hz: args.packet_rate,
        seed: args.seed,
        start: args.start,
        speed: args.speed,
    };
    Ok(Sources::simulator(simulation.config()?))
}
