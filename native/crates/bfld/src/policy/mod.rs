//! The one table that decides what leaves, deny by default.
//!
//! Every field that any sink can emit has a row in it; an [`Event`](crate::Event) can only be made of such fields, the
//! filter removes every other key from outgoing JSON, and [`document`] is what other languages generate their copy from.

mod filter;
mod names;
mod structure;
mod table;
mod terms;

use serde::Serialize;

pub use filter::filter;
pub use names::{OTHER_NAMES, field_of};
pub use structure::STRUCTURE;
pub use table::{Field, Permission, Row};
pub use terms::{Outlet, Terms};

/// The whole policy as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Every field, in the table's order.
    pub fields: Vec<Row>,
    /// Keys that arrange and measure nobody.
    pub structure: &'static [&'static str],
}

/// The policy, for a generator.
pub fn document() -> Document {
    Document { fields: Field::ALL.iter().map(|field| *field.row()).collect(), structure: STRUCTURE }
}
