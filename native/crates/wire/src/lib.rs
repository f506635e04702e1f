//! ruview-wire
