//! Recorded messages: one JSON object a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde_json::{Map, Value};

use super::judge::{Judge, Said};

/// Longer than any message that is published.
const MAX_LINE: u64 = 1024 * 1024;

/// Judges every line of a file.
pub(super) fn judge(path: &Path, judge: &mut Judge) -> io::Result<()> {
    let mut lines = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let place = || format!("{}, line {number}", path.display());
        if line.len() as u64 == MAX_LINE && line.last() != Some(&b'\n') {
            judge.unreadable(&place(), "the line is too long; what follows was not read");
            return Ok(());
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Map<String, Value>>(&line) {
            Ok(object) => judge_line(&object, judge, &place()),
            Err(error) => judge.unreadable(&place(), &format!("not a JSON object: {error}")),
        }
    }
    Ok(())
}

fn judge_line(object: &Map<String, Value>, judge: &mut Judge, place: &str) {
    if object.contains_key("at") && object.contains_key("type") {
        return judge.change(object);
    }
    let (Some(topic), Some(payload)) = (object.get("topic").and_then(Value::as_str), object.get("payload")) else {
        return judge.unreadable(place, "expected a topic and a payload");
    };
    let payload = match payload {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        payload => payload.to_string(),
    };
    let retained = matches!(object.get("retain"), Some(Value::Bool(true))) || object.get("retain") == Some(&1.into());
    judge.hear(&Said { topic, payload: payload.as_bytes(), retained });
}
