//! The steps of one person's timeline in a story file.

use std::time::Duration;

use super::MAX_SECONDS;
use super::error::StoryError;
use super::field::Table;
use super::house::{House, coordinates};
use crate::simulator::geometry::Point;
use crate::simulator::story::{
    Activity, LYING_TORSO, Posture, Rest, SEATED_TORSO, STANDING_TORSO, Segment, Stir, StirKind, Vital,
};

/// Steps of one person, and how deep repetitions may lie in each other.
const MAX_STEPS: usize = 20_000;
const MAX_DEPTH: u8 = 3;
const MAX_CORNERS: usize = 200;
/// Metres a second of a walk whose time is not given, and of the fastest walk.
const PACE: f64 = 0.8;
const MAX_PACE: f64 = 4.0;
/// Metres between the end of a step and the beginning of the next that nobody has to walk: getting up, lying down.
const REACH: f64 = 1.5;
/// Seconds between two movements of somebody who sits, stands, gestures or lies, unless the story says otherwise.
const FIDGETS: f64 = 60.0;
const GESTURES: f64 = 6.0;
const TURNS: f64 = 900.0;

/// A step, and where it stands in the file.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) segment: Segment,
    path: String,
}

/// The timeline under `person`, repetitions written out.
pub(super) fn read(person: &Table<'_>, house: &House) -> Result<Vec<Step>, StoryError> {
    let mut steps = Vec::new();
    sequence(person, house, MAX_DEPTH, &mut steps)?;
    Ok(steps)
}

/// `seconds`, `minutes` or `hours` of `table`, whichever is there.
pub(super) fn length(table: &Table<'_>) -> Result<Option<Duration>, StoryError> {
    let mut found = None;
    for (key, seconds) in [("seconds", 1.0), ("minutes", 60.0), ("hours", 3600.0)] {
        let Some(field) = table.get(key) else { continue };
        if found.is_some() {
            return Err(field.unlike("one of seconds, minutes and hours"));
        }
        let given = field.number(&(0.001..=MAX_SECONDS / seconds))?;
        found = Some(Duration::from_secs_f64(given * seconds));
    }
    Ok(found)
}

/// Refuses a timeline in which somebody would have to fly.
pub(super) fn check_continuity(steps: &[Step], repeat: bool) -> Result<(), StoryError> {
    let around = repeat.then(|| steps.last().zip(steps.first())).flatten();
    for (before, after) in steps.windows(2).map(|pair| (&pair[0], &pair[1])).chain(around) {
        let (Some(end), Some(begin)) = (before.segment.activity.ends(), after.segment.activity.begins()) else {
            continue;
        };
        if end.plan_distance(begin) > REACH {
            let expected = format!("within {REACH} m of {}, where the step before ends", coordinates(end));
            return Err(StoryError::field(&after.path, expected, coordinates(begin)));
        }
    }
    Ok(())
}

fn sequence(parent: &Table<'_>, house: &House, depth: u8, steps: &mut Vec<Step>) -> Result<(), StoryError> {
    for field in parent.list("timeline", 1, MAX_STEPS)? {
        let table = field.table()?;
        let name = table.need("do", "what the person does")?;
        if name.text()? == "repeat" {
            repeated(&table, house, depth, steps)?;
        } else {
            let (activity, pace) = activity(&table, house)?;
            let segment = Segment { duration: segment_length(&table, &activity, pace)?, activity };
            steps.push(Step { segment, path: field.path().to_owned() });
        }
        if steps.len() > MAX_STEPS {
            return Err(StoryError::field(field.path(), format!("at most {MAX_STEPS} steps in all"), "more"));
        }
    }
    Ok(())
}

fn repeated(table: &Table<'_>, house: &House, depth: u8, steps: &mut Vec<Step>) -> Result<(), StoryError> {
    table.only(&["do", "times", "timeline"])?;
    let Some(below) = depth.checked_sub(1) else {
        let expected = format!("at most {MAX_DEPTH} repetitions within each other");
        return Err(StoryError::field(table.path_of("timeline"), expected, "more"));
    };
    let times = table.need("times", "a whole number")?.whole(&(1..=MAX_STEPS as i64))? as usize;
    let mut once = Vec::new();
    sequence(table, house, below, &mut once)?;
    let total = once.len().saturating_mul(times).saturating_add(steps.len());
    if total > MAX_STEPS {
        return Err(StoryError::field(
            table.path_of("times"),
            format!("at most {MAX_STEPS} steps in all"),
            total.to_string(),
        ));
    }
    steps.extend((0..times).flat_map(|_| once.iter().cloned()));
    Ok(())
}

/// The time that a step takes. A walk has a pace of its own.
fn segment_length(table: &Table<'_>, activity: &Activity, walked: Option<f64>) -> Result<Duration, StoryError> {
    let given = length(table)?;
    let Some(metres) = walked else {
        let missing = || StoryError::field(table.path_of("seconds"), "seconds, minutes or hours", "nothing");
        let least = match activity {
            Activity::Fall { .. } => 2.0,
            Activity::Stumble { .. } => 1.0,
            _ => 0.0,
        };
        let given = given.ok_or_else(missing)?;
        if given.as_secs_f64() < least {
            let found = format!("{} s", given.as_secs_f64());
            return Err(StoryError::field(table.path_of("seconds"), format!("at least {least} s"), found));
        }
        return Ok(given);
    };
    let duration = given.unwrap_or_else(|| Duration::from_secs_f64((metres / PACE).max(1.0)));
    if metres > MAX_PACE * duration.as_secs_f64() {
        let expected = format!("time for {metres:.1} m at no more than {MAX_PACE} m/s");
        return Err(StoryError::field(table.path_of("seconds"), expected, format!("{} s", duration.as_secs_f64())));
    }
    Ok(duration)
}

/// What `table` does, and if it is a walk, how many metres.
fn activity(table: &Table<'_>, house: &House) -> Result<(Activity, Option<f64>), StoryError> {
    let name = table.need("do", "what the person does")?;
    let activity = match name.text()? {
        "absent" => {
            only(table, &[])?;
            Activity::Absent
        }
        "walk" => return walk(table, house).map(|(walk, metres)| (walk, Some(metres))),
        "sit" => rest(table, house, Posture::Sitting, SEATED_TORSO)?,
        "stand" => rest(table, house, Posture::Standing, STANDING_TORSO)?,
        "lie" => {
            let postures = [("back", Posture::OnBack), ("side", Posture::OnSide)];
            rest(table, house, table.choice("on", &postures, Posture::OnBack)?, LYING_TORSO)?
        }
        "exercise" => {
            only(table, &["at", "intensity", "breaths_per_minute", "heart_rate"])?;
            let intensity = table.number("intensity", 0.0..=1.0, 1.0)?;
            Activity::Exercise { at: place(table, house, STANDING_TORSO)?, intensity, vital: vital(table, 24.0)? }
        }
        "stumble" => {
            only(table, &["at", "facing"])?;
            Activity::Stumble { at: place(table, house, STANDING_TORSO)?, facing: facing(table)? }
        }
        "fall" => {
            only(table, &["at", "facing", "breaths_per_minute", "heart_rate"])?;
            let at = place(table, house, STANDING_TORSO)?;
            Activity::Fall { at, facing: facing(table)?, vital: vital(table, 18.0)? }
        }
        _ => {
            return Err(name.unlike("one of absent, walk, sit, stand, lie, exercise, stumble, fall, repeat"));
        }
    };
    Ok((activity, None))
}

/// Refuses what neither this activity nor every step has.
fn only(table: &Table<'_>, own: &[&str]) -> Result<(), StoryError> {
    let mut known = vec!["do", "seconds", "minutes", "hours"];
    known.extend(own);
    table.only(&known)
}

fn walk(table: &Table<'_>, house: &House) -> Result<(Activity, f64), StoryError> {
    only(table, &["path", "unsteadiness"])?;
    let mut path: Vec<Point> = Vec::new();
    let mut metres = 0.0;
    for corner in table.list("path", 2, MAX_CORNERS)? {
        let at = house.inside(corner.point(STANDING_TORSO)?, &corner)?;
        if let Some(from) = path.last() {
            house.passable(*from, at, &corner)?;
            metres += from.distance(at);
        }
        path.push(at);
    }
    let unsteadiness = table.number("unsteadiness", 0.0..=1.0, 0.0)?;
    Ok((Activity::Walk { path, unsteadiness }, metres))
}

fn rest(table: &Table<'_>, house: &House, posture: Posture, height: f64) -> Result<Activity, StoryError> {
    let lying = matches!(posture, Posture::OnBack | Posture::OnSide);
    let mut own = vec!["at", "facing", "breaths_per_minute", "heart_rate", "stirs", "stirs_every_seconds"];
    own.extend(lying.then_some("on"));
    only(table, &own)?;
    let at = place(table, house, height)?;
    let kinds = [("fidget", StirKind::Fidget), ("gesture", StirKind::Gesture), ("turn", StirKind::TurnOver)];
    let kind = table.choice("stirs", &kinds, if lying { StirKind::TurnOver } else { StirKind::Fidget })?;
    let usual = match kind {
        StirKind::Fidget => FIDGETS,
        StirKind::Gesture => GESTURES,
        StirKind::TurnOver => TURNS,
    };
    let stir = Stir { kind, every_s: table.number("stirs_every_seconds", 0.0..=MAX_SECONDS, usual)? };
    let breaths = if lying { 13.0 } else { 15.0 };
    Ok(Activity::Rest(Rest { posture, at, facing: facing(table)?, vital: vital(table, breaths)?, stir }))
}

fn place(table: &Table<'_>, house: &House, height: f64) -> Result<Point, StoryError> {
    let field = table.need("at", "a point in a room")?;
    house.inside(field.point(height)?, &field)
}

/// Degrees from the x axis, as radians.
fn facing(table: &Table<'_>) -> Result<f64, StoryError> {
    Ok(table.number("facing", -360.0..=360.0, 0.0)?.to_radians())
}

fn vital(table: &Table<'_>, breaths: f64) -> Result<Vital, StoryError> {
    let heart = table.get("heart_rate").map(|field| field.number(&(20.0..=250.0))).transpose()?;
    Ok(Vital { breaths_per_minute: table.number("breaths_per_minute", 0.0..=60.0, breaths)?, heart_rate_bpm: heart })
}
