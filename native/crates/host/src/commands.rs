//! The commands of the API. A new one is a variant, its name, and its answer in `desk.rs`.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::frames::{Answer, ErrorCode};

/// What a client can ask for.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A snapshot, and then what changes.
    Subscribe,
    /// All states.
    GetStates,
    /// Who the server is.
    GetConfig,
    /// How the server is.
    GetDiagnostics,
    /// What happened before.
    GetEvents(PastEvents),
    /// Something to be done.
    CallService(Service),
    /// Whether the server is.
    Ping,
}

/// Which past events a client asks for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct PastEvents {
    /// Those behind the one of this number.
    #[serde(default)]
    pub after: Option<i64>,
    /// Those from then on.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Those of this type.
    #[serde(default)]
    pub event_type: Option<String>,
    /// At most so many: the first ones, or the last ones where neither `after` nor `since` is given.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// A service as a client asks for it. Whether there is such a one, the engine knows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Service {
    /// Whose.
    pub domain: String,
    /// Which.
    pub service: String,
    /// With what.
    #[serde(default = "no_data")]
    pub data: Value,
}

fn no_data() -> Value {
    json!({})
}

/// The name of every command.
pub const NAMES: [&str; 7] =
    ["subscribe", "get_states", "get_config", "get_diagnostics", "get_events", "call_service", "ping"];

impl Command {
    /// The command of this name in `frame`; `None` when there is none.
    fn from_frame(name: &str, frame: Value) -> Option<Result<Self, serde_json::Error>> {
        Some(Ok(match name {
            "subscribe" => Self::Subscribe,
            "get_states" => Self::GetStates,
            "get_config" => Self::GetConfig,
            "get_diagnostics" => Self::GetDiagnostics,
            "get_events" => return Some(PastEvents::deserialize(frame).map(Self::GetEvents)),
            "call_service" => return Some(Service::deserialize(frame).map(Self::CallService)),
            "ping" => Self::Ping,
            _ => return None,
        }))
    }
}

/// A command and the number under which its answer is awaited.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Positive.
    pub id: u64,
    /// What is wanted.
    pub command: Command,
}

impl Request {
    /// Reads a frame of a client.
    ///
    /// # Errors
    /// The answer that tells the client what was wrong with it.
    pub fn parse(text: &str) -> Result<Self, Answer> {
        let invalid = |id, message: String| Answer::failure(id, ErrorCode::InvalidFormat, message);
        let frame: Value = serde_json::from_str(text).map_err(|error| invalid(0, format!("not JSON: {error}")))?;
        let id = match frame.get("id").map(Value::as_u64) {
            Some(Some(id)) if id > 0 => id,
            Some(_) => return Err(invalid(0, "'id' must be a positive integer".into())),
            None => return Err(invalid(0, "expected an object with an 'id'".into())),
        };
        let Some(name) = frame.get("type").and_then(Value::as_str).map(str::to_owned) else {
            return Err(invalid(id, "'type' must be the name of a command".into()));
        };
        match Command::from_frame(&name, frame) {
            Some(Ok(command)) => Ok(Self { id, command }),
            Some(Err(error)) => Err(invalid(id, format!("'{name}': {error}"))),
            None => Err(Answer::failure(id, ErrorCode::UnknownCommand, format!("there is no command '{name}'"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_command() {
        for name in NAMES {
            assert!(Command::from_frame(name, json!({})).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_under_the_id_if_there_is_one() {
        for (text, id, code) in [
            ("", 0, ErrorCode::InvalidFormat),
            ("{", 0, ErrorCode::InvalidFormat),
            ("[]", 0, ErrorCode::InvalidFormat),
            ("7", 0, ErrorCode::InvalidFormat),
            (r#"{"type":"ping"}"#, 0, ErrorCode::InvalidFormat),
            (r#"{"id":0,"type":"ping"}"#, 0, ErrorCode::InvalidFormat),
            (r#"{"id":-1,"type":"ping"}"#, 0, ErrorCode::InvalidFormat),
            (r#"{"id":1.5,"type":"ping"}"#, 0, ErrorCode::InvalidFormat),
            (r#"{"id":"1","type":"ping"}"#, 0, ErrorCode::InvalidFormat),
            (r#"{"id":4}"#, 4, ErrorCode::InvalidFormat),
            (r#"{"id":4,"type":[]}"#, 4, ErrorCode::InvalidFormat),
            (r#"{"id":4,"type":"dance"}"#, 4, ErrorCode::UnknownCommand),
            (r#"{"id":4,"type":"call_service"}"#, 4, ErrorCode::InvalidFormat),
            (r#"{"id":4,"type":"call_service","domain":1,"service":"calibrate"}"#, 4, ErrorCode::InvalidFormat),
        ] {
            let answer = Request::parse(text).unwrap_err();
            assert_eq!(answer.id, id, "{text}");
            assert!(matches!(answer.outcome, crate::frames::Outcome::Error { code: c, .. } if c == code), "{text}");
        }
        let known = Request::parse(r#"{"id":18446744073709551615,"type":"ping","new":1}"#).unwrap();
        assert_eq!(known, Request { id: u64::MAX, command: Command::Ping });
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        let deep = "[".repeat(100_000);
        assert_eq!(Request::parse(&deep).unwrap_err().id, 0);
    }
}
