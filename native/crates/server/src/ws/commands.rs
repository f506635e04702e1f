//! The commands of the API. A new one is a variant, its name, and its answer.

use serde_json::{Value, json};

use super::diagnostics::diagnostics;
use super::frames::{Answer, Config, ErrorCode, StateView, Time};
use crate::api;
use crate::server::App;

/// What a client can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// A snapshot, and then what changes.
    Subscribe,
    /// All states.
    GetStates,
    /// Who the server is.
    GetConfig,
    /// How the server is.
    GetDiagnostics,
    /// Whether the server is.
    Ping,
}

/// The name of every command.
pub const NAMES: [&str; 5] = ["subscribe", "get_states", "get_config", "get_diagnostics", "ping"];

impl Command {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "subscribe" => Self::Subscribe,
            "get_states" => Self::GetStates,
            "get_config" => Self::GetConfig,
            "get_diagnostics" => Self::GetDiagnostics,
            "ping" => Self::Ping,
            _ => return None,
        })
    }
}

/// A command and the number under which its answer is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        let Some(name) = frame.get("type").and_then(Value::as_str) else {
            return Err(invalid(id, "'type' must be the name of a command".into()));
        };
        match Command::from_name(name) {
            Some(command) => Ok(Self { id, command }),
            None => Err(Answer::failure(id, ErrorCode::UnknownCommand, format!("there is no command '{name}'"))),
        }
    }
}

/// Does what `command` asks for.
pub(super) async fn result(app: &App, command: Command) -> Value {
    match command {
        Command::Subscribe | Command::Ping => Value::Null,
        Command::GetStates => {
            app.core.states().all().iter().map(|state| json!(StateView::from(state.as_ref()))).collect()
        }
        Command::GetConfig => json!(config(app)),
        Command::GetDiagnostics => json!(diagnostics(app).await),
    }
}

fn config(app: &App) -> Config<'_> {
    Config {
        server_id: app.identity.server_id,
        name: &app.about.name,
        version: api::VERSION,
        api: api::API,
        privacy_class: app.about.privacy.class.as_u8(),
        privacy_mode: app.about.privacy.privacy_mode,
        source: app.about.source.as_str(),
        stale_after_s: app.about.stale_after.as_secs(),
        started_at: Time(app.started_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_command() {
        for name in NAMES {
            assert!(Command::from_name(name).is_some(), "{name}");
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
        ] {
            let answer = Request::parse(text).unwrap_err();
            assert_eq!(answer.id, id, "{text}");
            assert!(
                matches!(answer.outcome, super::super::frames::Outcome::Error { code: c, .. } if c == code),
                "{text}"
            );
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
