//! The only way for data into an answer: through the privacy policy.

use axum::Json;
use axum::response::{IntoResponse, Response};
use ruview_bfld::policy::{self, Terms};
use serde::Serialize;
use serde_json::Value;

use super::problem::Problem;

/// An answer without anything that its terms do not permit.
#[derive(Debug)]
pub(crate) struct Released(Value);

/// Lets of `answer` pass what `terms` permit. `slots` are the places, keys joined by dots, that published clients look at
/// whatever the class: null where the policy withholds them.
pub(crate) fn release(answer: &impl Serialize, terms: Terms, slots: &[&str]) -> Result<Released, Problem> {
    // Numbers that are not finite become null, keys are strings: nothing here can fail but by a bug.
    let mut answer = serde_json::to_value(answer).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be written")
    })?;
    for withheld in policy::filter(&mut answer, terms) {
        if slots.contains(&withheld.as_str()) {
            leave_empty(&mut answer, &withheld);
        }
    }
    Ok(Released(answer))
}

/// Puts null where something was withheld.
fn leave_empty(answer: &mut Value, path: &str) {
    let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
    let mut keys = parent.split('.').filter(|key| !key.is_empty());
    if let Some(Value::Object(object)) = keys.try_fold(answer, |value, key| value.get_mut(key)) {
        object.insert(key.to_owned(), Value::Null);
    }
}

impl Released {
    /// What may leave.
    pub(crate) fn into_value(self) -> Value {
        self.0
    }
}

impl IntoResponse for Released {
    fn into_response(self) -> Response {
        Json(self.0).into_response()
    }
}

#[cfg(test)]
mod tests {
    use ruview_bfld::PrivacyClass;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_withheld_is_null_where_clients_look_and_gone_elsewhere() {
        let answer = json!({
            "node_id": "node_1",
            "breathing_rate_bpm": 14,
            "breathing_confidence": 0.8,
            "events": {"unknown_presence": {"anomaly_score": 0.9}},
            "mood": "good",
        });
        let terms = Terms { class: PrivacyClass::Restricted, ..Terms::default() };
        let slots = ["breathing_rate_bpm", "events.unknown_presence.anomaly_score"];
        let Released(released) = release(&answer, terms, &slots).unwrap();
        let left = json!({
            "node_id": "node_1",
            "breathing_rate_bpm": null,
            "events": {"unknown_presence": {"anomaly_score": null}},
        });
        assert_eq!(released, left);
    }
}
