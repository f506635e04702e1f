//! From JSON to what a service needs, with errors that name the field.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ServiceError;

/// Where an error is that concerns everything.
const ALL: &str = "data";

/// Reads `data`.
///
/// # Errors
/// The first field that is missing, unknown or of another type: what it may be and what it is.
pub(crate) fn read<T: DeserializeOwned>(data: Value) -> Result<T, ServiceError> {
    if !data.is_object() {
        return Err(ServiceError::invalid(ALL, "an object", kind_of(&data)));
    }
    serde_path_to_error::deserialize(data).map_err(|error| {
        let path = error.path().to_string();
        explain(if path == "." { "" } else { &path }, &error.into_inner().to_string())
    })
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Takes serde's sentence apart.
fn explain(path: &str, sentence: &str) -> ServiceError {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let at = || if path.is_empty() { ALL.to_owned() } else { path.to_owned() };
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or_default().to_owned();
    if sentence.starts_with("missing field") {
        return ServiceError::invalid(below(&quoted(sentence)), "a value", "nothing");
    }
    let (found, expected) = sentence.split_once(", expected ").unwrap_or((sentence, "something else"));
    if found.starts_with("unknown field") {
        let name = quoted(found);
        // The path may already end with it.
        let field = if path.ends_with(&name) { at() } else { below(&name) };
        return ServiceError::invalid(field, expected, "an unknown field");
    }
    let found = found.split_once(": ").map_or(found, |(_, found)| found);
    ServiceError::invalid(at(), expected, found)
}
