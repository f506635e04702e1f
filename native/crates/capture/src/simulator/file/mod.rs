//! Stories as data: TOML that a person can write, checked field by field before anything is computed.

mod built_in;
mod error;
mod field;
mod house;
mod steps;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use ruview_core::StreamTime;

use super::story::WALL_LOSS_DB;
use super::{MAX_RATE_HZ, MIN_RATE_HZ, SimulatorConfig, Story, Timeline};
pub use built_in::{BUILT_IN_STORIES, BuiltInStory};
pub use error::StoryError;
use field::{Field, Table};

/// Octets of a story file.
const MAX_OCTETS: u64 = 1 << 20;
const MAX_PERSONS: usize = 8;
/// Thirty days, in seconds.
const MAX_SECONDS: f64 = 30.0 * 86_400.0;

/// A story and how it wants to be played.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryFile {
    /// What it is about, in a sentence.
    pub about: String,
    /// What to simulate.
    pub config: SimulatorConfig,
}

impl StoryFile {
    /// The built-in story of that name, or else the one in the file at `path`.
    ///
    /// # Errors
    /// [`StoryError`] says what is wrong with the file.
    pub fn find(path: &Path) -> Result<Self, StoryError> {
        let built_in = BUILT_IN_STORIES.iter().find(|story| path == Path::new(story.name));
        built_in.map_or_else(|| Self::read(path), |story| Self::parse(story.text))
    }

    /// The story in the file at `path`, of at most 1 MiB.
    ///
    /// # Errors
    /// [`StoryError`] says what is wrong with the file.
    pub fn read(path: &Path) -> Result<Self, StoryError> {
        let unreadable = |source| StoryError::Unreadable { path: path.to_owned(), source };
        let mut text = String::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(MAX_OCTETS + 1).read_to_string(&mut text).map_err(unreadable)?;
        Self::parse(&text)
    }

    /// The story that `text` tells. `docs/simulator.md` describes the format.
    ///
    /// # Errors
    /// [`StoryError::Syntax`] if it is no TOML, [`StoryError::Field`] if a field is not what it should be.
    pub fn parse(text: &str) -> Result<Self, StoryError> {
        if text.len() as u64 > MAX_OCTETS {
            return Err(StoryError::field("file", "at most 1 MiB", "more"));
        }
        let table: toml::Table = text.parse().map_err(|error| StoryError::syntax(text, &error))?;
        let root = Table::root(&table);
        root.only(&[
            "about",
            "packet_rate",
            "seed",
            "repeat",
            "start",
            "transition_seconds",
            "wall_loss_db",
            "edge_vitals",
            "seconds",
            "minutes",
            "hours",
            "rooms",
            "doors",
            "nodes",
            "persons",
        ])?;
        let house = house::read(&root)?;
        let repeat = root.flag("repeat", true)?;
        let mut persons = Vec::new();
        for person in root.list("persons", 0, MAX_PERSONS)? {
            persons.push(timeline(&person, &house, repeat)?);
        }
        let lived = persons.iter().map(Timeline::duration).max().unwrap_or_default();
        let duration = duration(&root, lived)?;
        let story = Story {
            wall_loss_db: root.number("wall_loss_db", 0.0..=100.0, WALL_LOSS_DB)?,
            duration,
            transition: Duration::from_secs_f64(root.number("transition_seconds", 0.0..=10.0, 1.0)?),
            edge_vitals: root.flag("edge_vitals", false)?,
            rooms: house.rooms,
            persons,
        };
        let config = SimulatorConfig {
            nodes: house.nodes,
            packet_rate_hz: root.number("packet_rate", MIN_RATE_HZ..=MAX_RATE_HZ, 50.0)?,
            seed: root.number("seed", 0.0..=9_007_199_254_740_992.0, 1.0)? as u64,
            story,
            repeat,
            start: root.get("start").map(|start| instant(&start)).transpose()?,
            ..SimulatorConfig::default()
        };
        Ok(Self { about: root.text("about", "")?, config })
    }
}

fn timeline(person: &Field<'_>, house: &house::House, repeat: bool) -> Result<Timeline, StoryError> {
    let table = person.table()?;
    table.only(&["timeline"])?;
    let steps = steps::read(&table, house)?;
    steps::check_continuity(&steps, repeat)?;
    Ok(Timeline::new(steps.into_iter().map(|step| step.segment).collect()))
}

/// The length that the file gives, or else that of its timelines.
fn duration(root: &Table<'_>, lived: Duration) -> Result<Duration, StoryError> {
    const EXPECTED: &str = "at most 30 days and at least as long as every timeline, and not 0";
    let given = steps::length(root)?;
    let duration = given.unwrap_or(lived);
    if duration.is_zero() || duration < lived || duration.as_secs_f64() > MAX_SECONDS {
        return Err(StoryError::field("seconds", EXPECTED, format!("{} s", duration.as_secs_f64())));
    }
    Ok(duration)
}

fn instant(field: &Field<'_>) -> Result<StreamTime, StoryError> {
    const EXPECTED: &str = "a date and time with its offset, such as 2026-01-15T22:30:00+01:00";
    let datetime = field.datetime().ok_or_else(|| field.unlike(EXPECTED))?;
    let timestamp: jiff::Timestamp = datetime.parse().map_err(|_| field.unlike(EXPECTED))?;
    Ok(StreamTime::from_micros(timestamp.as_microsecond()))
}

#[cfg(test)]
mod tests;
