//! ruview-engine
