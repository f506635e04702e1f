//! The last look at what leaves: a key that is neither structure nor a permitted field is removed, at any depth.

use serde_json::Value;

use super::Terms;
use super::names::field_of;
use super::structure::is_structure;

/// Removes from `outgoing` every key that `terms` do not permit, with all that is under it, and says which: the keys of
/// the path, joined by dots, in the order of the document.
///
/// Values are not looked at: an entity whose state is biometric must not exist where its field is not permitted.
pub fn filter(outgoing: &mut Value, terms: Terms) -> Vec<String> {
    let mut removed = Vec::new();
    filter_at(outgoing, terms, "", &mut removed);
    removed
}

fn filter_at(value: &mut Value, terms: Terms, path: &str, removed: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            object.retain(|key, _| {
                let stays = is_permitted(key, terms);
                if !stays {
                    removed.push(join(path, key));
                }
                stays
            });
            for (key, value) in object {
                filter_at(value, terms, &join(path, key), removed);
            }
        }
        Value::Array(items) => {
            for item in items {
                filter_at(item, terms, path, removed);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_permitted(key: &str, terms: Terms) -> bool {
    is_structure(key) || field_of(key).is_some_and(|field| terms.permit(field))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
