//! Reads one field of a story, and says which one it was when it is not what it should be.

use std::ops::RangeInclusive;

use toml::Value;

use super::error::StoryError;
use crate::simulator::geometry::Point;

/// Far enough for any house, metres from the plan's origin.
const MAX_METRES: f64 = 1000.0;
/// Characters of a text that a message shows.
const SHOWN: usize = 40;

/// A value, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    value: &'a Value,
    path: String,
}

/// A table, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Table<'a> {
    table: &'a toml::Table,
    path: String,
}

impl<'a> Field<'a> {
    /// The error of a field that is not as `expected`.
    pub(super) fn unlike(&self, expected: impl Into<String>) -> StoryError {
        StoryError::field(&self.path, expected, shown(self.value))
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn table(&self) -> Result<Table<'a>, StoryError> {
        let table = self.value.as_table().ok_or_else(|| self.unlike("a table"))?;
        Ok(Table { table, path: self.path.clone() })
    }

    pub(super) fn number(&self, range: &RangeInclusive<f64>) -> Result<f64, StoryError> {
        let number = match self.value {
            Value::Integer(whole) => Some(*whole as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        };
        let within = number.filter(|number| range.contains(number));
        within.ok_or_else(|| self.unlike(format!("a number from {} to {}", range.start(), range.end())))
    }

    pub(super) fn whole(&self, range: &RangeInclusive<i64>) -> Result<i64, StoryError> {
        let within = self.value.as_integer().filter(|number| range.contains(number));
        within.ok_or_else(|| self.unlike(format!("a whole number from {} to {}", range.start(), range.end())))
    }

    pub(super) fn text(&self) -> Result<&'a str, StoryError> {
        self.value.as_str().ok_or_else(|| self.unlike("a text"))
    }

    /// The date and time as RFC 3339 writes it.
    pub(super) fn datetime(&self) -> Option<String> {
        self.value.as_datetime().map(ToString::to_string)
    }

    pub(super) fn items(&self, least: usize, most: usize) -> Result<Vec<Field<'a>>, StoryError> {
        let expected = || format!("a list of {least} to {most}");
        let items = self.value.as_array().ok_or_else(|| self.unlike(expected()))?;
        if !(least..=most).contains(&items.len()) {
            return Err(self.unlike(expected()));
        }
        let item = |(index, value)| Field { value, path: format!("{}[{index}]", self.path) };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// A point `[x, y]` at `height`, or `[x, y, z]`, metres.
    pub(super) fn point(&self, height: f64) -> Result<Point, StoryError> {
        let mut metres = [0.0, 0.0, height];
        let parts = self.items(2, 3).map_err(|_| self.unlike("[x, y] or [x, y, z] in metres"))?;
        for (metre, part) in metres.iter_mut().zip(parts) {
            *metre = part.number(&(-MAX_METRES..=MAX_METRES))?;
        }
        Ok(Point::new(metres[0], metres[1], metres[2]))
    }
}

impl<'a> Table<'a> {
    /// The whole file.
    pub(super) const fn root(table: &'a toml::Table) -> Self {
        Self { table, path: String::new() }
    }

    /// Refuses every key that is not `known`: a field that is misspelt would otherwise be its default, unseen.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), StoryError> {
        match self.table.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(StoryError::field(self.path_of(key), format!("one of {}", known.join(", ")), "this name")),
            None => Ok(()),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        self.table.get(key).map(|value| Field { value, path: self.path_of(key) })
    }

    pub(super) fn need(&self, key: &str, expected: &str) -> Result<Field<'a>, StoryError> {
        self.get(key).ok_or_else(|| StoryError::field(self.path_of(key), expected, "nothing"))
    }

    pub(super) fn number(&self, key: &str, range: RangeInclusive<f64>, default: f64) -> Result<f64, StoryError> {
        self.get(key).map_or(Ok(default), |field| field.number(&range))
    }

    pub(super) fn text(&self, key: &str, default: &str) -> Result<String, StoryError> {
        self.get(key).map_or(Ok(default.to_owned()), |field| field.text().map(str::to_owned))
    }

    pub(super) fn flag(&self, key: &str, default: bool) -> Result<bool, StoryError> {
        let Some(field) = self.get(key) else { return Ok(default) };
        field.value.as_bool().ok_or_else(|| field.unlike("true or false"))
    }

    /// One of the names in `choices`.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)], default: T) -> Result<T, StoryError> {
        let Some(field) = self.get(key) else { return Ok(default) };
        let chosen = field.value.as_str().and_then(|name| choices.iter().find(|(choice, _)| *choice == name));
        let names = || choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        chosen.map(|(_, choice)| *choice).ok_or_else(|| field.unlike(format!("one of {}", names())))
    }

    /// The items under `key`; none if it is not there and none are needed.
    pub(super) fn list(&self, key: &str, least: usize, most: usize) -> Result<Vec<Field<'a>>, StoryError> {
        match self.get(key) {
            Some(field) => field.items(least, most),
            None if least == 0 => Ok(Vec::new()),
            None => Err(StoryError::field(self.path_of(key), format!("a list of {least} to {most}"), "nothing")),
        }
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// A value as a message shows it: short.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let start: String = text.chars().take(SHOWN).collect();
            let rest = if start.len() < text.len() { "…" } else { "" };
            format!("{start:?}{rest}")
        }
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(datetime) => datetime.to_string(),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Table(_) => "a table".to_owned(),
    }
}
