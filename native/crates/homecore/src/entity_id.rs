//! Entity ids, validated once, so that nothing behind them has to.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

const MAX_LEN: usize = 255;
const MAX_DOMAIN_LEN: usize = 64;

/// `domain.object_id` by Home Assistant's rules: lower-case ASCII letters, digits and single underscores, neither part
/// empty nor with an underscore at an end; 255 characters at most, of which the domain 64.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntityId(Arc<str>);

/// A string that is no entity id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{input}' is not an entity id: expected {expected}")]
pub struct EntityIdError {
    /// What was given.
    pub input: String,
    /// The rule that it breaks.
    pub expected: &'static str,
}

impl EntityId {
    /// Checks `id` against the rules.
    ///
    /// # Errors
    /// [`EntityIdError`] names the rule that `id` breaks.
    pub fn new(id: impl AsRef<str>) -> Result<Self, EntityIdError> {
        let id = id.as_ref();
        match broken_rule(id) {
            None => Ok(Self(id.into())),
            Some(expected) => Err(EntityIdError { input: id.to_owned(), expected }),
        }
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the dot.
    pub fn domain(&self) -> &str {
        self.0.split_once('.').map_or("", |(domain, _)| domain)
    }

    /// The part after the dot.
    pub fn object_id(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, object_id)| object_id)
    }
}

fn broken_rule(id: &str) -> Option<&'static str> {
    let Some((domain, object_id)) = id.split_once('.') else {
        return Some("a domain, a dot and an object id");
    };
    if id.len() > MAX_LEN {
        return Some("at most 255 characters");
    }
    if domain.len() > MAX_DOMAIN_LEN {
        return Some("a domain of at most 64 characters");
    }
    [domain, object_id].into_iter().find_map(broken_slug_rule)
}

/// The rule that a domain, an object id or the name of a service breaks.
pub(crate) fn broken_slug_rule(slug: &str) -> Option<&'static str> {
    if slug.is_empty() {
        return Some("something before and after the dot");
    }
    if !slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Some("only a-z, 0-9, _ and one dot");
    }
    if slug.starts_with('_') || slug.ends_with('_') || slug.contains("__") {
        return Some("no underscore at an end of either part, and no two in a row");
    }
    None
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EntityId {
    type Err = EntityIdError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::new(s)
    }
}

impl TryFrom<String> for EntityId {
    type Error = EntityIdError;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        Self::new(s)
    }
}

impl From<EntityId> for String {
    fn from(id: EntityId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl AsRef<str> for EntityId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for EntityId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn home_assistants_own_examples() {
        for good in ["1.a", "a.1", "a.a", "input_boolean.hello_world_0123", "light.something_yoo"] {
            assert!(EntityId::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "_light.kitchen",
            ".kitchen",
            ".light.kitchen",
            "light_.kitchen",
            "light._kitchen",
            "light.",
            "light.kitchen__ceiling",
            "light.kitchen_yo_",
            "light.kitchen.",
            "Light.kitchen",
            "light.Kitchen",
            "lightkitchen",
            "light.küche",
            "light.kitchen\n",
        ] {
            let error = EntityId::new(bad).expect_err(bad);
            assert_eq!(error.input, bad);
            assert!(!error.expected.is_empty());
        }
    }

    #[test]
    fn lengths_are_limited() {
        assert!(EntityId::new(format!("sensor.{}", "a".repeat(248))).is_ok());
        assert!(EntityId::new(format!("sensor.{}", "a".repeat(249))).is_err());
        assert!(EntityId::new(format!("{}.x", "a".repeat(64))).is_ok());
        assert!(EntityId::new(format!("{}.x", "a".repeat(65))).is_err());
    }

    proptest! {
        #[test]
        fn what_is_built_by_the_rules_is_accepted_and_splits_again(
            domain in "[a-z0-9]{1,8}(_[a-z0-9]{1,8}){0,3}",
            object_id in "[a-z0-9]{1,12}(_[a-z0-9]{1,12}){0,6}",
        ) {
            let text = format!("{domain}.{object_id}");
            let id = EntityId::new(&text).unwrap();
            prop_assert_eq!(id.domain(), domain);
            prop_assert_eq!(id.object_id(), object_id);
            prop_assert_eq!(id.as_str(), text);
        }

        #[test]
        fn any_text_is_either_refused_or_kept_as_it_is(text in "\\PC{0,40}") {
            if let Ok(id) = EntityId::new(&text) {
                prop_assert_eq!(id.as_str(), &text);
                prop_assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.'));
                prop_assert_eq!(text.matches('.').count(), 1);
            }
        }

        #[test]
        fn near_misses_are_refused_where_home_assistant_refuses_them(text in "[a_.]{0,8}") {
            let accepted = EntityId::new(&text).is_ok();
            let parts: Vec<&str> = text.split('.').collect();
            let expected = parts.len() == 2
                && !text.contains("__")
                && parts.iter().all(|p| !p.is_empty() && !p.starts_with('_') && !p.ends_with('_'));
            prop_assert_eq!(accepted, expected);
        }
    }
}
