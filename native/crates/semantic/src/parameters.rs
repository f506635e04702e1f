//! Thresholds that users can tune, with the specification's defaults and the range in which each makes sense.

use std::fmt::Display;
use std::ops::RangeInclusive;

use thiserror::Error;

/// A parameter that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: expected {expected}, found {found}")]
pub struct ParameterError {
    /// Which, such as `someone_sleeping.still_percent`.
    pub field: String,
    /// What it may be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

pub(crate) fn check_range<T: PartialOrd + Display>(
    group: &str,
    field: &str,
    found: &T,
    range: &RangeInclusive<T>,
) -> Result<(), ParameterError> {
    if range.contains(found) {
        return Ok(());
    }
    Err(ParameterError {
        field: format!("{group}.{field}"),
        expected: format!("{} to {}", range.start(), range.end()),
        found: found.to_string(),
    })
}

pub(crate) fn check_order<T: PartialOrd + Display>(
    group: &str,
    (low_name, low): (&str, &T),
    (high_name, high): (&str, &T),
) -> Result<(), ParameterError> {
    if low <= high {
        return Ok(());
    }
    Err(ParameterError {
        field: format!("{group}.{high_name}"),
        expected: format!("at least {group}.{low_name} ({low})"),
        found: high.to_string(),
    })
}

/// A day in seconds: no condition has to last longer.
pub(crate) const DAY_S: u32 = 86_400;

/// The parameters of one primitive: `name: type = default, in range;` and then `low <= high;` for pairs that are ordered.
macro_rules! parameters {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr, in $range:expr;)+ } $($low:ident <= $high:ident;)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $name {
            pub(crate) fn check(&self, group: &str) -> Result<(), $crate::parameters::ParameterError> {
                $($crate::parameters::check_range(group, stringify!($field), &self.$field, &($range))?;)+
                $($crate::parameters::check_order(
                    group,
                    (stringify!($low), &self.$low),
                    (stringify!($high), &self.$high),
                )?;)*
                Ok(())
            }
        }
    };
}
pub(crate) use parameters;
